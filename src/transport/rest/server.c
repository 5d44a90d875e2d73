/* server.c: see server.h. */
#include "transport/rest/server.h"

#include "base/alloc.h"
#include "base/secret.h"
#include "base/text.h"
#include "model/cidr.h"

#include <stdio.h>
#include <string.h>

#define VERSION(major, minor, patch) ((major)*1000000 + (minor)*1000 + (patch))

int k7i_rest_server_init(struct k7i_rest_server *server)
{
    memset(server, 0, sizeof *server);
    return pthread_mutex_init(&server->lock, NULL) == 0 ? 0 : -1;
}

void k7i_rest_server_clear(struct k7i_rest_server *server)
{
    k7i_secret_free(server->secret);
    pthread_mutex_destroy(&server->lock);
}

void k7i_rest_server_facts(struct k7i_rest_server *server, struct k7i_rest_facts *ret_facts)
{
    pthread_mutex_lock(&server->lock);
    *ret_facts = server->facts;
    pthread_mutex_unlock(&server->lock);
}

void k7i_rest_server_learn(struct k7i_rest_server *server, const struct k7i_rest_facts *facts)
{
    pthread_mutex_lock(&server->lock);
    server->facts = *facts;
    pthread_mutex_unlock(&server->lock);
}

int k7i_rest_server_has_outage_check(struct k7i_rest_server *server)
{
    pthread_mutex_lock(&server->lock);
    int has = !server->no_outage_check && !server->facts.gateway;
    pthread_mutex_unlock(&server->lock);
    return has;
}

void k7i_rest_server_no_outage_check(struct k7i_rest_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->no_outage_check = 1;
    pthread_mutex_unlock(&server->lock);
}

void k7i_rest_server_keep_secret(struct k7i_rest_server *server, const char *secret)
{
    char *copy = k7i_secret_dup(secret);

    pthread_mutex_lock(&server->lock);
    if (copy) { /* without memory the one before stays: then nothing else can be sent, either */
        k7i_secret_free(server->secret);
        server->secret = copy;
    }
    pthread_mutex_unlock(&server->lock);
}

void k7i_rest_server_strike(struct k7i_rest_server *server, char *text, size_t len)
{
    pthread_mutex_lock(&server->lock);
    size_t secret_len = server->secret ? strlen(server->secret) : 0;
    char *end = text + len, *found;

    while (secret_len > 0 && (found = memmem(text, (size_t)(end - text), server->secret, secret_len))) {
        memset(found, '*', secret_len);
        text = found + secret_len;
    }
    pthread_mutex_unlock(&server->lock);
}

static int version_number(const char *text)
{
    int part[3] = { 0, 0, 0 };

    if (sscanf(text, "%3d.%3d.%3d", &part[0], &part[1], &part[2]) < 2)
        return 0;
    for (int i = 0; i < 3; i++)
        if (part[i] < 0)
            return 0;
    return VERSION(part[0], part[1], part[2]);
}

void k7i_rest_facts_read(const struct k7i_json_value *root, struct k7i_rest_facts *ret_facts)
{
    const char *version = k7i_json_get_string(root, "version"), *server = k7i_json_get_string(root, "server");
    const struct k7i_json_value *features = k7i_json_get(root, "features");

    memset(ret_facts, 0, sizeof *ret_facts);
    if (version && strlen(version) < sizeof ret_facts->version && !k7i_text_has_control(version)) {
        strcpy(ret_facts->version, version);
        ret_facts->number = version_number(version);
    }
    ret_facts->gateway = server && k7i_text_starts(server, "k7-gateway/");
    ret_facts->known = version || server;
    for (size_t i = 0; i < k7i_json_count(features); i++) {
        const char *feature = k7i_json_string(k7i_json_at(features, i));

        if (k7i_text_equal(feature, "env"))
            ret_facts->features |= K7I_REST_FEATURE_ENV;
        if (k7i_text_equal(feature, "before_script_under_lock"))
            ret_facts->features |= K7I_REST_FEATURE_UNDER_LOCK;
    }
}

/* K7 contract, section 1.6 #1: since when a create field is known. */
static const struct {
    const char *field;
    int version;
} fields[] = {
    { "runtime_class_name", VERSION(0, 2, 0) },
    { "root_disk_size", VERSION(0, 2, 0) },
    { "backend", VERSION(0, 2, 0) },
    { "entrypoint", VERSION(0, 2, 0) },
    { "cmd", VERSION(0, 2, 0) },
    { "sidecar", VERSION(0, 2, 0) },
    { "node_name", VERSION(0, 2, 0) },
    { "docker", VERSION(0, 3, 0) },
    { "docker_disk", VERSION(0, 3, 0) },
    { "ingress_ports", VERSION(0, 3, 0) },
    { "expose_ports", VERSION(0, 3, 0) },
    { "ingress_from", VERSION(0, 3, 0) },
};

static void need_version(struct k7i_rest_needs *needs, const char *field, int version)
{
    if (version > needs->version) {
        needs->version = version;
        needs->field = field;
    }
}

void k7i_rest_needs_of(const k7_spec *spec, struct k7i_rest_needs *ret_needs)
{
    char network[K7I_CIDR_TEXT];

    memset(ret_needs, 0, sizeof *ret_needs);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (k7_spec_is_set(spec, fields[i].field) == 1)
            need_version(ret_needs, fields[i].field, fields[i].version);
    for (size_t i = 0; i < k7_spec_egress_count(spec); i++) /* 0.0.x runs the sandbox before it finds out */
        if (k7i_cidr_normalise(k7_spec_egress_at(spec, i), network) != 0)
            need_version(ret_needs, "egress_whitelist", VERSION(0, 2, 0));
    if (k7_spec_get_before_script_under_lock(spec) == 1)
        ret_needs->features |= K7I_REST_FEATURE_UNDER_LOCK;
    if (k7_spec_env_count(spec) > 0)
        ret_needs->features |= K7I_REST_FEATURE_ENV;
}

const char *k7i_rest_needs_unmet(const struct k7i_rest_needs *needs, const struct k7i_rest_facts *facts)
{
    if ((needs->features & K7I_REST_FEATURE_ENV) && !(facts->features & K7I_REST_FEATURE_ENV))
        return "env";
    if ((needs->features & K7I_REST_FEATURE_UNDER_LOCK) && !(facts->features & K7I_REST_FEATURE_UNDER_LOCK))
        return "before_script_under_lock";
    /* Where a server does not tell its version, it is taken for one that has its own API's fields. */
    if (needs->version > 0 && !facts->gateway && facts->number > 0 && facts->number < needs->version)
        return needs->field;
    return NULL;
}
