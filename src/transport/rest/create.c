/* create.c: POST /api/v1/sandboxes. What the server would silently ignore is asked about first; what it refuses without a word (K7 before 0.2.1) is
 * looked into afterwards. A sandbox cannot be recognised as this call's own, so one whose answer was lost stays: the error says that it is unknown; a call that ends early
 * awaits its answer for the clean-up time. */
#include "transport/rest/rest.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "model/spec.h"

#include <string.h>

static int prepare(struct k7i_op *op, const struct k7i_args *args, k7_error **err)
{
    struct k7i_rest_state *state = op->state;
    int code = k7i_rest_prepare(op, args, err);

    if (code)
        return code;
    if (args->spec->image && !(state->image = k7i_strdup(args->spec->image)))
        return k7i_fail_memory(err);
    k7i_rest_needs_of(args->spec, &state->needs);
    k7i_spec_write_json(args->spec, state->namespace_, state->needs.features != 0, &state->body);
    if (state->body.failed == K7_ERR_LIMIT)
        return k7i_fail(err, K7_ERR_LIMIT, "the spec is too large: more than %zu bytes as JSON",
                        state->body.limit);
    return state->body.failed ? k7i_fail_memory(err) : 0;
}

/* --- does the server have what the spec asks for? --- */

static enum k7i_verdict features_begin(struct k7i_op *op, struct k7i_request *request)
{
    const struct k7i_rest_needs *needs = &k7i_rest_state_of(op)->needs;
    struct k7i_rest_facts facts;

    if (needs->features == 0 && needs->version == 0)
        return K7I_SKIP;
    k7i_rest_server_facts(&k7i_rest_of(op)->server, &facts);
    if (facts.known && !k7i_rest_needs_unmet(needs, &facts)) /* else it may have been upgraded since */
        return K7I_SKIP;
    return k7i_rest_request(request, "GET", "/");
}

static enum k7i_verdict fail_unmet(struct k7i_op *op, const struct k7i_rest_needs *needs,
                                   const struct k7i_rest_facts *facts, const char *field)
{
    if (facts->number > 0 && !facts->gateway && needs->field && strcmp(field, needs->field) == 0)
        return k7i_op_fail(op, K7_ERR_UNSUPPORTED_ARGUMENT,
                           "%s: this needs K7 %d.%d or later, and the server is K7 %s", field,
                           needs->version / 1000000, needs->version / 1000 % 1000, facts->version);
    return k7i_op_fail(op, K7_ERR_UNSUPPORTED_ARGUMENT,
                       "%s: the server does not declare this field; K7's own servers ignore it", field);
}

static enum k7i_verdict features_reply(struct k7i_op *op, const struct k7i_response *response)
{
    const struct k7i_rest_needs *needs = &k7i_rest_state_of(op)->needs;
    struct k7i_rest_facts facts = { .known = 0 };
    struct k7i_json *json = NULL;
    k7_error *unreadable = NULL;
    const char *field;

    if (response->status < 200 || (response->status >= 300 && response->status != 404))
        return k7i_rest_refuse(op, response);
    if (response->status != 404) /* a proxy may let through no more than /api */
        k7i_json_parse(response->body, response->body_len, &json, &unreadable);
    if (k7_error_get_code(unreadable) == K7_ERR_NO_MEMORY)
        return k7i_op_fail_with(op, unreadable);
    k7_error_unref(unreadable);
    k7i_rest_facts_read(json ? k7i_json_root(json) : NULL, &facts);
    k7i_json_free(json);
    if (facts.known)
        k7i_rest_server_learn(&k7i_rest_of(op)->server, &facts);
    field = k7i_rest_needs_unmet(needs, &facts);
    return field ? fail_unmet(op, needs, &facts, field) : K7I_NEXT;
}

/* --- the request --- */

static enum k7i_verdict create_begin(struct k7i_op *op, struct k7i_request *request)
{
    struct k7i_rest_state *state = op->state;

    k7i_rest_request(request, "POST", "/api/v1/sandboxes");
    state->sent_us = k7i_now_us();
    request->repeat = K7I_REPEAT_UNSENT;
    request->content_type = "application/json";
    k7i_buf_add(&request->body, state->body.data, state->body.len);
    return K7I_SEND;
}

/* A server that answers without data says no more than that it did what it was asked. */
static enum k7i_verdict give_as_asked(struct k7i_op *op)
{
    const struct k7i_rest_state *state = op->state;
    struct k7i_sandbox_fields fields = K7I_SANDBOX_FIELDS;
    k7_sandbox *sandbox = NULL;
    k7_error *error = NULL;

    fields.name = state->name;
    fields.namespace_ = state->namespace_;
    fields.image = state->image;
    if (k7i_sandbox_new(&fields, &sandbox, &error) != 0)
        return k7i_op_fail_with(op, error);
    k7i_give_sandbox(op, sandbox);
    return K7I_DONE;
}

