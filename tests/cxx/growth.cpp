/* growth.cpp: many calls, and nothing of the process is more after them than after the first: growth CALLS. */
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <malloc.h>
#include <k7sandbox/k7sandbox.hpp>

static std::size_t entries(const char *folder)
{
    std::size_t count = 0;
    for (const auto &entry : std::filesystem::directory_iterator(folder))
        count += !entry.path().empty();
    return count;
}

/* Of a program with one thread, so of all that it has. */
struct figures {
    std::size_t memory = mallinfo2().uordblks + mallinfo2().hblkhd;
    std::size_t descriptors = entries("/proc/self/fd");
    std::size_t threads = entries("/proc/self/task");
};

static void blocking(const k7::client &client, const k7::spec &spec)
{
    k7::call call;
    k7::cancel cancel;
    call.cancel = &cancel;
    call.on_progress = [](const k7::progress &) {};
    client.create(spec, call);
    try {
        client.create(spec);
        std::abort();
    } catch (const k7::conflict_error &) {
    }
    call.on_progress = [](const k7::progress &) { throw 1; };
    try {
        client.delete_sandbox("demo", std::nullopt, {}, call);
        std::abort();
    } catch (int) {
    }
    client.delete_sandbox("demo");
}

static void started(const k7::client &client, const k7::spec &spec, k7::loop &loop)
{
    auto create = client.start_create(loop, spec);
    create.on_done([] {});
    create.wait();
    create.take();
    client.start_list(loop, {}); /* dropped, and so cancelled */
    auto gone = client.start_delete_sandbox(loop, "demo", std::nullopt, {});
    gone.wait();
    gone.take();
    while (loop.op_count() > 0)
        loop.wait();
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? std::atoi(argv[1]) : 10000;
    k7::client client("memory:");
    k7::spec spec("demo", "alpine:latest");
    k7::loop loop;
    auto calls = [&](int rounds) {
        for (int i = 0; i < rounds; i++) {
            blocking(client, spec);
            started(client, spec, loop);
        }
    };
    calls(count / 10);
    (void)figures(); /* what it takes to look */
    figures before;
    calls(count);
    figures after;
    std::printf("%zu bytes, %zu descriptors, %zu threads; then %zu, %zu, %zu\n", before.memory,
                before.descriptors, before.threads, after.memory, after.descriptors, after.threads);
    return after.memory != before.memory || after.descriptors != before.descriptors ||
           after.threads != before.threads;
}
