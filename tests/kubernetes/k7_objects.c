/* k7_objects.c: see k7_objects.h. */
#include "k7_objects.h"

const char *k7_objects(const char *name, int replicas, int with_secret)
{
    static char text[8192];
    char environment[300] = "";
    size_t len = 0;

    if (with_secret)
        snprintf(environment, sizeof environment, "envFrom: [{secretRef: {name: %s-env}}],", name);
    if (with_secret)
        len = (size_t)snprintf(
            text, sizeof text,
            "{apiVersion: v1, kind: Secret, metadata: {name: %s-env}, stringData: {GREETING: hello}}\n---\n",
            name);
    len += (size_t)snprintf(
        text + len, sizeof text - len,
        "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: %s-netpol},"
        " spec: {podSelector: {matchLabels: {katakate.org/sandbox: %s}}, policyTypes: [Egress], egress: []}}\n---\n"
        "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: %s-deny-ingress},"
        " spec: {podSelector: {matchLabels: {katakate.org/sandbox: %s}}, policyTypes: [Ingress], ingress: []}}\n---\n",
        name, name, name, name);
    len += (size_t)snprintf(
        text + len, sizeof text - len,
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: %s,"
        " labels: {app: %s, runtime: kata, katakate.org/sandbox: %s}}, spec: {replicas: %d,"
        " selector: {matchLabels: {app: %s}}, template: {metadata: {labels: {app: %s, katakate.org/sandbox: %s}},"
        " spec: {runtimeClassName: kata, restartPolicy: Always, containers: [{name: sandbox, image: '%s',"
        " command: [/bin/sh, -c, 'sleep 365d'], %s"
        " securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]},"
        " seccompProfile: {type: RuntimeDefault}}, readinessProbe: {exec: {command: [/bin/sh, -c, 'true']},"
        " initialDelaySeconds: 0, periodSeconds: 2}}]}}}}\n",
        name, name, name, replicas, name, name, name, image, environment);
    ck_assert_uint_lt(len, sizeof text);
    return text;
}

void k7_create(const char *name, int replicas, int with_secret)
{
    kubectl_with(k7_objects(name, replicas, with_secret), "apply -f -");
    kubectl("wait --for=condition=Available deployment/%s --timeout=100s", name);
}
