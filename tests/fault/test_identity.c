/* test_identity.c: a credential that comes from a program: run when needed, once for all, within the deadline and the cancel of its call. */
#include "net_fixture.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"

#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { CALLERS = 8 };

static int freed;

/* What programs here write: "token TEXT SECONDS", "certificate NAME SECONDS"; SECONDS 0: until it is refused. */
static int read_output(void *user, const char *output, size_t len, struct k7i_identity *identity,
                       k7_error **err_)
{
    char kind[16], text[64], file[80];
    int seconds;

    ck_assert_ptr_eq(user, &freed);
    ck_assert_uint_eq(strlen(output), len);
    if (sscanf(output, "%15s %63s %d", kind, text, &seconds) != 3)
        return k7i_fail(err_, K7_ERR_CREDENTIAL, "it is no answer");
    identity->expires_unix = seconds ? k7i_now_unix() + seconds : INT64_MAX;
    if (strcmp(kind, "token") == 0) {
        identity->token = k7i_secret_dup(text);
    } else {
        snprintf(file, sizeof file, "%s.pem", text);
        identity->cert_pem = k7i_secret_dup(read_text(certificate(file)));
        snprintf(file, sizeof file, "%s.key", text);
        identity->key_pem = k7i_secret_dup(read_text(certificate(file)));
    }
    return 0;
}

static void count_free(void *user)
{
    ++*(int *)user;
}

/* The script has its runs in the file "log". */
static void open_with_program(const char *script)
{
    char with_log[1024], here[96];
    const char *argv[] = { "sh", "-c", with_log, NULL };
    const char *environment[] = { here, NULL };
    struct k7i_credential *credential;

    snprintf(with_log, sizeof with_log, "cd \"$HERE\" && echo run >>log && %s", script);
    snprintf(here, sizeof here, "HERE=%s", folder);
    const struct k7i_program program = { .argv = argv, .environment = environment };
    freed = 0;
    ck_assert_int_eq(k7i_credential_new(&(struct k7i_credential_source){ .program = &program,
                                                                         .read = read_output,
                                                                         .user = &freed,
                                                                         .free_user = count_free },
                                        &credential, NULL),
                     0);
    if (!server) {
        server = scripted_server_start(NULL);
        scripted_server_answer_always(server, 200, NULL, "{}");
    }
    open_peer((struct k7i_peer_settings){ .credential = credential, .ca_file = certificate("ca.pem") });
}

static int runs(void)
{
    struct stat info;

    return stat(own("log"), &info) == 0 ? (int)info.st_size / 4 : 0;
}

static void check_end(void)
{
    k7i_peer_free(peer);
    peer = NULL;
    ck_assert_int_eq(freed, 1);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
    ck_assert_int_eq(errno, ECHILD);
    teardown();
}

static void expect_token(int request, const char *token)
{
    char line[128];

    snprintf(line, sizeof line, "Authorization: Bearer %s\r\n", token);
    const char *headers = scripted_server_request(server, request).headers;
    ck_assert_msg(strstr(headers, line) != NULL, "%s", headers);
}

START_TEST(its_token_is_sent_and_kept_until_it_expires)
{
    open_with_program(_i ? "echo token abc 5"
                         : "echo token abc 3600"); /* 5 seconds are too few to begin with */
    expect_success(get());
    expect_success(get());
    expect_token(0, "abc");
    expect_token(1, "abc");
    ck_assert_int_eq(runs(), _i ? 2 : 1);
    ck_assert_int_eq(scripted_server_connections(server), 1);
}
END_TEST

/* What a loop keeps for the next request has neither the token nor the key: a closed client's would lie there as long as the loop lives. */
START_TEST(a_loop_keeps_no_identity)
{
    struct k7i_credential_waiter waiter = { 0 };
    const struct k7i_program *program;
    struct k7i_identity *identity;

    if (_i)
        start_tls("server", "ca.pem");
    open_with_program(_i ? "echo certificate client 0" : "echo token abc 0");
    expect_success(get());
    ck_assert_int_eq(k7i_credential_get(k7i_peer_credential(peer), 0, &waiter, &identity, &program, NULL), 0);
    ck_assert_ptr_nonnull(identity);
    ck_assert_int_eq(atomic_load(&identity->references), 2); /* the credential's and ours */
    k7i_identity_unref(identity);
}
END_TEST

START_TEST(its_certificate_is_shown_to_the_server)
{
    start_tls("server", "ca.pem");
    open_with_program("echo certificate client 0");
    expect_success(get());
    expect_success(get());
    ck_assert_ptr_null(strstr(scripted_server_request(server, 0).headers, "Authorization"));
    ck_assert_int_eq(runs(), 1);
    ck_assert_int_eq(scripted_server_connections(server), 1);
}
END_TEST