static enum k7i_verdict accepted(struct k7i_op *op, const struct k7i_response *response)
{
    struct k7i_rest_state *state = op->state;

    if (response->body_len == 0 && (response->status == 201 || response->status == 204)) {
        state->made = K7I_REST_MADE;
        return give_as_asked(op);
    }
    if (k7i_rest_give_sandbox(op, response) != K7I_NEXT)
        return K7I_FAIL;
    state->made = K7I_REST_MADE;
    return K7I_DONE;
}

static enum k7i_verdict create_reply(struct k7i_op *op, const struct k7i_response *response)
{
    struct k7i_rest_state *state = op->state;
    struct k7i_rest_refusal refusal;

    if (response->status >= 200 && response->status < 300)
        return accepted(op, response);
    int failed = k7i_rest_refusal_of(op, response, &refusal);
    if (!failed) {
        state->unexplained = response->status == 400 && refusal.shape == K7I_REST_ENVELOPE && !*refusal.text;
        /* It may have been made before something failed; K7 takes it back from 0.2 on, and says so when it cannot. Before, it says nothing at all. */
        if (state->unexplained || refusal.is_unknown || strstr(refusal.text, "(rollback also failed: "))
            k7i_op_took_effect(op);
        state->left = refusal.left;
        refusal.left = NULL;
    }
    k7i_rest_refusal_clear(&refusal);
    if (failed)
        return k7i_op_fail_memory(op);
    return state->unexplained ? K7I_NEXT : k7i_rest_refuse(op, response);
}

/* --- taking it back: only what the server said it made for this call --- */

static enum k7i_verdict undo_begin(struct k7i_op *op, struct k7i_request *request)
{
    switch (k7i_rest_state_of(op)->made) {
    case K7I_REST_MADE:
        return k7i_rest_sandbox_request(op, "DELETE", request);
    case K7I_REST_NOT_MADE:
        return K7I_SKIP;
    default:
        return K7I_FAIL; /* the operation has its error; what may be left is named */
    }
}

static enum k7i_verdict undo_reply(struct k7i_op *op, const struct k7i_response *response)
{
    (void)op;
    return (response->status >= 200 && response->status < 300) || response->status == 404 ? K7I_NEXT
                                                                                          : K7I_FAIL;
}

static void leftover(const struct k7i_op *op, struct k7i_buf *text)
{
    if (k7i_rest_state_of(op)->left)
        k7i_buf_text(text, k7i_rest_state_of(op)->left);
    else
        k7i_rest_subject(op, text);
}

/* --- what an empty refusal meant --- */

static enum k7i_verdict why_begin(struct k7i_op *op, struct k7i_request *request)
{
    return k7i_rest_state_of(op)->unexplained ? k7i_rest_sandbox_request(op, "GET", request) : K7I_SKIP;
}

/* What is there now was there before, unless it is the request's own, left by a server before 0.2 whose next step failed. */
static enum k7i_verdict why_reply(struct k7i_op *op, const struct k7i_response *response)
{
    struct k7i_rest_state *state = op->state;
    k7_error *error = NULL;

    if (response->status == 200 && k7i_rest_compare_age(op, response) > 0) {
        state->made = K7I_REST_NOT_MADE;
        k7i_fail(&error, K7_ERR_ALREADY_EXISTS, "there is a sandbox \"%s\" in namespace \"%s\" already",
                 state->name, state->namespace_);
    } else {
        if (k7i_rest_is_missing(response) == 1)
            state->made = K7I_REST_NOT_MADE;
        k7i_fail(
            &error, K7_ERR_REJECTED,
            "cannot create sandbox \"%s\" in namespace \"%s\": the server refuses without saying why, as "
            "K7 before 0.2.1 does; look at the limits, the namespace and env_file",
            state->name, state->namespace_);
    }
    k7i_error_set_http_status(error, 400); /* of the create: that is what failed */
    k7i_error_set_reason(error, "BadRequest");
    return k7i_op_fail_with(op, error);
}

static const struct k7i_step features = { .name = "features",
                                          .begin = features_begin,
                                          .reply = features_reply },
                             undo = { .name = "delete", .begin = undo_begin, .reply = undo_reply },
                             create = { .name = "create",
                                        .begin = create_begin,
                                        .reply = create_reply,
                                        .undo = &undo,
                                        .leftover = leftover,
                                        .await_answer = 1 },
                             why = { .name = "look why", .begin = why_begin, .reply = why_reply };
static const struct k7i_step *const steps[] = { &features, &create, &why };

const struct k7i_plan k7i_rest_create_plan = {
    .operation = "create",
    .steps = steps,
    .step_count = sizeof steps / sizeof steps[0],
    .state_size = sizeof(struct k7i_rest_state),
    .prepare = prepare,
    .clear = k7i_rest_clear,
};
