/* test_memory.cpp: what is left where memory runs out. */
#include <cstdlib>
#include <new>
#include "check.hpp"

static thread_local long allocations_left = -1; /* -1: as many as there is memory for */

void *operator new(std::size_t size)
{
    void *memory = allocations_left == 0 ? nullptr : std::malloc(size == 0 ? 1 : size);
    if (memory == nullptr)
        throw std::bad_alloc();
    if (allocations_left > 0)
        allocations_left--;
    return memory;
}

void operator delete(void *memory) noexcept
{
    std::free(memory);
}

void operator delete(void *memory, std::size_t) noexcept
{
    std::free(memory);
}

TEST(a_transport_that_could_not_be_told_of_a_function_has_none)
{
    long failures = 0;
    for (bool done = false; !done; failures++) {
        k7::transport own("own");
        own.on("delete", [](const k7::request &, k7::reply reply) { reply.done(); });
        k7::transport::function answer = [](const k7::request &, k7::reply reply) { reply.list_json("[]"); };
        const std::string operation = "list";
        allocations_left = failures;
        try {
            done = own.try_on(operation, std::move(answer)).has_value();
        } catch (const std::bad_alloc &) {
        }
        allocations_left = -1;
        k7::config config;
        config.set("endpoint", "own:").add_transport(own);
        k7::client client(config);
        auto list = client.try_list();
        CHECK(done ? list.has_value() : list.error().error_class() == k7::error_class::unsupported);
        CHECK(client.try_delete_sandbox("demo"));
    }
    CHECK(failures > 1);
}
