/* custom_transport.c: a transport of an application's own: sandboxes in an array, used through the library like any others. For one thread. */
#include <stdio.h>
#include <string.h>
#include <k7sandbox/k7sandbox.h>

enum { ROOM = 8 };
struct slot {
    char key[160];  /* "namespace/name"; empty: free */
    char json[512]; /* the K7 API's own object */
};

static struct slot *find(struct slot *slots, const char *key)
{
    for (int i = 0; i < ROOM; i++)
        if (strcmp(slots[i].key, key) == 0)
            return &slots[i];
    return NULL;
}

static struct slot *find_requested(struct slot *slots, const k7_request *request)
{
    char key[160];
    snprintf(key, sizeof(key), "%s/%s", k7_request_get_namespace(request), k7_request_get_name(request));
    return find(slots, key);
}

static void on_create(void *user, const k7_request *request, k7_reply *reply)
{
    const char *name = k7_request_get_name(request), *namespace_ = k7_request_get_namespace(request);
    struct slot made, *slot = find(user, "");
    if (slot == NULL || find_requested(user, request) != NULL) {
        k7_reply_error(reply, slot == NULL ? K7_ERR_QUOTA_EXCEEDED : K7_ERR_ALREADY_EXISTS, NULL);
        return;
    }
    snprintf(made.key, sizeof(made.key), "%s/%s", namespace_, name);
    int len = snprintf(made.json, sizeof(made.json),
                       "{\"name\":\"%s\",\"namespace\":\"%s\",\"image\":\"%s\",\"status\":\"Running\"}", name,
                       namespace_, k7_spec_get_image(k7_request_get_spec(request)));
    if (len >= (int)sizeof(made.json)) {
        k7_reply_error(reply, K7_ERR_LIMIT, "the image has too long a name");
        return;
    }
    *slot = made;
    k7_reply_sandbox_json(reply, slot->json, (size_t)len);
}

static void on_list(void *user, const k7_request *request, k7_reply *reply)
{
    const char *namespace_ = k7_request_get_namespace(request); /* NULL: all */
    size_t len = namespace_ != NULL ? strlen(namespace_) : 0, used = 0;
    char list[ROOM * sizeof(struct slot)] = "[";
    for (struct slot *slot = user; slot < (struct slot *)user + ROOM; slot++)
        if (slot->key[0] != '\0' &&
            (len == 0 || (strncmp(slot->key, namespace_, len) == 0 && slot->key[len] == '/')))
            used += (size_t)sprintf(list + used, "%c%s", used == 0 ? '[' : ',', slot->json);
    strcpy(list + (used == 0 ? 1 : used), "]");
    k7_reply_list_json(reply, list, strlen(list));
}

static void on_get(void *user, const k7_request *request, k7_reply *reply)
{
    const struct slot *slot = find_requested(user, request);
    if (slot != NULL)
        k7_reply_sandbox_json(reply, slot->json, strlen(slot->json));
    else
        k7_reply_error(reply, K7_ERR_NOT_FOUND, NULL);
}

static void on_delete(void *user, const k7_request *request, k7_reply *reply)
{
    struct slot *slot = find_requested(user, request);
    if (slot == NULL && k7_request_is_missing_error(request)) {
        k7_reply_error(reply, K7_ERR_NOT_FOUND, NULL);
        return;
    }
    if (slot != NULL)
        slot->key[0] = '\0';
    k7_reply_done(reply);
}

int main(void)
{
    static struct slot slots[ROOM];
    k7_transport *transport = NULL;
    k7_config *config = NULL;
    k7_client *client = NULL;
    k7_spec *spec = NULL;
    k7_sandbox *sandbox = NULL;
    k7_sandboxes *list = NULL;
    k7_error *err = NULL;
    int failed = k7_transport_new("shelf", slots, NULL, &transport, &err) != 0 ||
                 k7_transport_on(transport, "create", on_create, &err) != 0 ||
                 k7_transport_on(transport, "list", on_list, &err) != 0 ||
                 k7_transport_on(transport, "get", on_get, &err) != 0 ||
                 k7_transport_on(transport, "delete", on_delete, &err) != 0 ||
                 k7_config_new(&config, &err) != 0 || k7_config_add_transport(config, transport, &err) != 0 ||
                 k7_config_set(config, "endpoint", "shelf:", &err) != 0 ||
                 k7_client_open(config, &client, &err) != 0 ||
                 k7_spec_new("demo", "alpine:latest", &spec, &err) != 0 ||
                 k7_sandbox_create(client, spec, NULL, NULL, &err) != 0 ||
                 k7_sandbox_get(client, NULL, "demo", NULL, &sandbox, &err) != 0 ||
                 k7_sandbox_delete(client, NULL, "demo", NULL, NULL, &err) != 0 ||
                 k7_sandbox_list(client, NULL, NULL, &list, &err) != 0;
    if (failed)
        fprintf(stderr, "custom_transport: %s\n", k7_error_get_message(err));
    else
        printf("%s was %s; %zu left\n", k7_sandbox_get_name(sandbox), k7_sandbox_get_status(sandbox),
               k7_sandboxes_count(list));
    k7_error_unref(err);
    k7_sandboxes_unref(list);
    k7_sandbox_unref(sandbox);
    k7_spec_free(spec);
    k7_client_unref(client);
    k7_config_free(config);
    k7_transport_unref(transport);
    return failed;
}
