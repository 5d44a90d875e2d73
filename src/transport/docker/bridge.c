/* bridge.c: the step of create that finds or makes the bridge network on which sandboxes with open egress are, on dockerd: one for all, with inter-container
 * communication off. It is addressed by its id: dockerd lets several networks of one name come into being at the same time. */
#include "transport/docker/create.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const char icc[] = "com.docker.network.bridge.enable_icc";

enum { TRIES_MAX = 3 }; /* somebody else may make and remove it at the same time */

static const char *bridge_name(const struct k7i_op *op)
{
    const struct k7i_docker *docker = op->instance;

    return k7i_config_text(docker->config, "docker.network");
}

/* ---- requests ---- */

static void put_pair(struct k7i_json_writer *json, const char *key, const char *value)
{
    k7i_json_key(json, key);
    k7i_json_put_string(json, value);
}

static void network_body(const char *name, struct k7i_buf *body)
{
    struct k7i_json_writer json;

    k7i_json_begin(&json, body);
    k7i_json_open(&json, '{');
    put_pair(&json, "Name", name);
    k7i_json_key(&json, "CheckDuplicate");
    k7i_json_put_bool(&json, 1);
    put_pair(&json, "Driver", "bridge");
    k7i_json_key(&json, "EnableIPv6");
    k7i_json_put_bool(&json, 0);
    k7i_json_key(&json, "Options");
    k7i_json_open(&json, '{');
    put_pair(&json, icc, "false");
    k7i_json_close(&json, '}');
    k7i_json_key(&json, "Labels");
    k7i_json_open(&json, '{');
    put_pair(&json, "k7.katakate.org/network", "open-egress");
    k7i_json_close(&json, '}');
    k7i_json_close(&json, '}');
}

/* filters={"name":["NAME"]}; the engine takes it as a part of a name, we do not. The name needs no escapes: its key was checked. */
static void list_networks(struct k7i_op *op, struct k7i_request *request)
{
    k7i_docker_request(request, "GET", "/networks?filters=%7B%22name%22%3A%5B%22", K7I_REPEAT_SAFE);
    k7i_request_segment(request, bridge_name(op));
    k7i_buf_text(&request->target, "%22%5D%7D");
}

static enum k7i_verdict bridge_begin(struct k7i_op *op, struct k7i_request *request)
{
    const struct k7i_create *create = op->state;

    if (create->engine.is_podman || create->egress == K7I_EGRESS_NOTHING)
        return K7I_SKIP;
    switch (create->bridge) {
    case K7I_BRIDGE_LOOK:
        list_networks(op, request);
        break;
    case K7I_BRIDGE_MAKE: /* repeating is safe: of several the next look finds the first */
        k7i_docker_request(request, "POST", "/networks/create", K7I_REPEAT_SAFE);
        request->content_type = "application/json";
        network_body(bridge_name(op), &request->body);
        break;
    case K7I_BRIDGE_REMOVE:
        k7i_docker_request(request, "DELETE", "/networks/", K7I_REPEAT_SAFE);
        k7i_request_segment(request, create->made_network_id);
        break;
    }
    return K7I_SEND;
}

/* ---- choosing ---- */

static int isolates(const struct k7i_json_value *network)
{
    return k7i_text_equal(k7i_json_get_string(network, "Driver"), "bridge") &&
           k7i_text_equal(k7i_json_get_string(k7i_json_get(network, "Options"), icc), "false") &&
           !k7i_json_bool(k7i_json_get(network, "EnableIPv6"));
}

/* All that look at the same networks choose the same one: the first that was made. */
static int is_before(const struct k7i_json_value *a, const struct k7i_json_value *b)
{
    enum { SECONDS_LEN = 19 }; /* of "2026-11-22T04:51:27" */
    const char *times[2] = { k7i_json_get_string(a, "Created"), k7i_json_get_string(b, "Created") };
    double fractions[2] = { 0, 0 };
    int64_t seconds[2];

    for (int i = 0; i < 2; i++) {
        seconds[i] = k7i_time_from_rfc3339(times[i]);
        if (seconds[i] >= 0 && times[i][SECONDS_LEN] == '.')
            fractions[i] = strtod(times[i] + SECONDS_LEN, NULL);
    }
    if (seconds[0] != seconds[1])
        return seconds[0] < seconds[1];
    if (fractions[0] < fractions[1] || fractions[0] > fractions[1])
        return fractions[0] < fractions[1];
    return strcmp(k7i_json_get_string(a, "Id"), k7i_json_get_string(b, "Id")) < 0;
}

