/* get.c: GET /api/v1/sandboxes/NAME. */
#include "transport/rest/rest.h"

static enum k7i_verdict get_begin(struct k7i_op *op, struct k7i_request *request)
{
    return k7i_rest_sandbox_request(op, "GET", request);
}

static enum k7i_verdict get_reply(struct k7i_op *op, const struct k7i_response *response)
{
    struct k7i_rest_state *state = op->state;
    int missing = k7i_rest_is_missing(response);

    if (missing < 0)
        return k7i_op_fail_memory(op);
    state->doubtful = missing;
    if (missing)
        return K7I_NEXT;
    if (response->status < 200 || response->status >= 300)
        return k7i_rest_refuse(op, response);
    return k7i_rest_give_sandbox(op, response);
}

static const struct k7i_step get_step = { .name = "get", .begin = get_begin, .reply = get_reply };
static const struct k7i_step *const steps[] = { &get_step, &k7i_rest_outage_step };

const struct k7i_plan k7i_rest_get_plan = {
    .operation = "get",
    .only_reads = 1,
    .steps = steps,
    .step_count = sizeof steps / sizeof steps[0],
    .state_size = sizeof(struct k7i_rest_state),
    .prepare = k7i_rest_prepare,
    .clear = k7i_rest_clear,
};
