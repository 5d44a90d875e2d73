/* engine.c: see engine.h. */
#include "transport/docker/engine.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- what the engine is ---- */

struct k7i_engine k7i_docker_engine(struct k7i_docker *docker)
{
    pthread_mutex_lock(&docker->lock);
    struct k7i_engine engine = docker->engine;
    pthread_mutex_unlock(&docker->lock);
    return engine;
}

/* dockerd has no BuildahVersion. Seccomp: one of SecurityOptions is "name=seccomp,profile=default" (or "builtin", or a path), never "unconfined". */
void k7i_engine_read(const struct k7i_json_value *info, struct k7i_engine *ret_engine)
{
    const struct k7i_json_value *options = k7i_json_get(info, "SecurityOptions");
    int64_t cpu_count = k7i_json_int(k7i_json_get(info, "NCPU"), 0);

    *ret_engine = (struct k7i_engine){
        .known = 1,
        .is_podman = k7i_json_get(info, "BuildahVersion") != NULL,
        .memory_limit = k7i_json_bool(k7i_json_get(info, "MemoryLimit")),
        .swap_limit = k7i_json_bool(k7i_json_get(info, "SwapLimit")),
        .cpu_limit = k7i_json_bool(k7i_json_get(info, "CpuCfsQuota")),
        .pids_limit = k7i_json_bool(k7i_json_get(info, "PidsLimit")),
        .cpu_count = cpu_count > 0 && cpu_count < INT_MAX ? (int)cpu_count : 0,
    };
    for (size_t i = 0; i < k7i_json_count(options); i++) {
        const char *option = k7i_json_string(k7i_json_at(options, i));

        if (option && k7i_text_starts(option, "name=seccomp") && !strstr(option, "profile=unconfined"))
            ret_engine->seccomp = 1;
    }
}

int k7i_docker_learn(struct k7i_docker *docker, const struct k7i_response *response, k7_error **err)
{
    struct k7i_json *json;
    struct k7i_engine engine;
    int code = k7i_docker_parse(response, "what it can do", &json, err);

    if (code)
        return code;
    k7i_engine_read(k7i_json_root(json), &engine);
    k7i_json_free(json);
    pthread_mutex_lock(&docker->lock);
    docker->engine = engine;
    pthread_mutex_unlock(&docker->lock);
    return 0;
}

/* ---- requests ---- */

char *k7i_docker_container_name(const char *namespace_, const char *name)
{
    return k7i_sprintf("k7_%s_%s", namespace_, name);
}

void k7i_docker_request(struct k7i_request *request, const char *method, const char *path,
                        enum k7i_repeat repeat)
{
    request->method = method;
    request->repeat = repeat;
    k7i_buf_text(&request->target, K7I_DOCKER_API);
    k7i_buf_text(&request->target, path);
}

void k7i_docker_container(struct k7i_request *request, const char *method, const char *container,
                          const char *rest, enum k7i_repeat repeat)
{
    k7i_docker_request(request, method, "/containers/", repeat);
    k7i_request_segment(request, container);
    k7i_buf_text(&request->target, rest);
}

char *k7i_docker_label(const char *label, const char *value)
{
    return k7i_sprintf("%s=%s", label, value);
}

void k7i_docker_label_filter(struct k7i_request *request, const char *const *labels, size_t count)
{
    struct k7i_json_writer json;
    struct k7i_buf text;

    k7i_buf_init(&text, 4096);
    k7i_json_begin(&json, &text);
    k7i_json_open(&json, '{');
    k7i_json_key(&json, "label");
    k7i_json_open(&json, '[');
    for (size_t i = 0; i < count; i++)
        k7i_json_put_string(&json, labels[i]);
    k7i_json_close(&json, ']');
    k7i_json_close(&json, '}');
    if (text.failed)
        request->target.failed = text.failed;
    else
        k7i_request_segment(request, text.data);
    k7i_buf_clear(&text);
}

/* ---- answers ---- */

