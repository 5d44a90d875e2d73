/* k7.c: see k7.h. */
#include "k7.h"

#include "fixture.h"

static const char secret[] =
    "{\"metadata\":{\"name\":\"%2$s-env\",\"namespace\":\"%1$s\"},\"stringData\":{\"GREETING\":\"hello\"}}";

#define BACKEND "kata-firecracker-devmapper"
#define DEPLOYMENT(annotations, node, probe)                                                                    \
    "{\"metadata\":{\"name\":\"%2$s\",\"namespace\":\"%1$s\"," annotations                                      \
    "\"labels\":{\"app\":\"%2$s\",\"runtime\":\"kata\",\"katakate.org/sandbox\":\"%2$s\"}},"                    \
    "\"spec\":{\"replicas\":1,\"selector\":{\"matchLabels\":{\"app\":\"%2$s\"}},"                               \
    "\"template\":{\"metadata\":{" annotations                                                                  \
    "\"labels\":{\"app\":\"%2$s\",\"katakate.org/sandbox\":\"%2$s\"}},"                                         \
    "\"spec\":{" node "\"runtimeClassName\":\"kata\",\"restartPolicy\":\"Always\","                             \
    "\"containers\":[{\"name\":\"sandbox\",\"image\":\"%3$s\",\"command\":[\"/bin/sh\",\"-c\",\"sleep 365d\"]," \
    "\"resources\":{},\"securityContext\":{\"allowPrivilegeEscalation\":false,"                                 \
    "\"capabilities\":{\"drop\":[\"ALL\"]},\"seccompProfile\":{\"type\":\"RuntimeDefault\"}},"                  \
    "\"envFrom\":[{\"secretRef\":{\"name\":\"%2$s-env\"}}],"                                                    \
    "\"readinessProbe\":{\"exec\":{\"command\":[\"/bin/sh\",\"-c\",\"true\"]},\"initialDelaySeconds\":0," probe \
    "}}]}}}}"

static const char *const deployments[] = {
    [K7_0_1] = DEPLOYMENT("", "", "\"periodSeconds\":2"),
    [K7_0_4] = DEPLOYMENT("\"annotations\":{\"k7.katakate.org/backend\":\"" BACKEND "\"},",
                          "\"nodeSelector\":{\"k7.katakate.org/backend-" BACKEND "\":\"true\"},",
                          "\"periodSeconds\":10,\"timeoutSeconds\":5,\"failureThreshold\":6"),
};

#define POLICY(suffix, type, rules)                                                                          \
    "{\"metadata\":{\"name\":\"%2$s-" suffix "\",\"namespace\":\"%1$s\"},"                                   \
    "\"spec\":{\"podSelector\":{\"matchLabels\":{\"katakate.org/sandbox\":\"%2$s\"}},"                       \
    "\"policyTypes\":[\"" type "\"],\"" rules "\":[]}}"

static void post(const char *api, const char *resource, const char *in_namespace, const char *name,
                 const char *format)
{
    char path[300], body[4096];
    int status;

    snprintf(path, sizeof path, "%s/namespaces/%s/%s", api, in_namespace, resource);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(body, sizeof body, format, in_namespace, name, image);
#pragma GCC diagnostic pop
    json_object *answer = peer_call("POST", path, body, &status);
    if (status != 201)
        ck_abort_msg("%s: %d: %s", path, status, json_object_to_json_string(answer));
    json_object_put(answer);
}

void k7_make(const char *in_namespace, const char *name, enum k7_version version)
{
    post("/api/v1", "secrets", in_namespace, name, secret);
    post("/apis/apps/v1", "deployments", in_namespace, name, deployments[version]);
    post("/apis/networking.k8s.io/v1", "networkpolicies", in_namespace, name,
         POLICY("netpol", "Egress", "egress"));
    post("/apis/networking.k8s.io/v1", "networkpolicies", in_namespace, name,
         POLICY("deny-ingress", "Ingress", "ingress"));
}
