/* async.c: what other threads, signal handlers and children of fork() may do to a loop and its operations. */
#include "threads.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static const char lively[] = "memory:?latency_ms=1&start_ms=2&stop_ms=1";

enum { TIMES = 1000, CALL_US = 4000 }; /* a create takes about 3 ms when nobody cancels it */

static k7_loop *new_loop(void)
{
    k7_loop *loop = NULL;

    ck_assert_int_eq(k7_loop_new(&loop, NULL), 0);
    return loop;
}

static k7_op *start_create(k7_client *client, k7_loop *loop, const char *name)
{
    k7_spec *spec = threads_spec(name);
    k7_op *op = NULL;

    ck_assert_int_eq(k7_sandbox_create_start(client, spec, NULL, loop, &op, NULL), 0);
    k7_spec_free(spec);
    return op;
}

static void count_end(void *user, k7_op *op)
{
    (void)op;
    ++*(int *)user;
}

/* --- waking ---------------------------------------------------------------------------------------------------------------------- */

static void *wake(void *user)
{
    k7_loop_wake(user);
    return NULL;
}

START_TEST(wake_from_another_thread_ends_a_wait_without_end)
{
    k7_loop *loop = new_loop();
    pthread_t thread;

    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(pthread_create(&thread, NULL, wake, loop), 0);
        ck_assert_int_eq(k7_loop_wait(loop, -1, NULL), 0);
        pthread_join(thread, NULL);
    }
    k7_loop_free(loop);
}
END_TEST

static k7_loop *volatile loop_of_the_handler;
static k7_op *volatile op_of_the_handler;
static atomic_int handled;

static void on_alarm(int number)
{
    (void)number;
    k7_loop_wake(loop_of_the_handler);
    k7_op_cancel(op_of_the_handler);
    atomic_fetch_add(&handled, 1);
}

