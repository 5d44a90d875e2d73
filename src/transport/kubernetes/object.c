/* object.c: the bodies of the objects that create makes, field by field as K7 makes them (K7 contract, section 2); the differences are listed in docs/KUBERNETES.md,
 * "Objects". */
#include "transport/kubernetes/create.h"

#include "model/cidr.h"

#include <string.h>

/* JSON with ' for ", @ for the sandbox's name, # for the namespace and ~ for the create-id, none of which has anything that JSON would have to escape. */
static void put(const struct k7i_kube_create *create, struct k7i_buf *body, const char *text)
{
    for (; *text; text++)
        if (*text == '@')
            k7i_buf_text(body, create->spec->name);
        else if (*text == '#')
            k7i_buf_text(body, create->namespace_);
        else if (*text == '~')
            k7i_buf_text(body, create->create_id);
        else
            k7i_buf_char(body, *text == '\'' ? '"' : *text);
}

/* Any text, as a JSON string. */
static void put_text(struct k7i_buf *body, const char *text)
{
    struct k7i_json_writer json;

    k7i_json_begin(&json, body);
    k7i_json_put_string(&json, text);
}

static void put_pairs(struct k7i_buf *body, const struct k7i_pairs *pairs)
{
    struct k7i_json_writer json;

    k7i_json_begin(&json, body);
    k7i_json_open(&json, '{');
    for (size_t i = 0; i < pairs->count; i++) {
        k7i_json_key(&json, pairs->items[i].key);
        k7i_json_put_string(&json, pairs->items[i].value);
    }
    k7i_json_close(&json, '}');
}

#define OBJECT(version, kind, end)                                                                           \
    "{'apiVersion':'" version "','kind':'" kind "','metadata':{'name':'@" end "','namespace':'#',"
#define CREATED "'annotations':{'" K7I_KUBE_ANNOTATION_CREATE_ID "':'~'"
#define LABELS  "'" K7I_KUBE_LABEL_APP "':'@','" K7I_KUBE_LABEL_SANDBOX "':'@'"

/* ---- network policies ---- */

#define POLICY(end)                                                                                          \
    OBJECT("networking.k8s.io/v1", "NetworkPolicy", end)                                                     \
    CREATED "}},'spec':{'podSelector':{'matchLabels':{'" K7I_KUBE_LABEL_SANDBOX "':'@'}},'policyTypes':["

static void put_block(const struct k7i_kube_create *create, struct k7i_buf *body, const char *network)
{
    char normal[K7I_CIDR_TEXT] = "";

    k7i_cidr_normalise(network, normal);
    put(create, body, "{'ipBlock':{'cidr':");
    put_text(body, normal);
    put(create, body, "}}");
}

static void put_egress(const struct k7i_kube_create *create, struct k7i_buf *body)
{
    const struct k7i_strings *networks = &create->spec->egress_whitelist;

    put(create, body, POLICY("-netpol") "'Egress'],'egress':[");
    for (size_t i = 0; i < networks->count; i++) {
        put(create, body, i ? ",{'to':[" : "{'to':[");
        put_block(create, body, networks->items[i]);
        put(create, body, "]}");
    }
    put(create, body, "]}}");
}

/* "sandbox:NAME", "namespace:NAME", "cidr:NETWORK": checked by the front door */
static void put_source(const struct k7i_kube_create *create, struct k7i_buf *body, const char *source)
{
    const char *what = strchr(source, ':') + 1;

    if (*source == 'c') {
        put_block(create, body, what);
        return;
    }
    put(create, body,
        *source == 's' ? "{'podSelector':{'matchLabels':{'" K7I_KUBE_LABEL_SANDBOX "':"
                       : "{'namespaceSelector':{'matchLabels':{'kubernetes.io/metadata.name':");
    put_text(body, what);
    put(create, body, "}}}");
}

static void put_ingress(const struct k7i_kube_create *create, struct k7i_buf *body)
{
    const struct k7i_strings *sources = &create->spec->ingress_from;
    const struct k7i_ports *ports = &create->spec->ingress_ports;

    put(create, body, POLICY("-deny-ingress") "'Ingress'],'ingress':[");
    if (ports->count > 0) {
        put(create, body, "{'from':[");
        for (size_t i = 0; i < sources->count; i++) {
            put(create, body, i ? "," : "");
            put_source(create, body, sources->items[i]);
        }
        if (sources->count == 0)
            put(create, body,
                "{'podSelector':{'matchExpressions':[{'key':'" K7I_KUBE_LABEL_SANDBOX
                "','operator':'Exists'}]}}");
        put(create, body, "],'ports':[");
        for (size_t i = 0; i < ports->count; i++)
            k7i_buf_printf(body, "%s{\"protocol\":\"TCP\",\"port\":%d}", i ? "," : "", (int)ports->items[i]);
        put(create, body, "]}");
    }
    put(create, body, "]}}");
}

