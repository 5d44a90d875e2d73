/* clients.c: many threads on one client. */
#include "threads.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { THREADS = 16, ROUNDS = 20 };

struct worker {
    pthread_t thread;
    k7_client *client;
    int number;
    char why[256]; /* empty: all went well */
};

static int note(struct worker *worker, const char *what, int status, k7_error *error)
{
    if (status != 0)
        snprintf(worker->why, sizeof worker->why, "%s: %s", what, k7_error_get_message(error));
    k7_error_unref(error);
    return status;
}

/* A sandbox of its own, from the first call to the last. */
static int one_round(struct worker *worker, const char *name)
{
    k7_client *client = worker->client;
    k7_spec *spec = threads_spec(name);
    k7_sandbox *sandbox = NULL;
    k7_sandboxes *list = NULL;
    k7_error *error = NULL;
    int status = note(worker, "create", k7_sandbox_create(client, spec, NULL, NULL, &error), error);

    if (status == 0) {
        status = k7_sandbox_get(client, NULL, name, NULL, &sandbox, &error);
        status = note(worker, "get", status, error);
    }
    if (status == 0 && strcmp(k7_sandbox_get_name(sandbox), name) != 0)
        status = note(worker, "another sandbox was given", -1, NULL);
    if (status == 0) {
        status = k7_sandbox_list(client, NULL, NULL, &list, &error);
        status = note(worker, "list", status, error);
    }
    if (status == 0 && (k7_sandboxes_count(list) < 1 || k7_sandboxes_count(list) > THREADS))
        status = note(worker, "the list has a wrong length", -1, NULL);
    if (status == 0)
        status = note(worker, "delete", k7_sandbox_delete(client, NULL, name, NULL, NULL, &error), error);
    k7_sandbox_unref(sandbox);
    k7_sandboxes_unref(list);
    k7_spec_free(spec);
    return status;
}

static void *work(void *user)
{
    struct worker *worker = user;
    char name[32];

    snprintf(name, sizeof name, "worker-%d", worker->number);
    for (int i = 0; i < ROUNDS && one_round(worker, name) == 0; i++)
        ;
    k7_client_unref(worker->client);
    return NULL;
}

static const char *const endpoints[] = { "memory:", "memory:?latency_ms=1&start_ms=1&stop_ms=1",
                                         "delegate:", "rest:", "kubernetes:" };

START_TEST(sixteen_threads_use_one_client)
{
    struct worker workers[THREADS] = { 0 };

    if (!threads_has(endpoints[_i]))
        return;
    k7_client *client = threads_open(endpoints[_i]);
    for (int i = 0; i < THREADS; i++) {
        workers[i].client = k7_client_ref(client);
        workers[i].number = i;
        ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
    for (int i = 0; i < THREADS; i++)
        ck_assert_msg(workers[i].why[0] == 0, "%s, thread %d: %s", endpoints[_i], i, workers[i].why);
    ck_assert_uint_eq(threads_count(client), 0);
    threads_close(client);
}
END_TEST

static void *delete_all(void *user)
{
    static char done, failed;

    return k7_sandbox_delete_all(user, NULL, NULL, NULL, NULL) == 0 ? &done : &failed;
}

/* Everybody deletes what everybody makes: no call fails for it. */
START_TEST(delete_alls_at_once_leave_nothing)
{
    enum { DELETERS = 4 };
    pthread_t threads[DELETERS];
    void *first = NULL;

    if (!threads_has(endpoints[_i]))
        return;
    k7_client *client = threads_open(endpoints[_i]);
    for (int i = 0; i < 20; i++) {
        char name[32];

        snprintf(name, sizeof name, "many-%d", i);
        k7_spec *spec = threads_spec(name);
        ck_assert_int_eq(k7_sandbox_create(client, spec, NULL, NULL, NULL), 0);
        k7_spec_free(spec);
    }
    for (int i = 0; i < DELETERS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, delete_all, client), 0);
    for (int i = 0; i < DELETERS; i++) {
        void *result;

        pthread_join(threads[i], &result);
        ck_assert(i == 0 || result == first);
        first = result;
    }
    ck_assert_uint_eq(threads_count(client), 0);
    threads_close(client);
}
END_TEST

static void *advance(void *user)
{
    for (int i = 0; i < 2000; i++) {
        k7_memory_advance(user, 10, NULL);
        threads_spin_us(50);
    }
    return NULL;
}

START_TEST(manual_clock_wakes_the_calls_of_other_threads)
{
    k7_client *client = threads_open("memory:?clock=manual&latency_ms=20&start_ms=30&stop_ms=20");
    struct worker workers[4] = { 0 };
    pthread_t clock;

    for (int i = 0; i < 4; i++) {
        workers[i].client = k7_client_ref(client);
        workers[i].number = i;
        ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    ck_assert_int_eq(pthread_create(&clock, NULL, advance, client), 0);
    pthread_join(clock, NULL);
    int64_t all = INT64_C(1) << 40; /* the rest at once, as often as is needed */
    for (int i = 0; i < 4; i++) {
        while (pthread_tryjoin_np(workers[i].thread, NULL) != 0)
            ck_assert_int_eq(k7_memory_advance(client, all / 1024, NULL), 0);
        ck_assert_msg(workers[i].why[0] == 0, "%s", workers[i].why);
    }
    threads_close(client);
}
END_TEST

TCase *threads_clients(void)
{
    TCase *group = tcase_create("clients");

    tcase_set_timeout(group, 240);
    tcase_add_loop_test(group, sixteen_threads_use_one_client, 0, 5);
    tcase_add_loop_test(group, delete_alls_at_once_leave_nothing, 0, 5);
    tcase_add_test(group, manual_clock_wakes_the_calls_of_other_threads);
    return group;
}
