/* inspect.c: see inspect.h. */
#include "transport/docker/inspect.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* ---- reading ---- */

static void read_labels(const struct k7i_json_value *labels, struct k7i_container *container)
{
    const char *script = k7i_json_get_string(labels, K7I_LABEL_SCRIPT);

    container->app = k7i_json_get_string(labels, K7I_LABEL_APP);
    container->sandbox = k7i_json_get_string(labels, K7I_LABEL_SANDBOX);
    container->namespace_ = k7i_json_get_string(labels, K7I_LABEL_NAMESPACE);
    container->create_id = k7i_json_get_string(labels, K7I_LABEL_CREATE_ID);
    container->image = k7i_json_get_string(labels, K7I_LABEL_IMAGE);
    container->has_script = script && strcmp(script, "true") == 0;
}

void k7i_container_read(const struct k7i_json_value *object, struct k7i_container *ret_container)
{
    const struct k7i_json_value *state = k7i_json_get(object, "State");

    *ret_container = (struct k7i_container){
        .id = k7i_json_get_string(object, "Id"),
        .names = k7i_json_get_string(object, "Name"),
        .state = k7i_json_get_string(state, "Status"),
        .error = k7i_json_get_string(state, "Error"),
        .oom_killed = k7i_json_bool(k7i_json_get(state, "OOMKilled")),
        .exit_code = k7i_json_int(k7i_json_get(state, "ExitCode"), -1),
        .restarts = k7i_json_int(k7i_json_get(object, "RestartCount"), -1),
        .created_unix = k7i_time_from_rfc3339(k7i_json_get_string(object, "Created")),
    };
    read_labels(k7i_json_get(k7i_json_get(object, "Config"), "Labels"), ret_container);
}

void k7i_container_read_entry(const struct k7i_json_value *entry, struct k7i_container *ret_container)
{
    *ret_container = (struct k7i_container){
        .id = k7i_json_get_string(entry, "Id"),
        .names = k7i_json_string(k7i_json_at(k7i_json_get(entry, "Names"), 0)),
        .state = k7i_json_get_string(entry, "State"),
        .exit_code = -1,
        .restarts =
            0, /* a list does not say; the engine restarts nothing that was made with the restart policy "no" */
        .created_unix = k7i_json_int(k7i_json_get(entry, "Created"), -1),
    };
    read_labels(k7i_json_get(entry, "Labels"), ret_container);
}

int k7i_container_is(const struct k7i_container *container, const char *namespace_, const char *name,
                     const char *suffix)
{
    char full[256];

    snprintf(full, sizeof full, "/k7_%s_%s%s", namespace_, name, suffix);
    return k7i_text_equal(container->app, name) && k7i_text_equal(container->namespace_, namespace_) &&
           k7i_text_equal(container->names, full) && container->create_id &&
           k7i_text_equal(container->sandbox, *suffix ? NULL : name);
}

int k7i_container_keep_id(const char *id, char ret_id[K7I_CONTAINER_ID_SIZE])
{
    size_t len = id ? strlen(id) : 0;

    if (len < 12 || len >= K7I_CONTAINER_ID_SIZE || !k7i_text_is_hex(id, len))
        return -1;
    memcpy(ret_id, id, len + 1);
    return 0;
}

/* ---- what it means ---- */

static int state_is(const struct k7i_container *container, const char *const *names)
{
    for (; container->state && *names; names++)
        if (strcmp(container->state, *names) == 0)
            return 1;
    return 0;
}

int k7i_container_is_running(const struct k7i_container *container)
{
    static const char *const names[] = { "running", "stopping", NULL };

    return state_is(container, names);
}

int k7i_container_has_ended(const struct k7i_container *container)
{
    static const char *const names[] = { "exited", "dead", "stopped", NULL };

    return state_is(container, names);
}

int k7i_container_is_ready(const struct k7i_container *container)
{
    if (!k7i_container_is_running(container))
        return 0;
    return container->has_script ? -1 : 1;
}

/* The word that K7 would use (contract, section 3). */
static const char *status_of(const struct k7i_container *container)
{
    static const char *const pending[] = { "created", "configured", "initialized", "restarting", NULL };
    static const char *const paused[] = { "paused", NULL }; /* K7 lists a paused one as running */

    if (k7i_container_is_running(container) || state_is(container, paused))
        return "Running";
    if (state_is(container, pending))
        return "Pending";
    if (k7i_container_has_ended(container))
        return container->exit_code == 0 ? "Succeeded" : "Failed";
    return "Unknown";
}

void k7i_container_why(const struct k7i_container *container, struct k7i_buf *text)
{
    if (k7i_container_has_ended(container)) {
        if (container->oom_killed)
            k7i_buf_text(text, "ran out of memory and was killed");
        else if (container->exit_code > 128 && container->exit_code < 128 + 65)
            k7i_buf_printf(text, "ended by signal %d", (int)container->exit_code - 128);
        else if (container->exit_code >= 0)
            k7i_buf_printf(text, "ended with exit status %d", (int)container->exit_code);
        else
            k7i_buf_text(text, "ended");
    } else if (!k7i_container_is_running(container)) {
        k7i_buf_text(text, "the container is ");
        k7i_docker_words(text, container->state ? container->state : "in an unknown state");
    }
    if (container->error && *container->error) {
        if (text->len > 0)
            k7i_buf_text(text, ": ");
        k7i_docker_words(text, container->error);
    }
}

