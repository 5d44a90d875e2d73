/* test_client.cpp: calls that block, their errors, what their callbacks throw; configurations and custom transports. */
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <iterator>
#include <stdexcept>
#include <thread>
#include "check.hpp"

using namespace std::chrono_literals;

static k7::spec demo(const char *name = "demo")
{
    return k7::spec(name, "alpine:latest");
}

TEST(lifecycle)
{
    k7::client client("memory:");
    CHECK(client.endpoint() == "memory:" && client.transport() == "memory" &&
          client.namespace_() == "default");
    CHECK(!client.warning() && client.supports("delete_all") && !client.try_supports("explode"));
    CHECK(!client.try_supports(std::string("list\0x", 6)));
    k7::sandbox made = client.create(demo());
    CHECK(made && made.name() == "demo" && made.namespace_() == "default" && made.image() == "alpine:latest");
    CHECK(made.status() == "Running" && made.is_ready() == true && made.restarts() == 0 &&
          made.created_unix());
    CHECK(made.uid() && made.node_ports().empty() && made.endpoints().empty() && !made.reason());
    CHECK(made.error_message() == "" || !made.error_message());
    (void)made.node(), (void)made.backend(), (void)made.age_text();
    CHECK(made.to_json().find("\"demo\"") != std::string::npos);
    k7::sandbox other = made.share();
    CHECK(client.get("demo").uid() == other.uid());
    client.create(demo("second"));
    k7::sandboxes all = client.list();
    std::size_t seen = 0;
    for (const k7::sandbox &sandbox : all)
        seen += sandbox.name() == "demo" || sandbox.name() == "second";
    CHECK(seen == 2 && all.size() == 2 && all.share().size() == 2 && !all.empty() && !all[2]);
    k7::list_options both;
    both.namespace_ = "x";
    both.all_namespaces = true;
    CHECK(client.try_list(both).error().code() == K7_ERR_INVALID_ARGUMENT);
    k7::delete_options uid, missing, quick;
    uid.uid = "another";
    missing.missing_is_error = true;
    quick.no_wait = true;
    THROWN(k7::conflict_error, (client.delete_sandbox("demo", std::nullopt, uid), 0));
    client.delete_sandbox("demo", "default", quick);
    THROWN(k7::not_found_error, (client.delete_sandbox("demo", std::nullopt, missing), 0));
    client.delete_sandbox("demo");
    CHECK(client.delete_all().all_done() && client.share().list().empty());
    CHECK(client.try_get(std::string("a\0b", 3), std::nullopt).error().code() == K7_ERR_INVALID_ARGUMENT);
}

TEST(what_is_meant_most_often)
{
    k7::client client("memory:");
    client.create(demo());
    int told = 0;
    k7::call call;
    call.on_progress = [&](const k7::progress &) { told++; };
    k7::loop loop;
    CHECK(client.get("demo", call).name() == "demo" && told > 0);
    const auto got = client.try_get("demo");
    CHECK(got && (*got).name() == "demo" && got->name() == "demo" && !client.try_get("absent", call));
    CHECK(client.start_get(loop, "demo", call).try_wait());
    CHECK(client.list(call).size() == 1 && client.try_list()->size() == 1 && client.try_list(call));
    auto list = client.start_list(loop);
    list.wait();
    CHECK(list.take().size() == 1 && client.try_start_list(loop, call));
    k7::batch batch;
    batch.add("demo");
    CHECK(client.try_delete_many(batch)->all_done() && client.delete_many(batch, call).all_done());
    CHECK(client.try_start_delete_many(loop, batch) &&
          client.start_delete_many(loop, batch, call).try_wait());
    client.delete_sandbox("demo", call);
    CHECK(client.try_delete_sandbox("demo") && client.try_start_delete_sandbox(loop, "demo"));
    CHECK(client.try_delete_all() && client.delete_all(call).all_done() && client.try_start_delete_all(loop));
    /* With {} for the other arguments, and for the settings. */
    CHECK(client.try_list({}) && client.try_list({}, {}) && !client.try_get("demo", {}) &&
          client.try_delete_many(batch, {}));
}

#if defined(__cpp_lib_ranges)
static_assert(std::ranges::input_range<k7::sandboxes> && std::ranges::input_range<k7::results>);
#endif