/* Its id; "" when there is none. *ret_leaky: there is one of the name that does not isolate. */
static void choose(struct k7i_op *op, const struct k7i_json_value *networks, int *ret_leaky)
{
    struct k7i_create *create = op->state;
    const struct k7i_json_value *chosen = NULL;

    create->network_id[0] = '\0';
    *ret_leaky = 0;
    for (size_t i = 0; i < k7i_json_count(networks); i++) {
        const struct k7i_json_value *network = k7i_json_at(networks, i);
        char id[K7I_CONTAINER_ID_SIZE] = "";

        if (!k7i_text_equal(k7i_json_get_string(network, "Name"), bridge_name(op)) ||
            k7i_container_keep_id(k7i_json_get_string(network, "Id"), id) != 0)
            continue;
        if (!isolates(network)) {
            *ret_leaky = 1;
        } else if (!chosen || is_before(network, chosen)) {
            chosen = network;
            memcpy(create->network_id, id, sizeof id);
        }
    }
}

/* ---- answers ---- */

static enum k7i_verdict looked(struct k7i_op *op, const struct k7i_response *response)
{
    struct k7i_create *create = op->state;
    struct k7i_json *json;
    k7_error *error = NULL;
    int leaky, is_list;

    if (response->status != 200)
        return k7i_docker_refused(op, response, 0, "cannot look for the network %s", bridge_name(op));
    if (k7i_docker_parse(response, "list of networks", &json, &error) != 0)
        return k7i_op_fail_with(op, error);
    is_list = k7i_json_kind(k7i_json_root(json)) == K7I_JSON_ARRAY;
    choose(op, k7i_json_root(json), &leaky);
    k7i_json_free(json);
    if (!is_list)
        return k7i_op_fail(op, K7_ERR_PROTOCOL, "the engine's list of networks is not a list");
    if (create->network_id[0]) {
        if (!create->made_network_id[0] || strcmp(create->network_id, create->made_network_id) == 0)
            return K7I_NEXT;
        create->bridge = K7I_BRIDGE_REMOVE; /* another one was first */
        return K7I_AGAIN;
    }
    if (leaky)
        return k7i_op_fail(op, K7_ERR_CONFLICT,
                           "the network %s lets containers reach each other (no IPv4 bridge with %s=false): "
                           "remove it, or name another in docker.network",
                           bridge_name(op), icc);
    if (create->bridge_tries++ == TRIES_MAX)
        return k7i_op_fail(op, K7_ERR_CONFLICT, "the network %s vanishes as soon as it is made",
                           bridge_name(op));
    create->bridge = K7I_BRIDGE_MAKE;
    return K7I_AGAIN;
}

static enum k7i_verdict made(struct k7i_op *op, const struct k7i_response *response)
{
    struct k7i_create *create = op->state;
    struct k7i_json *json;
    k7_error *error = NULL;

    create->bridge = K7I_BRIDGE_LOOK;
    if (response->status == 409)
        return K7I_AGAIN;
    if (response->status != 201) {
        k7i_op_refused(op);
        return k7i_docker_refused(op, response, 0, "cannot make the network %s", bridge_name(op));
    }
    if (k7i_docker_parse(response, "new network", &json, &error) != 0)
        return k7i_op_fail_with(op, error);
    k7i_container_keep_id(k7i_json_get_string(k7i_json_root(json), "Id"), create->made_network_id);
    k7i_json_free(json);
    return K7I_AGAIN;
}

static enum k7i_verdict bridge_reply(struct k7i_op *op, const struct k7i_response *response)
{
    const struct k7i_create *create = op->state;

    switch (create->bridge) {
    case K7I_BRIDGE_LOOK:
        return looked(op, response);
    case K7I_BRIDGE_MAKE:
        return made(op, response);
    case K7I_BRIDGE_REMOVE:
        break;
    }
    return K7I_NEXT; /* where it could not be removed, somebody has begun to use it: it isolates as well */
}

/* It is there. */
static enum k7i_verdict bridge_assume(struct k7i_op *op)
{
    strcpy(((struct k7i_create *)op->state)->network_id, "{network-id}");
    return K7I_NEXT;
}

const struct k7i_step k7i_create_network = {
    .name = "network", .begin = bridge_begin, .reply = bridge_reply, .assume = bridge_assume, .harmless = 1
};
