/* test_store.c: the store stays sorted, finds, and forgets what is gone. */
#include "transport/memory/store.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct k7i_memory_entry *new_entry(const char *namespace_, const char *name)
{
    struct k7i_memory_entry *entry = NULL;
    k7_spec *spec = NULL;

    ck_assert_int_eq(k7_spec_new(name, "alpine", &spec, NULL), 0);
    ck_assert_int_eq(k7i_memory_entry_new(spec, namespace_, &entry, NULL), 0);
    k7_spec_free(spec);
    return entry;
}

START_TEST(any_order_in_is_sorted)
{
    struct k7i_memory_store store = { 0 };
    char name[16];

    srandom(3);
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "n%ld", random() % 1000);
        const char *namespace_ = i % 2 ? "a" : "b";

        if (!k7i_memory_store_find(&store, namespace_, name))
            ck_assert_int_eq(k7i_memory_store_add(&store, new_entry(namespace_, name)), 0);
    }
    for (size_t i = 1; i < store.count; i++) {
        const struct k7i_memory_entry *before = store.entries[i - 1], *after = store.entries[i];
        int order = strcmp(before->namespace_, after->namespace_);

        ck_assert(order < 0 || (order == 0 && strcmp(before->name, after->name) < 0));
        ck_assert_ptr_eq(k7i_memory_store_find(&store, after->namespace_, after->name), after);
    }
    size_t first = k7i_memory_store_first(&store, "b");
    ck_assert_str_eq(store.entries[first]->namespace_, "b");
    ck_assert_str_eq(store.entries[first - 1]->namespace_, "a");
    ck_assert_uint_eq(k7i_memory_store_first(&store, NULL), 0);
    ck_assert_uint_eq(k7i_memory_store_first(&store, "c"), store.count);
    k7i_memory_store_clear(&store);
}
END_TEST

START_TEST(what_is_gone_is_forgotten)
{
    struct k7i_memory_store store = { 0 };
    struct k7i_memory_entry *one = new_entry("a", "one");

    ck_assert_int_eq(k7i_memory_store_add(&store, one), 0);
    ck_assert_int_eq(k7i_memory_store_add(&store, new_entry("a", "two")), 0);
    ck_assert_int_eq(k7i_memory_store_settle(&store, 1000), 0);
    k7i_memory_store_stop(&store, one, 500);
    k7i_memory_store_stop(&store, one, 9000); /* the first word counts */
    ck_assert_int_eq(k7i_memory_store_settle(&store, 499), 0);
    ck_assert_ptr_eq(k7i_memory_store_find(&store, "a", "one"), one);
    ck_assert_int_eq(k7i_memory_store_settle(&store, 500), 1);
    ck_assert_ptr_null(k7i_memory_store_find(&store, "a", "one"));
    ck_assert_uint_eq(store.count, 1);
    ck_assert_uint_eq(store.stopping, 0);
    k7i_memory_store_remove(&store, store.entries[0]);
    ck_assert_uint_eq(store.count, 0);
    k7i_memory_store_clear(&store);
}
END_TEST

START_TEST(uids_differ_and_look_like_uuids)
{
    struct k7i_memory_entry *one = new_entry("a", "one"), *two = new_entry("a", "one");

    ck_assert_uint_eq(strlen(one->uid), 36);
    ck_assert_int_eq(one->uid[8], '-');
    ck_assert_int_eq(one->uid[23], '-');
    ck_assert_str_ne(one->uid, two->uid);
    k7i_memory_entry_free(one);
    k7i_memory_entry_free(two);
}
END_TEST

int main(void)
{
    TCase *group = tcase_create("store");
    Suite *suite = suite_create("store");

    tcase_add_test(group, any_order_in_is_sorted);
    tcase_add_test(group, what_is_gone_is_forgotten);
    tcase_add_test(group, uids_differ_and_look_like_uuids);
    suite_add_tcase(suite, group);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
