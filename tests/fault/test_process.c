/* test_process.c: a program under a loop: what it is given, what it writes, how it ends, and that nothing of it stays. */
#include "plan/process.h"
#include "plan/run.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct k7i_loop *loop;
static struct k7i_process *process;
static const char *argv[4];
static struct k7i_program program;
static int has_ended;
static k7_error *error;

static void setup(void)
{
    static const char *const environment[] = { "PATH=/usr/bin:/bin", "K7T=given", NULL };

    ck_assert_int_eq(k7i_loop_new(NULL, &loop, NULL), 0);
    argv[0] = "sh";
    argv[1] = "-c";
    program = (struct k7i_program){ .argv = argv, .environment = environment };
    has_ended = 0;
}

static void teardown(void)
{
    k7i_process_free(process);
    process = NULL;
    error = k7_error_unref(error);
    k7i_loop_free(loop);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* no child is left, alive or dead */
    ck_assert_int_eq(errno, ECHILD);
}

static void note_end(void *user)
{
    ck_assert_ptr_eq(user, &has_ended);
    has_ended++;
}

static int start(const char *script)
{
    argv[2] = script;
    return k7i_process_start(loop, &program, note_end, &has_ended, &process, &error);
}

/* The result, and what was written. */
static int run(const char *script, const char **ret_output)
{
    size_t len;

    ck_assert_int_eq(start(script), 0);
    while (!has_ended)
        ck_assert_int_eq(k7i_loop_wait(loop, -1, NULL, NULL), 0);
    return k7i_process_output(process, ret_output, &len, &error);
}

static void expect_output(const char *script, const char *expected)
{
    const char *output;

    ck_assert_int_eq(run(script, &output), 0);
    ck_assert_str_eq(output, expected);
}

static void expect_failure(const char *script, int code, const char *message)
{
    const char *output;

    ck_assert_int_eq(run(script, &output), code);
    ck_assert_str_eq(k7_error_get_message(error), message);
}

START_TEST(it_gets_its_environment_and_nothing_to_read)
{
    expect_output("printf %s: \"$K7T\"; cat; readlink /proc/self/fd/0", "given:/dev/null\n");
}
END_TEST

START_TEST(it_has_no_descriptor_of_ours)
{
    int fd = dup2(STDERR_FILENO, 77); /* without CLOEXEC */

    expect_output("exec ls /proc/self/fd", "0\n1\n2\n3\n"); /* 3: the folder */
    close(fd);
}
END_TEST

