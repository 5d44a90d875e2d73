/* test_rest_async.c: started operations over HTTP, against a scripted server: many at once on one loop, clients that come and go, and what ends while its answer is awaited. */
#include "rest_fixture.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

enum { MANY = 64 };

static k7_loop *loop;
static int ends;

static void setup(void)
{
    setup_once();
    ck_assert_int_eq(k7_loop_new(&loop, NULL), 0);
    ends = 0;
}

static void teardown_all(void)
{
    k7_loop_free(loop);
    teardown();
}

static void count_end(void *user, k7_op *op)
{
    (void)user, (void)op;
    ends++;
}

static k7_op *listen_to(k7_op *op)
{
    ck_assert_int_eq(k7_op_set_on_done(op, count_end, NULL, NULL, NULL), 0);
    return op;
}

static k7_op *start_list(void)
{
    k7_op *op = NULL;

    ck_assert_int_eq(k7_sandbox_list_start(client, NULL, call, loop, &op, NULL), 0);
    return listen_to(op);
}

static k7_op *start_create(void)
{
    k7_spec *spec = NULL;
    k7_op *op = NULL;

    ck_assert_int_eq(k7_spec_new("demo", "alpine", &spec, NULL), 0);
    ck_assert_int_eq(k7_sandbox_create_start(client, spec, call, loop, &op, NULL), 0);
    k7_spec_free(spec);
    return listen_to(op);
}

static void run_until_sent(int requests)
{
    while (scripted_server_requests(server) < requests)
        ck_assert_int_eq(k7_loop_wait(loop, 10, NULL), 0);
}

static void run_all(void)
{
    while (k7_loop_op_count(loop) > 0)
        ck_assert_int_eq(k7_loop_wait(loop, -1, NULL), 0);
}

static void expect_list_of_one(k7_op *op)
{
    k7_sandboxes *list = NULL;

    expect_success(k7_op_take_sandboxes(op, &list, &err));
    ck_assert_uint_eq(k7_sandboxes_count(list), 1);
    k7_sandboxes_unref(list);
    k7_op_free(op);
}

/* --- many ------------------------------------------------------------------------------------------------------------------------ */

