/* fixture.h: an operation of the docker transport whose steps are called one by one, without a loop and without an engine; and what real engines answered
 * (data/podman: 4.3.1, data/dockerd: 20.10.24). */
#ifndef K7_TESTS_DOCKER_FIXTURE_H
#define K7_TESTS_DOCKER_FIXTURE_H

#include "transport/docker/create.h"
#include "transport/docker/delete.h"
#include "transport/docker/list.h"

#include <check.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NETWORK                                                                                              \
    "c99f948ed0305fc526869e55ad985c5c3aa2bcb55f8681553e3fa3f5d849eb65" /* in dockerd/network.json */

enum engine { PODMAN, DOCKERD, ENGINES };
static const char *const engine_names[ENGINES] = { "podman", "dockerd" };

struct fixture {
    struct k7i_docker docker;
    struct k7i_op *op;
    k7_spec *spec;
    char request[4096]; /* of the last begin: "METHOD target" */
    char body[262144];
};

static inline char *recorded(enum engine engine, const char *name, size_t *ret_len)
{
    char path[512];
    static char text[65536];

    snprintf(path, sizeof path, "%s/%s/%s", DATA_DIR, engine_names[engine], name);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    size_t len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[len] = '\0';
    if (ret_len)
        *ret_len = len;
    return text;
}

static inline void fixture_open(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    pthread_mutex_init(&f->docker.lock, NULL);
    ck_assert_int_eq(k7_config_new(&f->docker.config, NULL), 0);
}

static inline void fixture_close(struct fixture *f)
{
    k7i_op_free(f->op);
    k7_spec_free(f->spec);
    k7_config_free(f->docker.config);
    k7i_registry_auth_free(f->docker.auth);
    pthread_mutex_destroy(&f->docker.lock);
}

static inline int fixture_prepare(struct fixture *f, const struct k7i_plan *plan, const struct k7i_args *args,
                                  k7_error **err)
{
    k7i_op_free(f->op);
    ck_assert_int_eq(k7i_op_new(plan, &f->docker, &f->op, NULL), 0);
    return plan->prepare(f->op, args, err);
}

static inline int fixture_create_spec(struct fixture *f, const char *fields, k7_error **err)
{
    char text[140000];

    snprintf(text, sizeof text, "{\"name\":\"demo\",\"image\":\"alpine:3\"%s%s}", *fields ? "," : "", fields);
    k7_spec_free(f->spec);
    ck_assert_msg(k7_spec_from_json(text, strlen(text), &f->spec, NULL) == 0, "%s", text);
    const struct k7i_args args = { .spec = f->spec, .namespace_ = "team-a", .name = "demo" };
    return fixture_prepare(f, &k7i_docker_create_plan, &args, err);
}

static inline struct k7i_create *fixture_create(struct fixture *f, const char *fields)
{
    k7_error *error = NULL;

    ck_assert_msg(fixture_create_spec(f, fields, &error) == 0, "%s", k7_error_get_message(error));
    struct k7i_create *create = f->op->state;
    memcpy(create->create_id, "0123456789abcdef0123456789abcdef", K7I_CREATE_ID_LEN + 1);
    return create;
}

static inline const struct k7i_step *fixture_step(const struct fixture *f, const char *name)
{
    for (int i = 0; i < f->op->plan->step_count; i++)
        if (strcmp(f->op->plan->steps[i]->name, name) == 0)
            return f->op->plan->steps[i];
    ck_abort_msg("no step is named %s", name);
    return NULL;
}

static inline enum k7i_verdict fixture_begin_step(struct fixture *f, const struct k7i_step *step)
{
    struct k7i_request request;

    k7i_request_init(&request);
    enum k7i_verdict verdict = step->begin(f->op, &request);
    f->request[0] = f->body[0] = '\0';
    if (verdict == K7I_SEND) {
        ck_assert_int_eq(k7i_request_failed(&request), 0);
        ck_assert_int_eq(strncmp(request.target.data, K7I_DOCKER_API "/", strlen(K7I_DOCKER_API) + 1), 0);
        snprintf(f->request, sizeof f->request, "%s %s", request.method,
                 request.target.data + strlen(K7I_DOCKER_API));
        snprintf(f->body, sizeof f->body, "%s", request.content_type ? request.body.data : "");
        if (request.content_type)
            ck_assert_str_eq(request.content_type, "application/json");
    }
    k7i_request_clear(&request);
    return verdict;
}

static inline enum k7i_verdict fixture_begin(struct fixture *f, const char *step)
{
    return fixture_begin_step(f, fixture_step(f, step));
}

/* A step that sends this. */
static inline void fixture_sends(struct fixture *f, const char *step, const char *request)
{
    ck_assert_msg(fixture_begin(f, step) == K7I_SEND, "%s", step);
    ck_assert_str_eq(f->request, request);
}

static inline enum k7i_verdict fixture_reply_step(struct fixture *f, const struct k7i_step *step, int status,
                                                  const char *body)
{
    const struct k7i_response response = {
        .status = status, .body = body, .body_len = strlen(body), .retry_after_ms = -1
    };

    f->op->error = k7_error_unref(f->op->error);
    return step->reply(f->op, &response);
}

static inline enum k7i_verdict fixture_reply(struct fixture *f, const char *step, int status,
                                             const char *body)
{
    return fixture_reply_step(f, fixture_step(f, step), status, body);
}

/* A step that fails on this answer, with this code and these words. */
static inline void fixture_fails(struct fixture *f, const char *step, int status, const char *body, int code,
                                 const char *words)
{
    ck_assert_msg(fixture_reply(f, step, status, body) == K7I_FAIL, "%s %d %s", step, status, body);
    ck_assert_msg(k7_error_get_code(f->op->error) == code, "%s: %s, not %s",
                  k7_error_get_message(f->op->error), k7_error_code_name(k7_error_get_code(f->op->error)),
                  k7_error_code_name(code));
    ck_assert_msg(strstr(k7_error_get_message(f->op->error), words) != NULL, "\"%s\" lacks \"%s\"",
                  k7_error_get_message(f->op->error), words);
}

static inline void fixture_knows(struct fixture *f, enum engine engine)
{
    ck_assert_int_eq(fixture_reply(f, "ask engine", 200, recorded(engine, "info.json", NULL)), K7I_NEXT);
    struct k7i_create *create = f->op->state;
    strcpy(create->network_id, NETWORK); /* as if it had been looked for */
}

static inline void assert_json_equal(const char *text, const char *expected)
{
    json_object *a = json_tokener_parse(text), *b = json_tokener_parse(expected);

    ck_assert_msg(a && b, "not JSON: %s", a ? expected : text);
    ck_assert_msg(json_object_equal(a, b), "\n%s\nis not\n%s",
                  json_object_to_json_string_ext(a, JSON_C_TO_STRING_PRETTY),
                  json_object_to_json_string_ext(b, JSON_C_TO_STRING_PRETTY));
    json_object_put(a);
    json_object_put(b);
}

#endif