START_TEST(its_signals_are_as_new)
{
    unsigned long long is_blocked, is_ignored;
    sigset_t blocked, before;
    const char *output;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    signal(SIGINT, SIG_IGN);
    ck_assert_int_eq(run("awk '/SigBlk|SigIgn/ {print $2}' /proc/self/status", &output), 0);
    /* the C library's own two signals are not ours to ask for */
    ck_assert_int_eq(sscanf(output, "%llx %llx", &is_blocked, &is_ignored), 2);
    ck_assert_uint_eq(is_blocked, 0);
    ck_assert_uint_eq(is_ignored & ~0x180000000ULL, 0);
    signal(SIGINT, SIG_DFL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}
END_TEST

START_TEST(it_runs_when_the_host_has_closed_its_own_descriptors)
{
    int kept[3];

    for (int i = 0; i < 3; i++) {
        kept[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
        close(i);
    }
    const char *output;
    int code = run("echo out; echo err >&2; exit 4", &output);
    for (int i = 0; i < 3; i++) {
        dup2(kept[i], i);
        close(kept[i]);
    }
    ck_assert_int_eq(code, K7_ERR_CREDENTIAL);
    ck_assert_str_eq(output, "out\n");
    ck_assert_str_eq(k7_error_get_message(error), "the program \"sh\" ended with exit code 4: err");
}
END_TEST

START_TEST(its_complaint_is_told_and_its_output_is_not)
{
    expect_failure("echo secret; printf 'no\\tway\\n\\n' >&2; exit 3", K7_ERR_CREDENTIAL,
                   "the program \"sh\" ended with exit code 3: no way");
}
END_TEST

START_TEST(only_the_end_of_a_long_complaint_is_told)
{
    const char *output;

    ck_assert_int_eq(run("head -c 300000 /dev/zero | tr '\\0' x >&2; echo the end >&2; exit 1", &output),
                     K7_ERR_CREDENTIAL);
    const char *message = k7_error_get_message(error);
    ck_assert_uint_lt(strlen(message), 1100);
    ck_assert_uint_gt(strlen(message), 1000);
    ck_assert_str_eq(message + strlen(message) - 8, "xthe end");
}
END_TEST

START_TEST(a_signal_that_ends_it_is_named)
{
    expect_failure("kill -9 $$", K7_ERR_CREDENTIAL, "the program \"sh\" ended with signal 9");
}
END_TEST

START_TEST(too_much_output_ends_it)
{
    expect_failure("cat /dev/zero", K7_ERR_CREDENTIAL, "the program \"sh\" wrote more than 1048576 bytes");
}
END_TEST

START_TEST(large_output_within_the_limit_is_whole)
{
    const char *output;

    ck_assert_int_eq(run("head -c 1048575 /dev/zero | tr '\\0' x; echo", &output), 0);
    ck_assert_uint_eq(strlen(output), 1048576);
    ck_assert_int_eq(output[1048575], '\n');
}
END_TEST

START_TEST(a_program_that_is_not_there_is_named_with_its_hint)
{
    argv[0] = "k7-there-is-no-such-program";
    program.install_hint = "apt install it";
    ck_assert_int_eq(start("true"), K7_ERR_CREDENTIAL);
    ck_assert_ptr_null(process);
    ck_assert_str_eq(k7_error_get_message(error),
                     "the program \"k7-there-is-no-such-program\" cannot be run: "
                     "No such file or directory: apt install it");
}
END_TEST

START_TEST(what_is_no_program_is_named)
{
    argv[0] = "/etc/passwd";
    program.install_hint = "apt install it";
    ck_assert_int_eq(start("true"), K7_ERR_CREDENTIAL);
    ck_assert_str_eq(k7_error_get_message(error),
                     "the program \"/etc/passwd\" cannot be run: Permission denied");
}
END_TEST

START_TEST(without_descriptors_it_is_the_system_that_fails)
{
    struct rlimit before, none;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    for (rlim_t more = 0; more < 8; more++) { /* for each descriptor that it needs: that one is missing */
        int fd = dup(STDERR_FILENO);
        close(fd);
        none = (struct rlimit){ (rlim_t)fd + more, before.rlim_max };
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
        int code = start("true");
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
        if (code == 0) {
            ck_assert_uint_gt(more, 3);
            return;
        }
        ck_assert_int_eq(code, K7_ERR_SYSTEM);
        ck_assert_str_eq(k7_error_get_message(error),
                         "the program \"sh\" cannot be run: Too many open files");
        error = k7_error_unref(error);
    }
    ck_abort_msg("it never starts");
}
END_TEST

/* The host program has no interest in children, or takes care of all of them: how ours ended is lost, and what it wrote tells. */
START_TEST(a_host_that_ignores_the_end_of_children_is_borne)
{
    signal(SIGCHLD, SIG_IGN);
    expect_output("echo out; exit 3", "out\n");
    signal(SIGCHLD, SIG_DFL);
}
END_TEST

START_TEST(a_host_that_waits_for_all_children_is_borne)
{
    const char *output;
    size_t len;

    ck_assert_int_eq(start("echo out; exit 3"), 0);
    ck_assert_int_gt(waitpid(-1, NULL, 0), 0);
    while (!has_ended)
        ck_assert_int_eq(k7i_loop_wait(loop, -1, NULL, NULL), 0);
    ck_assert_int_eq(k7i_process_output(process, &output, &len, &error), 0);
    ck_assert_str_eq(output, "out\n");
}
END_TEST

/* Reads the first line that the program writes, beside the loop. */
static void await_line(void)
{
    const char *output;
    size_t len = 0;

    while (len == 0) {
        ck_assert_int_eq(k7i_loop_wait(loop, -1, NULL, NULL), 0);
        k7i_process_output(process, &output, &len, NULL);
    }
}

START_TEST(freeing_it_ends_it_and_what_it_started)
{
    int status;

    prctl(PR_SET_CHILD_SUBREAPER, 1); /* grandchildren become ours */
    ck_assert_int_eq(start("trap '' TERM INT HUP; sleep 1000 & echo started; wait"), 0);
    await_line();
    ck_assert_int_eq(has_ended, 0);
    k7i_process_free(process);
    process = NULL;
    ck_assert_int_gt(waitpid(-1, &status, 0), 0); /* the grandchild */
    ck_assert_int_eq(WTERMSIG(status), SIGKILL);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}
END_TEST

START_TEST(what_it_left_running_does_not_hold_up_its_end)
{
    int status;
    const char *output;

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    ck_assert_int_eq(run("sleep 1000 & echo $!", &output), 0); /* it keeps our pipes */
    pid_t left = (pid_t)atoi(output);
    ck_assert_int_eq(kill(left, 0), 0); /* a browser that a log-in has opened stays */
    ck_assert_int_eq(kill(left, SIGKILL), 0);
    ck_assert_int_eq(waitpid(left, &status, 0), left);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}
END_TEST

START_TEST(an_interactive_one_keeps_the_terminal)
{
    char expected[64];

    program.is_interactive = 1;
    snprintf(expected, sizeof expected, "%d\n", (int)getpgrp());
    expect_output("ps -o pgid= -p $$ | tr -d ' '", expected);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan/process");
    TCase *tests = tcase_create("process");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, it_gets_its_environment_and_nothing_to_read);
    tcase_add_test(tests, it_has_no_descriptor_of_ours);
    tcase_add_test(tests, its_signals_are_as_new);
    tcase_add_test(tests, it_runs_when_the_host_has_closed_its_own_descriptors);
    tcase_add_test(tests, its_complaint_is_told_and_its_output_is_not);
    tcase_add_test(tests, only_the_end_of_a_long_complaint_is_told);
    tcase_add_test(tests, a_signal_that_ends_it_is_named);
    tcase_add_test(tests, too_much_output_ends_it);
    tcase_add_test(tests, large_output_within_the_limit_is_whole);
    tcase_add_test(tests, a_program_that_is_not_there_is_named_with_its_hint);
    tcase_add_test(tests, what_is_no_program_is_named);
    tcase_add_test(tests, without_descriptors_it_is_the_system_that_fails);
    tcase_add_test(tests, a_host_that_ignores_the_end_of_children_is_borne);
    tcase_add_test(tests, a_host_that_waits_for_all_children_is_borne);
    tcase_add_test(tests, freeing_it_ends_it_and_what_it_started);
    tcase_add_test(tests, what_it_left_running_does_not_hold_up_its_end);
    tcase_add_test(tests, an_interactive_one_keeps_the_terminal);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
