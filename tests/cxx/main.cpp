/* main.cpp: runs the tests, and says how many passed. */
#include <cstdio>
#include "check.hpp"

static check_test *tests;

check_test::check_test(const char *name_, void (*run_)()) : name(name_), run(run_), next(tests)
{
    tests = this;
}

void check_fail(const char *file, int line, const char *what)
{
    std::printf("%s:%d: %s\n", file, line, what);
    throw check_failed();
}

int main()
{
    int passed = 0, failed = 0;

    for (check_test *test = tests; test != nullptr; test = test->next) {
        const char *how = nullptr;
        try {
            test->run();
        } catch (const check_failed &) {
            how = "see above";
        } catch (const std::exception &thrown) {
            std::printf("%s\n", thrown.what());
            how = "it threw";
        } catch (const oops &) {
            how = "a callback's exception came out where none should";
        }
        if (how != nullptr)
            std::printf("FAILED %s: %s\n", test->name, how);
        (how == nullptr ? passed : failed)++;
    }
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
