/* test_op.cpp: operations that do not block. */
#include <poll.h>
#include <future>
#include <thread>
#include "check.hpp"

using namespace std::chrono_literals;

static k7::spec demo(const char *name = "demo")
{
    return k7::spec(name, "alpine:latest");
}

TEST(every_operation_has_a_twin)
{
    k7::client client("memory:");
    k7::loop loop;
    CHECK(loop.fd() >= 0 && loop.op_count() == 0 && !loop.timeout());
    auto create = client.start_create(loop, demo());
    CHECK(create.state() == k7::op_state::running && create.operation() == "create" && !create.failure());
    CHECK(create.try_take().error().code() == K7_ERR_INVALID_ARGUMENT);
    create.wait();
    CHECK(create.state() == k7::op_state::done && create.take().name() == "demo" && !create.try_take());
    auto get = client.start_get(loop, "demo", std::nullopt);
    auto list = client.start_list(loop, {});
    get.wait();
    list.wait();
    CHECK(get.take().name() == "demo" && list.take().size() == 1);
    k7::batch batch;
    batch.add(demo("one")).add(demo("two"));
    auto many = client.start_create_many(loop, batch);
    many.wait();
    CHECK(many.take().all_done());
    auto got = client.start_get_many(loop, batch);
    got.wait();
    CHECK(got.take()[1].sandbox.name() == "two");
    auto gone = client.start_delete_many(loop, batch, {});
    gone.wait();
    CHECK(gone.take().all_done());
    auto all = client.start_delete_all(loop, std::nullopt);
    all.wait();
    CHECK(all.take().size() == 1);
    k7::delete_options missing;
    missing.missing_is_error = true;
    auto absent = client.start_delete_sandbox(loop, "demo", std::nullopt, missing);
    absent.wait();
    CHECK(absent.state() == k7::op_state::failed && absent.failure()->code() == K7_ERR_NOT_FOUND);
    THROWN(k7::not_found_error, (absent.take(), 0));
    CHECK(client.try_start_create(loop, k7::spec()).error().error_class() == k7::error_class::invalid);
}

TEST(a_loop_is_polled)
{
    k7::client client("memory:?latency_ms=1");
    k7::loop loop;
    std::vector<k7::op<k7::sandbox>> ops;
    int done = 0;
    for (const char *name : { "a", "b", "c" }) {
        ops.push_back(client.start_create(loop, demo(name)));
        ops.back().on_done([&] { done++; });
    }
    while (done < 3) {
        pollfd ready = { loop.fd(), POLLIN, 0 };
        auto limit = loop.timeout();
        poll(&ready, 1, limit ? static_cast<int>(limit->count()) : -1);
        loop.process();
    }
    for (auto &op : ops)
        CHECK(op.take());
    CHECK(loop.op_count() == 0 && client.list().size() == 3);
}

TEST(wake_and_wait)
{
    k7::loop loop;
    loop.wake();
    loop.wait();
    loop.wait(0ms);
    std::thread other([&] { loop.wake(); });
    loop.wait();
    other.join();
}

TEST(a_completion_callback_may_take_and_destroy)
{
    k7::client client("memory:");
    k7::loop loop;
    std::optional<k7::op<k7::sandbox>> op = client.start_create(loop, demo());
    std::string name;
    op->on_done([&] {
        name = op->take().name();
        op.reset();
    });
    while (name.empty())
        loop.wait();
    CHECK(name == "demo" && !op);
    auto silent = client.start_list(loop, {});
    silent.on_done([&] { name = "told"; });
    silent.on_done(nullptr);
    silent.wait();
    CHECK(name == "demo" && !silent.try_on_done([] {}));
}

TEST(a_completion_callback_may_end_the_loop)
{
    k7::client client("memory:");
    std::optional<k7::loop> loop(std::in_place);
    auto op = client.start_list(*loop, {});
    op.on_done([&] { loop.reset(); });
    while (loop)
        loop->wait();
    CHECK(op.state() == k7::op_state::done && op.take().empty());
}

TEST(what_a_completion_callback_throws_comes_out_of_the_loop)
{
    k7::client client("memory:");
    k7::loop loop;
    auto op = client.start_list(loop, {});
    op.on_done([] { throw oops{ 1 }; });
    int number = 0;
    while (number == 0) {
        try {
            loop.wait();
        } catch (const oops &thrown) {
            number = thrown.number;
        }
    }
    CHECK(op.take().empty());
    loop.process();
}

