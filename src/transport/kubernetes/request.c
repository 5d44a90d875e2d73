/* request.c: the kinds of objects, and requests about them (Kubernetes API concepts: resource paths; API conventions: DeleteOptions). */
#include "transport/kubernetes/kubernetes.h"

#include "format/json.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *title, *group_path, *plural, *resource;
} kinds[K7I_KINDS] = {
    [K7I_KIND_DEPLOYMENT] = { "Deployment", "/apis/apps/v1", "deployments", "deployments.apps" },
    [K7I_KIND_POD] = { "Pod", "/api/v1", "pods", "pods" },
    [K7I_KIND_SECRET] = { "Secret", "/api/v1", "secrets", "secrets" },
    [K7I_KIND_NETWORK_POLICY] = { "NetworkPolicy", "/apis/networking.k8s.io/v1", "networkpolicies",
                                  "networkpolicies.networking.k8s.io" },
    [K7I_KIND_SERVICE] = { "Service", "/api/v1", "services", "services" },
    [K7I_KIND_CILIUM_POLICY] = { "CiliumNetworkPolicy", "/apis/cilium.io/v2", "ciliumnetworkpolicies",
                                 "ciliumnetworkpolicies.cilium.io" },
    [K7I_KIND_NODE] = { "Node", "/api/v1", "nodes", "nodes" },
};

static const struct verb {
    const char *verb, *method;
    enum k7i_repeat repeat;
} verbs[] = {
    { "get", "GET", K7I_REPEAT_SAFE },       { "list", "GET", K7I_REPEAT_SAFE },
    { "watch", "GET", K7I_REPEAT_SAFE },     { "delete", "DELETE", K7I_REPEAT_SAFE },
    { "create", "POST", K7I_REPEAT_UNSENT },
};

const char *k7i_kind_title(enum k7i_kind kind)
{
    return kinds[kind].title;
}

const char *k7i_kind_resource(enum k7i_kind kind)
{
    return kinds[kind].resource;
}

void k7i_kube_request(struct k7i_request *request, const struct k7i_target *target)
{
    const struct verb *verb = verbs;

    while (strcmp(verb->verb, target->verb) != 0) /* all verbs are in the table */
        verb++;
    request->method = verb->method;
    request->repeat = verb->repeat;
    k7i_buf_text(&request->target, kinds[target->kind].group_path);
    if (target->namespace_) {
        k7i_buf_text(&request->target, "/namespaces/");
        k7i_request_segment(request, target->namespace_);
    }
    k7i_buf_printf(&request->target, "/%s", kinds[target->kind].plural);
    if (target->name) {
        k7i_buf_char(&request->target, '/');
        k7i_request_segment(request, target->name);
    }
    if (verb->repeat == K7I_REPEAT_UNSENT) {
        k7i_kube_query(request, "timeout", "10s");
        request->content_type = "application/json";
    } else if (strcmp(target->verb, "watch") == 0) {
        k7i_kube_query(request, "watch", "1");
    }
}

void k7i_kube_query(struct k7i_request *request, const char *name, const char *value)
{
    k7i_buf_char(&request->target, strchr(request->target.data, '?') ? '&' : '?');
    k7i_buf_printf(&request->target, "%s=", name);
    k7i_request_segment(request, value);
}

void k7i_kube_query_int(struct k7i_request *request, const char *name, int64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%lld", (long long)value);
    k7i_kube_query(request, name, text);
}

void k7i_kube_select(struct k7i_request *request, const char *label, const char *value)
{
    k7i_kube_query(request, "labelSelector", label);
    k7i_buf_text(&request->target, "%3D");
    k7i_request_segment(request, value);
}

static void write_delete_options(struct k7i_request *request, const char *uid, int grace_s, int foreground,
                                 int rehearsed)
{
    struct k7i_json_writer json;

    request->content_type = "application/json";
    k7i_json_begin(&json, &request->body);
    k7i_json_open(&json, '{');
    k7i_json_key(&json, "apiVersion");
    k7i_json_put_string(&json, "v1");
    k7i_json_key(&json, "kind");
    k7i_json_put_string(&json, "DeleteOptions");
    if (uid) {
        k7i_json_key(&json, "preconditions");
        k7i_json_open(&json, '{');
        k7i_json_key(&json, "uid");
        k7i_json_put_string(&json, uid);
        k7i_json_close(&json, '}');
    }
    if (grace_s >= 0) {
        k7i_json_key(&json, "gracePeriodSeconds");
        k7i_json_put_int(&json, grace_s);
    }
    k7i_json_key(&json, "propagationPolicy");
    k7i_json_put_string(&json, foreground ? "Foreground" : "Background");
    if (rehearsed) {
        k7i_json_key(&json, "dryRun");
        k7i_json_open(&json, '[');
        k7i_json_put_string(&json, "All");
        k7i_json_close(&json, ']');
    }
    k7i_json_close(&json, '}');
}

void k7i_kube_delete_options(struct k7i_request *request, const char *uid, int grace_s, int foreground)
{
    write_delete_options(request, uid, grace_s, foreground, 0);
}

void k7i_kube_delete_rehearsed(struct k7i_request *request, const char *uid)
{
    write_delete_options(request, uid, -1, 1, 1);
}

void k7i_kube_only_metadata(struct k7i_request *request)
{
    k7i_request_header(request, "Accept", "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
}
