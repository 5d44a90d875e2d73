/* test_op_callbacks.c: what completion callbacks may do to operations and to their loop, and many of them at once. */
#include "started.h"

#include <stdio.h>

/* --- what callbacks may do ------------------------------------------------------------------------------------------------------- */

struct chain {
    int left, depth;
    int last_state;
};

static void start_next(void *user, k7_op *op)
{
    struct chain *chain = user;

    ck_assert_int_eq(chain->depth++, 0); /* never inside a start */
    k7_op_free(op);
    if (--chain->left > 0) {
        k7_op *next = start_get("nobody", NULL);
        ck_assert_int_eq(k7_op_set_on_done(next, start_next, chain, NULL, NULL), 0);
    }
    chain->depth--;
}

START_TEST(callback_frees_its_operation_and_starts_the_next)
{
    struct chain chain = { .left = 1000 };
    int rounds = 0;

    open_all("memory:");
    ck_assert_int_eq(k7_op_set_on_done(start_get("nobody", NULL), start_next, &chain, NULL, NULL), 0);
    for (; k7_loop_op_count(loop) > 0; rounds++)
        run_by_poll();
    ck_assert_int_eq(chain.left, 0);
    ck_assert_int_eq(rounds, 1000); /* a chain does not keep k7_loop_process() from returning */
    close_all();
}
END_TEST

static k7_op *other;

static void free_other(void *user, k7_op *op)
{
    (void)user, (void)op;
    k7_op_free(other);
}

START_TEST(callback_frees_another_that_has_ended_at_the_same_time)
{
    struct note note = { 0 };

    open_all("memory:");
    k7_op *op = start_get("one", NULL);
    other = start_get("two", NULL);
    watch(other, &note);
    ck_assert_int_eq(k7_op_set_on_done(op, free_other, NULL, NULL, NULL), 0);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    ck_assert_uint_eq(k7_loop_op_count(loop), 0);
    ck_assert_int_eq(note.told, 0);
    ck_assert_int_eq(note.freed, 1);
    k7_op_free(op);
    close_all();
}
END_TEST

static void free_itself(void *user, k7_op *op)
{
    (void)user;
    k7_op_free(op);
}

START_TEST(operation_freed_by_its_callback_can_be_waited_for)
{
    open_all("memory:?latency_ms=1");
    k7_op *op = start_get("one", NULL);
    ck_assert_int_eq(k7_op_set_on_done(op, free_itself, NULL, NULL, NULL), 0);
    ck_assert_int_eq(k7_op_wait(op, NULL), 0);
    close_all();
}
END_TEST

