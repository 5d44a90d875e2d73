/* create.c: create: image, network, container, start, before_script and lock, ready. Whatever fails, what was made is removed; only a pulled image and the bridge that
 * all sandboxes share stay. */
#include "transport/docker/create.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/quote.h"
#include "base/random.h"
#include "base/text.h"

#include <string.h>

enum { DELETE_AGAIN_MS = 100, INSPECT_MAX = 4 * 1024 * 1024 };

/* ---- arguments ---- */

static int prepare(struct k7i_op *op, const struct k7i_args *args, k7_error **err)
{
    struct k7i_docker *docker = op->instance;
    struct k7i_create *create = op->state;
    int code = k7i_container_check(docker->config, args->spec, err);

    op->peer = docker->peer;
    k7i_buf_init(&create->inspected, INSPECT_MAX);
    if (code || (code = k7_spec_dup(args->spec, &create->spec, err)) != 0)
        return code;
    create->egress = k7i_spec_egress(create->spec);
    create->namespace_ = k7i_strdup(args->namespace_);
    create->container = k7i_docker_container_name(args->namespace_, args->name);
    create->companion = k7i_sprintf("k7_%s_%s" K7I_COMPANION_SUFFIX, args->namespace_, args->name);
    if (!create->namespace_ || !create->container || !create->companion)
        return k7i_fail_memory(err);
    if (k7i_random_hex(create->create_id, K7I_CREATE_ID_LEN) != 0)
        return k7i_fail(err, K7_ERR_SYSTEM, "the system gives no random numbers");
    return 0;
}

static void clear(struct k7i_op *op)
{
    struct k7i_create *create = op->state;

    k7_spec_free(create->spec);
    k7i_free(create->namespace_);
    k7i_free(create->container);
    k7i_free(create->companion);
    k7i_pull_clear(&create->pull);
    if (create->inspected.data)
        k7i_buf_clear(&create->inspected);
}

/* ---- what the engine can do: asked once per client ---- */

static enum k7i_verdict check_engine(struct k7i_op *op)
{
    struct k7i_docker *docker = op->instance;
    struct k7i_create *create = op->state;
    k7_error *error = NULL;

    create->engine = k7i_docker_engine(docker);
    if (k7i_container_check_engine(&create->engine, create->spec, &error) != 0)
        return k7i_op_fail_with(op, error);
    return K7I_NEXT;
}

static enum k7i_verdict engine_begin(struct k7i_op *op, struct k7i_request *request)
{
    if (k7i_docker_engine(op->instance).known) {
        enum k7i_verdict verdict = check_engine(op);
        return verdict == K7I_NEXT ? K7I_SKIP : verdict;
    }
    k7i_docker_request(request, "GET", "/info", K7I_REPEAT_SAFE);
    return K7I_SEND;
}

static enum k7i_verdict engine_reply(struct k7i_op *op, const struct k7i_response *response)
{
    k7_error *error = NULL;

    if (response->status != 200)
        return k7i_docker_refused(op, response, response->status == 404 ? K7_ERR_PROTOCOL : 0,
                                  "cannot ask the engine what it can do");
    if (k7i_docker_learn(op->instance, response, &error) != 0)
        return k7i_op_fail_with(op, error);
    return check_engine(op);
}

/* A dockerd that can enforce everything. */
static enum k7i_verdict engine_assume(struct k7i_op *op)
{
    struct k7i_create *create = op->state;

    create->engine = (struct k7i_engine){
        .memory_limit = 1, .swap_limit = 1, .cpu_limit = 1, .pids_limit = 1, .seccomp = 1
    };
    return K7I_NEXT;
}

/* ---- making a container ---- */

/* What the engine will not do, by its words; field begins the error, "" when it is about none. */
struct refusal {
    const char *words, *field;
    int code;
};

static const struct refusal *find_refusal(const struct k7i_response *response)
{
    static const struct refusal rows[] = {
        { "storage-opt", "limits.ephemeral-storage: ", K7_ERR_UNSUPPORTED_ARGUMENT },
        { "nknown runtime", "runtime_class_name: ", K7_ERR_UNSUPPORTED_ARGUMENT },
        { "nknown capability", "cap_add: ", K7_ERR_UNSUPPORTED_ARGUMENT },
        { "o such image", "", K7_ERR_IMAGE_PULL },
        { "image not known", "", K7_ERR_IMAGE_PULL },
        { "", "", 0 }, /* none of these */
    };
    const struct refusal *row = rows;

    while (row->code && !k7i_docker_says(response, row->words))
        row++;
    return row;
}

