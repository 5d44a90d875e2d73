/* undo.c: taking back what a create made: by uid, so that nobody else's is touched; the Deployment first, with its pods, and what restricts them only when they are gone. */
#include "transport/kubernetes/create.h"

#include <string.h>

/* The Deployment is there, or may be. A policy stays while what it restricts may still run: also one that was made after it ("lock egress"). */
static int workload_is_left(const struct k7i_op *op)
{
    return k7i_op_step(op)->subject != K7I_ENV &&
           k7i_op_effect(op, &k7i_kube_deployment_step) != K7I_EFFECT_NONE;
}

enum k7i_verdict k7i_kube_undo(struct k7i_op *op, struct k7i_request *request)
{
    struct k7i_kube_create *create = op->state;
    struct k7i_target target = k7i_kube_target(op, "delete");
    const char *uid = create->made[k7i_op_step(op)->subject].uid;

    if (workload_is_left(op)) {
        create->removal.namespace_ = create->namespace_;
        create->removal.name = create->spec->name;
        create->removal.uid = create->made[K7I_WORKLOAD].uid;
        if (!*create->removal.uid)
            return K7I_FAIL; /* whether there is one is not known */
        enum k7i_verdict verdict = k7i_removal_begin(op, &create->removal, request);
        if (verdict != K7I_SKIP)
            return verdict;
        k7i_op_undone(op, &k7i_kube_deployment_step);
    }
    if (k7i_op_step(op)->subject == K7I_WORKLOAD)
        return K7I_SKIP;
    k7i_kube_request(request, &target);
    k7i_kube_delete_options(request, uid, -1, 0);
    return K7I_SEND;
}

enum k7i_verdict k7i_kube_undo_chunk(struct k7i_op *op, const void *data, size_t len)
{
    struct k7i_kube_create *create = op->state;

    return workload_is_left(op) ? k7i_removal_chunk(op, &create->removal, data, len) : K7I_MORE;
}

enum k7i_verdict k7i_kube_undone(struct k7i_op *op, const struct k7i_response *response)
{
    struct k7i_kube_create *create = op->state;
    struct k7i_target target = k7i_kube_target(op, "delete");

    if (workload_is_left(op))
        return k7i_removal_reply(op, &create->removal, response);
    /* 409: of another uid: ours is gone, and somebody has made another */
    if ((response->status < 200 || response->status >= 300) && response->status != 404 &&
        response->status != 409)
        return k7i_kube_refused_or_again(op, response, &target, &create->asked_again);
    create->asked_again = 0;
    return K7I_NEXT;
}
