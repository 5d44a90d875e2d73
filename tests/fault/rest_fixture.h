/* rest_fixture.h: what the tests of the rest transport's faults share: a scripted server, a client of it through the public interface, and the search for secrets in
 * everything that a call tells. */
#ifndef K7_TESTS_REST_FIXTURE_H
#define K7_TESTS_REST_FIXTURE_H

#include "../support/scripted_server.h"

#include <check.h>
#include <k7sandbox/k7sandbox.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECRET "s3cret-K7-key-that-must-not-appear"

#define ENVELOPE(code, message) "{\"error\":{\"code\":\"" code "\",\"message\":\"" message "\"}}"
#define LIST_OF_ONE                                                                                          \
    "{\"data\":[{\"name\":\"demo\",\"namespace\":\"default\",\"status\":\"Running\",\"ready\":\"True\","     \
    "\"restarts\":0,\"age\":\"0:05:42\",\"image\":\"alpine\",\"error_message\":\"\"}]}"
#define CREATED "{\"data\":{\"name\":\"demo\",\"namespace\":\"default\",\"image\":\"alpine\"}}"
#define DELETED "{\"data\":{\"message\":\"Sandbox demo deleted successfully\"}}"
#define MISSING ENVELOPE("NotFound", "Sandbox demo not found in namespace default")

static struct scripted_server *server;
static k7_client *client;
static k7_error *err;
static k7_call *call;
static int traces, retries, traced_error;
static k7_cancel *cancel_on_trace; /* triggered when an attempt has ended, or NULL */

static inline void expect_no_secret(const char *text)
{
    ck_assert_msg(!text || !strstr(text, SECRET), "the secret is in \"%s\"", text);
}

static inline void on_trace(void *user, const k7_trace *trace)
{
    (void)user;
    traces++;
    retries += k7_trace_get_attempt(trace) > 1;
    traced_error = k7_trace_get_error_code(trace);
    expect_no_secret(k7_trace_get_url(trace));
    if (cancel_on_trace)
        k7_cancel_trigger(cancel_on_trace);
}

static inline k7_config *new_config(const char *url)
{
    k7_config *config = NULL;

    ck_assert_int_eq(k7_config_new(&config, NULL), 0);
    ck_assert_int_eq(k7_config_set(config, "endpoint", url, NULL), 0);
    return config;
}

static inline void set_key(k7_config *config, const char *key, const char *value)
{
    k7_error *wrong = NULL;

    if (k7_config_set(config, key, value, &wrong) != 0)
        ck_abort_msg("%s: %s", key, k7_error_get_message(wrong));
}

/* Opens the client; takes the configuration. */
static inline void open_client(k7_config *config)
{
    traces = retries = 0;
    ck_assert_int_eq(k7_call_new(&call, NULL), 0);
    ck_assert_int_eq(k7_call_set_trace(call, on_trace, NULL, NULL, NULL), 0);
    if (k7_client_open(config, &client, &err) != 0)
        ck_abort_msg("%s", k7_error_get_message(err));
    k7_config_free(config);
}

/* A plain server, and a client that repeats at most `attempts` times. */
static inline void setup_attempts(const char *attempts)
{
    k7_config *config;

    server = scripted_server_start(NULL);
    config = new_config(scripted_server_url(server));
    set_key(config, "rest.api_key", SECRET);
    set_key(config, "retry_attempts", attempts);
    open_client(config);
}

static inline void setup_once(void)
{
    setup_attempts("1");
}

static inline void setup_repeating(void)
{
    setup_attempts("4");
}

static inline void close_client(void)
{
    err = k7_error_unref(err);
    k7_call_free(call);
    call = NULL;
    client = k7_client_unref(client);
}

static inline void teardown(void)
{
    close_client();
    if (server)
        scripted_server_stop(server);
    server = NULL;
}

static inline int list(void)
{
    k7_sandboxes *sandboxes = NULL;
    int code;

    err = k7_error_unref(err);
    code = k7_sandbox_list(client, NULL, call, &sandboxes, &err);
    ck_assert(code == 0 || sandboxes == NULL);
    k7_sandboxes_unref(sandboxes);
    return code;
}

static inline int create(void)
{
    k7_sandbox *sandbox = NULL;
    k7_spec *spec = NULL;
    int code;

    err = k7_error_unref(err);
    ck_assert_int_eq(k7_spec_new("demo", "alpine", &spec, NULL), 0);
    code = k7_sandbox_create(client, spec, call, &sandbox, &err);
    ck_assert(code == 0 || sandbox == NULL);
    k7_sandbox_unref(sandbox);
    k7_spec_free(spec);
    return code;
}

static inline int delete_demo(void)
{
    err = k7_error_unref(err);
    return k7_sandbox_delete(client, NULL, "demo", NULL, call, &err);
}

/* The error of the last call: its number and outcome; and no secret anywhere in it. */
static inline void expect_error(int code, int outcome)
{
    ck_assert_msg(k7_error_get_code(err) == code, "%s instead of %s: %s",
                  k7_error_code_name(k7_error_get_code(err)), k7_error_code_name(code),
                  k7_error_get_message(err));
    ck_assert_msg(k7_error_get_outcome(err) == outcome, "outcome %d instead of %d: %s",
                  k7_error_get_outcome(err), outcome, k7_error_get_message(err));
    ck_assert_ptr_null(strchr(k7_error_get_message(err), '\n'));
    expect_no_secret(k7_error_get_message(err));
    expect_no_secret(k7_error_get_reason(err));
    expect_no_secret(k7_error_get_server_text(err));
    for (size_t i = 0; i < k7_error_leftover_count(err); i++)
        expect_no_secret(k7_error_leftover_at(err, i));
}

static inline void expect_message(const char *part)
{
    ck_assert_msg(strstr(k7_error_get_message(err), part) != NULL, "\"%s\" is not in \"%s\"", part,
                  k7_error_get_message(err));
}

static inline void expect_success(int code)
{
    ck_assert_msg(code == 0, "%s: %s", k7_error_code_name(code), k7_error_get_message(err));
}

static inline const char *certificate(const char *name)
{
    static char paths[4][512];
    static int next;
    const char *folder = getenv("K7_TEST_CERTIFICATES");

    ck_assert_ptr_nonnull(folder);
    next = (next + 1) % 4;
    snprintf(paths[next], sizeof paths[next], "%s/%s", folder, name);
    return paths[next];
}

static inline int run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

#endif
