/* delete.c: DELETE /api/v1/sandboxes/NAME. K7 answers once the deletion is accepted, and in the same words when there was nothing: so what must exist is
 * looked at first, and what must be gone is looked at until it is. */
#include "transport/rest/rest.h"

#include "base/clock.h"
#include "base/error.h"

enum { PAUSE_FIRST_MS = 50, PAUSE_LONGEST_MS = 2000 };

static int is_success(int status)
{
    return status >= 200 && status < 300;
}

static int prepare(struct k7i_op *op, const struct k7i_args *args, k7_error **err)
{
    struct k7i_rest_state *state = op->state;
    int code = k7i_rest_prepare(op, args, err);

    if (code)
        return code;
    if (args->uid && !args->of_many)
        return k7i_fail(err, K7_ERR_UNSUPPORTED_ARGUMENT,
                        "uid: servers of the K7 API tell no uid, so it cannot be a condition of deleting");
    state->look_first = args->missing_is_error;
    /* To look at one sandbox, K7's server lists them all: for each of many that would be too much. */
    state->wait = !args->no_wait && !args->of_many;
    state->pause_ms = PAUSE_FIRST_MS;
    return 0;
}

static enum k7i_verdict look_begin(struct k7i_op *op, struct k7i_request *request)
{
    return k7i_rest_state_of(op)->look_first ? k7i_rest_sandbox_request(op, "GET", request) : K7I_SKIP;
}

static enum k7i_verdict look_reply(struct k7i_op *op, const struct k7i_response *response)
{
    int missing = k7i_rest_is_missing(response);

    if (missing < 0)
        return k7i_op_fail_memory(op);
    k7i_rest_state_of(op)->doubtful = missing;
    return missing || is_success(response->status) ? K7I_NEXT : k7i_rest_refuse(op, response);
}

static enum k7i_verdict delete_begin(struct k7i_op *op, struct k7i_request *request)
{
    k7i_rest_state_of(op)->sent_us = k7i_now_us();
    return k7i_rest_sandbox_request(op, "DELETE", request);
}

static enum k7i_verdict delete_reply(struct k7i_op *op, const struct k7i_response *response)
{
    const struct k7i_rest_state *state = op->state;
    const struct k7i_json_value *data;
    struct k7i_json *json;
    int missing = k7i_rest_is_missing(response);

    if (missing < 0)
        return k7i_op_fail_memory(op);
    if (missing)
        return state->look_first ? k7i_rest_missing(op) : K7I_DONE;
    if (!is_success(response->status))
        return k7i_rest_refuse(op, response);
    if (!k7i_rest_read(op, response, &json, &data))
        return K7I_FAIL;
    k7i_json_free(json);
    return K7I_NEXT;
}

static enum k7i_verdict gone_begin(struct k7i_op *op, struct k7i_request *request)
{
    return k7i_rest_state_of(op)->wait ? k7i_rest_sandbox_request(op, "GET", request) : K7I_SKIP;
}

/* K7 lists a sandbox as long as its Deployment is there; its pod may take 30 s more to end, which this API does not show. */
static enum k7i_verdict gone_reply(struct k7i_op *op, const struct k7i_response *response)
{
    struct k7i_rest_state *state = op->state;
    const struct k7i_json_value *data;
    struct k7i_json *json;
    int missing = k7i_rest_is_missing(response);
    int64_t pause = state->pause_ms;

    if (missing < 0)
        return k7i_op_fail_memory(op);
    /* The deletion was accepted: a credential that may delete but not look does not make it a failure. */
    if (missing || response->status == 401 || response->status == 403)
        return K7I_DONE;
    if (!is_success(response->status))
        return k7i_rest_refuse(op, response);
    if (!k7i_rest_read(op, response, &json, &data))
        return K7I_FAIL;
    k7i_json_free(json);
    if (k7i_rest_compare_age(op, response) < 0) /* somebody's new one of that name */
        return K7I_DONE;
    state->pause_ms = pause * 2 < PAUSE_LONGEST_MS ? pause * 2 : PAUSE_LONGEST_MS;
    return k7i_op_pause(op, pause);
}

static const struct k7i_step look = { .name = "look", .begin = look_begin, .reply = look_reply },
                             delete_step = { .name = "delete", .begin = delete_begin, .reply = delete_reply },
                             gone = { .name = "wait until gone", .begin = gone_begin, .reply = gone_reply };
static const struct k7i_step *const steps[] = { &look, &k7i_rest_outage_step, &delete_step, &gone };

const struct k7i_plan k7i_rest_delete_plan = {
    .operation = "delete",
    .steps = steps,
    .step_count = sizeof steps / sizeof steps[0],
    .state_size = sizeof(struct k7i_rest_state),
    .prepare = prepare,
    .clear = k7i_rest_clear,
};