TEST(lists_are_ranges)
{
    k7::client client("memory:");
    client.create(demo("a"));
    client.create(demo("b"));
    k7::sandboxes all = client.list();
    decltype(all.begin()) at;
    at = all.begin();
    CHECK(at->name() == (*at).name() && std::next(at)->name() != at->name());
    auto is_b = [](const k7::sandbox &sandbox) { return sandbox.name() == "b"; };
    CHECK(std::count_if(all.begin(), all.end(), is_b) == 1);
#if defined(__cpp_lib_ranges)
    CHECK(std::ranges::count_if(all, is_b) == 1);
#endif
}

TEST(errors_tell_all)
{
    k7::client client("memory:");
    k7::not_found_error failure = THROWN(k7::not_found_error, client.get("absent"));
    CHECK(failure.http_status() == 404 && failure.operation() == "get" && !failure.is_retryable());
    CHECK(failure.outcome() == k7::outcome::rejected && !failure.retry_after() &&
          failure.leftovers().empty());
    CHECK(std::string(failure.what()).find("absent") != std::string::npos);
    (void)failure.reason(), (void)failure.step(), (void)failure.server_text();
    k7::error copy = failure;
    copy = k7::error(failure);
    CHECK(copy.code() == K7_ERR_NOT_FOUND);
    auto result = client.try_get("absent", std::nullopt);
    CHECK(!result && result.error().code() == K7_ERR_NOT_FOUND);
    THROWN(k7::not_found_error, result.value());
    THROWN(k7::server_error, k7::client("memory:?fail=create:500").create(demo()));
    THROWN(k7::auth_error, k7::client("memory:?fail=create:403").create(demo()));
    THROWN(k7::network_error, k7::client("memory:?fail=create:unreachable").create(demo()));
    THROWN(k7::sandbox_error, client.create(demo().set_before_script("exit 3")));
    THROWN(k7::invalid_error, k7::client("gopher:"));
    k7::call fast;
    fast.timeout = 20ms;
    THROWN(k7::timeout_error, k7::client("memory:?fail=get:hang").get("demo", std::nullopt, fast));
    k7::call stuck;
    stuck.timeout = 20ms;
    stuck.cleanup_timeout = 0ms;
    k7::client slow("memory:?start_ms=500000");
    CHECK(THROWN(k7::timeout_error, slow.create(demo(), stuck)).leftovers().size() == 1);
}

TEST(cancel_takes_back)
{
    k7::client client("memory:?start_ms=500000");
    k7::cancel cancel;
    k7::cancel other = cancel.share();
    k7::call call;
    call.cancel = &cancel;
    int steps = 0;
    call.on_progress = [&](const k7::progress &progress) {
        CHECK(progress.operation == "create" && !progress.step.empty());
        steps++;
        if (progress.step == "ready")
            std::thread([&] { other.trigger(); }).join();
    };
    call.timeout = k7::never;
    THROWN(k7::cancelled_error, client.create(demo(), call));
    CHECK(steps > 0 && cancel.count() == 1 && client.list().empty());
}

TEST(what_a_callback_throws_comes_out_of_the_call)
{
    k7::client client("memory:?start_ms=500000");
    for (int with_token = 0; with_token < 2; with_token++) {
        k7::cancel cancel;
        k7::call call;
        int told = 0, failures = 0;
        if (with_token)
            call.cancel = &cancel;
        call.on_progress = [&](const k7::progress &) {
            told++;
            throw oops{ 7 };
        };
        call.on_failed_too = [&](const k7::error &failure) {
            failures++;
            CHECK(failure.error_class() == k7::error_class::cancelled);
        };
        CHECK(THROWN(oops, client.create(demo(), call)).number == 7);
        CHECK(THROWN(oops, client.try_create(demo(), call)).number == 7);
        CHECK(told == 2 && failures == 2 && cancel.count() == 0 && client.list().empty());
    }
}

TEST(the_error_of_the_call_survives_what_a_callback_throws)
{
    k7::client client("memory:?start_ms=500000");
    k7::call call;
    std::optional<k7::error> told;
    call.cleanup_timeout = 0ms;
    call.on_progress = [&](const k7::progress &progress) {
        if (progress.step == "ready")
            throw oops{ 4 };
    };
    call.on_failed_too = [&](const k7::error &failure) { told = failure; };
    CHECK(THROWN(oops, client.create(demo(), call)).number == 4);
    CHECK(told && told->error_class() == k7::error_class::cancelled && told->leftovers().size() == 1);
    CHECK(client.list().size() == 1);
}

