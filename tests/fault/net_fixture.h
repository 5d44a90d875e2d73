/* net_fixture.h: what the white-box tests of peers and identities share: a scripted server, a peer of it, and an operation of one GET. */
#ifndef K7_TESTS_NET_FIXTURE_H
#define K7_TESTS_NET_FIXTURE_H

#include "../support/scripted_server.h"
#include "net/peer.h"
#include "plan/loop.h"
#include "plan/op.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct scripted_server *server;
static struct k7i_peer *peer;
static struct k7i_loop *loop;
static k7_error *err;
static char folder[64];                 /* of this test's files */
static _Thread_local char answered[64]; /* the beginning of the last body of this thread */
static _Thread_local size_t answered_len;

static inline enum k7i_verdict get_begin(struct k7i_op *op, struct k7i_request *request)
{
    (void)op;
    k7i_buf_text(&request->target, "/thing");
    return K7I_SEND;
}

static inline enum k7i_verdict get_reply(struct k7i_op *op, const struct k7i_response *response)
{
    answered_len = response->body_len;
    snprintf(answered, sizeof answered, "%.*s", (int)response->body_len, response->body);
    return response->status == 200 ? K7I_NEXT
                                   : k7i_op_fail(op, K7_ERR_REJECTED, "status %d", response->status);
}

static const struct k7i_step get_step = { .name = "get", .begin = get_begin, .reply = get_reply };
static const struct k7i_step *const get_steps[] = { &get_step };
static const struct k7i_plan get_plan = {
    .operation = "get", .only_reads = 1, .steps = get_steps, .step_count = 1, .state_size = 1
};

static inline struct k7i_op *new_get(void)
{
    struct k7i_op *op;

    ck_assert_int_eq(k7i_op_new(&get_plan, NULL, &op, NULL), 0);
    op->peer = peer;
    return op;
}

/* On any loop: 0, or the error's number; the error is in *ret_error. */
static inline int get_on(struct k7i_loop *on, int64_t timeout_ms, k7_cancel *cancel, k7_error **ret_error)
{
    const struct k7i_run settings = {
        .timeout_ms = timeout_ms, .attempts = 2, .back_off_ms = 1, .cancel = cancel
    };
    struct k7i_op *op = new_get();

    k7_error_unref(*ret_error);
    *ret_error = NULL;
    ck_assert_int_eq(k7i_op_run_blocking(op, on, &settings, NULL), 0);
    *ret_error = op->error;
    op->error = NULL;
    k7i_op_free(op);
    return k7_error_get_code(*ret_error);
}

static inline int get(void)
{
    return get_on(loop, 20000, NULL, &err);
}

static inline void expect_success(int code)
{
    ck_assert_msg(code == 0, "%s: %s", k7_error_code_name(code), k7_error_get_message(err));
}

static inline void expect_failure(int code, int expected, const char *part)
{
    ck_assert_msg(code == expected, "%s: %s", k7_error_code_name(code), k7_error_get_message(err));
    ck_assert_msg(strstr(k7_error_get_message(err), part) != NULL, "\"%s\" is not in \"%s\"", part,
                  k7_error_get_message(err));
}

/* A file among the certificates of all tests. */
static inline const char *certificate(const char *name)
{
    static char paths[8][512];
    static int next;
    const char *all = getenv("K7_TEST_CERTIFICATES");

    ck_assert_ptr_nonnull(all);
    next = (next + 1) % 8;
    snprintf(paths[next], sizeof paths[next], "%s/%s", all, name);
    return paths[next];
}

static inline char *read_text(const char *path)
{
    static char texts[4][8192];
    static int next;
    FILE *file = fopen(path, "r");

    ck_assert_msg(file != NULL, "%s", path);
    next = (next + 1) % 4;
    texts[next][fread(texts[next], 1, sizeof texts[next] - 1, file)] = '\0';
    fclose(file);
    return texts[next];
}

/* A file of this test's own. */
static inline const char *own(const char *name)
{
    static char paths[8][128];
    static int next;

    next = (next + 1) % 8;
    snprintf(paths[next], sizeof paths[next], "%s/%s", folder, name);
    return paths[next];
}

/* As tools do it: written beside it, then renamed. */
static inline void write_own(const char *name, const char *text)
{
    FILE *file = fopen(own("new"), "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(rename(own("new"), own(name)), 0);
}

/* name: of the server's certificate; client_ca: signs those of its clients, or NULL */
static inline void start_tls(const char *name, const char *client_ca)
{
    static char cert[512], key[512], ca[512];

    snprintf(cert, sizeof cert, "%s.pem", certificate(name));
    snprintf(key, sizeof key, "%s.key", certificate(name));
    snprintf(ca, sizeof ca, "%s", client_ca ? certificate(client_ca) : "");
    server = scripted_server_start(&(struct scripted_tls){
        .cert_file = cert, .key_file = key, .client_ca_file = client_ca ? ca : NULL });
    scripted_server_answer_always(server, 200, NULL, "{}");
}

static inline void open_peer(struct k7i_peer_settings settings)
{
    settings.url = scripted_server_url(server);
    settings.response_limit = 65536;
    settings.connect_timeout_ms = 10000;
    int code = k7i_peer_new(&settings, &peer, &err);
    ck_assert_msg(code == 0, "%s", k7_error_get_message(err));
}

static inline void setup(void)
{
    strcpy(folder, "/tmp/k7-net-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(k7i_loop_new(NULL, &loop, NULL), 0);
}

static inline void teardown(void)
{
    char command[128];

    k7i_loop_free(loop);
    k7i_peer_free(peer);
    peer = NULL;
    err = k7_error_unref(err);
    if (server)
        scripted_server_stop(server);
    server = NULL;
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static inline int run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
