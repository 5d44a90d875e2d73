/* check.hpp: tests that register themselves, and what they check with. */
#ifndef CHECK_HPP
#define CHECK_HPP

#include <exception>
#include <k7sandbox/k7sandbox.hpp>

struct check_failed {
};

struct check_test {
    check_test(const char *name_, void (*run_)());
    const char *name;
    void (*run)();
    check_test *next;
};

#define TEST(name)                                                                                           \
    static void name();                                                                                      \
    static check_test test_##name(#name, name);                                                              \
    static void name()

void check_fail(const char *file, int line, const char *what);

#define CHECK(condition) ((condition) ? (void)0 : check_fail(__FILE__, __LINE__, #condition))

/* The exception of exactly this class that an expression throws. */
#define THROWN(type, expression)                                                                             \
    [&]() -> type {                                                                                          \
        try {                                                                                                \
            (void)(expression);                                                                              \
        } catch (const type &thrown) {                                                                       \
            return thrown;                                                                                   \
        }                                                                                                    \
        check_fail(__FILE__, __LINE__, #expression " throws no " #type);                                     \
        throw check_failed();                                                                                \
    }()

/* What callbacks throw here. */
struct oops {
    int number;
};

#endif
