/* ready.c: the steps of create that wait: for the end of before_script, and for the sandbox to be ready. Process 1 says both in the container's log, which is
 * followed as it is written: no polling. When the log ends without the word, the container tells why. */
#include "transport/docker/create.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

enum {
    LOOK_AGAIN_MS = 100,     /* the log has ended, but the container has not: engines take a moment */
    TROUBLES_MAX = 50,       /* answers that were none, with such a moment after each */
    SILENCE_FIRST_MS = 1000, /* then twice as long, and so on */
    SILENCE_DOUBLINGS = 5,
    MESSAGE_OUTPUT = 1000
};

/* "; its output: …", and why there is no more of it. */
static int add_log(const struct k7i_log *log, const char *what, struct k7i_buf *text)
{
    size_t before;

    if (log->tail_len > 0) {
        k7i_buf_printf(text, "; its %s: ", what);
        before = text->len;
        k7i_log_show(log, MESSAGE_OUTPUT, 0, text);
        if (text->len == before) /* nothing but white space */
            k7i_buf_text(text, "empty");
    }
    if (!log->broken)
        return text->failed;
    k7i_buf_printf(
        text, log->tail_len > 0 ? "; the rest of its %s could not be read: " : "; its %s could not be read: ",
        what);
    return k7i_log_show_trouble(log, text);
}

enum k7i_verdict k7i_create_fail_why(struct k7i_op *op, const struct k7i_container *container)
{
    const struct k7i_create *create = op->state;
    int in_script =
        k7i_spec_has_script(create->spec) && !create->log.script_done && k7i_container_has_ended(container);
    struct k7i_buf text;
    k7_error *error = NULL;

    k7i_buf_init(&text, 16 * 1024);
    k7i_buf_text(&text, in_script ? "before_script: " : "the sandbox did not become ready: ");
    k7i_container_why(container, &text);
    if (add_log(&create->log, in_script ? "output" : "log", &text) != 0) {
        k7i_fail_memory(&error);
    } else {
        k7i_fail(&error, in_script ? K7_ERR_SCRIPT_FAILED : K7_ERR_START_FAILED, "%s", text.data);
        k7i_buf_reset(&text);
        k7i_log_show(&create->log, sizeof create->log.tail, 1, &text);
        if (text.len > 0)
            k7i_error_set_server_text(error, text.data, text.len);
    }
    k7i_buf_clear(&text);
    return k7i_op_fail_with(op, error);
}

/* ---- following the log; when it ends, looking why, and reading it once more ---- */

static enum k7i_verdict follow(struct k7i_op *op, struct k7i_request *request)
{
    struct k7i_create *create = op->state;
    /* Not with tail=: podman 4.3 then loses lines that were written in parts. It is bounded by the log's size. */
    const char *rest = create->wait == K7I_WAIT_LOG    ? "/logs?follow=1&stdout=1&stderr=1"
                       : create->wait == K7I_WAIT_READ ? "/logs?stdout=1&stderr=1"
                                                       : "/json";

    if (create->wait == K7I_WAIT_LOOK) {
        k7i_buf_clear(&create->inspected);
    } else {
        int script_done =
            create->log.script_done; /* what was heard once stays true when the log cannot be read again */

        k7i_log_begin(&create->log, create->create_id);
        create->log.script_done = script_done;
    }
    /* podman 4.3 was seen not to end the log of a container that had ended. */
    if (create->wait == K7I_WAIT_LOG)
        k7i_op_listen(op, (int64_t)SILENCE_FIRST_MS << create->silences);
    k7i_docker_container(request, "GET", create->id, rest, K7I_REPEAT_SAFE);
    return K7I_SEND;
}

static enum k7i_verdict fail_unread(struct k7i_op *op)
{
    const struct k7i_create *create = op->state;
    struct k7i_buf text;

    k7i_buf_init(&text, 16 * 1024);
    enum k7i_verdict verdict =
        k7i_log_show_trouble(&create->log, &text) != 0
            ? k7i_op_fail_memory(op)
            : k7i_op_fail(op, K7_ERR_PROTOCOL, "the engine's log of the container is not a framed stream: %s",
                          text.data);
    k7i_buf_clear(&text);
    return verdict;
}

/* By what the look found. */
static enum k7i_verdict judge(struct k7i_op *op)
{
    struct k7i_create *create = op->state;
    const struct k7i_response inspected = { .body = create->inspected.data,
                                            .body_len = create->inspected.len };
    struct k7i_container container;
    struct k7i_json *json;
    k7_error *error = NULL;
    enum k7i_verdict verdict;

