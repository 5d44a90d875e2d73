/* Unit tests of the YAML façade when memory runs out anywhere, in libyaml as well. Every request of the program for memory goes through here.
 *
 * Left out by name: json_tokener_parse_ex, json-c's own parser, which does not survive it (see src/format/json.c). */
#include "base/alloc.h"
#include "format/json.h"
#include "format/yaml.h"
#include <k7sandbox/error.h>

#include <check.h>
#include <dlfcn.h>
#include <json-c/json.h>
#include <malloc.h>
#include <string.h>

/* A sanitizer brings its own malloc, which cannot be replaced; what it would find is found by the other tests. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif

#ifndef SANITIZED

#define SEEN_BY_LIBRARIES __attribute__((visibility("default")))

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void __libc_free(void *memory);

static long left = -1; /* requests until one is refused; below zero: none is */
static int refused, counting;
static long in_use;        /* blocks, while counting */
static const char *secret; /* what freed memory must not hold; NULL: anything */
static int leaks;          /* how often it did */

static int refuse(void)
{
    if (left < 0 || left-- > 0)
        return 0;
    refused = 1;
    return 1;
}

static void *note(void *memory)
{
    in_use += counting && memory;
    return memory;
}

SEEN_BY_LIBRARIES void *malloc(size_t size)
{
    return refuse() ? NULL : note(__libc_malloc(size));
}

SEEN_BY_LIBRARIES void *calloc(size_t count, size_t size)
{
    return refuse() ? NULL : note(__libc_calloc(count, size));
}

SEEN_BY_LIBRARIES void *realloc(void *memory, size_t size)
{
    if (refuse())
        return NULL;
    return memory ? __libc_realloc(memory, size) : note(__libc_realloc(NULL, size));
}

SEEN_BY_LIBRARIES void free(void *memory)
{
    in_use -= counting && memory;
    leaks += secret && memory && memmem(memory, malloc_usable_size(memory), secret, strlen(secret));
    __libc_free(memory);
}

struct json_object *json_tokener_parse_ex(struct json_tokener *tokener, const char *text, int len)
{
    static json_object *(*real)(struct json_tokener *, const char *, int);
    long kept = left;

    left = -1;
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "json_tokener_parse_ex");
    json_object *object = real(tokener, text, len);
    left = kept;
    return object;
}

static const char yaml[] =
    "name: demo\nlimits: {cpu: \"1\", memory: 1Gi}\nbefore_script: |\n  apk add curl\n  # a comment that is long enough to make "
    "libyaml enlarge its buffers, which begin small\negress_whitelist: []\ncmd: [\"a\\tb\", 'c', ~, 12, true, 1.5]\n";

static int there_and_back(void)
{
    struct k7i_json *json = NULL;
    struct k7i_buf buf, again;
    int code;

    k7i_buf_init(&buf, 1 << 20);
    k7i_buf_init(&again, 1 << 20);
    code = k7i_yaml_to_json("k7.yaml", yaml, strlen(yaml), 1, &buf, NULL);
    if (code == 0)
        code = k7i_json_parse(buf.data, buf.len, &json, NULL);
    if (code == 0) {
        k7i_yaml_from_json(k7i_json_root(json), &again);
        code = again.failed;
    }
    k7i_json_free(json);
    k7i_buf_clear(&buf);
    k7i_buf_clear(&again);
    return code;
}

/* Valgrind puts its own functions in the place of these. */
static int requests_come_here(void)
{
    refused = 0;
    left = 0;
    void *volatile memory = malloc(1);
    left = -1;
    free(memory);
    return refused;
}

START_TEST(survives_a_lack_of_memory_in_libyaml_too)
{
    if (!requests_come_here())
        return;
    ck_assert_int_eq(there_and_back(), 0); /* what is made once and kept is made now */
    for (long n = 0;; n++) {
        in_use = 0;
        refused = 0;
        counting = 1;
        left = n;
        int code = there_and_back();
        left = -1;
        counting = 0;
        ck_assert_msg(in_use == 0, "with request %ld refused: %ld blocks are left", n, in_use);
        if (!refused) {
            ck_assert_int_eq(code, 0);
            ck_assert_int_gt(n, 20);
            break;
        }
        ck_assert_msg(code == K7_ERR_NO_MEMORY, "with request %ld refused: %d", n, code);
    }
}
END_TEST

/* While it reads, json-c has copies that nobody can reach; of what it keeps, none is left. */
START_TEST(a_wiped_document_leaves_nothing)
{
    static const char text[] =
        "{\"a\":[{\"b\":\"a text that nobody may see\"}],\"c\":\"nobody may see it, however long it "
        "is: longer than what json-c keeps beside an object itself\"}";
    struct k7i_json *json;

    if (!requests_come_here())
        return;
    for (int wiped = 0; wiped < 2; wiped++) {
        ck_assert_int_eq(k7i_json_parse(text, strlen(text), &json, NULL), 0);
        secret = "nobody may see";
        leaks = 0;
        if (wiped)
            k7i_json_wipe(json);
        else
            k7i_json_free(json);
        secret = NULL;
        ck_assert_int_eq(leaks, wiped ? 0 : 2);
    }
    k7i_json_wipe(NULL);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, survives_a_lack_of_memory_in_libyaml_too);
    tcase_add_test(tests, a_wiped_document_leaves_nothing);
}

#else

static void add_tests(TCase *tests)
{
    (void)tests;
}

#endif

int main(void)
{
    Suite *suite = suite_create("format/yaml");
    TCase *tests = tcase_create("yaml");

    add_tests(tests);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