START_TEST(a_new_certificate_gets_a_new_connection)
{
    start_tls("server", "ca.pem");
    open_with_program(
        "if [ $(wc -l <log) = 1 ]; then echo certificate client 0; else echo certificate server 0; fi");
    expect_success(get());
    scripted_server_answer(server, 401, NULL, "{}");
    expect_success(get());
    ck_assert_int_eq(runs(), 2);
    ck_assert_int_eq(scripted_server_requests(server), 3);
    ck_assert_int_eq(scripted_server_connections(server), 2);
}
END_TEST

START_TEST(a_401_leads_to_one_new_run_and_one_repetition)
{
    open_with_program("echo token t$(wc -l <log) 0");
    scripted_server_answer(server, 401, NULL, "{}");
    expect_success(get());
    expect_token(0, "t1");
    expect_token(1, "t2");
    scripted_server_answer(server, 401, NULL, "{}");
    scripted_server_answer(server, 401, NULL, "{}");
    expect_failure(get(), K7_ERR_REJECTED, "status 401");
    ck_assert_int_eq(runs(), 3);
    ck_assert_int_eq(scripted_server_requests(server), 4);
}
END_TEST

static const struct {
    const char *script, *message;
} failures[] = {
    { "echo token s3cret 0; echo no way >&2; exit 7", "the program \"sh\" ended with exit code 7: no way" },
    { "echo s3cret", "the program \"sh\" gives no credential: it is no answer" },
    { "echo token s3cret$(printf '\\001') 0",
      "the program \"sh\" gives no credential: the token is empty, or has "
      "control characters in it" },
    { "true", "the program \"sh\" gives no credential: it is no answer" },
};

START_TEST(a_failure_is_told_without_the_output_and_nothing_is_sent)
{
    open_with_program(failures[_i].script);
    ck_assert_int_eq(get(), K7_ERR_CREDENTIAL);
    ck_assert_str_eq(k7_error_get_message(err), failures[_i].message);
    ck_assert_int_eq(k7_error_get_outcome(err), K7_OUTCOME_NOT_SENT);
    ck_assert_int_eq(runs(), 1);
    ck_assert_int_eq(scripted_server_connections(server), 0);
    get(); /* a failure is not kept */
    ck_assert_int_eq(runs(), 2);
}
END_TEST

START_TEST(the_deadline_ends_it_and_says_so)
{
    open_with_program("sleep 1000 & wait");
    expect_failure(get_on(loop, 200, NULL, &err), K7_ERR_TIMEOUT,
                   "at the step \"get\": the program \"sh\" for the credential has not ended");
    ck_assert_int_eq(k7_error_get_outcome(err), K7_OUTCOME_NOT_SENT);
}
END_TEST

/* ---- several at once ---- */

struct caller {
    struct k7i_loop *loop;
    k7_cancel *cancel;
    k7_error *error;
    int code;
    pthread_t thread;
};

static void *call(void *user)
{
    struct caller *caller = user;

    caller->code = get_on(caller->loop, 30000, caller->cancel, &caller->error);
    return NULL;
}

static void start_caller(struct caller *caller)
{
    *caller = (struct caller){ 0 };
    ck_assert_int_eq(k7i_loop_new(NULL, &caller->loop, NULL), 0);
    ck_assert_int_eq(k7_cancel_new(&caller->cancel, NULL), 0);
    ck_assert_int_eq(pthread_create(&caller->thread, NULL, call, caller), 0);
}

static void end_caller(struct caller *caller)
{
    pthread_join(caller->thread, NULL);
    k7i_loop_free(caller->loop);
    k7_cancel_unref(caller->cancel);
}

/* Until the n-th run of the script has come to its pipe "gate"; what is written to it then goes to the script. */
static FILE *open_gate(void)
{
    FILE *gate = fopen(own("gate"), "w"); /* waits for the reader */

    ck_assert_ptr_nonnull(gate);
    return gate;
}

START_TEST(a_cancel_ends_it_at_once)
{
    struct caller caller;

    ck_assert_int_eq(mkfifo(own("gate"), 0600), 0);
    open_with_program("trap '' TERM; read line <gate; sleep 1000");
    start_caller(&caller);
    FILE *gate = open_gate(); /* it runs */
    k7_cancel_trigger(caller.cancel);
    end_caller(&caller);
    fclose(gate);
    ck_assert_int_eq(caller.code, K7_ERR_CANCELLED);
    k7_error_unref(caller.error);
}
END_TEST

