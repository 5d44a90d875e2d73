/* create_fixture.h: a create of the kubernetes transport whose steps are called one by one, without a loop running and without a cluster; the golden files of data/ were
 * made by hand from the K7 contract. */
#ifndef K7_TESTS_KUBERNETES_CREATE_FIXTURE_H
#define K7_TESTS_KUBERNETES_CREATE_FIXTURE_H

#include "base/buf.h"
#include "base/error.h"
#include "plan/run.h"
#include "transport/kubernetes/create.h"
#include "transport/kubernetes/plans.h"

#include <check.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CREATE_ID "0123456789abcdef0123456789abcdef"
#define UID       "11111111-2222-3333-4444-555555555555"

static struct k7i_kubernetes kubernetes;
static struct k7i_loop *loop;
static struct k7i_op *op;
static k7_spec *spec;
static char request[4096], body[262144], accept_header[200]; /* of the last begin: "METHOD target" */

static inline void open_fixture(void)
{
    memset(&kubernetes, 0, sizeof kubernetes);
    pthread_mutex_init(&kubernetes.lock, NULL);
    ck_assert_int_eq(k7i_loop_new(NULL, &loop, NULL), 0);
}

static inline void close_fixture(void)
{
    k7i_op_free(op);
    k7_spec_free(spec);
    k7i_loop_free(loop);
    pthread_mutex_destroy(&kubernetes.lock);
    op = NULL;
    spec = NULL;
}

static inline int prepare(const char *fields, k7_error **err)
{
    char text[140000];

    snprintf(text, sizeof text, "{\"name\":\"demo\",\"image\":\"alpine:3\"%s%s}", *fields ? "," : "", fields);
    k7_spec_free(spec);
    k7i_op_free(op);
    ck_assert_msg(k7_spec_from_json(text, strlen(text), &spec, NULL) == 0, "%s", text);
    ck_assert_int_eq(k7i_op_new(&k7i_kubernetes_create_plan, &kubernetes, &op, NULL), 0);
    op->run->loop = loop;
    op->run->mode = K7I_MODE_FORWARD;
    op->run->deadline_ms = INT64_MAX;
    const struct k7i_args args = { .spec = spec, .namespace_ = "team-a", .name = "demo" };
    return op->plan->prepare(op, &args, err);
}

static inline struct k7i_kube_create *create_of(const char *fields, enum k7i_kube_profile profile)
{
    k7_error *error = NULL;

    ck_assert_msg(prepare(fields, &error) == 0, "%s", k7_error_get_message(error));
    struct k7i_kube_create *create = op->state;
    memcpy(create->create_id, CREATE_ID, sizeof CREATE_ID);
    create->profile = profile;
    return create;
}

static inline const struct k7i_step *step_called(const char *name)
{
    for (int i = 0; i < op->plan->step_count; i++) {
        if (strcmp(op->plan->steps[i]->name, name) == 0) {
            op->run->index = i;
            return op->plan->steps[i];
        }
    }
    ck_abort_msg("no step is named %s", name);
    return NULL;
}

static inline enum k7i_verdict begin_step(const struct k7i_step *step)
{
    struct k7i_request sent;

    k7i_request_init(&sent);
    op->run->active = step;
    op->run->pause_ms = 0;
    enum k7i_verdict verdict = step->begin(op, &sent);
    request[0] = body[0] = accept_header[0] = '\0';
    if (verdict == K7I_SEND) {
        ck_assert_int_eq(k7i_request_failed(&sent), 0);
        snprintf(request, sizeof request, "%s %s", sent.method, sent.target.data);
        snprintf(body, sizeof body, "%s", sent.content_type ? sent.body.data : "");
        snprintf(accept_header, sizeof accept_header, "%s", sent.headers.data);
        if (sent.content_type)
            ck_assert_str_eq(sent.content_type, "application/json");
    }
    k7i_request_clear(&sent);
    return verdict;
}

static inline enum k7i_verdict begin(const char *name)
{
    return begin_step(step_called(name));
}

static inline enum k7i_verdict reply_step(const struct k7i_step *step, int status, const char *text)
{
    const struct k7i_response response = {
        .status = status, .body = text, .body_len = strlen(text), .retry_after_ms = -1
    };

    op->error = k7_error_unref(op->error);
    op->run->active = step;
    op->run->pause_ms = 0;
    if (step->chunk && status == 200) { /* as the runner does */
        const struct k7i_response empty = { .status = status, .body = "", .retry_after_ms = -1 };
        enum k7i_verdict verdict = step->chunk(op, text, strlen(text));

        return verdict == K7I_MORE ? step->reply(op, &empty) : verdict;
    }
    return step->reply(op, &response);
}

static inline enum k7i_verdict reply(const char *name, int status, const char *text)
{
    return reply_step(step_called(name), status, text);
}

/* One event of the watch of a step, with the line's end. */
static inline enum k7i_verdict event(const char *name, const char *type, const char *object)
{
    static char line[20000];
    const struct k7i_step *step = step_called(name);

    snprintf(line, sizeof line, "{\"type\":\"%s\",\"object\":%s}\n", type, object);
    op->error = k7_error_unref(op->error);
    op->run->active = step;
    op->run->pause_ms = 0;
    return step->chunk(op, line, strlen(line));
}

static inline void assert_error(int code, const char *words)
{
    ck_assert_ptr_nonnull(op->error);
    ck_assert_msg(k7_error_get_code(op->error) == code, "%s: %s, not %s", k7_error_get_message(op->error),
                  k7_error_code_name(k7_error_get_code(op->error)), k7_error_code_name(code));
    ck_assert_msg(strstr(k7_error_get_message(op->error), words) != NULL, "\"%s\" lacks \"%s\"",
                  k7_error_get_message(op->error), words);
}

static inline json_object *golden(const char *name)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s.json", DATA_DIR, name);
    json_object *object = json_object_from_file(path);
    ck_assert_msg(object != NULL, "%s: %s", path, json_util_get_last_err());
    return object;
}

static inline void assert_body_is(const char *name)
{
    json_object *expected = golden(name), *got = json_tokener_parse(body);

    ck_assert_msg(got != NULL, "not JSON: %s", body);
    ck_assert_msg(json_object_equal(got, expected), "%s:\n%s\nis not\n%s", name,
                  json_object_to_json_string_ext(got, JSON_C_TO_STRING_PRETTY),
                  json_object_to_json_string_ext(expected, JSON_C_TO_STRING_PRETTY));
    json_object_put(got);
    json_object_put(expected);
}

static inline int run_case(const char *name, TCase *tests)
{
    Suite *suite = suite_create(name);

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