TEST(the_items_survive_what_a_callback_throws)
{
    for (int with_token = 0; with_token < 2; with_token++) {
        k7::client client("memory:");
        k7::cancel cancel;
        k7::call call;
        k7::results told;
        if (with_token)
            call.cancel = &cancel;
        call.on_progress = [&](const k7::progress &progress) {
            if (progress.done == 1 && progress.total == 3)
                throw oops{ 5 };
        };
        call.on_results_too = [&](const k7::results &results) { told = results.share(); };
        k7::batch batch;
        for (const char *name : { "a", "b", "c" })
            batch.add(demo(name));
        batch.set_at_once(1);
        CHECK(THROWN(oops, client.create_many(batch, call)).number == 5);
        CHECK(told.size() == 3 && told[0].outcome == k7::item_outcome::done && !told.all_done());
        CHECK(client.list().size() == told.count_of(k7::item_outcome::done));
    }
}

TEST(what_a_question_for_interrupts_throws_comes_out_of_the_call)
{
    struct sigaction action = {}, before;
    action.sa_handler = [](int) {};
    sigaction(SIGUSR1, &action, &before);
    k7::client client("memory:?start_ms=500000");
    for (int with_token = 0; with_token < 2; with_token++) {
        std::atomic<bool> ended(false);
        pthread_t waits = pthread_self();
        std::thread signals([&] { /* one that comes before the wait interrupts nothing */
                                  while (!ended) {
                                      pthread_kill(waits, SIGUSR1);
                                      std::this_thread::yield();
                                  }
        });
        k7::cancel cancel;
        k7::call call;
        if (with_token)
            call.cancel = &cancel;
        call.on_interrupt = []() -> bool { throw oops{ 6 }; };
        int number = 0;
        try {
            client.create(demo(), call);
        } catch (const oops &thrown) {
            number = thrown.number;
        }
        ended = true;
        signals.join();
        CHECK(number == 6 && client.list().empty());
    }
    sigaction(SIGUSR1, &before, nullptr);
}

TEST(a_sandbox_that_was_made_before_the_last_callback_threw_is_deleted)
{
    k7::client client("memory:");
    int last = 0, told = 0;
    k7::call call;
    call.on_progress = [&](const k7::progress &) { last++; };
    client.create(demo("counted"), call);
    call.on_progress = [&](const k7::progress &) {
        if (++told == last)
            throw oops{ 8 };
    };
    THROWN(oops, client.create(demo(), call));
    CHECK(client.list().size() == 1);
}

TEST(many_with_partial_failure)
{
    k7::client client("memory:");
    client.create(demo("s1"));
    k7::batch batch;
    for (const char *name : { "s0", "s1", "s2" })
        batch.add(demo(name));
    batch.set_at_once(2).set_starts_per_second(1000);
    CHECK(batch.size() == 3 && !batch.try_set_at_once(1000));
    k7::results results = client.create_many(batch);
    CHECK(results.size() == 3 && results.count_of(k7::item_outcome::done) == 2 && !results.all_done());
    CHECK(results[1].name == "s1" && results[1].outcome == k7::item_outcome::failed && !results[1].sandbox);
    CHECK(results[1].error && results[1].error->error_class() == k7::error_class::conflict);
    CHECK(!results[0].error && results[0].sandbox.name() == "s0");
    std::size_t seen = 0;
    for (const k7::item &item : results.share())
        seen += !item.name.empty();
    CHECK(seen == 3);
    batch.add("absent").add("s0", "default");
    CHECK(client.get_many(batch).count_of(k7::item_outcome::done) == 4);
    k7::delete_options missing;
    missing.missing_is_error = true;
    CHECK(client.delete_many(batch, missing)[3].error->code() == K7_ERR_NOT_FOUND);
    CHECK(client.list().empty());
}

