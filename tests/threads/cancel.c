/* cancel.c: a thousand cancels at random moments, from another thread and from a signal handler. Every call ends, what it made is gone, and no callback
 * runs after its end. */
#include "threads.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

enum { TIMES = 1000, CALL_US = 4000 }; /* of each kind; a call takes about 3 ms when nobody cancels it */

static const char lively[] = "memory:?latency_ms=1&start_ms=2&stop_ms=1";

static atomic_int is_running, stray;

static void note_progress(void *user, const k7_progress *progress)
{
    (void)user, (void)progress;
    if (!atomic_load(&is_running))
        atomic_fetch_add(&stray, 1);
}

static k7_call *new_call(k7_cancel *cancel)
{
    k7_call *call = NULL;

    ck_assert_int_eq(k7_call_new(&call, NULL), 0);
    ck_assert_int_eq(k7_call_set_cancel(call, cancel, NULL), 0);
    ck_assert_int_eq(k7_call_set_progress(call, note_progress, NULL, NULL, NULL), 0);
    return call;
}

/* A create that is done, or cancelled and taken back; over rest the server may be about to take it back. */
static int create_once(k7_client *client, const k7_spec *spec, const k7_call *call, int is_rest)
{
    k7_sandbox *sandbox = NULL;
    k7_error *error = NULL;

    atomic_store(&is_running, 1);
    int status = k7_sandbox_create(client, spec, call, &sandbox, &error);
    atomic_store(&is_running, 0);
    ck_assert_msg(status == 0 || status == K7_ERR_CANCELLED, "%s", k7_error_get_message(error));
    ck_assert((sandbox != NULL) == (status == 0));
    if (status != 0 && !is_rest) {
        ck_assert_uint_eq(k7_error_leftover_count(error), 0);
        ck_assert_uint_eq(threads_count(client), 0);
    }
    k7_sandbox_unref(sandbox);
    k7_error_unref(error);
    ck_assert_int_eq(k7_sandbox_delete(client, NULL, k7_spec_get_name(spec), NULL, NULL, NULL), 0);
    return status;
}

/* --- from another thread --------------------------------------------------------------------------------------------------------- */

struct canceller {
    sem_t go;
    k7_cancel *cancel; /* NULL: the end */
    int64_t after_us;
};

static void *cancel_when_told(void *user)
{
    struct canceller *canceller = user;

    for (;;) {
        sem_wait(&canceller->go);
        if (!canceller->cancel)
            return NULL;
        k7_cancel *cancel = canceller->cancel;
        threads_spin_us(canceller->after_us);
        k7_cancel_trigger(cancel);
        k7_cancel_unref(cancel);
    }
}

static void cancel_from_a_thread(const char *endpoint, int times, int is_rest)
{
    k7_client *client = threads_open(endpoint);
    struct canceller canceller = { .cancel = NULL };
    int cancelled = 0;
    pthread_t thread;

    srandom(7);
    sem_init(&canceller.go, 0, 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, cancel_when_told, &canceller), 0);
    k7_spec *spec = threads_spec("demo");
    for (int i = 0; i < times; i++) {
        k7_cancel *cancel = NULL;

        ck_assert_int_eq(k7_cancel_new(&cancel, NULL), 0);
        k7_call *call = new_call(cancel);
        canceller.cancel = k7_cancel_ref(cancel);
        canceller.after_us = random() % (is_rest ? CALL_US / 4 : CALL_US);
        sem_post(&canceller.go);
        cancelled += create_once(client, spec, call, is_rest) == K7_ERR_CANCELLED;
        while (k7_cancel_count(cancel) == 0)
            ; /* the canceller is done with this one */
        k7_call_free(call);
        k7_cancel_unref(cancel);
    }
    canceller.cancel = NULL;
    sem_post(&canceller.go);
    pthread_join(thread, NULL);
    sem_destroy(&canceller.go);
    k7_spec_free(spec);
    ck_assert_int_gt(cancelled, 0);
    ck_assert_int_eq(atomic_load(&stray), 0);
    if (!is_rest)
        ck_assert_uint_eq(threads_count(client), 0);
    threads_close(client);
}

START_TEST(cancel_from_another_thread_at_any_moment)
{
    cancel_from_a_thread(lively, TIMES, 0);
}
END_TEST