/* No more connections than requests under way, and a warm one serves what comes next. */
START_TEST(many_at_once_use_one_connection_each_and_leave_warm_ones)
{
    char text[1024];
    k7_op *ops[MANY];

    snprintf(text, sizeof text,
             "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             strlen(LIST_OF_ONE), LIST_OF_ONE);
    const struct scripted_act late[] = { { SCRIPTED_WAIT, NULL, 0 }, { SCRIPTED_SEND, text, 0 } };
    for (int i = 0; i < MANY; i++) {
        scripted_server_push(server, late, 2);
        ops[i] = start_list();
    }
    run_until_sent(MANY); /* all of them, before the first is answered */
    ck_assert_int_eq(ends, 0);
    ck_assert_int_eq(scripted_server_connections(server), MANY);
    for (int i = 0; i < MANY; i++)
        scripted_server_release(server);
    run_all();
    ck_assert_int_eq(ends, MANY);
    for (int i = 0; i < MANY; i++)
        expect_list_of_one(ops[i]);
    scripted_server_answer_always(server, 200, NULL, LIST_OF_ONE);
    for (int i = 0; i < MANY; i++) {
        k7_op *op = start_list();

        run_all();
        expect_list_of_one(op);
    }
    ck_assert_int_eq(scripted_server_connections(server), MANY);
}
END_TEST

/* A thousand items go over as many connections as may be under way at once, without one being reset. */
START_TEST(a_thousand_items_use_the_connections_of_their_cap)
{
    enum { ITEMS = 1000, CAP = 8 };
    k7_results *results = NULL;
    k7_batch *batch = NULL;
    char name[32];

    scripted_server_answer_always(server, 200, NULL, DELETED);
    ck_assert_int_eq(k7_batch_new(&batch, NULL), 0);
    ck_assert_int_eq(k7_batch_set_at_once(batch, CAP, NULL), 0);
    for (int i = 0; i < ITEMS; i++) {
        snprintf(name, sizeof name, "sandbox-%d", i);
        ck_assert_int_eq(k7_batch_add_name(batch, NULL, name, NULL), 0);
    }
    k7_delete_options *options = NULL;
    ck_assert_int_eq(k7_delete_options_new(&options, NULL), 0);
    ck_assert_int_eq(k7_delete_options_set_no_wait(options, 1, NULL), 0);
    expect_success(k7_sandbox_delete_many(client, batch, options, call, &results, &err));
    ck_assert_uint_eq(k7_results_count_of(results, K7_ITEM_DONE), ITEMS);
    ck_assert_int_eq(scripted_server_connections(server), CAP);
    ck_assert_int_eq(scripted_server_requests(server), ITEMS);
    k7_results_unref(results);
    k7_delete_options_free(options);
    k7_batch_free(batch);
}
END_TEST

enum { CROWD = 100 };

static k7_op *crowd[2 * CROWD];
static int crowd_begun;

static void begin_one(void *user, k7_op *ended)
{
    k7_op *op = start_list();

    (void)user, (void)ended;
    ck_assert_int_eq(k7_op_set_on_done(op, begin_one, NULL, NULL, NULL), 0);
    crowd[crowd_begun++] = op;
}

/* Connections in use are none of the 64 that are kept. */
START_TEST(more_at_once_than_are_kept_idle_go_on_with_their_connections)
{
    char text[1024];

    snprintf(text, sizeof text,
             "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             strlen(LIST_OF_ONE), LIST_OF_ONE);
    const struct scripted_act late[] = { { SCRIPTED_WAIT, NULL, 0 }, { SCRIPTED_SEND, text, 0 } };
    scripted_server_fallback(server, late, 2);
    for (crowd_begun = 0; crowd_begun < CROWD;)
        begin_one(NULL, NULL);
    run_until_sent(CROWD);
    for (int i = 1; i <= CROWD; i++) { /* one ends, another begins */
        scripted_server_release(server);
        run_until_sent(CROWD + i);
    }
    ck_assert_int_eq(scripted_server_connections(server), CROWD);
    for (int i = 0; i < 2 * CROWD; i++)
        k7_op_free(crowd[i]);
}
END_TEST

START_TEST(clients_come_and_go_and_each_is_asked_as_itself)
{
    char key[64], line[96];

    scripted_server_answer_always(server, 200, NULL, LIST_OF_ONE);
    for (int i = 0; i < 20; i++) {
        close_client();
        k7_config *config = new_config(scripted_server_url(server));
        snprintf(key, sizeof key, "key-of-client-%d", i);
        set_key(config, "rest.api_key", key);
        open_client(config);
        k7_op *op = start_list();
        close_client(); /* the operation has all that it needs */
        run_all();
        expect_list_of_one(op);
        snprintf(line, sizeof line, "X-API-Key: %s", key);
        const char *headers = scripted_server_request(server, i).headers;
        ck_assert_msg(strstr(headers, line) != NULL, "\"%s\" is not in \"%s\"", line, headers);
    }
    ck_assert_int_eq(scripted_server_connections(server), 1);
}
END_TEST

/* The loop keeps handles that were set up for a client, and their connections. Another client, that lies where the first one lay, trusts somebody else. */
START_TEST(client_at_the_address_of_a_gone_one_is_not_taken_for_it)
{
    char cert[512], key[512];

    scripted_server_stop(server);
    snprintf(cert, sizeof cert, "%s", certificate("server.pem"));
    snprintf(key, sizeof key, "%s", certificate("server.key"));
    server = scripted_server_start(&(struct scripted_tls){ .cert_file = cert, .key_file = key });
    scripted_server_answer_always(server, 200, NULL, LIST_OF_ONE);
    for (int i = 0; i < 10; i++) {
        close_client();
        k7_config *config = new_config(scripted_server_url(server));
        set_key(config, "rest.ca_file", certificate(i % 2 == 0 ? "ca.pem" : "stranger-ca.pem"));
        open_client(config);
        k7_op *op = start_list();
        close_client();
        run_all();
        if (i % 2 == 0) {
            expect_list_of_one(op);
        } else {
            ck_assert_int_eq(k7_op_take_error(op, NULL), K7_ERR_TLS);
            k7_op_free(op);
        }
    }
}
END_TEST

/* --- what ends before its answer ------------------------------------------------------------------------------------------------- */

START_TEST(loop_freed_with_a_create_under_way_says_that_nobody_knows)
{
    k7_op *op = start_create();

    run_until_sent(1);
    k7_loop_free(loop);
    loop = NULL;
    ck_assert_int_eq(ends, 1);
    ck_assert_int_eq(k7_op_take_error(op, &err), K7_ERR_CANCELLED);
    expect_error(K7_ERR_CANCELLED, K7_OUTCOME_UNKNOWN);
    expect_message("the loop was freed");
    scripted_server_await_closed(server, 1); /* its connections went with it */
    k7_op_free(op);
}
END_TEST

START_TEST(cancelled_create_says_that_nobody_knows)
{
    k7_op *op = start_create();

    run_until_sent(1);
    k7_op_cancel(op);
    k7_op_cancel(op); /* what may be there is not looked for */
    run_all();
    ck_assert_int_eq(ends, 1);
    ck_assert_int_eq(k7_op_take_error(op, &err), K7_ERR_CANCELLED);
    expect_error(K7_ERR_CANCELLED, K7_OUTCOME_UNKNOWN);
    k7_op_free(op);
}
END_TEST

START_TEST(freed_read_ends_in_silence)
{
    k7_op_free(start_list());
    run_all();
    ck_assert_int_eq(ends, 0);
    k7_op *op = start_list();
    run_until_sent(1);
    k7_op_free(op);
    run_all();
    ck_assert_int_eq(ends, 0);
    scripted_server_await_closed(server, 1);
}
END_TEST

START_TEST(deadline_is_heard_of_by_the_timeout_alone)
{
    struct pollfd poller = { .fd = k7_loop_get_fd(loop), .events = POLLIN };

    ck_assert_int_eq(k7_call_set_timeout_ms(call, 300, NULL), 0);
    k7_op *op = start_list();
    ck_assert_int_eq(k7_call_set_timeout_ms(call, 100000, NULL), 0); /* that is for the next */
    while (k7_loop_op_count(loop) > 0) {
        int timeout_ms = k7_loop_get_timeout_ms(loop);

        ck_assert_int_ge(timeout_ms, 0);
        ck_assert_int_le(timeout_ms, 300);
        ck_assert_int_ge(poll(&poller, 1, timeout_ms), 0);
        ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
    }
    ck_assert_int_eq(k7_op_take_error(op, &err), K7_ERR_TIMEOUT);
    expect_message("300 ms");
    k7_op_free(op);
}
END_TEST

/* What is connected to the server, and what of it a program that is started would get. */
static int count_connections(int *open_in_programs)
{
    int port = atoi(strrchr(scripted_server_url(server), ':') + 1), count = 0;

    *open_in_programs = 0;
    for (int fd = 0; fd < 1024; fd++) {
        struct sockaddr_in peer;
        socklen_t len = sizeof peer;

        if (getpeername(fd, (struct sockaddr *)&peer, &len) == 0 && peer.sin_family == AF_INET &&
            ntohs(peer.sin_port) == port) {
            count++;
            *open_in_programs += !(fcntl(fd, F_GETFD) & FD_CLOEXEC);
        }
    }
    return count;
}

START_TEST(connections_are_not_left_open_in_programs_that_are_started)
{
    int left;

    scripted_server_answer_always(server, 200, NULL, LIST_OF_ONE);
    expect_success(list());
    ck_assert_int_ge(count_connections(&left), 1);
    ck_assert_int_eq(left, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rest async");
    TCase *group = tcase_create("async");

    tcase_add_checked_fixture(group, setup, teardown_all);
    tcase_set_timeout(group, 60);
    tcase_add_test(group, many_at_once_use_one_connection_each_and_leave_warm_ones);
    tcase_add_test(group, a_thousand_items_use_the_connections_of_their_cap);
    tcase_add_test(group, more_at_once_than_are_kept_idle_go_on_with_their_connections);
    tcase_add_test(group, clients_come_and_go_and_each_is_asked_as_itself);
    tcase_add_test(group, client_at_the_address_of_a_gone_one_is_not_taken_for_it);
    tcase_add_test(group, loop_freed_with_a_create_under_way_says_that_nobody_knows);
    tcase_add_test(group, cancelled_create_says_that_nobody_knows);
    tcase_add_test(group, freed_read_ends_in_silence);
    tcase_add_test(group, deadline_is_heard_of_by_the_timeout_alone);
    tcase_add_test(group, connections_are_not_left_open_in_programs_that_are_started);
    suite_add_tcase(suite, group);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