static enum k7i_verdict check_warnings(struct k7i_op *op, const struct k7i_json_value *answer)
{
    const struct k7i_json_value *warnings = k7i_json_get(answer, "Warnings");
    const char *warning = k7i_json_string(k7i_json_at(warnings, 0));

    if (k7i_json_count(warnings) == 0)
        return K7I_NEXT;
    struct k7i_buf text;
    k7i_buf_init(&text, 4096);
    k7i_docker_words(&text, warning ? warning : "it gave an unreadable warning");
    /* dockerd warns when it drops a limit that the kernel cannot enforce. */
    enum k7i_verdict verdict =
        text.failed ? k7i_op_fail_memory(op)
                    : k7i_op_fail(op, K7_ERR_UNSUPPORTED_ARGUMENT,
                                  "the engine would not make the sandbox as asked: %s", text.data);
    k7i_buf_clear(&text);
    return verdict;
}

enum k7i_verdict k7i_create_made(struct k7i_op *op, const struct k7i_response *response, const char *name,
                                 char ret_id[K7I_CONTAINER_ID_SIZE])
{
    const struct k7i_create *create = op->state;
    struct k7i_json *json;
    k7_error *error = NULL;

    if (response->status != 201) {
        int in_use = response->status == 409 || k7i_docker_says(response, "name is already in use");
        const struct refusal *refusal = find_refusal(response);
        int code = in_use ? K7_ERR_ALREADY_EXISTS : refusal->code;

        if (in_use && create->looked_in_vain)
            k7i_op_handed_over(op, K7I_REPEAT_UNSENT); /* by the request before, perhaps: settling tells */
        else if (in_use || code)
            k7i_op_refused(op); /* podman says so with the status 500 */
        return k7i_docker_refused(
            op, response, code,
            in_use ? "%sthe sandbox '%s' exists already in the namespace '%s': the container %s"
                   : "%sthe sandbox '%s' in the namespace '%s' could not be made: the container %s",
            in_use ? "" : refusal->field, create->spec->name, create->namespace_, name);
    }
    if (k7i_docker_parse(response, "new container", &json, &error) != 0)
        return k7i_op_fail_with(op, error);
    enum k7i_verdict verdict =
        k7i_container_keep_id(k7i_json_get_string(k7i_json_root(json), "Id"), ret_id) == 0
            ? check_warnings(op, k7i_json_root(json))
            : k7i_op_fail(op, K7_ERR_PROTOCOL, "the engine gave the new container %s no id", name);
    k7i_json_free(json);
    return verdict;
}

enum k7i_verdict k7i_create_settle(struct k7i_op *op, const struct k7i_response *response,
                                   char ret_id[K7I_CONTAINER_ID_SIZE])
{
    struct k7i_create *create = op->state;
    struct k7i_container container;
    struct k7i_json *json;
    k7_error *error = NULL;

    if (response->status == 404) {
        create->looked_in_vain = 1;
        return K7I_NONE;
    }
    if (response->status != 200)
        return k7i_docker_refused(op, response, 0, "cannot look whether the container was made");
    if (k7i_docker_parse(response, "container", &json, &error) != 0)
        return k7i_op_fail_with(op, error);
    k7i_container_read(k7i_json_root(json), &container);
    enum k7i_verdict verdict = K7I_NONE; /* somebody else's */
    if (k7i_text_equal(container.create_id, create->create_id) &&
        k7i_container_keep_id(container.id, ret_id) == 0)
        verdict = K7I_NEXT;
    k7i_json_free(json);
    return verdict;
}

static const char *network_mode(const struct k7i_op *op, struct k7i_buf *room)
{
    const struct k7i_create *create = op->state;

    if (create->egress == K7I_EGRESS_NOTHING)
        return "none";
    if (!create->engine.is_podman)
        return create->network_id;
    if (create->egress == K7I_EGRESS_ALL)
        return "slirp4netns";
    k7i_buf_printf(room, "container:%s", create->companion_id);
    return room->data;
}

