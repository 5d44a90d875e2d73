/* targets.c: the table of targets, and how each is set up. */
#include "target.h"

#include "delegate.h"
#include "gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char slow_memory[] = "memory:?start_ms=600000";

const char *target_image(void)
{
    const char *image = getenv("K7_TEST_IMAGE");

    return image ? image : "alpine:latest";
}

k7_client *open_endpoint(const char *endpoint, const char *api_key, k7_transport *transport)
{
    k7_client *opened = NULL;
    k7_config *config = NULL;
    k7_error *error = NULL;

    if (k7_config_new(&config, &error) == 0 && k7_config_set(config, "endpoint", endpoint, &error) == 0 &&
        k7_config_set(config, "namespace", in("default"), &error) == 0 &&
        (!api_key || k7_config_set(config, "rest.api_key", api_key, &error) == 0) &&
        (!transport || k7_config_add_transport(config, transport, &error) == 0))
        k7_client_open(config, &opened, &error);
    if (!opened)
        fprintf(stderr, "%s: %s\n", endpoint, k7_error_get_message(error));
    k7_error_unref(error);
    k7_config_free(config);
    return opened;
}

static int start_nothing(void)
{
    return 0;
}

static void stop_nothing(void)
{
}

/* --- memory ---------------------------------------------------------------------------------------------------------------------- */

static k7_client *memory_open(int slow)
{
    return open_endpoint(slow ? slow_memory : "memory:", NULL, NULL);
}

const struct target target_memory = {
    .name = "memory",
    .abilities = TELLS_UID | HAS_CONDITION | TAKES_BACK,
    .fields = FIELD_ENV_FILE | FIELD_EGRESS_LIST | FIELD_STORAGE | FIELD_BACKEND | FIELD_PORTS |
              FIELD_KEPT_CAPABILITIES,
    .start = start_nothing,
    .stop = stop_nothing,
    .open = memory_open,
    .close = stop_nothing,
};

/* --- custom ---------------------------------------------------------------------------------------------------------------------- */

static struct delegate *delegate;

static k7_client *custom_open(int slow)
{
    if (!(delegate = delegate_new(memory_open(slow))))
        return NULL;
    return open_endpoint("delegate:", NULL, delegate_transport(delegate));
}

static void custom_close(void)
{
    delegate_free(delegate);
}

const struct target target_custom = {
    .name = "custom",
    .abilities = HAS_CONDITION,
    .fields = FIELD_ENV_FILE | FIELD_EGRESS_LIST | FIELD_STORAGE | FIELD_BACKEND | FIELD_PORTS |
              FIELD_KEPT_CAPABILITIES,
    .start = start_nothing,
    .stop = stop_nothing,
    .open = custom_open,
    .close = custom_close,
};

/* --- docker ---------------------------------------------------------------------------------------------------------------------- */

static int docker_start(void)
{
    if (getenv("K7_TEST_ENGINE"))
        return 0;
    puts("no engine: K7_TEST_ENGINE is not set");
    return 77;
}

static k7_client *docker_open(int slow)
{
    (void)slow;
    return open_endpoint(getenv("K7_TEST_ENGINE"), NULL, NULL);
}

const struct target target_docker = {
    .name = "docker",
    .abilities = TELLS_UID | HAS_CONDITION | RUNS_SCRIPTS | PULLS_IMAGES | SHOWS_REQUESTS | TAKES_BACK,
    .fields = 0,
    .start = docker_start,
    .stop = stop_nothing,
    .open = docker_open,
    .close = stop_nothing,
};

/* --- rest, through the gateway --------------------------------------------------------------------------------------------------- */

static struct gateway quick, slowed;

static int rest_memory_start(void)
{
    int status = gateway_start(&quick, "memory:");

    return status ? status : gateway_start(&slowed, slow_memory);
}

static void rest_stop(void)
{
    gateway_stop(&quick);
    gateway_stop(&slowed);
}

