/* state.c: the state of an operation, and the requests that all operations make. */
#include "transport/rest/rest.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

enum { BODY_LIMIT = 4 * 1024 * 1024 }; /* a spec is at most 1 MiB as text; escaping may multiply that */

int k7i_rest_prepare(struct k7i_op *op, const struct k7i_args *args, k7_error **err)
{
    struct k7i_rest_state *state = op->state;

    op->peer = k7i_rest_of(op)->peer;
    k7i_buf_init(&state->body, BODY_LIMIT);
    state->body.secret = 1;
    /* The front door has checked names that people gave; delete-all passes what the server listed. These would make the URL another one. */
    if (args->name && (!*args->name || strcmp(args->name, ".") == 0 || strcmp(args->name, "..") == 0))
        return k7i_fail(err, K7_ERR_PROTOCOL, "\"%s\" is no name of a sandbox", args->name);
    if (args->namespace_ && !(state->namespace_ = k7i_strdup(args->namespace_)))
        return k7i_fail_memory(err);
    if (args->name && !(state->name = k7i_strdup(args->name)))
        return k7i_fail_memory(err);
    return 0;
}

void k7i_rest_clear(struct k7i_op *op)
{
    struct k7i_rest_state *state = op->state;

    k7i_free(state->namespace_);
    k7i_free(state->name);
    k7i_free(state->image);
    k7i_free(state->left);
    if (state->body.data) /* else prepare did not come so far */
        k7i_buf_wipe(&state->body);
}

enum k7i_verdict k7i_rest_request(struct k7i_request *request, const char *method, const char *path)
{
    request->method = method;
    request->repeat = K7I_REPEAT_SAFE;
    k7i_buf_text(&request->target, path);
    return K7I_SEND;
}

enum k7i_verdict k7i_rest_sandbox_request(const struct k7i_op *op, const char *method,
                                          struct k7i_request *request)
{
    const struct k7i_rest_state *state = op->state;

    k7i_rest_request(request, method, "/api/v1/sandboxes/");
    k7i_request_segment(request, state->name);
    k7i_buf_text(&request->target, "?namespace="); /* explicitly: K7's own default is not the client's */
    k7i_request_segment(request, state->namespace_);
    return K7I_SEND;
}