TEST(dry_run_and_configuration)
{
    k7::config config;
    config.set("endpoint", "memory:").set("timeout_ms", "5000");
    CHECK(config.get("timeout_ms") == "5000" &&
          config.set("timeout_ms", std::nullopt).get("timeout_ms") != "5000");
    CHECK(!config.try_set("no.such.key", "x") && !config.try_set("endpoint", std::string("a\0b", 3)));
    k7::call dry;
    int requests = 0;
    dry.dry_run = [&](const k7::dry_request &request) {
        requests += request.method == "POST" && request.body;
    };
    CHECK(k7::client(config).try_create(demo(), dry).error().code() == K7_ERR_UNSUPPORTED_ARGUMENT);
    if (k7::has_feature("rest")) {
        CHECK(!k7::client("http://127.0.0.1:1").create(demo(), dry) && requests == 1);
        config.set("endpoint", "http://127.0.0.1:1");
        config.set_token_provider([]() -> k7::token { throw std::runtime_error("no vault"); });
        k7::auth_error failure = THROWN(k7::auth_error, k7::client(config).list());
        CHECK(std::string(failure.what()).find("no vault") != std::string::npos);
        int traces = 0;
        k7::call traced;
        traced.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        traced.on_trace = [&](const k7::trace &trace) {
            traces += trace.method == "GET" && trace.error_code == K7_ERR_CONNECT && trace.attempt == 1;
            throw oops{ 9 };
        };
        traced.on_interrupt = [] { return false; };
        THROWN(oops, k7::client("http://127.0.0.1:1").list({}, traced));
        CHECK(traces == 1);
        config.set_token_provider([]() { return k7::token{ std::string("a\0b", 3), std::nullopt }; });
        CHECK(std::string(THROWN(k7::auth_error, k7::client(config).list()).what()).find("NUL") !=
              std::string::npos);
        config.set_token_provider([]() -> k7::token { throw oops{ 3 }; });
        THROWN(k7::auth_error, k7::client(config).list());
        config.set_token_provider([]() { return k7::token{ "secret", 4102444800 }; });
        CHECK(k7::client(config).try_list({}).error().error_class() == k7::error_class::network);
    }
    setenv("K7_API_URL", "memory:", 1);
    CHECK(k7::client().transport() == "memory" && k7::client::try_open());
    CHECK(k7::config().load_defaults().get("endpoint") == "memory:");
    unsetenv("K7_API_URL");
}

TEST(the_manual_clock)
{
    k7::client client("memory:?clock=manual");
    client.advance(1s);
    CHECK(!k7::client("memory:").try_advance(1s));
}

TEST(a_custom_transport)
{
    k7::transport own("own");
    k7::transport shared = own.share();
    own.on("create", [](const k7::request &request, k7::reply reply) {
        CHECK(request.spec()->image() == "alpine:latest" && request.endpoint() == "own:here" &&
              !request.uid());
        CHECK(request.remaining() > 0ms && !request.is_cancelled() && request.operation() == "create");
        std::string body =
            "{\"name\": \"" + *request.name() + "\", \"namespace\": \"" + *request.namespace_() + "\"}";
        std::thread([&] { reply.sandbox_json(body); }).join();
        reply.done(); /* too late: nothing happens */
    });
    own.on("get", [](const k7::request &request, k7::reply reply) {
        if (request.name() == "throws")
            throw std::runtime_error("oh dear");
        if (request.name() == "fails")
            reply.error(K7_ERR_FORBIDDEN, "not you");
        else if (request.name() == "raises")
            k7::raise(k7::error(nullptr, K7_ERR_QUOTA_EXCEEDED));
    });
    own.on("delete", [](const k7::request &request, k7::reply reply) {
        CHECK(request.is_missing_error() && !request.is_no_wait());
        reply.done();
    });
    CHECK(!own.try_on("explode", nullptr) && !k7::transport::try_make("http"));
    own.on("list", [](const k7::request &, k7::reply reply) { reply.error(K7_ERR_SERVER, "never called"); });
    own.on("list", [](const k7::request &, k7::reply reply) { /* instead */
                                                              try {
                                                                  k7::reply mine = std::move(reply);
                                                                  throw oops{ 1 };
                                                              } catch (const oops &) { /* and no answer */
                                                              }
    });
    k7::config config;
    config.set("endpoint", "own:here").add_transport(own);
    k7::client client(config);
    CHECK(client.create(demo()).name() == "demo");
    CHECK(std::string(THROWN(k7::server_error, client.list()).what()).find("no answer") != std::string::npos);
    CHECK(std::string(THROWN(k7::server_error, client.get("throws")).what()).find("oh dear") !=
          std::string::npos);
    CHECK(std::string(THROWN(k7::auth_error, client.get("fails")).what()).find("not you") !=
          std::string::npos);
    THROWN(k7::quota_error, client.get("raises"));
    CHECK(std::string(THROWN(k7::server_error, client.get("silent")).what()).find("no answer") !=
          std::string::npos);
    k7::delete_options missing;
    missing.missing_is_error = true;
    client.delete_sandbox("demo", std::nullopt, missing);
}