int k7i_container_to_sandbox(const struct k7i_container *container, int ready, k7_sandbox **ret_sandbox,
                             k7_error **err)
{
    struct k7i_sandbox_fields fields = K7I_SANDBOX_FIELDS;
    struct k7i_buf why;
    char age[64];

    k7i_buf_init(&why, 4096);
    k7i_container_why(container, &why);
    fields.name = container->sandbox;
    fields.namespace_ = container->namespace_;
    fields.image = container->image;
    fields.status = status_of(container);
    fields.error_message = why.data;
    if (!k7i_container_is_running(container))
        fields.reason = container->oom_killed ? "OOMKilled" : container->state;
    fields.uid = container->id;
    fields.ready = ready;
    fields.restarts = container->restarts;
    fields.created_unix = container->created_unix;
    if (container->created_unix >= 0) {
        int64_t seconds = k7i_now_unix() - container->created_unix;

        k7i_sandbox_format_age(seconds > 0 ? seconds : 0, age, sizeof age);
        fields.age_text = age;
    }
    int code =
        why.failed == K7_ERR_NO_MEMORY ? k7i_fail_memory(err) : k7i_sandbox_new(&fields, ret_sandbox, err);
    k7i_buf_clear(&why);
    return code;
}

/* ---- get ---- */

struct get {
    char *namespace_, *name, *container;
    struct k7i_json *json; /* the container's object, until it is known whether it is ready */
    struct k7i_container read;
};

static int prepare(struct k7i_op *op, const struct k7i_args *args, k7_error **err)
{
    struct k7i_docker *docker = op->instance;
    struct get *get = op->state;

    op->peer = docker->peer;
    get->namespace_ = k7i_strdup(args->namespace_);
    get->name = k7i_strdup(args->name);
    get->container = k7i_docker_container_name(args->namespace_, args->name);
    return get->namespace_ && get->name && get->container ? 0 : k7i_fail_memory(err);
}

static void clear(struct k7i_op *op)
{
    struct get *get = op->state;

    k7i_free(get->namespace_);
    k7i_free(get->name);
    k7i_free(get->container);
    k7i_json_free(get->json);
}

static enum k7i_verdict give(struct k7i_op *op, int ready)
{
    struct get *get = op->state;
    k7_sandbox *sandbox;
    k7_error *error = NULL;

    if (k7i_container_to_sandbox(&get->read, ready, &sandbox, &error) != 0)
        return k7i_op_fail_with(op, error);
    k7i_give_sandbox(op, sandbox);
    return K7I_DONE;
}

static enum k7i_verdict inspect_begin(struct k7i_op *op, struct k7i_request *request)
{
    const struct get *get = op->state;

    k7i_docker_container(request, "GET", get->container, "/json", K7I_REPEAT_SAFE);
    return K7I_SEND;
}

static enum k7i_verdict inspect_reply(struct k7i_op *op, const struct k7i_response *response)
{
    struct get *get = op->state;
    k7_error *error = NULL;

    if (response->status == 404)
        return k7i_docker_refused(op, response, K7_ERR_NOT_FOUND, "no sandbox '%s' in the namespace '%s'",
                                  get->name, get->namespace_);
    if (response->status != 200)
        return k7i_docker_refused(op, response, 0, "cannot look at the container %s", get->container);
    k7i_json_free(get->json); /* of an earlier look */
    get->json = NULL;
    if (k7i_docker_parse(response, "container", &get->json, &error) != 0)
        return k7i_op_fail_with(op, error);
    k7i_container_read(k7i_json_root(get->json), &get->read);
    if (!k7i_container_is(&get->read, get->namespace_, get->name, ""))
        return k7i_op_fail(op, K7_ERR_NOT_FOUND,
                           "no sandbox '%s' in the namespace '%s': the container %s was not made as one",
                           get->name, get->namespace_, get->container);
    int ready = k7i_container_is_ready(&get->read);
    return ready >= 0 ? give(op, ready) : K7I_NEXT;
}

static enum k7i_verdict inspect_assume(struct k7i_op *op)
{
    ((struct get *)op->state)->read.id = "{id}";
    return K7I_NEXT;
}

static enum k7i_verdict mark_begin(struct k7i_op *op, struct k7i_request *request)
{
    const struct get *get = op->state;

    k7i_docker_container(request, "HEAD", get->read.id, "/archive?path=%2Ftmp%2Fk7_before_done",
                         K7I_REPEAT_SAFE);
    return K7I_SEND;
}

static enum k7i_verdict mark_reply(struct k7i_op *op, const struct k7i_response *response)
{
    const struct get *get = op->state;

    if (response->status == 200 || response->status == 404)
        return give(op, response->status == 200);
    return k7i_docker_refused(
        op, response, 0, "cannot look for the mark of before_script in the container %s", get->container);
}

static const struct k7i_step inspect = {
    .name = "inspect", .begin = inspect_begin, .reply = inspect_reply, .assume = inspect_assume
};
static const struct k7i_step mark = { .name = "look for the mark", .begin = mark_begin, .reply = mark_reply };
static const struct k7i_step *const steps[] = { &inspect, &mark };

const struct k7i_plan k7i_docker_get_plan = {
    .operation = "get",
    .only_reads = 1,
    .steps = steps,
    .step_count = sizeof steps / sizeof steps[0],
    .state_size = sizeof(struct get),
    .prepare = prepare,
    .clear = clear,
};