START_TEST(it_runs_once_for_all_who_need_it)
{
    struct caller callers[CALLERS];

    ck_assert_int_eq(mkfifo(own("gate"), 0600), 0);
    open_with_program("read line <gate; echo token abc 3600");
    for (int i = 0; i < CALLERS; i++)
        start_caller(&callers[i]);
    fclose(open_gate());
    for (int i = 0; i < CALLERS; i++) {
        end_caller(&callers[i]);
        ck_assert_int_eq(callers[i].code, 0);
        k7_error_unref(callers[i].error);
    }
    ck_assert_int_eq(runs(), 1);
    ck_assert_int_eq(scripted_server_requests(server), CALLERS);
}
END_TEST

START_TEST(another_takes_over_when_the_call_that_runs_it_is_cancelled)
{
    struct caller first, second;

    ck_assert_int_eq(mkfifo(own("gate"), 0600), 0);
    open_with_program("read line <gate; echo token abc 3600");
    start_caller(&first);
    FILE *gate = open_gate();
    start_caller(&second); /* it waits, or comes when the first is gone: the same to it */
    k7_cancel_trigger(first.cancel);
    end_caller(&first);
    fclose(gate);
    gate = open_gate(); /* the second run */
    fclose(gate);
    end_caller(&second);
    ck_assert_int_eq(first.code, K7_ERR_CANCELLED);
    ck_assert_msg(second.code == 0, "%s", k7_error_get_message(second.error));
    k7_error_unref(first.error);
    k7_error_unref(second.error);
    ck_assert_int_eq(runs(), 2);
}
END_TEST

/* Two operations of one loop: which waits and which runs is known. */
START_TEST(who_waits_gets_the_same_answer)
{
    const struct k7i_run settings = { .timeout_ms = 20000, .attempts = 1 };
    struct k7i_op *first, *second;

    open_with_program(_i ? "echo no >&2; exit 1" : "echo token abc 3600");
    first = new_get();
    second = new_get();
    ck_assert_int_eq(k7i_op_start(first, loop, &settings, NULL, NULL, NULL), 0);
    ck_assert_int_eq(k7i_op_start(second, loop, &settings, NULL, NULL, NULL), 0);
    while (!k7i_op_is_over(first) || !k7i_op_is_over(second))
        ck_assert_int_eq(k7i_loop_wait(loop, -1, NULL, NULL), 0);
    ck_assert_int_eq(runs(), 1);
    ck_assert_int_eq(k7_error_get_code(first->error), _i ? K7_ERR_CREDENTIAL : 0);
    ck_assert_int_eq(k7_error_get_code(second->error), _i ? K7_ERR_CREDENTIAL : 0);
    if (_i)
        ck_assert_str_eq(k7_error_get_message(first->error), k7_error_get_message(second->error));
    k7i_op_free(first);
    k7i_op_free(second);
}
END_TEST

START_TEST(who_waits_may_stop_waiting)
{
    const struct k7i_run settings = { .timeout_ms = 20000, .attempts = 1 };
    struct k7i_run impatient = settings;
    struct k7i_op *first, *second;
    k7_cancel *cancel;

    ck_assert_int_eq(mkfifo(own("gate"), 0600), 0);
    open_with_program("read line <gate; echo token abc 3600");
    ck_assert_int_eq(k7_cancel_new(&cancel, NULL), 0);
    impatient.cancel = cancel;
    first = new_get();
    second = new_get();
    ck_assert_int_eq(k7i_op_start(first, loop, &settings, NULL, NULL, NULL), 0);
    ck_assert_int_eq(k7i_loop_process(loop, NULL), 0);
    ck_assert_int_eq(k7i_op_start(second, loop, &impatient, NULL, NULL, NULL), 0);
    ck_assert_int_eq(k7i_loop_process(loop, NULL), 0);
    k7_cancel_trigger(cancel);
    while (!k7i_op_is_over(second))
        ck_assert_int_eq(k7i_loop_wait(loop, -1, NULL, NULL), 0);
    ck_assert_int_eq(k7_error_get_code(second->error), K7_ERR_CANCELLED);
    ck_assert_int_eq(k7i_op_is_over(first), 0);
    k7i_op_free(second);
    fclose(open_gate());
    while (!k7i_op_is_over(first))
        ck_assert_int_eq(k7i_loop_wait(loop, -1, NULL, NULL), 0);
    ck_assert_ptr_null(first->error);
    ck_assert_int_eq(runs(), 1);
    k7i_op_free(first);
    k7_cancel_unref(cancel);
}
END_TEST

