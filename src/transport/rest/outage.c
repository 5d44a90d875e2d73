/* outage.c: telling "nothing is there" from "nothing was seen". K7's server answers an empty list, and "not found" for every name, with status 200 and 404 also when
 * it cannot reach Kubernetes. From 0.2 on it has one read that does not hide this: of a snapshot, which is 404 when Kubernetes says that there is none and 500
 * when Kubernetes says anything else, or nothing (K7 contract, section 1.6 #14-16). So a snapshot of a name that nobody uses is asked for.
 *
 * What cannot be told: with servers before 0.2, where no read fails in an outage; with a credential that may not read snapshots; and where Kubernetes answers, but
 * refused just the list (its rights, its time limits). There the empty answer is taken as it is. */
#include "transport/rest/rest.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

#define NOBODYS_SNAPSHOT "k7sandbox-outage-check"

static enum k7i_verdict begin(struct k7i_op *op, struct k7i_request *request)
{
    struct k7i_rest_state *state = op->state;

    if (!state->doubtful)
        return K7I_SKIP;
    if (!k7i_rest_server_has_outage_check(&k7i_rest_of(op)->server))
        return state->name ? k7i_rest_missing(op) : K7I_SKIP;
    k7i_rest_request(request, "GET", "/api/v1/snapshots/" NOBODYS_SNAPSHOT "?namespace=");
    k7i_request_segment(request, state->namespace_ ? state->namespace_ : "default");
    return K7I_SEND;
}

/* What a server's 404 says about it: K7 names the snapshot; anything else does not know snapshots, and never will. */
static int knows_snapshots(const struct k7i_rest_refusal *refusal)
{
    return refusal->shape == K7I_REST_ENVELOPE && strstr(refusal->text, NOBODYS_SNAPSHOT);
}

static enum k7i_verdict reply(struct k7i_op *op, const struct k7i_response *response)
{
    struct k7i_rest_state *state = op->state;
    struct k7i_rest_refusal refusal;
    enum k7i_verdict verdict = state->name ? K7I_FAIL : K7I_NEXT;
    int failed = k7i_rest_refusal_of(op, response, &refusal);

    /* Kubernetes refusing K7's server the right to read snapshots is an answer, too: it is there. */
    if (failed) {
        verdict = k7i_op_fail_memory(op);
    } else if (response->status >= 500 && !strstr(refusal.text, "(403)")) {
        k7_error *error = NULL;

        k7i_fail(&error, K7_ERR_UNAVAILABLE,
                 "the server answers, but cannot reach Kubernetes: what it lists as empty is not known%s%s",
                 *refusal.text ? ": " : "", refusal.text);
        k7i_error_set_http_status(error, response->status);
        verdict = k7i_op_fail_with(op, error);
    } else {
        if (response->status == 404 && !knows_snapshots(&refusal))
            k7i_rest_server_no_outage_check(&k7i_rest_of(op)->server);
        if (state->name)
            verdict = k7i_rest_missing(op);
    }
    k7i_rest_refusal_clear(&refusal);
    return verdict;
}

const struct k7i_step k7i_rest_outage_step = { .name = "check for an outage",
                                               .begin = begin,
                                               .reply = reply };
