/* image.c: the steps of create that see to the image: is it there, and if not, pull it. A pulled image stays, whatever becomes of the sandbox. */
#include "transport/docker/create.h"

#include "base/error.h"
#include "base/quote.h"
#include "base/text.h"

#include <string.h>

static enum k7i_verdict look_begin(struct k7i_op *op, struct k7i_request *request)
{
    const struct k7i_create *create = op->state;

    k7i_docker_request(request, "GET", "/images/", K7I_REPEAT_SAFE);
    k7i_request_segment(request, create->spec->image);
    k7i_buf_text(&request->target, "/json");
    return K7I_SEND;
}

static enum k7i_verdict look_reply(struct k7i_op *op, const struct k7i_response *response)
{
    struct k7i_docker *docker = op->instance;
    struct k7i_create *create = op->state;
    const char *image = create->spec->image;

    create->image_is_there = response->status == 200;
    if (create->image_is_there)
        return K7I_NEXT;
    if (response->status != 404)
        return k7i_docker_refused(op, response, 0, "cannot look for the image %s", K7I_QUOTE(image));
    if (k7i_text_equal(k7i_config_text(docker->config, "docker.pull"), "never"))
        return k7i_docker_refused(op, response, K7_ERR_IMAGE_PULL,
                                  "the engine does not have the image %s, and docker.pull is \"never\"",
                                  K7I_QUOTE(image));
    return K7I_NEXT;
}

static enum k7i_verdict pull_begin(struct k7i_op *op, struct k7i_request *request)
{
    struct k7i_docker *docker = op->instance;
    struct k7i_create *create = op->state;
    const char *image = create->spec->image;
    struct k7i_image parts;

    if (create->image_is_there)
        return K7I_SKIP;
    (void)k7i_image_parse(image, &parts, NULL); /* the spec was checked */
    const char *auth = k7i_registry_auth_for(docker->auth, &parts);
    k7i_pull_begin(&create->pull);
    k7i_docker_request(request, "POST", "/images/create?fromImage=", K7I_REPEAT_SAFE);
    k7i_request_segment(request, image);
    if (parts.tag.len == 0 && parts.digest.len == 0)
        k7i_buf_text(&request->target, "&tag=latest"); /* without a tag, dockerd pulls them all */
    if (auth)
        k7i_request_header(request, "X-Registry-Auth", auth);
    return K7I_SEND;
}

static enum k7i_verdict pull_failed(struct k7i_op *op, int code)
{
    const struct k7i_create *create = op->state;

    if (code == K7_ERR_NO_MEMORY)
        return k7i_op_fail_memory(op);
    return k7i_op_fail(op, code, "the engine's progress of pulling %s is %s", K7I_QUOTE(create->spec->image),
                       code == K7_ERR_LIMIT ? "a line of more than 64 KiB" : "not JSON");
}

static enum k7i_verdict pull_chunk(struct k7i_op *op, const void *data, size_t len)
{
    struct k7i_create *create = op->state;
    int code = k7i_pull_add(&create->pull, data, len);
    int64_t done, total;

    if (code)
        return pull_failed(op, code);
    k7i_pull_progress(&create->pull, &done, &total);
    k7i_op_progress(op, create->pull.status, done, total);
    return K7I_MORE;
}

static enum k7i_verdict pull_reply(struct k7i_op *op, const struct k7i_response *response)
{
    struct k7i_create *create = op->state;
    const char *image = create->spec->image;
    k7_error *error = NULL;

    if (response->status != 200) {
        k7i_op_refused(
            op); /* dockerd answers 500 for what it knows at once: no such registry, no such image */
        return k7i_docker_refused(op, response, K7_ERR_IMAGE_PULL, "the image %s could not be pulled",
                                  K7I_QUOTE(image));
    }
    int code = k7i_pull_end(&create->pull);
    if (code)
        return pull_failed(op, code);
    if (!create->pull.error)
        return K7I_NEXT;
    struct k7i_buf text;
    k7i_buf_init(&text, 4096);
    k7i_docker_words(&text, create->pull.error);
    if (text.failed)
        k7i_fail_memory(&error);
    else
        k7i_fail(&error, K7_ERR_IMAGE_PULL, "the image %s could not be pulled: %s", K7I_QUOTE(image),
                 text.data);
    k7i_buf_clear(&text);
    k7i_error_set_http_status(error, response->status);
    k7i_error_set_outcome(error, K7_OUTCOME_REJECTED);
    k7i_error_set_server_text(error, create->pull.error, strlen(create->pull.error));
    return k7i_op_fail_with(op, error);
}

const struct k7i_step k7i_create_look_for_image = { .name = "look for image",
                                                    .begin = look_begin,
                                                    .reply = look_reply };
const struct k7i_step k7i_create_pull_image = {
    .name = "pull image", .begin = pull_begin, .chunk = pull_chunk, .reply = pull_reply, .harmless = 1
};