static void alarm_after_us(long us)
{
    struct itimerval timer = { .it_value.tv_usec = us };

    ck_assert_int_eq(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

/* The signal may come before the wait, or within it: neither is missed. */
START_TEST(wake_from_a_signal_handler_is_never_missed)
{
    struct sigaction action = { .sa_handler = on_alarm }, before;
    k7_loop *loop = loop_of_the_handler = new_loop();

    op_of_the_handler = NULL;
    srandom(9);
    ck_assert_int_eq(sigaction(SIGALRM, &action, &before), 0);
    for (int i = 0; i < TIMES; i++) {
        atomic_store(&handled, 0);
        alarm_after_us(1 + random() % 100);
        while (atomic_load(&handled) == 0)
            ck_assert_int_eq(k7_loop_wait(loop, -1, NULL), 0);
    }
    sigaction(SIGALRM, &before, NULL);
    k7_loop_free(loop);
}
END_TEST

/* --- cancelling ------------------------------------------------------------------------------------------------------------------ */

/* An operation that is done, or cancelled and taken back. */
static int end_once(k7_client *client, k7_op *op, int *ends)
{
    k7_error *error = NULL;

    ck_assert_int_eq(k7_op_wait(op, NULL), 0);
    ck_assert_int_eq(*ends, 1);
    *ends = 0;
    int status = k7_op_take_error(op, &error);
    ck_assert_msg(status == 0 || status == K7_ERR_CANCELLED, "%s", k7_error_get_message(error));
    ck_assert_uint_eq(k7_error_leftover_count(error), 0);
    k7_error_unref(error);
    ck_assert_uint_eq(threads_count(client), status == 0);
    ck_assert_int_eq(k7_sandbox_delete(client, NULL, "demo", NULL, NULL, NULL), 0);
    return status;
}

struct canceller {
    sem_t go, done;
    k7_op *op; /* NULL: the end */
    int64_t after_us;
};

static void *cancel_when_told(void *user)
{
    struct canceller *canceller = user;

    for (;;) {
        sem_wait(&canceller->go);
        if (!canceller->op)
            return NULL;
        threads_spin_us(canceller->after_us);
        k7_op_cancel(canceller->op);
        sem_post(&canceller->done);
    }
}

START_TEST(cancel_from_another_thread_at_any_moment)
{
    k7_client *client = threads_open(lively);
    struct canceller canceller = { .op = NULL };
    k7_loop *loop = new_loop();
    int cancelled = 0, ends = 0;
    pthread_t thread;

    srandom(10);
    sem_init(&canceller.go, 0, 0);
    sem_init(&canceller.done, 0, 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, cancel_when_told, &canceller), 0);
    for (int i = 0; i < TIMES; i++) {
        k7_op *op = start_create(client, loop, "demo");

        ck_assert_int_eq(k7_op_set_on_done(op, count_end, &ends, NULL, NULL), 0);
        canceller.op = op;
        canceller.after_us = random() % CALL_US;
        sem_post(&canceller.go);
        cancelled += end_once(client, op, &ends) != 0;
        while (sem_wait(&canceller.done) != 0)
            ;
        k7_op_free(op);
    }
    canceller.op = NULL;
    sem_post(&canceller.go);
    pthread_join(thread, NULL);
    sem_destroy(&canceller.go);
    sem_destroy(&canceller.done);
    ck_assert_int_gt(cancelled, 0);
    k7_loop_free(loop);
    threads_close(client);
}
END_TEST

START_TEST(cancel_from_a_signal_handler_at_any_moment)
{
    struct sigaction action = { .sa_handler = on_alarm }, before;
    k7_client *client = threads_open(lively);
    k7_loop *loop = loop_of_the_handler = new_loop();
    int cancelled = 0, ends = 0;

    srandom(11);
    ck_assert_int_eq(sigaction(SIGALRM, &action, &before), 0);
    for (int i = 0; i < TIMES; i++) {
        k7_op *op = op_of_the_handler = start_create(client, loop, "demo");

        ck_assert_int_eq(k7_op_set_on_done(op, count_end, &ends, NULL, NULL), 0);
        atomic_store(&handled, 0);
        alarm_after_us(1 + random() % CALL_US);
        cancelled += end_once(client, op, &ends) != 0;
        while (atomic_load(&handled) == 0)
            ; /* the signal has come */
        k7_op_free(op);
    }
    sigaction(SIGALRM, &before, NULL);
    ck_assert_int_gt(cancelled, 0);
    k7_loop_free(loop);
    threads_close(client);
}
END_TEST

/* --- many ------------------------------------------------------------------------------------------------------------------------ */

enum { ITEMS = 20, BATCHES = 200 };

static void *cancel_after(void *user)
{
    struct canceller *canceller = user;

    threads_spin_us(canceller->after_us);
    k7_op_cancel(canceller->op);
    return NULL;
}

/* Every item is done and there, or not done and not there. */
static size_t account_for(k7_client *client, const k7_results *results)
{
    size_t done = k7_results_count_of(results, K7_ITEM_DONE);

    ck_assert_uint_eq(k7_results_count(results), ITEMS);
    ck_assert_uint_eq(k7_results_count_of(results, K7_ITEM_UNKNOWN), 0);
    for (size_t i = 0; i < ITEMS; i++) {
        const k7_error *why = k7_results_error_at(results, i);

        ck_assert_uint_eq(k7_error_leftover_count(why), 0);
        ck_assert_int_eq(why != NULL, k7_results_outcome_at(results, i) == K7_ITEM_FAILED);
        ck_assert(!why || k7_error_get_code(why) == K7_ERR_CANCELLED);
    }
    ck_assert_uint_eq(threads_count(client), done);
    return done;
}

START_TEST(cancel_of_many_at_any_moment_accounts_for_each)
{
    k7_client *client = threads_open(lively);
    k7_loop *loop = new_loop();
    k7_batch *batch = NULL;
    size_t done = 0;
    char name[32];

    srandom(12);
    ck_assert_int_eq(k7_batch_new(&batch, NULL), 0);
    ck_assert_int_eq(k7_batch_set_at_once(batch, 6, NULL), 0);
    for (int i = 0; i < ITEMS; i++) {
        snprintf(name, sizeof name, "item-%d", i);
        k7_spec *spec = threads_spec(name);
        ck_assert_int_eq(k7_batch_add_spec(batch, spec, NULL), 0);
        k7_spec_free(spec);
    }
    for (int i = 0; i < BATCHES; i++) {
        struct canceller canceller = { .after_us = random() % (4 * CALL_US) };
        k7_results *results = NULL;
        pthread_t thread;

        ck_assert_int_eq(k7_sandbox_create_many_start(client, batch, NULL, loop, &canceller.op, NULL), 0);
        ck_assert_int_eq(pthread_create(&thread, NULL, cancel_after, &canceller), 0);
        ck_assert_int_eq(k7_op_wait(canceller.op, NULL), 0);
        pthread_join(thread, NULL);
        ck_assert_int_eq(k7_op_take_results(canceller.op, &results, NULL), 0);
        k7_op_free(canceller.op);
        done += account_for(client, results);
        k7_results_unref(results);
        ck_assert_int_eq(k7_sandbox_delete_many(client, batch, NULL, NULL, NULL, NULL), 0);
    }
    ck_assert_uint_gt(done, 0);
    ck_assert_uint_lt(done, ITEMS * BATCHES);
    k7_batch_free(batch);
    k7_loop_free(loop);
    threads_close(client);
}
END_TEST

/* --- interrupts ------------------------------------------------------------------------------------------------------------------ */

static void do_nothing(int number)
{
    (void)number;
}

static int stop_at_the_third(void *user)
{
    return ++*(int *)user >= 3;
}

START_TEST(interrupt_callback_of_a_started_operation_decides_after_each_signal)
{
    struct sigaction action = { .sa_handler = do_nothing }, before;
    struct itimerval timer = { .it_value.tv_usec = 1000, .it_interval.tv_usec = 1000 };
    k7_client *client = threads_open("memory:?fail=list:hang");
    k7_loop *loop = new_loop();
    k7_call *call = NULL;
    k7_op *op = NULL, *other = NULL;
    int interrupts = 0;

    ck_assert_int_eq(k7_call_new(&call, NULL), 0);
    ck_assert_int_eq(k7_call_set_on_interrupt(call, stop_at_the_third, &interrupts, NULL, NULL), 0);
    ck_assert_int_eq(k7_sandbox_list_start(client, NULL, call, loop, &op, NULL), 0);
    ck_assert_int_eq(k7_sandbox_list_start(client, NULL, NULL, loop, &other, NULL), 0);
    k7_call_free(call);
    ck_assert_int_eq(sigaction(SIGALRM, &action, &before), 0);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &timer, NULL), 0);
    ck_assert_int_eq(k7_op_wait(op, NULL), 0);
    timer = (struct itimerval){ .it_value.tv_usec = 0 };
    setitimer(ITIMER_REAL, &timer, NULL);
    sigaction(SIGALRM, &before, NULL);
    ck_assert_int_eq(k7_op_take_error(op, NULL), K7_ERR_CANCELLED);
    ck_assert_int_eq(k7_op_get_state(other), K7_OP_RUNNING);
    ck_assert_int_eq(interrupts, 3);
    k7_op_free(op);
    k7_op_free(other);
    k7_loop_free(loop);
    threads_close(client);
}
END_TEST