static k7_client *rest_open(int slow)
{
    const struct gateway *gateway = slow && slowed.process > 0 ? &slowed : &quick;

    return open_endpoint(gateway->url, gateway->api_key, NULL);
}

const struct target target_rest_memory = {
    .name = "rest-memory",
    .abilities = SHOWS_REQUESTS,
    .fields = FIELD_ENV_FILE | FIELD_EGRESS_LIST | FIELD_STORAGE | FIELD_BACKEND | FIELD_PORTS |
              FIELD_KEPT_CAPABILITIES,
    .start = rest_memory_start,
    .stop = rest_stop,
    .open = rest_open,
    .close = stop_nothing,
};

static int rest_docker_start(void)
{
    int status = docker_start();

    return status ? status : gateway_start(&quick, getenv("K7_TEST_ENGINE"));
}

const struct target target_rest_docker = {
    .name = "rest-docker",
    .abilities = RUNS_SCRIPTS | PULLS_IMAGES | SHOWS_REQUESTS,
    .fields = FIELD_ENV_FILE,
    .start = rest_docker_start,
    .stop = rest_stop,
    .open = rest_open,
    .close = stop_nothing,
};

/* --- kubernetes ------------------------------------------------------------------------------------------------------------------ */

/* A service account is what a pod of a new namespace needs first. */
static int make_namespace(const char *name)
{
    char command[512];

    snprintf(command, sizeof command,
             "kubectl get namespace %s >/dev/null 2>&1 || kubectl create namespace %s >/dev/null; "
             "kubectl wait -n %s --for=create --timeout=60s serviceaccount/default >/dev/null",
             name, name, name);
    return system(command) == 0 ? 0 : 1;
}

static int kubernetes_start(void)
{
    const char *parts = getenv("K7_TEST_CLUSTER_PARTS");
    int status = 0;

    if (!parts || strcmp(parts, "node") != 0) {
        puts("no cluster: tests/cluster/run -- meson test -C build --suite kubernetes");
        return 77;
    }
    for (size_t i = 0; i < sizeof target_namespaces / sizeof target_namespaces[0] && status == 0; i++)
        status = make_namespace(in(target_namespaces[i]));
    return status;
}

static k7_client *kubernetes_open(int slow)
{
    (void)slow;
    return open_endpoint("kubernetes:", NULL, NULL);
}

const struct target target_kubernetes = {
    .name = "kubernetes",
    .abilities = TELLS_UID | HAS_CONDITION | RUNS_SCRIPTS | PULLS_IMAGES | SHOWS_REQUESTS | TAKES_BACK,
    .fields = FIELD_EGRESS_LIST | FIELD_STORAGE | FIELD_BACKEND | FIELD_KEPT_CAPABILITIES,
    .start = kubernetes_start,
    .stop = stop_nothing,
    .open = kubernetes_open,
    .close = stop_nothing,
};

static int rest_kubernetes_start(void)
{
    char command[512];
    int status = kubernetes_start();

    if (status == 0)
        status = gateway_start(&quick, "kubernetes:");
    if (status == 0 && strcmp(in("default"), "default") != 0) {
        snprintf(command, sizeof command, "cp -r %s/env/default %s/env/%s", quick.folder, quick.folder,
                 in("default"));
        status = system(command) == 0 ? 0 : 1;
    }
    return status;
}

const struct target target_rest_kubernetes = {
    .name = "rest-kubernetes",
    .abilities = RUNS_SCRIPTS | PULLS_IMAGES | SHOWS_REQUESTS,
    .fields = FIELD_ENV_FILE | FIELD_EGRESS_LIST | FIELD_STORAGE | FIELD_BACKEND | FIELD_KEPT_CAPABILITIES,
    .start = rest_kubernetes_start,
    .stop = rest_stop,
    .open = rest_open,
    .close = stop_nothing,
};