/* ---- Secret ---- */

static void put_secret(const struct k7i_kube_create *create, struct k7i_buf *body)
{
    put(create, body, OBJECT("v1", "Secret", "-env") "'labels':{" LABELS "}," CREATED "}},'stringData':");
    put_pairs(body, &create->spec->env);
    put(create, body, "}");
}

/* ---- Deployment ---- */

static void put_annotations(const struct k7i_kube_create *create, struct k7i_buf *body)
{
    int64_t mib = k7i_kube_memory_mib(create->spec);

    put(create, body, CREATED);
    if (create->profile == K7I_PROFILE_V0_4) {
        put(create, body, ",'" K7I_KUBE_ANNOTATION_BACKEND "':'" K7I_KUBE_DEFAULT_BACKEND "'");
        if (mib > 0)
            k7i_buf_printf(body, ",\"io.katacontainers.config.hypervisor.default_memory\":\"%lld\"",
                           (long long)mib);
    }
    put(create, body, "}");
}

/* Where it may run: by K7's label (0.4), and on one node when that was asked for. */
static void put_place(const struct k7i_kube_create *create, struct k7i_buf *body)
{
    int by_label = create->profile == K7I_PROFILE_V0_4;
    const char *node = create->spec->node_name;

    if (!by_label && !node)
        return;
    put(create, body, by_label ? "'nodeSelector':{'" K7I_KUBE_NODE_LABEL "':'true'" : "'nodeSelector':{");
    if (node) {
        put(create, body, by_label ? ",'kubernetes.io/hostname':" : "'kubernetes.io/hostname':");
        put_text(body, node);
    }
    put(create, body, "},");
    if (create->tolerations.len > 0)
        k7i_buf_printf(body, "\"tolerations\":[%s],", create->tolerations.data);
}

/* Kubernetes replaces $(NAME) in a command by the container's variables, and $$ by $: twice each, the script's stay what they are. */
static void put_script(struct k7i_buf *body, const char *script)
{
    struct k7i_buf text;

    k7i_buf_init(&text, 2 * K7I_SCRIPT_BYTES + 1);
    for (; *script; script++) {
        if (*script == '$')
            k7i_buf_char(&text, '$');
        k7i_buf_char(&text, *script);
    }
    if (text.failed)
        body->failed = text.failed;
    else
        put_text(body, text.data);
    k7i_buf_clear(&text);
}

static void put_command(const struct k7i_kube_create *create, struct k7i_buf *body, const char *mark)
{
    put(create, body, "'command':['/bin/sh','-c',");
    if (k7i_spec_has_script(create->spec)) {
        put_text(body, k7i_kube_script_wrapper);
        put(create, body, ",'k7',");
        put_script(body, create->spec->before_script);
        put(create, body, ",'");
        put(create, body, mark);
        put(create, body, "'],'terminationMessagePolicy':'FallbackToLogsOnError',");
    } else {
        put(create, body, "'sleep 365d'],");
    }
}

static void put_capabilities(const struct k7i_kube_create *create, struct k7i_buf *body, const char *key,
                             const struct k7i_strings *names)
{
    char name[64];

    put(create, body, key);
    for (size_t i = 0; i < names->count; i++) {
        k7i_spec_capability(names->items[i], name, sizeof name);
        put(create, body, i ? "," : "");
        put_text(body, name);
    }
    put(create, body, "]");
}

static void put_isolation(const struct k7i_kube_create *create, struct k7i_buf *body)
{
    const k7_spec *spec = create->spec;

    put(create, body,
        "'securityContext':{'allowPrivilegeEscalation':false,'seccompProfile':{'type':'RuntimeDefault'},"
        "'capabilities':{");
    if (!spec->cap_drop.given)
        put(create, body, "'drop':['ALL']");
    else if (spec->cap_drop.count > 0)
        put_capabilities(create, body, "'drop':[", &spec->cap_drop);
    if (spec->cap_add.count > 0)
        put_capabilities(create, body,
                         spec->cap_drop.given && spec->cap_drop.count == 0 ? "'add':[" : ",'add':[",
                         &spec->cap_add);
    put(create, body, spec->container_non_root == 1 ? "},'runAsNonRoot':true,'runAsUser':65532}," : "}},");
}