/* --- several loops --------------------------------------------------------------------------------------------------------------- */

enum { LOOPS = 4, AT_ONCE = 16, ROUNDS = 4 };

static void *run_a_loop(void *user)
{
    char name[32];
    k7_op *ops[AT_ONCE];
    k7_loop *loop = NULL;
    intptr_t failed = k7_loop_new(&loop, NULL) != 0;

    for (int round = 0; round < ROUNDS && !failed; round++) {
        for (int i = 0; i < AT_ONCE; i++) {
            snprintf(name, sizeof name, "fd-%d-%d", k7_loop_get_fd(loop), i);
            ops[i] = start_create(user, loop, name);
        }
        while (k7_loop_op_count(loop) > 0)
            failed |= k7_loop_wait(loop, -1, NULL) != 0;
        for (int i = 0; i < AT_ONCE; i++) {
            failed |= k7_op_get_state(ops[i]) != K7_OP_DONE;
            k7_op_free(ops[i]);
            snprintf(name, sizeof name, "fd-%d-%d", k7_loop_get_fd(loop), i);
            failed |= k7_sandbox_delete_start(user, NULL, name, NULL, NULL, loop, &ops[i], NULL) != 0;
        }
        while (k7_loop_op_count(loop) > 0)
            failed |= k7_loop_wait(loop, -1, NULL) != 0;
        for (int i = 0; i < AT_ONCE; i++)
            k7_op_free(ops[i]);
    }
    k7_loop_free(loop);
    return (void *)failed;
}

