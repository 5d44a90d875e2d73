/* fixture.h: an operation of the rest transport whose steps are called one by one, without a loop and without a network. */
#ifndef K7_TESTS_REST_FIXTURE_H
#define K7_TESTS_REST_FIXTURE_H

#include "transport/rest/rest.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
    struct k7i_rest rest;
    struct k7i_op *op;
    char text[16384]; /* the request of the last begin: "METHOD target\n" and the body */
};

static inline int fixture_prepare(struct fixture *f, const struct k7i_plan *plan, const struct k7i_args *args,
                                  k7_error **err)
{
    ck_assert_int_eq(k7i_op_new(plan, &f->rest, &f->op, NULL), 0);
    return plan->prepare(f->op, args, err);
}

static inline void fixture_open(struct fixture *f, const struct k7i_plan *plan, const struct k7i_args *args)
{
    memset(f, 0, sizeof *f);
    ck_assert_int_eq(k7i_rest_server_init(&f->rest.server), 0);
    ck_assert_int_eq(fixture_prepare(f, plan, args, NULL), 0);
}

static inline void fixture_close(struct fixture *f)
{
    k7i_op_free(f->op);
    k7i_rest_server_clear(&f->rest.server);
}

/* The same client begins another operation. */
static inline void fixture_again(struct fixture *f, const struct k7i_plan *plan, const struct k7i_args *args)
{
    k7i_op_free(f->op);
    ck_assert_int_eq(fixture_prepare(f, plan, args, NULL), 0);
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
    enum k7i_verdict verdict;

    k7i_request_init(&request);
    verdict = step->begin(f->op, &request);
    f->text[0] = '\0';
    if (verdict == K7I_SEND) {
        ck_assert_int_eq(k7i_request_failed(&request), 0);
        snprintf(f->text, sizeof f->text, "%s %s\n%s", request.method, request.target.data,
                 request.content_type ? request.body.data : "");
        ck_assert_int_eq(request.repeat,
                         strcmp(request.method, "POST") == 0 ? K7I_REPEAT_UNSENT : K7I_REPEAT_SAFE);
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

static inline enum k7i_verdict fixture_reply_step(struct fixture *f, const struct k7i_step *step, int status,
                                                  const char *body)
{
    struct k7i_response response = {
        .status = status, .body = body, .body_len = strlen(body), .retry_after_ms = -1
    };

    return step->reply(f->op, &response);
}

static inline enum k7i_verdict fixture_reply(struct fixture *f, const char *step, int status,
                                             const char *body)
{
    return fixture_reply_step(f, fixture_step(f, step), status, body);
}

#endif