static void run_inside(void *user, k7_op *op)
{
    k7_sandboxes *list = NULL;
    struct note *note = user;

    note->told++;
    ck_assert_int_eq(k7_loop_process(loop, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_loop_wait(loop, -1, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_op_wait(other, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_op_wait(op, NULL), 0); /* it has ended */
    ck_assert_int_eq(k7_sandbox_list(client, NULL, NULL, &list, NULL),
                     0); /* a blocking call has a loop of its own */
    k7_sandboxes_unref(list);
}

START_TEST(loop_cannot_be_run_inside_itself)
{
    struct note note = { 0 };

    open_all("memory:?fail=get:hang");
    other = start_get("one", NULL);
    k7_op *op = start_create("one", NULL);
    ck_assert_int_eq(k7_op_set_on_done(op, run_inside, &note, NULL, NULL), 0);
    ck_assert_int_eq(k7_op_wait(op, NULL), 0);
    ck_assert_int_eq(note.told, 1);
    k7_op_free(op);
    k7_op_free(other);
    close_all();
}
END_TEST

static void free_loop(void *user, k7_op *op)
{
    k7_op *refused = NULL;

    (void)user, (void)op;
    k7_loop_free(loop);
    ck_assert_int_eq(k7_sandbox_get_start(client, NULL, "one", NULL, loop, &refused, NULL),
                     K7_ERR_INVALID_ARGUMENT);
    ck_assert_ptr_null(refused);
}

START_TEST(callback_frees_the_loop)
{
    struct note note = { 0 };

    open_all("memory:?fail=get:hang");
    other = start_get("one", NULL);
    watch(other, &note);
    k7_op *op = start_create("one", NULL);
    ck_assert_int_eq(k7_op_set_on_done(op, free_loop, NULL, NULL, NULL), 0);
    ck_assert_int_eq(k7_op_wait(op, NULL), 0);
    expect_told(&note, K7_OP_FAILED, K7_ERR_CANCELLED);
    k7_op_free(op);
    k7_op_free(other);
    client = k7_client_unref(client);
}
END_TEST

START_TEST(another_callback_takes_the_place_of_the_first)
{
    struct note first = { 0 }, second = { 0 };

    open_all("memory:");
    k7_op *op = start_get("one", NULL);
    watch(op, &first);
    watch(op, &second);
    ck_assert_int_eq(first.freed, 1);
    run_all();
    ck_assert_int_eq(first.told, 0);
    expect_told(&second, K7_OP_FAILED, K7_ERR_NOT_FOUND);
    k7_op_free(op);
    op = start_get("one", NULL);
    watch(op, &first);
    ck_assert_int_eq(k7_op_set_on_done(op, NULL, NULL, NULL, NULL), 0);
    run_all();
    ck_assert_int_eq(first.told, 0);
    ck_assert_int_eq(first.freed, 2);
    k7_op_free(op);
    close_all();
}
END_TEST

/* --- several --------------------------------------------------------------------------------------------------------------------- */

START_TEST(one_loop_serves_many_operations_of_several_clients)
{
    enum { CLIENTS = 4, EACH = 64 };
    struct note notes[CLIENTS * EACH] = { 0 };
    k7_op *ops[CLIENTS * EACH];
    char name[32];

    ck_assert_int_eq(k7_loop_new(&loop, NULL), 0);
    for (int i = 0; i < CLIENTS * EACH; i++) {
        if (i % EACH == 0)
            client = open_client("memory:?latency_ms=1&start_ms=2", NULL);
        snprintf(name, sizeof name, "sandbox-%d", i % EACH);
        ops[i] = start_create(name, NULL);
        watch(ops[i], &notes[i]);
        if (i % EACH == EACH - 1)
            client = k7_client_unref(client);
    }
    ck_assert_uint_eq(k7_loop_op_count(loop), CLIENTS * EACH);
    run_all();
    for (int i = 0; i < CLIENTS * EACH; i++) {
        expect_told(&notes[i], K7_OP_DONE, 0);
        k7_op_free(ops[i]);
    }
    close_all();
}
END_TEST

START_TEST(one_client_is_served_by_several_loops_and_blocking_calls)
{
    k7_loop *first = NULL, *second = NULL;
    k7_sandbox *sandbox = NULL;

    open_all("memory:?latency_ms=1");
    first = loop;
    k7_op *one = start_create("one", NULL);
    ck_assert_int_eq(k7_loop_new(&second, NULL), 0);
    loop = second;
    k7_op *two = start_create("two", NULL);
    ck_assert_int_eq(k7_op_wait(two, NULL), 0);
    ck_assert_int_eq(k7_op_get_state(one), K7_OP_RUNNING); /* its loop did not run */
    ck_assert_int_eq(k7_sandbox_get(client, NULL, "two", NULL, &sandbox, NULL), 0);
    k7_sandbox_unref(sandbox);
    ck_assert_int_eq(k7_op_wait(one, NULL), 0);
    ck_assert_int_eq(k7_op_get_state(one), K7_OP_DONE);
    k7_op_free(one);
    k7_op_free(two);
    k7_loop_free(first);
    close_all();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("op");
    TCase *group = tcase_create("op");

    tcase_add_test(group, callback_frees_its_operation_and_starts_the_next);
    tcase_add_test(group, callback_frees_another_that_has_ended_at_the_same_time);
    tcase_add_test(group, operation_freed_by_its_callback_can_be_waited_for);
    tcase_add_test(group, loop_cannot_be_run_inside_itself);
    tcase_add_test(group, callback_frees_the_loop);
    tcase_add_test(group, another_callback_takes_the_place_of_the_first);
    tcase_add_test(group, one_loop_serves_many_operations_of_several_clients);
    tcase_add_test(group, one_client_is_served_by_several_loops_and_blocking_calls);
    suite_add_tcase(suite, group);
    return run(suite);
}