static enum k7i_verdict container_begin(struct k7i_op *op, struct k7i_request *request)
{
    const struct k7i_docker *docker = op->instance;
    const struct k7i_create *create = op->state;
    struct k7i_container_plan plan = { .spec = create->spec,
                                       .config = docker->config,
                                       .engine = &create->engine,
                                       .namespace_ = create->namespace_,
                                       .create_id = create->create_id };
    struct k7i_buf mode;

    k7i_buf_init(&mode, 256);
    plan.network_mode = network_mode(op, &mode);
    k7i_docker_request(request, "POST", "/containers/create?name=", K7I_REPEAT_UNSENT);
    k7i_request_segment(request, create->container);
    request->content_type = "application/json";
    if (mode.failed)
        request->body.failed = mode.failed;
    else
        k7i_container_body(&plan, &request->body);
    k7i_buf_clear(&mode);
    return K7I_SEND;
}

static enum k7i_verdict container_reply(struct k7i_op *op, const struct k7i_response *response)
{
    struct k7i_create *create = op->state;

    return k7i_create_made(op, response, create->container, create->id);
}

static enum k7i_verdict container_assume(struct k7i_op *op)
{
    strcpy(((struct k7i_create *)op->state)->id, "{id}");
    return K7I_NEXT;
}

static enum k7i_verdict container_look(struct k7i_op *op, struct k7i_request *request)
{
    const struct k7i_create *create = op->state;

    k7i_docker_container(request, "GET", create->container, "/json", K7I_REPEAT_SAFE);
    return K7I_SEND;
}

static enum k7i_verdict container_seen(struct k7i_op *op, const struct k7i_response *response)
{
    struct k7i_create *create = op->state;

    return k7i_create_settle(op, response, create->id);
}

/* ---- taking it back ---- */

enum k7i_verdict k7i_docker_delete_begin(struct k7i_request *request, const char *id)
{
    k7i_docker_container(request, "DELETE", id, "?force=1&v=1", K7I_REPEAT_SAFE);
    return K7I_SEND;
}

enum k7i_verdict k7i_docker_delete_reply(struct k7i_op *op, const struct k7i_response *response,
                                         const char *name)
{
    if ((response->status >= 200 && response->status < 300) || response->status == 404)
        return K7I_NEXT;
    if (response->status == 409 && k7i_docker_says(response, "already in progress"))
        return k7i_op_pause(op, DELETE_AGAIN_MS); /* until it is 404 */
    return k7i_docker_refused(op, response, 0, "cannot delete the container %s", name);
}

static enum k7i_verdict container_delete(struct k7i_op *op, struct k7i_request *request)
{
    const struct k7i_create *create = op->state;

    /* Without an id (an answer that could not be read) the name is as good: it was ours to take. */
    return k7i_docker_delete_begin(request, create->id[0] ? create->id : create->container);
}

static enum k7i_verdict container_deleted(struct k7i_op *op, const struct k7i_response *response)
{
    const struct k7i_create *create = op->state;

    return k7i_docker_delete_reply(op, response, create->container);
}

static void container_left(const struct k7i_op *op, struct k7i_buf *text)
{
    const struct k7i_create *create = op->state;

    k7i_buf_printf(text, "container %s (id %.12s)", create->container,
                   create->id[0] ? create->id : "unknown");
}

/* ---- starting ---- */

enum { AMBIGUOUS_STARTS_MAX = 50, AMBIGUOUS_START_MS = 100 };

enum k7i_verdict k7i_create_started(struct k7i_op *op, const struct k7i_response *response)
{
    struct k7i_create *create = op->state;

    if (response->status == 204 || response->status == 304)
        return K7I_NEXT;
    k7i_op_refused(op);
    /* dockerd looks for the network by its name again, whatever the container was made with; of two that came into being at the same time, one is about to go
     * (bridge.c). */
    if (k7i_docker_says(response, "is ambiguous") && create->ambiguous_starts++ < AMBIGUOUS_STARTS_MAX)
        return k7i_op_pause(op, AMBIGUOUS_START_MS);
    return k7i_docker_refused(op, response, K7_ERR_START_FAILED, "the sandbox '%s' could not be started",
                              create->spec->name);
}