static void put_resources(const struct k7i_kube_create *create, struct k7i_buf *body)
{
    put(create, body, "'resources':{");
    if (create->spec->limits.count > 0) {
        put(create, body, "'limits':");
        put_pairs(body, &create->spec->limits);
        put(create, body, ",'requests':");
        put_pairs(body, &create->spec->limits);
    }
    put(create, body, "},");
}

/* By [0.4][with a script]: K7's mark and the probe that looks for it (K7 contract, sections 2.1.2 and 2.2.3). */
static const struct {
    const char *mark, *test, *times;
} probes[2][2] = {
    { { "", "true", "'initialDelaySeconds':0,'periodSeconds':2" },
      { "/tmp/k7_before_done", "test -f /tmp/k7_before_done",
        "'initialDelaySeconds':1,'periodSeconds':2,'timeoutSeconds':2,'failureThreshold':30" } },
    { { "", "true", "'initialDelaySeconds':0,'periodSeconds':10,'timeoutSeconds':5,'failureThreshold':6" },
      { "/tmp/k7_before_done_@", "test -f /tmp/k7_before_done_@",
        "'initialDelaySeconds':1,'periodSeconds':5,'timeoutSeconds':5,'failureThreshold':30" } },
};

static void put_container(const struct k7i_kube_create *create, struct k7i_buf *body)
{
    int is_new = create->profile == K7I_PROFILE_V0_4, has_script = k7i_spec_has_script(create->spec);

    put(create, body, "{'name':'" K7I_KUBE_CONTAINER "','image':");
    put_text(body, create->spec->image);
    put(create, body, ",");
    put_command(create, body, probes[is_new][has_script].mark);
    put_resources(create, body);
    put_isolation(create, body);
    if (create->spec->env.count > 0)
        put(create, body, "'envFrom':[{'secretRef':{'name':'@-env'}}],");
    put(create, body, "'readinessProbe':{'exec':{'command':['/bin/sh','-c','");
    put(create, body, probes[is_new][has_script].test);
    put(create, body, "']},");
    put(create, body, probes[is_new][has_script].times);
    put(create, body, "}}");
}

static void put_deployment(const struct k7i_kube_create *create, struct k7i_buf *body)
{
    const k7_spec *spec = create->spec;

    put(create, body,
        OBJECT("apps/v1", "Deployment", "") "'labels':{" LABELS ",'" K7I_KUBE_LABEL_RUNTIME
                                            "':'" K7I_KUBE_RUNTIME "'},");
    put_annotations(create, body);
    put(create, body,
        "},'spec':{'replicas':1,'selector':{'matchLabels':{'" K7I_KUBE_LABEL_APP
        "':'@'}},'template':{'metadata':{'labels':{" LABELS "},");
    put_annotations(create, body); /* on the pod, too: one of an earlier sandbox of this name is not ours */
    put(create, body, "},'spec':{'runtimeClassName':");
    put_text(body, spec->runtime_class_name ? spec->runtime_class_name : K7I_KUBE_RUNTIME);
    put(create, body,
        ",'restartPolicy':'Always','automountServiceAccountToken':false,"
        "'terminationGracePeriodSeconds':1,");
    put_place(create, body);
    if (spec->pod_non_root == 1)
        put(create, body,
            "'securityContext':{'runAsNonRoot':true,'runAsUser':65532,'runAsGroup':65532,'fsGroup':65532},");
    put(create, body, "'containers':[");
    put_container(create, body);
    put(create, body, "]}}}}");
}

void k7i_kube_body(const struct k7i_kube_create *create, enum k7i_subject subject, struct k7i_buf *body)
{
    static void (*const bodies[K7I_SUBJECTS])(const struct k7i_kube_create *, struct k7i_buf *) = {
        [K7I_INGRESS] = put_ingress,
        [K7I_EGRESS] = put_egress,
        [K7I_ENV] = put_secret,
        [K7I_WORKLOAD] = put_deployment,
    };

    bodies[subject](create, body);
}
