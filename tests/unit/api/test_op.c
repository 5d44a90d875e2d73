/* test_op.c: started operations over memory: and a custom transport: when callbacks run and how often, what may be freed when, and what is refused. */
#include <k7sandbox/k7sandbox.h>

#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static k7_loop *loop;
static k7_client *client;

static k7_client *open_client(const char *endpoint, k7_transport *transport)
{
    k7_client *opened = NULL;
    k7_config *config = NULL;

    ck_assert_int_eq(k7_config_new(&config, NULL), 0);
    ck_assert_int_eq(k7_config_set(config, "endpoint", endpoint, NULL), 0);
    if (transport)
        ck_assert_int_eq(k7_config_add_transport(config, transport, NULL), 0);
    ck_assert_int_eq(k7_client_open(config, &opened, NULL), 0);
    k7_config_free(config);
    return opened;
}

static void open_all(const char *endpoint)
{
    ck_assert_int_eq(k7_loop_new(&loop, NULL), 0);
    client = open_client(endpoint, NULL);
}

static void close_all(void)
{
    k7_loop_free(loop);
    client = k7_client_unref(client);
}

static k7_op *start_create(const char *name, const k7_call *call)
{
    k7_spec *spec = NULL;
    k7_op *op = NULL;

    ck_assert_int_eq(k7_spec_new(name, "alpine:latest", &spec, NULL), 0);
    ck_assert_int_eq(k7_sandbox_create_start(client, spec, call, loop, &op, NULL), 0);
    k7_spec_free(spec); /* it was copied */
    return op;
}

static k7_op *start_get(const char *name, const k7_call *call)
{
    k7_op *op = NULL;

    ck_assert_int_eq(k7_sandbox_get_start(client, NULL, name, call, loop, &op, NULL), 0);
    return op;
}

/* As a program's own event loop does it. */
static void run_by_poll(void)
{
    struct pollfd poller = { .fd = k7_loop_get_fd(loop), .events = POLLIN };

    ck_assert_int_ge(poll(&poller, 1, k7_loop_get_timeout_ms(loop)), 0);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
}

static void run_all(void)
{
    while (k7_loop_op_count(loop) > 0)
        run_by_poll();
}

/* --- what is noted of callbacks -------------------------------------------------------------------------------------------------- */

struct note {
    int told, freed, state, code, starting;
    int depth; /* of callbacks inside callbacks */
};

static void note_end(void *user, k7_op *op)
{
    struct note *note = user;

    note->told++;
    note->state = k7_op_get_state(op);
    note->code = k7_error_get_code(k7_op_get_error(op));
}

static void note_free(void *user)
{
    struct note *note = user;

    note->freed++;
}

static void watch(k7_op *op, struct note *note)
{
    ck_assert_int_eq(k7_op_set_on_done(op, note_end, note, note_free, NULL), 0);
}

static void expect_told(const struct note *note, int state, int code)
{
    ck_assert_int_eq(note->told, 1);
    ck_assert_int_eq(note->freed, 1);
    ck_assert_int_eq(note->state, state);
    ck_assert_int_eq(note->code, code);
}

/* --- one operation --------------------------------------------------------------------------------------------------------------- */