    if (k7i_docker_parse(&inspected, "container", &json, &error) != 0)
        return k7i_op_fail_with(op, error);
    k7i_container_read(k7i_json_root(json), &container);
    if (create->wait == K7I_WAIT_READ) {
        verdict = k7i_create_fail_why(op, &container);
    } else if (k7i_container_has_ended(&container)) {
        create->wait = K7I_WAIT_READ;
        verdict = K7I_AGAIN;
    } else if (create->log.broken && create->troubles >= TROUBLES_MAX) {
        verdict = fail_unread(op);
    } else {
        create->wait = K7I_WAIT_LOG;
        verdict = k7i_op_pause(op, LOOK_AGAIN_MS);
    }
    k7i_json_free(json);
    return verdict;
}

/* The answer has ended, or there is no use in more of it. */
static enum k7i_verdict go_on(struct k7i_op *op)
{
    struct k7i_create *create = op->state;

    if (create->wait != K7I_WAIT_LOG)
        return judge(op);
    create->troubles += create->log.broken;
    create->wait = K7I_WAIT_LOOK;
    return K7I_AGAIN;
}

static enum k7i_verdict follow_chunk(struct k7i_op *op, const void *data, size_t len,
                                     int (*enough)(const struct k7i_log *))
{
    struct k7i_create *create = op->state;

    if (!data) {
        create->silences += create->silences < SILENCE_DOUBLINGS;
        return go_on(op);
    }
    if (create->wait == K7I_WAIT_LOOK) {
        k7i_buf_add(&create->inspected, data, len);
        if (create->inspected.failed)
            return create->inspected.failed == K7_ERR_NO_MEMORY
                       ? k7i_op_fail_memory(op)
                       : k7i_op_fail(op, K7_ERR_LIMIT,
                                     "the engine's description of the container is too long");
        return K7I_MORE;
    }
    k7i_log_add(&create->log, data, len);
    if (create->wait == K7I_WAIT_LOG && enough(&create->log))
        return K7I_NEXT;
    return create->log.trouble_len < sizeof create->log.trouble ? K7I_MORE : go_on(op);
}

static enum k7i_verdict follow_reply(struct k7i_op *op, const struct k7i_response *response)
{
    struct k7i_create *create = op->state;

    if (response->status == 200) {
        if (create->wait != K7I_WAIT_LOOK)
            k7i_log_end(&create->log);
        return go_on(op);
    }
    if (create->wait == K7I_WAIT_READ) { /* why the container ended is known: only its log is not */
        char text[32];
        int len = snprintf(text, sizeof text, "HTTP status %d", response->status);

        if (response->body_len > 0)
            k7i_log_spoil(&create->log, response->body, response->body_len);
        else
            k7i_log_spoil(&create->log, text, (size_t)len);
        return judge(op);
    }
    if (response->status == 500 && ++create->troubles < TROUBLES_MAX) {
        if (create->wait == K7I_WAIT_LOOK)
            return k7i_op_pause(op, LOOK_AGAIN_MS);
        create->wait = K7I_WAIT_LOOK;
        return K7I_AGAIN;
    }
    return k7i_docker_refused(op, response, response->status == 404 ? K7_ERR_START_FAILED : 0,
                              "cannot follow the container %s", create->container);
}

/* ---- the two waits ---- */

static int script_is_done(const struct k7i_log *log)
{
    return log->script_done;
}

static int is_ready(const struct k7i_log *log)
{
    return log->ready;
}

static enum k7i_verdict script_begin(struct k7i_op *op, struct k7i_request *request)
{
    const struct k7i_create *create = op->state;

    return create->egress == K7I_EGRESS_LOCKED ? follow(op, request) : K7I_SKIP; /* else "ready" covers it */
}

static enum k7i_verdict script_chunk(struct k7i_op *op, const void *data, size_t len)
{
    return follow_chunk(op, data, len, script_is_done);
}

static enum k7i_verdict ready_chunk(struct k7i_op *op, const void *data, size_t len)
{
    return follow_chunk(op, data, len, is_ready);
}

const struct k7i_step k7i_create_before_script = {
    .name = "before_script", .begin = script_begin, .chunk = script_chunk, .reply = follow_reply
};
const struct k7i_step k7i_create_ready = {
    .name = "ready", .begin = follow, .chunk = ready_chunk, .reply = follow_reply
};