TEST(what_another_callback_throws_comes_out_of_take)
{
    k7::client client("memory:?start_ms=500000");
    k7::loop loop;
    k7::call call;
    int told = 0;
    call.on_progress = [&](const k7::progress &) {
        told++;
        throw oops{ 2 };
    };
    auto started = client.start_create(loop, demo(), call);
    call.on_progress = nullptr; /* a copy has it */
    auto op = std::move(started);
    op.wait();
    CHECK(THROWN(oops, op.take()).number == 2 && told == 1);
    THROWN(k7::cancelled_error, op.take());
    CHECK(client.list().empty());
}

TEST(the_second_take_gives_the_items_of_many)
{
    k7::client client("memory:");
    k7::loop loop;
    k7::batch batch;
    for (const char *name : { "a", "b", "c" })
        batch.add(demo(name));
    batch.set_at_once(1);
    k7::call call;
    call.on_progress = [](const k7::progress &progress) {
        if (progress.done == 1 && progress.total == 3)
            throw oops{ 3 };
    };
    auto op = client.start_create_many(loop, batch, call);
    op.wait();
    THROWN(oops, op.take());
    k7::results made = op.take();
    CHECK(made.size() == 3 && made[0].outcome == k7::item_outcome::done && !made.all_done());
    CHECK(client.list().size() == made.count_of(k7::item_outcome::done));
}

TEST(a_reply_that_another_thread_lets_go_of_while_something_unwinds)
{
    std::promise<void> begun, returned;
    std::thread worker;
    k7::transport own("own");
    own.on("list", [&](const k7::request &, k7::reply given) {
        worker = std::thread(
            [&](k7::reply reply) {
                try {
                    k7::reply mine = std::move(reply);
                    returned.get_future().wait();
                    throw oops{ 1 };
                } catch (const oops &) {
                }
            },
            std::move(given));
        begun.set_value();
    });
    k7::config config;
    config.set("endpoint", "own:").set("timeout_ms", "20000").add_transport(own);
    k7::client client(config);
    k7::loop loop;
    auto op = client.start_list(loop);
    auto has_begun = begun.get_future();
    while (has_begun.wait_for(0s) != std::future_status::ready)
        loop.process();
    returned.set_value();
    op.wait();
    worker.join();
    CHECK(std::string(THROWN(k7::server_error, op.take()).what()).find("no answer") != std::string::npos);
}

TEST(cancel_and_destroy_take_back)
{
    k7::client client("memory:?start_ms=500000");
    k7::loop loop;
    auto op = client.start_create(loop, demo());
    std::thread([&] { op.cancel(); }).join();
    op.wait();
    THROWN(k7::cancelled_error, op.take());
    k7::cancel cancel;
    k7::call call;
    call.cancel = &cancel;
    auto other = client.start_create(loop, demo("other"), call);
    cancel.trigger();
    other.wait();
    THROWN(k7::cancelled_error, other.take());
    {
        int told = 0;
        k7::call counted;
        counted.on_progress = [told](const k7::progress &) mutable { told++; };
        auto dropped = client.start_create(loop, demo("dropped"), counted);
        loop.process();
    }
    while (loop.op_count() > 0)
        loop.wait();
    CHECK(client.list().empty());
}

TEST(an_operation_may_be_assigned)
{
    k7::client client("memory:?start_ms=500000");
    k7::loop loop;
    auto op = client.start_create(loop, demo());
    auto &same = op;
    op = std::move(same);
    CHECK(op.state() == k7::op_state::running);
    op = client.start_create(loop, demo("other")); /* the first is taken back */
    while (loop.op_count() > 1)
        loop.wait();
    op.cancel();
    op.wait();
    CHECK(client.list().empty());
}

TEST(an_operation_outlives_its_loop)
{
    k7::client client("memory:?start_ms=500000");
    std::optional<k7::op<k7::sandbox>> op;
    bool told = false;
    {
        k7::loop loop;
        op = client.start_create(loop, demo());
        op->on_done([&] {
            told = true;
            throw oops{ 9 }; /* which nobody can hear */
        });
        loop.process();
    }
    CHECK(told && op->failure()->code() == K7_ERR_CANCELLED);
}