START_TEST(every_operation_has_a_twin)
{
    k7_sandbox *sandbox = NULL;
    k7_sandboxes *list = NULL;
    k7_results *results = NULL;
    k7_op *op, *ops[2];

    open_all("memory:?latency_ms=1&start_ms=1&stop_ms=1");
    ops[0] = start_create("one", NULL);
    ops[1] = start_create("two", NULL);
    ck_assert_uint_eq(k7_loop_op_count(loop), 2);
    for (int i = 0; i < 2; i++) {
        ck_assert_str_eq(k7_op_get_operation(ops[i]), "create");
        ck_assert_int_eq(k7_op_wait(ops[i], NULL), 0);
        ck_assert_int_eq(k7_op_get_state(ops[i]), K7_OP_DONE);
        ck_assert_int_eq(k7_op_take_sandbox(ops[i], &sandbox, NULL), 0);
        ck_assert_str_eq(k7_sandbox_get_name(sandbox), i == 0 ? "one" : "two");
        k7_sandbox_unref(sandbox);
        k7_op_free(ops[i]);
    }
    op = start_get("one", NULL);
    ck_assert_int_eq(k7_op_wait(op, NULL), 0);
    ck_assert_int_eq(k7_op_take_sandbox(op, &sandbox, NULL), 0);
    ck_assert_int_eq(k7_sandbox_is_ready(sandbox), 1);
    k7_sandbox_unref(sandbox);
    k7_op_free(op);
    ck_assert_int_eq(k7_sandbox_delete_start(client, NULL, "two", NULL, NULL, loop, &op, NULL), 0);
    ck_assert_int_eq(k7_op_wait(op, NULL), 0);
    ck_assert_int_eq(k7_op_take_error(op, NULL), 0);
    k7_op_free(op);
    ck_assert_int_eq(k7_sandbox_list_start(client, NULL, NULL, loop, &op, NULL), 0);
    ck_assert_int_eq(k7_op_wait(op, NULL), 0);
    ck_assert_int_eq(k7_op_take_sandboxes(op, &list, NULL), 0);
    ck_assert_uint_eq(k7_sandboxes_count(list), 1);
    k7_sandboxes_unref(list);
    k7_op_free(op);
    ck_assert_int_eq(k7_sandbox_delete_all_start(client, NULL, NULL, loop, &op, NULL), 0);
    ck_assert_int_eq(k7_op_wait(op, NULL), 0);
    ck_assert_int_eq(k7_op_take_results(op, &results, NULL), 0);
    ck_assert_uint_eq(k7_results_count_of(results, K7_ITEM_DONE), 1);
    k7_results_unref(results);
    k7_op_free(op);
    close_all();
}
END_TEST

START_TEST(nothing_happens_until_the_loop_runs_and_then_once)
{
    struct note note = { 0 };

    open_all("memory:");
    k7_op *op = start_get("nobody", NULL);
    struct pollfd poller = { .fd = k7_loop_get_fd(loop), .events = POLLIN };
    ck_assert_int_eq(poll(&poller, 1, 0), 1); /* a program that polls the descriptor alone hears of it, too */
    ck_assert_int_eq(k7_loop_get_timeout_ms(loop), 0);
    watch(op, &note);
    ck_assert_int_eq(k7_op_get_state(op), K7_OP_RUNNING);
    ck_assert_ptr_null(k7_op_get_error(op));
    ck_assert_int_eq(note.told, 0);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    expect_told(&note, K7_OP_FAILED, K7_ERR_NOT_FOUND);
    ck_assert_int_eq(poll(&poller, 1, 0), 0);
    ck_assert_int_eq(k7_loop_get_timeout_ms(loop), -1);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    ck_assert_int_eq(note.told, 1);
    k7_op_free(op);
    ck_assert_int_eq(note.freed, 1);
    close_all();
}
END_TEST

