/* test_threads.c: many threads on one client, on one engine: every create and delete is its own, and the shared bridge is made once. */
#include "fixture.h"

#include <pthread.h>

enum { THREADS = 6, ROUNDS = 2 };

struct worker {
    pthread_t thread;
    int number;
    char failed[512];
};

static void note(struct worker *worker, const char *what, k7_error *error)
{
    if (!worker->failed[0])
        snprintf(worker->failed, sizeof worker->failed, "%s: %s", what, k7_error_get_message(error));
    k7_error_unref(error);
}

static void *work(void *user)
{
    struct worker *worker = user;

    for (int round = 0; round < ROUNDS; round++) {
        char name[32];
        k7_spec *spec;
        k7_sandbox *sandbox = NULL;
        k7_error *error = NULL;

        snprintf(name, sizeof name, "t%d-%d", worker->number, round);
        if (k7_spec_new(name, image, &spec, &error) != 0) {
            note(worker, "spec", error);
            return NULL;
        }
        if (worker->number % 2)
            k7_spec_set_egress_blocked(spec, NULL);
        if (worker->number % 3)
            k7_spec_set_before_script(spec, "true", NULL);
        if (k7_sandbox_create(client, spec, NULL, &sandbox, &error) != 0)
            note(worker, "create", error);
        else if (k7_sandbox_is_ready(sandbox) != 1)
            note(worker, "not ready", NULL);
        k7_sandbox_unref(sandbox);
        error = NULL;
        if (k7_sandbox_delete(client, NULL, name, NULL, NULL, &error) != 0)
            note(worker, "delete", error);
        k7_spec_free(spec);
    }
    return NULL;
}

START_TEST(threads_do_not_disturb_each_other)
{
    struct worker workers[THREADS] = { { 0 } };

    if (!engine_is_podman) /* they all find that it is missing */
        json_object_put(peer_call("DELETE", "/networks/k7-sandboxes", NULL, NULL));
    for (int i = 0; i < THREADS; i++) {
        workers[i].number = i;
        ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
    for (int i = 0; i < THREADS; i++)
        ck_assert_msg(!workers[i].failed[0], "thread %d: %s", i, workers[i].failed);
    ck_assert_int_eq(peer_count(namespace_), 0);
}
END_TEST

/* One wins, the others learn that the name is taken; nobody removes the winner's. */
static void *create_same(void *user)
{
    int *result = user;
    k7_spec *spec;

    if (k7_spec_new("same", image, &spec, NULL) != 0)
        return NULL;
    k7_spec_set_egress_blocked(spec, NULL);
    k7_spec_set_before_script(spec, "true", NULL);
    *result = k7_sandbox_create(client, spec, NULL, NULL, NULL);
    k7_spec_free(spec);
    return NULL;
}

START_TEST(one_name_is_given_once)
{
    pthread_t threads[THREADS];
    int results[THREADS], won = 0;

    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, create_same, &results[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        won += results[i] == 0;
        ck_assert_msg(results[i] == 0 || results[i] == K7_ERR_ALREADY_EXISTS, "%s",
                      k7_error_code_name(results[i]));
    }
    ck_assert_int_eq(won, 1);
    ck_assert_int_eq(peer_count(namespace_), 1 + engine_is_podman);
    ck_assert_str_eq(peer_exec(container_of("same"), "echo alive", NULL), "alive");
}
END_TEST

static TCase *make(void)
{
    TCase *tests = tcase_create("threads");

    tcase_add_test(tests, threads_do_not_disturb_each_other);
    tcase_add_test(tests, one_name_is_given_once);
    return tests;
}

int main(void)
{
    return run_suite("docker-threads", make);
}