int k7i_docker_parse(const struct k7i_response *response, const char *what, struct k7i_json **ret_json,
                     k7_error **err)
{
    k7_error *cause = NULL;
    int code = k7i_json_parse(response->body, response->body_len, ret_json, &cause);

    if (code == K7_ERR_PARSE) {
        code = k7i_fail(err, K7_ERR_PROTOCOL, "the engine's answer to \"%s\" is not JSON: %s", what,
                        k7_error_get_message(cause));
        k7_error_unref(cause);
    } else {
        k7i_error_move(err, cause);
    }
    return code;
}

static int code_of_status(int status)
{
    switch (status) {
    case 401:
        return K7_ERR_UNAUTHENTICATED;
    case 403:
        return K7_ERR_FORBIDDEN;
    case 404:
        return K7_ERR_NOT_FOUND;
    case 409:
        return K7_ERR_CONFLICT;
    case 429:
        return K7_ERR_RATE_LIMITED;
    case 502:
    case 503:
    case 504:
        return K7_ERR_UNAVAILABLE;
    default:
        return status >= 500 ? K7_ERR_SERVER : status >= 400 ? K7_ERR_REJECTED : K7_ERR_PROTOCOL;
    }
}

void k7i_docker_words(struct k7i_buf *text, const char *message)
{
    enum { WORDS_MAX = 1000 };
    size_t len = strcspn(message, "\r\n");

    if (len > WORDS_MAX) {
        len = WORDS_MAX;
        while (len > 0 && ((unsigned char)message[len] & 0xC0) == 0x80)
            len--;
    }
    for (size_t i = 0; i < len; i++)
        k7i_buf_char(text, (unsigned char)message[i] < 0x20 || message[i] == 0x7F ? ' ' : message[i]);
}

static const char *message_of(const struct k7i_json *json)
{
    const char *message = k7i_json_get_string(k7i_json_root(json), "message");

    return message && *message ? message : k7i_json_get_string(k7i_json_root(json), "cause");
}

enum k7i_verdict k7i_docker_refused(struct k7i_op *op, const struct k7i_response *response, int code,
                                    const char *format, ...)
{
    char what[1024]; /* names and images fit; longer ones are cut */
    struct k7i_buf text;
    struct k7i_json *json = NULL;
    k7_error *error = NULL;
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    k7i_buf_init(&text, 8192);
    (void)k7i_json_parse(response->body, response->body_len, &json, NULL);
    const char *message = json ? message_of(json) : NULL;
    const char *cause = json ? k7i_json_get_string(k7i_json_root(json), "cause") : NULL;

    k7i_buf_text(&text, what);
    if (message) {
        k7i_buf_text(&text, ": ");
        k7i_docker_words(&text, message);
    } else {
        k7i_buf_printf(&text, ": the engine answered with HTTP status %d", response->status);
    }
    if (text.failed) {
        k7i_fail_memory(&error);
    } else {
        k7i_fail(&error, code ? code : code_of_status(response->status), "%s", text.data);
        k7i_error_set_http_status(error, response->status);
        k7i_error_set_outcome(error, K7_OUTCOME_REJECTED);
        k7i_error_set_retry_after_ms(error, response->retry_after_ms);
        k7i_error_set_reason(error, cause && !k7i_text_has_control(cause) ? cause : NULL);
        if (message)
            k7i_error_set_server_text(error, message, strlen(message));
    }
    k7i_buf_clear(&text);
    k7i_json_free(json);
    return k7i_op_fail_with(op, error);
}

int k7i_docker_says(const struct k7i_response *response, const char *words)
{
    struct k7i_json *json = NULL;
    int found = 0;

    if (response->status < 400 || k7i_json_parse(response->body, response->body_len, &json, NULL) != 0)
        return 0;
    const char *cause = k7i_json_get_string(k7i_json_root(json), "cause");
    const char *message = k7i_json_get_string(k7i_json_root(json), "message");

    found = (cause && strstr(cause, words)) || (message && strstr(message, words));
    k7i_json_free(json);
    return found;
}