START_TEST(cancel_over_rest_at_any_moment)
{
    if (threads_gateway.process > 0)
        cancel_from_a_thread("rest:", TIMES, 1);
}
END_TEST

/* --- from a signal handler ------------------------------------------------------------------------------------------------------- */

static k7_cancel *volatile cancel_of_the_handler;

static void on_alarm(int number)
{
    (void)number;
    k7_cancel_trigger(cancel_of_the_handler);
}

static void alarm_after_us(long us)
{
    struct itimerval timer = { .it_value.tv_usec = us };

    ck_assert_int_eq(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

static void cancel_from_a_handler(const char *endpoint, int times, int is_rest)
{
    k7_client *client = threads_open(endpoint);
    k7_spec *spec = threads_spec("demo");
    struct sigaction action = { .sa_handler = on_alarm }, before;
    int cancelled = 0;

    srandom(8);
    ck_assert_int_eq(sigaction(SIGALRM, &action, &before), 0);
    for (int i = 0; i < times; i++) {
        k7_cancel *cancel = NULL;

        ck_assert_int_eq(k7_cancel_new(&cancel, NULL), 0);
        k7_call *call = new_call(cancel);
        cancel_of_the_handler = cancel;
        alarm_after_us(1 + random() % (is_rest ? CALL_US / 4 : CALL_US));
        cancelled += create_once(client, spec, call, is_rest) == K7_ERR_CANCELLED;
        while (k7_cancel_count(cancel) == 0)
            ; /* the signal has come */
        k7_call_free(call);
        k7_cancel_unref(cancel);
    }
    sigaction(SIGALRM, &before, NULL);
    k7_spec_free(spec);
    ck_assert_int_gt(cancelled, 0);
    ck_assert_int_eq(atomic_load(&stray), 0);
    if (!is_rest)
        ck_assert_uint_eq(threads_count(client), 0);
    threads_close(client);
}

START_TEST(cancel_from_a_signal_handler_at_any_moment)
{
    cancel_from_a_handler(lively, TIMES, 0);
}
END_TEST

START_TEST(cancel_over_rest_from_a_signal_handler_at_any_moment)
{
    if (threads_gateway.process > 0)
        cancel_from_a_handler("rest:", TIMES, 1);
}
END_TEST

/* --- what an interrupt callback says --------------------------------------------------------------------------------------------- */

static void do_nothing(int number)
{
    (void)number;
}

static int stop_at_the_third(void *user)
{
    return ++*(int *)user >= 3;
}

START_TEST(interrupt_callback_decides_after_each_signal)
{
    k7_client *client = threads_open("memory:?fail=list:hang");
    struct sigaction action = { .sa_handler = do_nothing }, before;
    struct itimerval timer = { .it_value.tv_usec = 1000, .it_interval.tv_usec = 1000 };
    k7_sandboxes *list = NULL;
    k7_call *call = new_call(NULL);
    int interrupts = 0;

    atomic_store(&is_running, 1);
    ck_assert_int_eq(k7_call_set_on_interrupt(call, stop_at_the_third, &interrupts, NULL, NULL), 0);
    ck_assert_int_eq(sigaction(SIGALRM, &action, &before), 0);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &timer, NULL), 0);
    ck_assert_int_eq(k7_sandbox_list(client, NULL, call, &list, NULL), K7_ERR_CANCELLED);
    timer = (struct itimerval){ .it_value.tv_usec = 0 };
    setitimer(ITIMER_REAL, &timer, NULL);
    sigaction(SIGALRM, &before, NULL);
    ck_assert_int_eq(interrupts, 3);
    k7_call_free(call);
    threads_close(client);
}
END_TEST

TCase *threads_cancel(void)
{
    TCase *group = tcase_create("cancel");

    tcase_set_timeout(group, 240);
    tcase_add_test(group, cancel_from_another_thread_at_any_moment);
    tcase_add_test(group, cancel_over_rest_at_any_moment);
    tcase_add_test(group, cancel_from_a_signal_handler_at_any_moment);
    tcase_add_test(group, cancel_over_rest_from_a_signal_handler_at_any_moment);
    tcase_add_test(group, interrupt_callback_decides_after_each_signal);
    return group;
}
