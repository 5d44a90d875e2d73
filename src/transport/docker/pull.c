/* pull.c: see pull.h. */
#include "transport/docker/pull.h"

#include "base/alloc.h"
#include "format/json.h"

#include <stdio.h>
#include <string.h>

enum { LINE_MAX_LEN = 64 * 1024 };

void k7i_pull_clear(struct k7i_pull *pull)
{
    k7i_free(pull->error);
    if (pull->line.data)
        k7i_buf_clear(&pull->line);
    *pull = (struct k7i_pull){ 0 };
}

void k7i_pull_begin(struct k7i_pull *pull)
{
    k7i_pull_clear(pull);
    k7i_buf_init(&pull->line, LINE_MAX_LEN);
}

static void note_layer(struct k7i_pull *pull, const char *id, const struct k7i_json_value *detail)
{
    int64_t total = k7i_json_int(k7i_json_get(detail, "total"), -1);
    int64_t done = k7i_json_int(k7i_json_get(detail, "current"), -1);
    struct k7i_pull_layer *layer = NULL;

    if (total <= 0 || total > INT64_MAX / K7I_PULL_LAYERS || done < 0)
        return;
    for (size_t i = 0; i < pull->layer_count && !layer; i++)
        if (strncmp(pull->layers[i].id, id, sizeof layer->id - 1) == 0)
            layer = &pull->layers[i];
    if (!layer) {
        if (pull->layer_count == K7I_PULL_LAYERS)
            return;
        layer = &pull->layers[pull->layer_count++];
        snprintf(layer->id, sizeof layer->id, "%s", id);
    }
    layer->total = total;
    layer->done = done < total ? done : total;
}

static int read_line(struct k7i_pull *pull)
{
    struct k7i_json *json;
    int code = k7i_json_parse(pull->line.data, pull->line.len, &json, NULL);

    k7i_buf_reset(&pull->line);
    if (code)
        return code == K7_ERR_PARSE ? K7_ERR_PROTOCOL : code;
    const struct k7i_json_value *root = k7i_json_root(json);
    const char *error = k7i_json_get_string(k7i_json_get(root, "errorDetail"), "message");
    const char *status = k7i_json_get_string(root, "status"), *id = k7i_json_get_string(root, "id");

    if (!error)
        error = k7i_json_get_string(root, "error");
    /* As in the answer to any other request: podman writes its error so into the stream that it has begun. */
    if (!error && !status)
        error = k7i_json_get_string(root, "message");
    if (error && !pull->error && !(pull->error = k7i_strdup(error)))
        code = K7_ERR_NO_MEMORY;
    if (status)
        snprintf(pull->status, sizeof pull->status, "%s", status);
    /* Unpacking counts the same bytes once more: only the download is progress. */
    if (id && status && strcmp(status, "Extracting") != 0)
        note_layer(pull, id, k7i_json_get(root, "progressDetail"));
    k7i_json_free(json);
    return code;
}

int k7i_pull_add(struct k7i_pull *pull, const void *data, size_t len)
{
    const char *p = data, *end = p + len;
    int code = 0;

    while (p < end && !code) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        size_t piece = (size_t)((newline ? newline : end) - p);

        k7i_buf_add(&pull->line, p, piece);
        p += piece + (newline != NULL);
        code = pull->line.failed;
        if (newline && !code)
            code = k7i_pull_end(pull);
    }
    return code;
}

int k7i_pull_end(struct k7i_pull *pull)
{
    if (strspn(pull->line.data, " \t\r") == pull->line.len) {
        k7i_buf_reset(&pull->line);
        return 0;
    }
    return read_line(pull);
}

void k7i_pull_progress(const struct k7i_pull *pull, int64_t *ret_done, int64_t *ret_total)
{
    *ret_done = *ret_total = pull->layer_count ? 0 : -1;
    for (size_t i = 0; i < pull->layer_count; i++) {
        *ret_done += pull->layers[i].done;
        *ret_total += pull->layers[i].total;
    }
}
