/* watch.h: the events of a watch (Kubernetes API concepts, "Efficient detection of changes"): JSON objects, one a line, that arrive in pieces. */
#ifndef K7I_KUBERNETES_WATCH_H
#define K7I_KUBERNETES_WATCH_H

#include "format/json.h"
#include "plan/op.h"

/* In a step's begin: a new stream. Zeroed memory is a watch; it is k7i_buf_clear()ed in the end. */
void k7i_watch_begin(struct k7i_buf *watch);
/* In a step's chunk: calls `event` for each event that is complete, until it returns something else than K7I_MORE, and returns that. type: "ADDED", "MODIFIED",
 * "DELETED", "BOOKMARK", "ERROR" (then the object is a Status). K7I_FAIL: what came is no event, or memory ran out. */
enum k7i_verdict k7i_watch_add(struct k7i_op *op, struct k7i_buf *watch, const void *data, size_t len,
                               enum k7i_verdict (*event)(struct k7i_op *op, void *user, const char *type,
                                                         const struct k7i_json_value *object),
                               void *user);

#endif
