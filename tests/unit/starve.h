/* starve.h: for tests of what happens when memory runs out, and of what is left in memory that was given back. Takes the place of base/alloc.c in the
 * program that includes it: the same text, over an allocator that refuses the n-th request and looks into what is freed. Included by one file of a program. */
#ifndef K7T_STARVE_H
#define K7T_STARVE_H

#include <k7sandbox/error.h>

#include <check.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t starve_left = SIZE_MAX; /* requests until one is refused */

static const char *starve_secret; /* what freed memory must not hold; NULL: anything */
static int starve_leaks;          /* how often it did */

static int starve_now(void)
{
    return starve_left != SIZE_MAX && starve_left-- == 0;
}

static void starve_free(void *memory)
{
    if (memory && starve_secret &&
        memmem(memory, malloc_usable_size(memory), starve_secret, strlen(starve_secret)))
        starve_leaks++;
    free(memory);
}

static void *starve_calloc(size_t count, size_t size)
{
    return starve_now() ? NULL : calloc(count, size);
}

/* Zeroed, so that all of it can be looked at when it is freed. */
static void *starve_malloc(size_t size)
{
    return starve_calloc(1, size);
}

/* Always moves, so that what stays behind is seen. */
static void *starve_realloc(void *memory, size_t size)
{
    void *moved = starve_malloc(size);

    if (moved && memory) {
        size_t old = malloc_usable_size(memory);

        memcpy(moved, memory, old < size ? old : size);
        starve_free(memory);
    }
    return moved;
}

#define malloc  starve_malloc
#define calloc  starve_calloc
#define realloc starve_realloc
#define free    starve_free
#include "base/alloc.c"
#undef malloc
#undef calloc
#undef realloc
#undef free

/* Runs fn(user) with the first request refused, then the second, and so on, until it gets through without a refusal. fn returns an error number. */
static void starve_each(int (*fn)(void *user), void *user)
{
    for (size_t n = 0;; n++) {
        starve_left = n;
        int code = fn(user);
        int was_refused = starve_left == SIZE_MAX;

        starve_left = SIZE_MAX;
        if (!was_refused) {
            ck_assert_int_eq(code, 0);
            return;
        }
        ck_assert_msg(code == K7_ERR_NO_MEMORY, "with request %zu refused: %d", n, code);
    }
}

#endif
