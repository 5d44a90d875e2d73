/* test_delete_restart.c: the API server is killed and started again in the middle of a delete: the delete goes on. Nobody else's tests run meanwhile. */
#include "k7_objects.h"

static const char *moment;

static void restart(void *user, const k7_progress *progress)
{
    int *done = user;

    if (k7_progress_get_text(progress) || strcmp(k7_progress_get_step(progress), moment) != 0 || (*done)++)
        return;
    control("restart kube-apiserver");
}

START_TEST(a_restart_of_the_server_is_survived)
{
    static const char *const moments[] = { "look", "delete Deployment", "delete Secret", "delete pods",
                                           "delete egress policy" };
    int done = 0;
    k7_call *call;

    moment = moments[_i];
    k7_create("web", 1, 1);
    assert_ok(k7_call_new(&call, &err));
    assert_ok(k7_call_set_progress(call, restart, &done, NULL, &err));
    assert_ok(k7_sandbox_delete(client, namespace_, "web", NULL, call, &err));
    k7_call_free(call);
    ck_assert_int_gt(done, 0);
    assert_nothing_left();
}
END_TEST

static TCase *tests(void)
{
    TCase *tests = tcase_create("restart");

    tcase_add_loop_test(tests, a_restart_of_the_server_is_survived, 0, 5);
    return tests;
}

int main(void)
{
    return run_suite("delete-restart", 240, tests);
}