static const char *const endpoints[] = { "memory:?latency_ms=1&start_ms=1&stop_ms=1",
                                         "rest:", "kubernetes:" };

START_TEST(loops_of_several_threads_share_a_client)
{
    pthread_t threads[LOOPS];

    if (!threads_has(endpoints[_i]))
        return;
    k7_client *client = threads_open(endpoints[_i]);
    for (int i = 0; i < LOOPS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, run_a_loop, client), 0);
    for (int i = 0; i < LOOPS; i++) {
        void *failed;

        pthread_join(threads[i], &failed);
        ck_assert_ptr_null(failed);
    }
    ck_assert_uint_eq(threads_count(client), 0);
    threads_close(client);
}
END_TEST

/* --- fork ------------------------------------------------------------------------------------------------------------------------ */

/* In the child: all of it is refused, freeing is harmless, and no callback runs. */
static int try_everything(k7_client *client, k7_loop *loop, k7_op *op, const int *ends)
{
    k7_op *refused = NULL;
    int wrong = 0;

    wrong += k7_loop_process(loop, NULL) != K7_ERR_FORKED;
    wrong += k7_loop_wait(loop, -1, NULL) != K7_ERR_FORKED;
    wrong += k7_op_wait(op, NULL) != K7_ERR_FORKED;
    wrong += k7_sandbox_list_start(client, NULL, NULL, loop, &refused, NULL) != K7_ERR_FORKED;
    k7_client *own = threads_open("memory:");
    wrong += k7_sandbox_list_start(own, NULL, NULL, loop, &refused, NULL) != K7_ERR_FORKED;
    k7_loop_wake(loop);
    k7_op_cancel(op);
    k7_op_free(op);
    k7_loop_free(loop);
    k7_client_unref(client);
    k7_loop *own_loop = new_loop(); /* one of its own works */
    wrong += k7_sandbox_list_start(own, NULL, NULL, own_loop, &refused, NULL) != 0;
    wrong += k7_op_wait(refused, NULL) != 0 || k7_op_get_state(refused) != K7_OP_DONE;
    k7_op_free(refused);
    k7_loop_free(own_loop);
    k7_client_unref(own);
    return wrong + (*ends != 0);
}

static const char *const forked[] = { "memory:?latency_ms=1", "rest:" };

START_TEST(child_of_fork_is_refused_and_the_operation_goes_on)
{
    int status, ends = 0;

    if (!threads_has(forked[_i]))
        return;
    k7_client *client = threads_open(forked[_i]);
    k7_loop *loop = new_loop();
    k7_op *op = start_create(client, loop, "demo");
    ck_assert_int_eq(k7_op_set_on_done(op, count_end, &ends, NULL, NULL), 0);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0); /* its request is under way */
    pid_t child = fork();
    if (child == 0)
        _exit(try_everything(client, loop, op, &ends));
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(k7_op_wait(op, NULL), 0);
    ck_assert_int_eq(k7_op_take_error(op, NULL), 0);
    ck_assert_int_eq(ends, 1);
    k7_op_free(op);
    k7_loop_free(loop);
    ck_assert_int_eq(k7_sandbox_delete(client, NULL, "demo", NULL, NULL, NULL), 0);
    threads_close(client);
}
END_TEST

TCase *threads_async(void)
{
    TCase *group = tcase_create("async");

    tcase_set_timeout(group, 240);
    tcase_add_test(group, wake_from_another_thread_ends_a_wait_without_end);
    tcase_add_test(group, wake_from_a_signal_handler_is_never_missed);
    tcase_add_test(group, cancel_from_another_thread_at_any_moment);
    tcase_add_test(group, cancel_from_a_signal_handler_at_any_moment);
    tcase_add_test(group, cancel_of_many_at_any_moment_accounts_for_each);
    tcase_add_test(group, interrupt_callback_of_a_started_operation_decides_after_each_signal);
    tcase_add_loop_test(group, loops_of_several_threads_share_a_client, 0, 3);
    tcase_add_loop_test(group, child_of_fork_is_refused_and_the_operation_goes_on, 0, 2);
    return group;
}