/* A blocking call cannot wait for a program that ends only when somebody comes back to the loop of a started operation. */
START_TEST(a_blocking_call_waits_for_no_loop_that_stands_still)
{
    const atomic_int stops = 0;
    const struct k7i_run settings = { .timeout_ms = 20000, .attempts = 1, .stops = &stops };
    struct k7i_op *first, *second;
    struct caller other;

    ck_assert_int_eq(mkfifo(own("gate"), 0600), 0);
    open_with_program("if [ $(wc -l <log) = 1 ]; then read line <gate; fi; echo token t$(wc -l <log) 3600");
    first = new_get();
    second = new_get();
    ck_assert_int_eq(k7i_op_start(first, loop, &settings, NULL, NULL, NULL), 0);
    ck_assert_int_eq(k7i_loop_process(loop, NULL), 0);
    ck_assert_int_eq(k7i_op_start(second, loop, &settings, NULL, NULL, NULL), 0);
    ck_assert_int_eq(k7i_loop_process(loop, NULL), 0);
    FILE *gate = open_gate(); /* the first's program runs, the second waits for it */
    start_caller(&other);
    end_caller(&other);
    ck_assert_msg(other.code == 0, "%s", k7_error_get_message(other.error));
    expect_token(0, "t2");
    fclose(gate);
    while (!k7i_op_is_over(first) || !k7i_op_is_over(second))
        ck_assert_int_eq(k7i_loop_wait(loop, -1, NULL, NULL), 0);
    ck_assert_ptr_null(first->error);
    ck_assert_ptr_null(second->error);
    ck_assert_int_eq(runs(), 2);
    k7i_op_free(first);
    k7i_op_free(second);
}
END_TEST

START_TEST(of_every_loop_one_operation_runs_it)
{
    enum { LOOPS = 2, OPERATIONS = 6 };
    const atomic_int stops = 0;
    const struct k7i_run settings = { .timeout_ms = 20000, .attempts = 1, .stops = &stops };
    struct k7i_op *ops[OPERATIONS];
    struct k7i_loop *loops[LOOPS] = { loop };

    ck_assert_int_eq(mkfifo(own("gate"), 0600), 0);
    ck_assert_int_eq(k7i_loop_new(NULL, &loops[1], NULL), 0);
    open_with_program("read line <gate; echo token abc 3600");
    for (int i = 0; i < OPERATIONS; i++) {
        ops[i] = new_get();
        ck_assert_int_eq(k7i_op_start(ops[i], loops[i % LOOPS], &settings, NULL, NULL, NULL), 0);
        ck_assert_int_eq(k7i_loop_process(loops[i % LOOPS], NULL), 0);
    }
    FILE *gate = open_gate();
    fputs("\n\n\n\n\n\n", gate);
    fflush(gate);
    for (int i = 0; i < OPERATIONS; i++) {
        while (!k7i_op_is_over(ops[i]))
            ck_assert_int_eq(k7i_loop_wait(loops[i % LOOPS], -1, NULL, NULL), 0);
        ck_assert_ptr_null(ops[i]->error);
        k7i_op_free(ops[i]);
    }
    fclose(gate);
    k7i_loop_free(loops[1]);
    ck_assert_int_eq(runs(), LOOPS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("identity");
    TCase *tests = tcase_create("program");

    tcase_add_checked_fixture(tests, setup, check_end);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, its_token_is_sent_and_kept_until_it_expires, 0, 2);
    tcase_add_loop_test(tests, a_loop_keeps_no_identity, 0, 2);
    tcase_add_test(tests, its_certificate_is_shown_to_the_server);
    tcase_add_test(tests, a_new_certificate_gets_a_new_connection);
    tcase_add_test(tests, a_401_leads_to_one_new_run_and_one_repetition);
    tcase_add_loop_test(tests, a_failure_is_told_without_the_output_and_nothing_is_sent, 0, 4);
    tcase_add_test(tests, the_deadline_ends_it_and_says_so);
    tcase_add_test(tests, a_cancel_ends_it_at_once);
    tcase_add_test(tests, it_runs_once_for_all_who_need_it);
    tcase_add_test(tests, another_takes_over_when_the_call_that_runs_it_is_cancelled);
    tcase_add_loop_test(tests, who_waits_gets_the_same_answer, 0, 2);
    tcase_add_test(tests, who_waits_may_stop_waiting);
    tcase_add_test(tests, a_blocking_call_waits_for_no_loop_that_stands_still);
    tcase_add_test(tests, of_every_loop_one_operation_runs_it);
    suite_add_tcase(suite, tests);
    return run(suite);
}
