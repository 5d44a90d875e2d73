/* fork.c: a client belongs to the process that opened it. */
#include "threads.h"

#include <sys/wait.h>
#include <unistd.h>

/* In the child: what each operation says; 0 when all refuse. */
static int try_everything(k7_client *client)
{
    k7_spec *spec = threads_spec("child");
    k7_sandbox *sandbox = NULL;
    k7_sandboxes *list = NULL;
    k7_results *results = NULL;
    k7_error *error = NULL;
    int supported = 0, wrong = 0;

    wrong += k7_sandbox_create(client, spec, NULL, &sandbox, &error) != K7_ERR_FORKED;
    wrong += k7_error_get_code(error) != K7_ERR_FORKED || k7_error_get_outcome(error) != K7_OUTCOME_NOT_SENT;
    k7_error_unref(error);
    wrong += k7_sandbox_list(client, NULL, NULL, &list, NULL) != K7_ERR_FORKED;
    wrong += k7_sandbox_get(client, NULL, "demo", NULL, &sandbox, NULL) != K7_ERR_FORKED;
    wrong += k7_sandbox_delete(client, NULL, "demo", NULL, NULL, NULL) != K7_ERR_FORKED;
    wrong += k7_sandbox_delete_all(client, NULL, NULL, &results, NULL) != K7_ERR_FORKED;
    wrong += k7_client_supports(client, "list", &supported, NULL) != K7_ERR_FORKED;
    k7_spec_free(spec);
    return wrong;
}

static const char *const endpoints[] = { "memory:", "rest:" };

START_TEST(child_of_fork_is_refused_and_the_parent_goes_on)
{
    int status;

    if (_i == 1 && threads_gateway.process == 0)
        return;
    k7_client *client = threads_open(endpoints[_i]);
    k7_spec *spec = threads_spec("demo");
    ck_assert_int_eq(k7_sandbox_create(client, spec, NULL, NULL, NULL), 0); /* with a warm connection */
    pid_t child = fork();
    if (child == 0) {
        int wrong = try_everything(client);

        k7_client_unref(client);
        k7_client *own = threads_open(endpoints[_i]); /* a client of its own works */
        k7_sandboxes *list = NULL;
        wrong += k7_sandbox_list(own, NULL, NULL, &list, NULL) != 0;
        k7_sandboxes_unref(list);
        k7_client_unref(own);
        _exit(wrong);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_uint_eq(threads_count(client), 1);
    ck_assert_int_eq(k7_sandbox_delete(client, NULL, "demo", NULL, NULL, NULL), 0);
    k7_spec_free(spec);
    threads_close(client);
}
END_TEST

TCase *threads_fork(void)
{
    TCase *group = tcase_create("fork");

    tcase_add_loop_test(group, child_of_fork_is_refused_and_the_parent_goes_on, 0, 2);
    return group;
}