START_TEST(taking_is_typed_and_once)
{
    k7_sandbox *sandbox = NULL;
    k7_sandboxes *list = NULL;
    k7_results *results = NULL;
    k7_error *error = NULL, *again = NULL;

    open_all("memory:");
    k7_op *op = start_create("one", NULL);
    ck_assert_int_eq(k7_op_take_sandbox(op, &sandbox, NULL), K7_ERR_INVALID_ARGUMENT); /* it runs */
    ck_assert_int_eq(k7_op_take_error(op, NULL), K7_ERR_INVALID_ARGUMENT);
    k7_op_wait(op, NULL);
    ck_assert_int_eq(k7_op_set_on_done(op, note_end, NULL, NULL, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_op_take_sandboxes(op, &list, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_op_take_results(op, &results, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_op_take_sandbox(op, NULL, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_op_take_sandbox(op, &sandbox, NULL), 0);
    k7_sandbox_unref(sandbox);
    ck_assert_int_eq(k7_op_take_sandbox(op, &sandbox, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_ptr_null(sandbox);
    k7_op_free(op);
    op = start_get("nobody", NULL);
    k7_op_wait(op, NULL);
    ck_assert_int_eq(k7_op_take_sandbox(op, &sandbox, &error), K7_ERR_NOT_FOUND);
    ck_assert_int_eq(k7_op_take_error(op, &again), K7_ERR_NOT_FOUND); /* as often as one likes */
    ck_assert_ptr_eq(error, again);
    ck_assert_str_eq(k7_error_get_operation(error), "get");
    k7_op_free(op);
    ck_assert_int_eq(k7_error_get_code(error), K7_ERR_NOT_FOUND); /* it outlives the operation */
    k7_error_unref(error);
    k7_error_unref(again);
    close_all();
}
END_TEST

START_TEST(wrong_arguments_start_nothing)
{
    k7_error *error = NULL;
    k7_spec *spec = NULL;
    k7_op *op = (k7_op *)&spec;

    open_all("memory:");
    ck_assert_int_eq(k7_sandbox_get_start(client, NULL, "Not a name", NULL, loop, &op, &error),
                     K7_ERR_INVALID_ARGUMENT);
    ck_assert_ptr_null(op);
    ck_assert_str_eq(k7_error_get_operation(error), "get");
    k7_error_unref(error);
    ck_assert_int_eq(k7_sandbox_get_start(client, NULL, "one", NULL, NULL, &op, NULL),
                     K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_sandbox_get_start(client, NULL, "one", NULL, loop, NULL, NULL),
                     K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_sandbox_create_start(client, NULL, NULL, loop, &op, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_uint_eq(k7_loop_op_count(loop), 0);
    close_all();
}
END_TEST

/* --- calls ----------------------------------------------------------------------------------------------------------------------- */

static void count_progress(void *user, const k7_progress *progress)
{
    struct note *note = user;

    (void)progress;
    note->told++;
}

START_TEST(call_is_copied_and_its_callback_freed_with_the_last_that_has_it)
{
    struct note note = { 0 };
    k7_cancel *cancel = NULL;
    k7_call *call = NULL;

    open_all("memory:?latency_ms=1");
    ck_assert_int_eq(k7_call_new(&call, NULL), 0);
    ck_assert_int_eq(k7_cancel_new(&cancel, NULL), 0);
    ck_assert_int_eq(k7_call_set_cancel(call, cancel, NULL), 0);
    ck_assert_int_eq(k7_call_set_progress(call, count_progress, &note, note_free, NULL), 0);
    k7_op *ops[] = { start_create("one", call), start_create("two", call) };
    k7_call_set_cancel(call, NULL, NULL); /* what was started has the token still */
    k7_op *third = start_create("three", call);
    k7_call_free(call);
    k7_cancel_trigger(cancel);
    k7_cancel_unref(cancel);
    ck_assert_int_eq(note.freed, 0);
    run_all();
    ck_assert_int_gt(note.told, 0);
    ck_assert_int_eq(note.freed, 1);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(k7_op_take_error(ops[i], NULL), K7_ERR_CANCELLED);
        k7_op_free(ops[i]);
    }
    ck_assert_int_eq(k7_op_get_state(third), K7_OP_DONE);
    k7_op_free(third);
    close_all();
}
END_TEST

START_TEST(client_lives_until_its_operations_have_ended)
{
    open_all("memory:?latency_ms=1");
    k7_op *op = start_create("one", NULL);
    client = k7_client_unref(client);
    run_all();
    ck_assert_int_eq(k7_op_get_state(op), K7_OP_DONE);
    k7_op_free(op);
    close_all();
}
END_TEST

/* --- cancelling and freeing ------------------------------------------------------------------------------------------------------ */

START_TEST(cancel_takes_back_and_tells)
{
    struct note note = { 0 };
    k7_sandboxes *list = NULL;

    open_all("memory:?clock=manual&start_ms=1000");
    k7_op *op = start_create("one", NULL);
    watch(op, &note);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0); /* stored, and not ready */
    ck_assert_int_eq(note.told, 0);
    k7_op_cancel(op);
    ck_assert_int_eq(note.told, 0);
    run_all();
    expect_told(&note, K7_OP_FAILED, K7_ERR_CANCELLED);
    ck_assert_int_eq(k7_error_get_outcome(k7_op_get_error(op)), K7_OUTCOME_NOT_SENT);
    k7_op_cancel(op); /* nothing */
    k7_op_free(op);
    ck_assert_int_eq(k7_sandbox_list(client, NULL, NULL, &list, NULL), 0);
    ck_assert_uint_eq(k7_sandboxes_count(list), 0);
    k7_sandboxes_unref(list);
    close_all();
}
END_TEST

START_TEST(second_cancel_abandons_what_takes_back)
{
    open_all("memory:?clock=manual&start_ms=1000&fail=delete:hang");
    k7_op *op = start_create("one", NULL);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    k7_op_cancel(op);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    ck_assert_int_eq(k7_op_get_state(op), K7_OP_RUNNING); /* it takes back */
    k7_op_cancel(op);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    ck_assert_int_eq(k7_op_take_error(op, NULL), K7_ERR_CANCELLED);
    ck_assert_uint_eq(k7_error_leftover_count(k7_op_get_error(op)), 1);
    k7_op_free(op);
    close_all();
}
END_TEST

START_TEST(freed_while_it_runs_it_is_taken_back_in_silence)
{
    struct note note = { 0 };
    k7_sandboxes *list = NULL;

    open_all("memory:?clock=manual&start_ms=1000");
    k7_op *op = start_create("one", NULL);
    watch(op, &note);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    k7_op_free(op);
    ck_assert_int_eq(note.freed, 1);
    ck_assert_uint_eq(k7_loop_op_count(loop), 1);
    run_all();
    ck_assert_int_eq(note.told, 0);
    ck_assert_int_eq(note.freed, 1);
    ck_assert_int_eq(k7_sandbox_list(client, NULL, NULL, &list, NULL), 0);
    ck_assert_uint_eq(k7_sandboxes_count(list), 0);
    k7_sandboxes_unref(list);
    close_all();
}
END_TEST

/* After a cancel, freeing is no second one: what is being taken back is not abandoned. */
START_TEST(freed_after_a_cancel_it_is_still_taken_back)
{
    k7_sandboxes *list = NULL;

    open_all("memory:?latency_ms=1&start_ms=100000");
    k7_op *op = start_create("one", NULL);
    while (k7_sandboxes_count(list) == 0) { /* until it is stored */
        list = k7_sandboxes_unref(list);
        ck_assert_int_eq(k7_loop_wait(loop, 1, NULL), 0);
        ck_assert_int_eq(k7_sandbox_list(client, NULL, NULL, &list, NULL), 0);
    }
    k7_sandboxes_unref(list);
    k7_op_cancel(op);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    k7_op_free(op);
    run_all();
    ck_assert_int_eq(k7_sandbox_list(client, NULL, NULL, &list, NULL), 0);
    ck_assert_uint_eq(k7_sandboxes_count(list), 0);
    k7_sandboxes_unref(list);
    close_all();
}
END_TEST

START_TEST(loop_freed_with_operations_tells_each_and_names_what_is_left)
{
    struct note notes[4] = { 0 };
    k7_results *results = NULL;
    k7_op *ops[4];

    open_all("memory:?clock=manual&start_ms=1000&stop_ms=1000&fail=get:hang");
    ops[0] = start_create("one", NULL);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    ops[1] = start_get("one", NULL);
    ck_assert_int_eq(k7_sandbox_delete_all_start(client, NULL, NULL, loop, &ops[2], NULL), 0);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    ops[3] = start_create("two", NULL); /* not begun */
    for (int i = 0; i < 4; i++)
        watch(ops[i], &notes[i]);
    k7_op_free(start_get("one", NULL)); /* nobody hears of that one */
    k7_loop_free(loop);
    loop = NULL;
    expect_told(&notes[0], K7_OP_FAILED, K7_ERR_CANCELLED);
    expect_told(&notes[1], K7_OP_FAILED, K7_ERR_CANCELLED);
    expect_told(&notes[2], K7_OP_DONE, 0);
    expect_told(&notes[3], K7_OP_FAILED, K7_ERR_CANCELLED);
    ck_assert_uint_eq(k7_error_leftover_count(k7_op_get_error(ops[0])), 1);
    ck_assert_int_eq(k7_error_get_outcome(k7_op_get_error(ops[0])), K7_OUTCOME_UNKNOWN);
    ck_assert_uint_eq(k7_error_leftover_count(k7_op_get_error(ops[3])), 0);
    ck_assert_int_eq(k7_error_get_outcome(k7_op_get_error(ops[3])), K7_OUTCOME_NOT_SENT);
    ck_assert_int_eq(k7_op_take_results(ops[2], &results, NULL), 0);
    ck_assert_uint_eq(k7_results_count(results), 1);
    ck_assert_int_ne(k7_results_outcome_at(results, 0), K7_ITEM_DONE);
    k7_results_unref(results);
    for (int i = 0; i < 4; i++) {
        k7_op_cancel(ops[i]);
        ck_assert_int_eq(k7_op_wait(ops[i], NULL), 0);
        k7_op_free(ops[i]);
    }
    close_all();
}
END_TEST

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

/* --- a custom transport ---------------------------------------------------------------------------------------------------------- */

static k7_reply *kept;

static void keep(void *user, const k7_request *request, k7_reply *reply)
{
    (void)user, (void)request;
    kept = reply;
}

static void *answer(void *user)
{
    static const char text[] = "{\"name\": \"one\", \"namespace\": \"default\"}";

    (void)user;
    k7_reply_sandbox_json(kept, text, strlen(text));
    return NULL;
}

static void open_custom(void)
{
    k7_transport *transport = NULL;

    ck_assert_int_eq(k7_loop_new(&loop, NULL), 0);
    ck_assert_int_eq(k7_transport_new("mine", NULL, NULL, &transport, NULL), 0);
    ck_assert_int_eq(k7_transport_on(transport, "get", keep, NULL), 0);
    client = open_client("mine:", transport);
    k7_transport_unref(transport);
    kept = NULL;
}

START_TEST(custom_transport_answers_from_another_thread)
{
    k7_sandbox *sandbox = NULL;
    pthread_t thread;

    open_custom();
    k7_op *op = start_get("one", NULL);
    ck_assert_ptr_null(kept); /* it is asked by the loop */
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    ck_assert_ptr_nonnull(kept);
    ck_assert_int_eq(pthread_create(&thread, NULL, answer, NULL), 0);
    ck_assert_int_eq(k7_op_wait(op, NULL), 0);
    pthread_join(thread, NULL);
    ck_assert_int_eq(k7_op_take_sandbox(op, &sandbox, NULL), 0);
    k7_sandbox_unref(sandbox);
    k7_op_free(op);
    close_all();
}
END_TEST

START_TEST(answer_after_loop_and_client_are_gone_is_dropped)
{
    open_custom();
    k7_op *op = start_get("one", NULL);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    k7_op_free(op);
    close_all();
    answer(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("op");
    TCase *group = tcase_create("op");

    tcase_add_test(group, every_operation_has_a_twin);
    tcase_add_test(group, nothing_happens_until_the_loop_runs_and_then_once);
    tcase_add_test(group, taking_is_typed_and_once);
    tcase_add_test(group, wrong_arguments_start_nothing);
    tcase_add_test(group, call_is_copied_and_its_callback_freed_with_the_last_that_has_it);
    tcase_add_test(group, client_lives_until_its_operations_have_ended);
    tcase_add_test(group, cancel_takes_back_and_tells);
    tcase_add_test(group, second_cancel_abandons_what_takes_back);
    tcase_add_test(group, freed_while_it_runs_it_is_taken_back_in_silence);
    tcase_add_test(group, freed_after_a_cancel_it_is_still_taken_back);
    tcase_add_test(group, loop_freed_with_operations_tells_each_and_names_what_is_left);
    tcase_add_test(group, callback_frees_its_operation_and_starts_the_next);
    tcase_add_test(group, callback_frees_another_that_has_ended_at_the_same_time);
    tcase_add_test(group, operation_freed_by_its_callback_can_be_waited_for);
    tcase_add_test(group, loop_cannot_be_run_inside_itself);
    tcase_add_test(group, callback_frees_the_loop);
    tcase_add_test(group, another_callback_takes_the_place_of_the_first);
    tcase_add_test(group, one_loop_serves_many_operations_of_several_clients);
    tcase_add_test(group, one_client_is_served_by_several_loops_and_blocking_calls);
    tcase_add_test(group, custom_transport_answers_from_another_thread);
    tcase_add_test(group, answer_after_loop_and_client_are_gone_is_dropped);
    suite_add_tcase(suite, group);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