static enum k7i_verdict start_begin(struct k7i_op *op, struct k7i_request *request)
{
    const struct k7i_create *create = op->state;

    /* Not twice: a script that has ended would run again. */
    k7i_docker_container(request, "POST", create->id, "/start", K7I_REPEAT_UNSENT);
    return K7I_SEND;
}

static enum k7i_verdict start_look(struct k7i_op *op, struct k7i_request *request)
{
    const struct k7i_create *create = op->state;

    k7i_docker_container(request, "GET", create->id, "/json", K7I_REPEAT_SAFE);
    return K7I_SEND;
}

static enum k7i_verdict start_seen(struct k7i_op *op, const struct k7i_response *response)
{
    struct k7i_container container;
    struct k7i_json *json;
    k7_error *error = NULL;

    if (response->status != 200)
        return k7i_docker_refused(op, response, 0, "cannot look whether the container was started");
    if (k7i_docker_parse(response, "container", &json, &error) != 0)
        return k7i_op_fail_with(op, error);
    k7i_container_read(k7i_json_root(json), &container);
    int started = k7i_container_is_running(&container) || k7i_container_has_ended(&container);
    k7i_json_free(json);
    return started ? K7I_NEXT : K7I_NONE;
}

/* ---- the result ---- */

static enum k7i_verdict result_begin(struct k7i_op *op, struct k7i_request *request)
{
    return start_look(op, request);
}

static enum k7i_verdict result_reply(struct k7i_op *op, const struct k7i_response *response)
{
    struct k7i_container container;
    struct k7i_json *json;
    k7_sandbox *sandbox;
    k7_error *error = NULL;
    enum k7i_verdict verdict = K7I_DONE;

    if (response->status != 200)
        return k7i_docker_refused(op, response, 0, "cannot look at the new sandbox");
    if (k7i_docker_parse(response, "container", &json, &error) != 0)
        return k7i_op_fail_with(op, error);
    k7i_container_read(k7i_json_root(json), &container);
    if (!k7i_container_is_running(&container))
        verdict = k7i_create_fail_why(op, &container);
    else if (k7i_container_to_sandbox(&container, 1, &sandbox, &error) != 0)
        verdict = k7i_op_fail_with(op, error);
    else
        k7i_give_sandbox(op, sandbox);
    k7i_json_free(json);
    return verdict;
}

static const struct k7i_step look_for_container = { .name = "look for container",
                                                    .begin = container_look,
                                                    .reply = container_seen };
static const struct k7i_step delete_container = { .name = "delete container",
                                                  .begin = container_delete,
                                                  .reply = container_deleted };
static const struct k7i_step look_for_start = { .name = "look for start",
                                                .begin = start_look,
                                                .reply = start_seen };

static const struct k7i_step engine = {
    .name = "ask engine", .begin = engine_begin, .reply = engine_reply, .assume = engine_assume
};
static const struct k7i_step container = { .name = "create container",
                                           .begin = container_begin,
                                           .reply = container_reply,
                                           .assume = container_assume,
                                           .settle = &look_for_container,
                                           .undo = &delete_container,
                                           .leftover = container_left,
                                           .await_answer = 1 };
static const struct k7i_step start = { .name = "start",
                                       .begin = start_begin,
                                       .reply = k7i_create_started,
                                       .settle = &look_for_start,
                                       .harmless = 1 };
static const struct k7i_step result = { .name = "result", .begin = result_begin, .reply = result_reply };

static const struct k7i_step *const steps[] = {
    &engine,
    &k7i_create_look_for_image,
    &k7i_create_pull_image,
    &k7i_create_network,
    &k7i_create_companion,
    &k7i_create_start_companion,
    &container,
    &start,
    &k7i_create_before_script,
    &k7i_create_lock_egress,
    &k7i_create_ready,
    &result,
};

const struct k7i_plan k7i_docker_create_plan = {
    .operation = "create",
    .steps = steps,
    .step_count = sizeof steps / sizeof steps[0],
    .state_size = sizeof(struct k7i_create),
    .prepare = prepare,
    .clear = clear,
};
