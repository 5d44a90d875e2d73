/* custom_transport.c: a transport of an application's own: sandboxes in an array, used through the library like any others. For one thread. */
#include <stdio.h>
#include <string.h>
#include <k7sandbox/k7sandbox.h>

enum { ROOM = 8 };
struct slot {
    char namespace_[64], name[64]; /* empty: free */
    char json[2048];               /* the K7 API's own object */
};

static struct slot *find(struct slot *slots, const char *namespace_, const char *name)
{
    for (int i = 0; i < ROOM; i++)
        if (strcmp(slots[i].namespace_, namespace_) == 0 && strcmp(slots[i].name, name) == 0)
            return &slots[i];
    return NULL;
}

static void on_create(void *user, const k7_request *request, k7_reply *reply)
{
    const char *name = k7_request_get_name(request), *namespace_ = k7_request_get_namespace(request);
    struct slot *there = find(user, namespace_, name), *slot = find(user, "", "");
    if (there != NULL || slot == NULL) {
        k7_reply_error(reply, there != NULL ? K7_ERR_ALREADY_EXISTS : K7_ERR_QUOTA_EXCEEDED, NULL);
        return;
    }
    snprintf(slot->namespace_, sizeof(slot->namespace_), "%s", namespace_);
    snprintf(slot->name, sizeof(slot->name), "%s", name);
    snprintf(slot->json, sizeof(slot->json), "{\"name\":\"%s\",\"namespace\":\"%s\",\"image\":\"%s\"}", name,
             namespace_, k7_spec_get_image(k7_request_get_spec(request)));
    k7_reply_sandbox_json(reply, slot->json, strlen(slot->json));
}

static void on_list(void *user, const k7_request *request, k7_reply *reply)
{
    const char *namespace_ = k7_request_get_namespace(request); /* NULL: all */
    char list[ROOM * sizeof(struct slot)] = "[";
    size_t used = 1;
    for (struct slot *slot = user; slot < (struct slot *)user + ROOM; slot++)
        if (slot->name[0] != '\0' && (namespace_ == NULL || strcmp(slot->namespace_, namespace_) == 0))
            used += (size_t)sprintf(list + used, "%s%s", used > 1 ? "," : "", slot->json);
    list[used++] = ']';
    k7_reply_list_json(reply, list, used);
}

static void on_get(void *user, const k7_request *request, k7_reply *reply)
{
    struct slot *slot = find(user, k7_request_get_namespace(request), k7_request_get_name(request));
    if (slot == NULL)
        k7_reply_error(reply, K7_ERR_NOT_FOUND, NULL);
    else
        k7_reply_sandbox_json(reply, slot->json, strlen(slot->json));
}

static void on_delete(void *user, const k7_request *request, k7_reply *reply)
{
    struct slot *slot = find(user, k7_request_get_namespace(request), k7_request_get_name(request));
    if (slot != NULL)
        memset(slot, 0, sizeof(*slot));
    if (slot == NULL && k7_request_is_missing_error(request))
        k7_reply_error(reply, K7_ERR_NOT_FOUND, NULL);
    else
        k7_reply_done(reply);
}

int main(void)
{
    static struct slot slots[ROOM];
    k7_transport *shelf = NULL;
    k7_config *config = NULL;
    k7_client *client = NULL;
    k7_spec *spec = NULL;
    k7_sandbox *sandbox = NULL;
    k7_error *err = NULL;
    int done = k7_transport_new("shelf", slots, NULL, &shelf, &err) == 0 &&
               k7_transport_on(shelf, "create", on_create, &err) == 0 &&
               k7_transport_on(shelf, "list", on_list, &err) == 0 &&
               k7_transport_on(shelf, "get", on_get, &err) == 0 &&
               k7_transport_on(shelf, "delete", on_delete, &err) == 0 && k7_config_new(&config, &err) == 0 &&
               k7_config_add_transport(config, shelf, &err) == 0 &&
               k7_config_set(config, "endpoint", "shelf:", &err) == 0 &&
               k7_client_open(config, &client, &err) == 0 &&
               k7_spec_new("demo", "alpine:latest", &spec, &err) == 0 &&
               k7_sandbox_create(client, spec, NULL, NULL, &err) == 0 &&
               k7_sandbox_get(client, NULL, "demo", NULL, &sandbox, &err) == 0 &&
               k7_sandbox_delete(client, NULL, "demo", NULL, NULL, &err) == 0;
    if (done)
        printf("made and deleted %s\n", k7_sandbox_get_name(sandbox));
    else
        fprintf(stderr, "custom_transport: %s\n", k7_error_get_message(err));
    k7_error_unref(err);
    k7_sandbox_unref(sandbox);
    k7_spec_free(spec);
    k7_client_unref(client);
    k7_config_free(config);
    k7_transport_unref(shelf);
    return done ? 0 : 1;
}
