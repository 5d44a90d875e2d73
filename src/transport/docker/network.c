/* network.c: the steps of create that lend a network to before_script and take it away again; bridge.c has the network of open egress on dockerd.
 *
 * Nothing at all is the network mode "none". Open egress is, on dockerd, one bridge network for all sandboxes with inter-container communication off; on podman
 * 4.3, whose bridges stop isolating when a network is removed, slirp4netns: user-mode, nothing comes in, sandboxes cannot see each other.
 *
 * K7's order, open for before_script and then locked: dockerd takes the running container off the bridge. podman cannot take slirp4netns away from a container, so
 * there the sandbox joins the network of a companion container. When the companion is stopped, its slirp4netns ends, and the sandbox is left with the
 * loopback device. The companion stays, stopped and unable to start twice, until the sandbox is deleted: podman removes it no earlier. */
#include "transport/docker/create.h"

#include <string.h>

/* ---- podman's companion ---- */

static enum k7i_verdict companion_begin(struct k7i_op *op, struct k7i_request *request)
{
    const struct k7i_docker *docker = op->instance;
    const struct k7i_create *create = op->state;
    const struct k7i_container_plan plan = { .spec = create->spec,
                                             .config = docker->config,
                                             .engine = &create->engine,
                                             .namespace_ = create->namespace_,
                                             .create_id = create->create_id,
                                             .network_mode = "slirp4netns" };

    if (!create->engine.is_podman || create->egress != K7I_EGRESS_LOCKED)
        return K7I_SKIP;
    k7i_docker_request(request, "POST", "/containers/create?name=", K7I_REPEAT_UNSENT);
    k7i_request_segment(request, create->companion);
    request->content_type = "application/json";
    k7i_companion_body(&plan, &request->body);
    return K7I_SEND;
}

static enum k7i_verdict companion_reply(struct k7i_op *op, const struct k7i_response *response)
{
    struct k7i_create *create = op->state;

    return k7i_create_made(op, response, create->companion, create->companion_id);
}

static enum k7i_verdict companion_assume(struct k7i_op *op)
{
    strcpy(((struct k7i_create *)op->state)->companion_id, "{companion-id}");
    return K7I_NEXT;
}

static enum k7i_verdict companion_look(struct k7i_op *op, struct k7i_request *request)
{
    const struct k7i_create *create = op->state;

    k7i_docker_container(request, "GET", create->companion, "/json", K7I_REPEAT_SAFE);
    return K7I_SEND;
}

static enum k7i_verdict companion_seen(struct k7i_op *op, const struct k7i_response *response)
{
    struct k7i_create *create = op->state;

    return k7i_create_settle(op, response, create->companion_id);
}

static enum k7i_verdict companion_delete(struct k7i_op *op, struct k7i_request *request)
{
    const struct k7i_create *create = op->state;

    return k7i_docker_delete_begin(request,
                                   create->companion_id[0] ? create->companion_id : create->companion);
}

static enum k7i_verdict companion_deleted(struct k7i_op *op, const struct k7i_response *response)
{
    const struct k7i_create *create = op->state;

    return k7i_docker_delete_reply(op, response, create->companion);
}

static void companion_left(const struct k7i_op *op, struct k7i_buf *text)
{
    const struct k7i_create *create = op->state;

    k7i_buf_printf(text, "container %s (id %.12s)", create->companion,
                   create->companion_id[0] ? create->companion_id : "unknown");
}

static enum k7i_verdict start_companion_begin(struct k7i_op *op, struct k7i_request *request)
{
    const struct k7i_create *create = op->state;

    if (!create->companion_id[0])
        return K7I_SKIP;
    k7i_docker_container(request, "POST", create->companion_id, "/start", K7I_REPEAT_SAFE);
    return K7I_SEND;
}

/* ---- the lock ---- */

static enum k7i_verdict lock_begin(struct k7i_op *op, struct k7i_request *request)
{
    const struct k7i_create *create = op->state;
    struct k7i_json_writer json;

    if (create->egress != K7I_EGRESS_LOCKED)
        return K7I_SKIP;
    if (create->engine.is_podman) { /* at once: it only sleeps */
        k7i_docker_container(request, "POST", create->companion_id, "/stop?t=0", K7I_REPEAT_SAFE);
        return K7I_SEND;
    }
    k7i_docker_request(request, "POST", "/networks/", K7I_REPEAT_SAFE);
    k7i_request_segment(request, create->network_id);
    k7i_buf_text(&request->target, "/disconnect");
    request->content_type = "application/json";
    k7i_json_begin(&json, &request->body);
    k7i_json_open(&json, '{');
    k7i_json_key(&json, "Container");
    k7i_json_put_string(&json, create->id);
    k7i_json_close(&json, '}');
    return K7I_SEND;
}

static enum k7i_verdict lock_reply(struct k7i_op *op, const struct k7i_response *response)
{
    if ((response->status >= 200 && response->status < 300) || response->status == 304 ||
        k7i_docker_says(response, "is not connected to")) /* an earlier attempt whose answer was lost */
        return K7I_NEXT;
    k7i_op_refused(op);
    return k7i_docker_refused(op, response, 0, "the egress could not be locked after before_script");
}

static const struct k7i_step look_for_companion = { .name = "look for companion",
                                                    .begin = companion_look,
                                                    .reply = companion_seen };
static const struct k7i_step delete_companion = { .name = "delete companion",
                                                  .begin = companion_delete,
                                                  .reply = companion_deleted };

const struct k7i_step k7i_create_companion = { .name = "create companion",
                                               .begin = companion_begin,
                                               .reply = companion_reply,
                                               .assume = companion_assume,
                                               .settle = &look_for_companion,
                                               .undo = &delete_companion,
                                               .leftover = companion_left,
                                               .await_answer = 1 };
const struct k7i_step k7i_create_start_companion = {
    .name = "start companion", .begin = start_companion_begin, .reply = k7i_create_started, .harmless = 1
};
const struct k7i_step k7i_create_lock_egress = {
    .name = "lock egress", .begin = lock_begin, .reply = lock_reply, .harmless = 1
};
