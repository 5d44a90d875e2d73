/* node.c: the steps of create that look at nodes: which shape of objects the cluster's K7 makes, and what a chosen node asks for. */
#include "transport/kubernetes/create.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

/* ---- the profile: asked once per client; that no node has the label is true until one gets it, and is asked again ---- */

enum { NO_LABEL_FOR_MS = 60000 };

static enum k7i_kube_profile known_profile(const struct k7i_op *op)
{
    struct k7i_kubernetes *kubernetes = op->instance;

    pthread_mutex_lock(&kubernetes->lock);
    if (kubernetes->profile_until_ms && k7i_op_now_ms(op) >= kubernetes->profile_until_ms)
        kubernetes->profile = K7I_PROFILE_UNKNOWN;
    enum k7i_kube_profile profile = kubernetes->profile;
    pthread_mutex_unlock(&kubernetes->lock);
    return profile;
}

static enum k7i_verdict use_profile(struct k7i_op *op, enum k7i_kube_profile profile)
{
    struct k7i_kube_create *create = op->state;
    k7_error *error = NULL;

    create->profile = profile;
    return k7i_kube_check_profile(create->spec, profile, &error) ? k7i_op_fail_with(op, error) : K7I_NEXT;
}

static enum k7i_verdict profile_begin(struct k7i_op *op, struct k7i_request *request)
{
    enum k7i_kube_profile profile = known_profile(op);

    if (profile != K7I_PROFILE_UNKNOWN)
        return use_profile(op, profile) == K7I_NEXT ? K7I_SKIP : K7I_FAIL;
    k7i_kube_request(request, &(struct k7i_target){ .verb = "list", .kind = K7I_KIND_NODE });
    k7i_kube_select(request, K7I_KUBE_NODE_LABEL, "true");
    k7i_kube_query_int(request, "limit", 1);
    return K7I_SEND;
}

static enum k7i_verdict profile_reply(struct k7i_op *op, const struct k7i_response *response)
{
    const struct k7i_target target = { .verb = "list", .kind = K7I_KIND_NODE };
    struct k7i_kubernetes *kubernetes = op->instance;
    struct k7i_kube_create *create = op->state;
    struct k7i_json *json;
    k7_error *error = NULL;

    if (response->status == 403) {
        k7i_fail(
            &error, K7_ERR_FORBIDDEN,
            "cannot look at the nodes' labels for the objects' shape: forbidden: needs list on nodes, or "
            "set kubernetes.profile to v0.1 or v0.4");
        k7i_error_set_http_status(error, 403);
        return k7i_op_fail_with(op, error);
    }
    if (response->status != 200)
        return k7i_kube_refused_or_again(op, response, &target, &create->asked_again);
    create->asked_again = 0;
    if (k7i_kube_parse(response, &target, &json, &error) != 0)
        return k7i_op_fail_with(op, error);
    const struct k7i_json_value *node = k7i_json_at(k7i_json_get(k7i_json_root(json), "items"), 0);
    const struct k7i_json_value *labels = k7i_json_get(k7i_json_get(node, "metadata"), "labels");
    /* Selected by the server, yet looked at: a pod of 0.4's shape fits no node without the label. */
    int is_labelled = k7i_text_equal(k7i_json_get_string(labels, K7I_KUBE_NODE_LABEL), "true");
    enum k7i_kube_profile profile = is_labelled ? K7I_PROFILE_V0_4 : K7I_PROFILE_V0_1;
    k7i_json_free(json);
    pthread_mutex_lock(&kubernetes->lock);
    kubernetes->profile = profile;
    kubernetes->profile_until_ms = is_labelled ? 0 : k7i_op_now_ms(op) + NO_LABEL_FOR_MS;
    pthread_mutex_unlock(&kubernetes->lock);
    return use_profile(op, profile);
}

static enum k7i_verdict profile_assume(struct k7i_op *op)
{
    return use_profile(op, K7I_PROFILE_V0_4);
}

/* ---- the node that was asked for ---- */

static struct k7i_target node_target(const struct k7i_op *op)
{
    const struct k7i_kube_create *create = op->state;

    return (struct k7i_target){ .verb = "get", .kind = K7I_KIND_NODE, .name = create->spec->node_name };
}

static enum k7i_verdict node_begin(struct k7i_op *op, struct k7i_request *request)
{
    struct k7i_target target = node_target(op);

    if (!target.name)
        return K7I_SKIP;
    k7i_kube_request(request, &target);
    return K7I_SEND;
}

/* K7 dedicates nodes to tenants by a taint, and lets in who asks for the node by name (K7 contract, section 2.2.3). */
static void tolerate(struct k7i_buf *tolerations, const struct k7i_json_value *taint)
{
    struct k7i_json_writer json;

    if (!k7i_text_equal(k7i_json_get_string(taint, "key"), "k7.katakate.org/tenant") ||
        !k7i_text_equal(k7i_json_get_string(taint, "effect"), "NoSchedule"))
        return;
    if (tolerations->len > 0)
        k7i_buf_char(tolerations, ',');
    const char *value = k7i_json_get_string(taint, "value");
    k7i_buf_text(tolerations, "{\"key\":\"k7.katakate.org/tenant\",\"operator\":\"Equal\",\"value\":");
    k7i_json_begin(&json, tolerations);
    k7i_json_put_string(&json, value ? value : "");
    k7i_buf_text(tolerations, ",\"effect\":\"NoSchedule\"}");
}

static enum k7i_verdict node_reply(struct k7i_op *op, const struct k7i_response *response)
{
    struct k7i_kube_create *create = op->state;
    struct k7i_target target = node_target(op);
    struct k7i_json *json;
    k7_error *error = NULL;

    if (response->status != 200)
        return k7i_kube_refused_or_again(op, response, &target, &create->asked_again);
    create->asked_again = 0;
    if (k7i_kube_parse(response, &target, &json, &error) != 0)
        return k7i_op_fail_with(op, error);
    const struct k7i_json_value *taints = k7i_json_get(k7i_json_get(k7i_json_root(json), "spec"), "taints");
    k7i_buf_reset(&create->tolerations);
    for (size_t i = 0, n = k7i_json_count(taints); i < n; i++)
        tolerate(&create->tolerations, k7i_json_at(taints, i));
    k7i_json_free(json);
    return !create->tolerations.failed ? K7I_NEXT
           : create->tolerations.failed == K7_ERR_NO_MEMORY
               ? k7i_op_fail_memory(op)
               : k7i_op_fail(op, K7_ERR_LIMIT, "the node %s has too many taints", target.name);
}

const struct k7i_step k7i_kube_profile_step = {
    .name = "profile", .begin = profile_begin, .reply = profile_reply, .assume = profile_assume
};
const struct k7i_step k7i_kube_node_step = { .name = "node", .begin = node_begin, .reply = node_reply };
