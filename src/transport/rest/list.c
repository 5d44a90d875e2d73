/* list.c: GET /api/v1/sandboxes: of one namespace, or of all. */
#include "transport/rest/rest.h"

#include "base/error.h"

static enum k7i_verdict list_begin(struct k7i_op *op, struct k7i_request *request)
{
    const struct k7i_rest_state *state = op->state;

    k7i_rest_request(request, "GET", "/api/v1/sandboxes");
    if (state->namespace_) {
        k7i_buf_text(&request->target, "?namespace=");
        k7i_request_segment(request, state->namespace_);
    } else { /* our gateway's way to say all; K7 ignores it, and takes the absent namespace as all */
        k7i_buf_text(&request->target, "?all_namespaces=true");
    }
    return K7I_SEND;
}

static enum k7i_verdict list_reply(struct k7i_op *op, const struct k7i_response *response)
{
    struct k7i_rest_state *state = op->state;
    const struct k7i_json_value *data;
    k7_sandboxes *list = NULL;
    struct k7i_json *json;
    k7_error *error = NULL;

    if (response->status < 200 || response->status >= 300)
        return k7i_rest_refuse(op, response);
    if (!k7i_rest_read(op, response, &json, &data))
        return K7I_FAIL;
    if (k7i_json_kind(data) != K7I_JSON_ARRAY)
        k7i_fail(&error, K7_ERR_PROTOCOL, "the answer to list has no list of sandboxes (HTTP %d)",
                 response->status);
    else
        k7i_sandboxes_from_json(data, state->namespace_, &list, &error);
    k7i_json_free(json);
    if (error) {
        k7i_error_set_http_status(error, response->status);
        return k7i_op_fail_with(op, error);
    }
    state->doubtful = k7_sandboxes_count(list) == 0;
    k7i_give_list(op, list);
    return K7I_NEXT;
}

static const struct k7i_step list_step = { .name = "list", .begin = list_begin, .reply = list_reply };
static const struct k7i_step *const steps[] = { &list_step, &k7i_rest_outage_step };

const struct k7i_plan k7i_rest_list_plan = {
    .operation = "list",
    .only_reads = 1,
    .steps = steps,
    .step_count = sizeof steps / sizeof steps[0],
    .state_size = sizeof(struct k7i_rest_state),
    .prepare = k7i_rest_prepare,
    .clear = k7i_rest_clear,
};
