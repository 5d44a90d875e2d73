/* watch.c: the events of a watch, from pieces to lines to objects. */
#include "transport/kubernetes/watch.h"

#include "base/error.h"

#include <string.h>

enum { EVENT_LIMIT = 4 * 1024 * 1024 }; /* etcd keeps objects of up to 1.5 MB */

void k7i_watch_begin(struct k7i_buf *watch)
{
    k7i_buf_clear(watch);
    k7i_buf_init(watch, EVENT_LIMIT);
}

static enum k7i_verdict read_line(struct k7i_op *op, const struct k7i_buf *line,
                                  enum k7i_verdict (*event)(struct k7i_op *op, void *user, const char *type,
                                                            const struct k7i_json_value *object),
                                  void *user)
{
    struct k7i_json *json = NULL;
    k7_error *error = NULL;
    int code = k7i_json_parse(line->data, line->len, &json, &error);

    if (code == K7_ERR_NO_MEMORY)
        return k7i_op_fail_with(op, error);
    k7_error_unref(error);
    const char *type = code ? NULL : k7i_json_get_string(k7i_json_root(json), "type");
    const struct k7i_json_value *object = code ? NULL : k7i_json_get(k7i_json_root(json), "object");
    enum k7i_verdict verdict =
        type && object
            ? event(op, user, type, object)
            : k7i_op_fail(op, K7_ERR_PROTOCOL, "the API server's watch says something that is no event");
    k7i_json_free(json);
    return verdict;
}

enum k7i_verdict k7i_watch_add(struct k7i_op *op, struct k7i_buf *watch, const void *data, size_t len,
                               enum k7i_verdict (*event)(struct k7i_op *op, void *user, const char *type,
                                                         const struct k7i_json_value *object),
                               void *user)
{
    enum k7i_verdict verdict = K7I_MORE;
    const char *at = data, *end = at + len;

    while (at < end && verdict == K7I_MORE) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));

        k7i_buf_add(watch, at, (size_t)((newline ? newline : end) - at));
        if (watch->failed == K7_ERR_NO_MEMORY)
            return k7i_op_fail_memory(op);
        if (watch->failed)
            return k7i_op_fail(op, K7_ERR_LIMIT, "an event of the API server's watch is longer than %d bytes",
                               EVENT_LIMIT);
        if (!newline)
            break;
        if (watch->len > 0)
            verdict = read_line(op, watch, event, user);
        k7i_buf_reset(watch);
        at = newline + 1;
    }
    return verdict;
}
