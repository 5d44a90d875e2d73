/* answer.c: reading the bodies of 2xx answers. A body that is not what was asked for is an error, never an empty result. */
#include "transport/rest/rest.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

static int is_blank(const char *text, size_t len)
{
    return strspn(text, " \t\r\n") == len;
}

static void fail_unreadable(struct k7i_op *op, const struct k7i_response *response, k7_error *cause)
{
    int code = k7_error_get_code(cause);
    k7_error *error = NULL;

    if (code == K7_ERR_NO_MEMORY) {
        k7i_op_fail_with(op, cause);
        return;
    }
    k7i_fail(&error, code == K7_ERR_LIMIT ? code : K7_ERR_PROTOCOL,
             "the answer to %s is not the JSON of a K7 API (HTTP %d): %s", op->plan->operation,
             response->status, k7_error_get_message(cause));
    k7_error_unref(cause);
    k7i_error_set_http_status(error, response->status);
    k7i_op_fail_with(op, error);
}

int k7i_rest_read(struct k7i_op *op, const struct k7i_response *response, struct k7i_json **ret_json,
                  const struct k7i_json_value **ret_data)
{
    const struct k7i_json_value *root;
    k7_error *cause = NULL;

    *ret_json = NULL;
    *ret_data = NULL;
    if (is_blank(response->body, response->body_len))
        return 1;
    if (k7i_json_parse(response->body, response->body_len, ret_json, &cause) != 0) {
        fail_unreadable(op, response, cause);
        return 0;
    }
    root = k7i_json_root(*ret_json);
    if (k7i_json_get(root, "error")) { /* K7's client returns these as results */
        k7i_json_free(*ret_json);
        *ret_json = NULL;
        k7i_rest_refuse(op, response);
        return 0;
    }
    if (!k7i_json_member(root, "data", ret_data))
        *ret_data = root;
    return 1;
}

enum k7i_verdict k7i_rest_give_sandbox(struct k7i_op *op, const struct k7i_response *response)
{
    const struct k7i_rest_state *state = op->state;
    const struct k7i_json_value *data;
    struct k7i_json *json;
    k7_sandbox *sandbox = NULL;
    k7_error *error = NULL;

    if (!k7i_rest_read(op, response, &json, &data))
        return K7I_FAIL;
    if (!data)
        k7i_fail(&error, K7_ERR_PROTOCOL, "the answer to %s has no data (HTTP %d)", op->plan->operation,
                 response->status);
    else
        k7i_sandbox_from_json(data, state->namespace_, &sandbox, &error);
    k7i_json_free(json);
    if (sandbox && !k7i_text_equal(k7_sandbox_get_name(sandbox), state->name)) {
        k7i_fail(&error, K7_ERR_PROTOCOL, "the answer is about another sandbox than \"%s\"", state->name);
        k7_sandbox_unref(sandbox);
    }
    if (error) {
        k7i_error_set_http_status(error, response->status);
        return k7i_op_fail_with(op, error);
    }
    k7i_give_sandbox(op, sandbox);
    return K7I_NEXT;
}
