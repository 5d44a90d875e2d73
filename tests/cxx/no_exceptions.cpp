/* no_exceptions.cpp: all of the wrapper where the compiler has neither exceptions nor type information: by its twins. A part that has both is linked behind it. */
#include <cstdio>
#include <k7sandbox/k7sandbox.hpp>

#if defined(__cpp_exceptions) || defined(__cpp_rtti)
#error "made without -fno-exceptions -fno-rtti"
#endif

#define NEED(condition)                                                                                      \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            std::printf("line %d: %s\n", __LINE__, #condition);                                              \
            return 1;                                                                                        \
        }                                                                                                    \
    } while (0)

bool catches_what_is_thrown(); /* a part of the program that is made with exceptions */

static int blocking(const k7::client &client)
{
    auto spec = k7::spec::try_make("demo", "alpine:latest");
    NEED(spec && spec->try_set_limit("cpu", "1") && spec->try_add_env("A", "b") && spec->try_validate());
    k7::call call;
    int steps = 0;
    call.on_progress = [&](const k7::progress &) { steps++; };
    auto cancel = k7::cancel::try_make();
    NEED(cancel);
    call.cancel = &*cancel;
    auto made = client.try_create(*spec, call);
    NEED(made && made->name() == "demo" && steps > 0);
    auto absent = client.try_get("absent", std::nullopt);
    NEED(!absent && absent.error().error_class() == k7::error_class::not_found);
    auto list = client.try_list({});
    NEED(list && list->size() == 1);
    auto batch = k7::batch::try_make();
    NEED(batch && batch->try_add("demo") && batch->try_add("absent") && !batch->try_set_at_once(0));
    auto got = client.try_get_many(*batch);
    NEED(got && got->count_of(k7::item_outcome::done) == 1);
    cancel->trigger();
    auto late = client.try_list({}, call);
    NEED(!late && late.error().error_class() == k7::error_class::cancelled);
    NEED(client.try_delete_sandbox("demo", std::nullopt, {}));
    auto all = client.try_delete_all(std::nullopt);
    NEED(all && all->size() == 0);
    return 0;
}

static int started(const k7::client &client)
{
    auto loop = k7::loop::try_make();
    NEED(loop);
    auto spec = k7::spec::try_from_json("{\"name\": \"demo\", \"image\": \"alpine:latest\"}");
    NEED(spec);
    auto op = client.try_start_create(*loop, *spec);
    NEED(op);
    int done = 0;
    NEED(op->try_on_done([&] { done++; }) && op->try_wait() && op->try_take() && done == 1);
    return 0;
}

static int own_transport()
{
    auto own = k7::transport::try_make("own");
    NEED(own);
    NEED(own->try_on("list", [](const k7::request &, k7::reply reply) { reply.list_json("[]"); }));
    NEED(own->try_on("get", [](const k7::request &, k7::reply) {}));
    auto config = k7::config::try_make();
    NEED(config && config->try_set("endpoint", "own:") && config->try_add_transport(*own));
    auto client = k7::client::try_open(*config);
    NEED(client && client->try_list({}) && !client->try_get("demo", std::nullopt));
    return 0;
}

int main()
{
    auto client = k7::client::try_open("memory:");
    NEED(client && !k7::client::try_open("gopher:"));
    NEED(catches_what_is_thrown());
    return blocking(*client) + started(*client) + own_transport();
}
