/* many.h: create, get and delete many sandboxes in one call: some at once, not too fast, and with a result for each.
 *
 * What is to be done stands in a k7_batch. A call over it is one operation: its deadline (call.h; default: none), its cancel token and its callbacks are for all of it; each item has
 * the default deadline of its operation, from its own beginning, and never more than what is left for all. Items are begun in the order in which they were added; one that
 * fails does not stop the others. Progress is told with the item's name each time one has ended (done and total are items).
 *
 * Supported where create, get or delete is. All since 0.1. */
#ifndef K7SANDBOX_MANY_H
#define K7SANDBOX_MANY_H

#include <k7sandbox/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/* k7_batch_new: a batch without items; 8 at once, no limit of starts per second. A builder: it belongs to one thread while it is filled; afterwards it may be used for any number of
 * calls. The caller frees it with k7_batch_free(). Errors: K7_ERR_NO_MEMORY. */
K7_API int k7_batch_new(k7_batch **ret_batch, k7_error **err);
K7_API void k7_batch_free(k7_batch *batch);

/* k7_batch_add_spec: adds a copy of the spec; to be created, or got or deleted by its name and namespace. Errors: K7_ERR_INVALID_ARGUMENT (as k7_spec_validate()),
 * K7_ERR_NO_MEMORY. */
K7_API int k7_batch_add_spec(k7_batch *batch, const k7_spec *spec, k7_error **err);
/* k7_batch_add_name: adds a sandbox to be got or deleted; namespace_ NULL: the client's default. Errors: K7_ERR_INVALID_ARGUMENT, K7_ERR_NO_MEMORY. */
K7_API int k7_batch_add_name(k7_batch *batch, const char *namespace_, const char *name, k7_error **err);
/* k7_batch_count: how many items it has. */
K7_API size_t k7_batch_count(const k7_batch *batch);

/* k7_batch_set_at_once: how many items may be under way at the same time, each with a connection of its own: 1 to 256. Errors: K7_ERR_INVALID_ARGUMENT. */
K7_API int k7_batch_set_at_once(k7_batch *batch, int32_t count, k7_error **err);
/* k7_batch_set_starts_per_second: how many items may be begun in a second, evenly: 1 to 1000; 0: as many as there is room for. Errors: K7_ERR_INVALID_ARGUMENT. */
K7_API int k7_batch_set_starts_per_second(k7_batch *batch, int32_t count, k7_error **err);

/* k7_sandbox_create_many, _get_many, _delete_many: as k7_sandbox_create(), _get() and _delete(), for each item. 0 once the items are begun, whatever becomes of them, also after a cancel or
 * the deadline: then *ret_results has one result for each item, in the order of the batch: its name, what became of it, its error, and for create and get its sandbox. An
 * item that was begun and then stopped by a cancel or the deadline has an error; one whose turn never came is NOT_STARTED. options: for every item; a uid is refused.
 * Errors: K7_ERR_INVALID_ARGUMENT (also an item without a spec, to be created), UNSUPPORTED_OPERATION, UNSUPPORTED_ARGUMENT (a dry run over memory or a custom transport),
 * NO_MEMORY, FORKED, SYSTEM; in a dry run, the first of an item. */
K7_API int k7_sandbox_create_many(k7_client *client, const k7_batch *batch, const k7_call *call,
                                  k7_results **ret_results, k7_error **err);
K7_API int k7_sandbox_get_many(k7_client *client, const k7_batch *batch, const k7_call *call,
                               k7_results **ret_results, k7_error **err);
K7_API int k7_sandbox_delete_many(k7_client *client, const k7_batch *batch, const k7_delete_options *options,
                                  const k7_call *call, k7_results **ret_results, k7_error **err);

/* Their twins (op.h): the batch may be changed or freed at once. k7_op_take_results() gives the results. Errors: as
 * k7_sandbox_create_start(). */
K7_API int k7_sandbox_create_many_start(k7_client *client, const k7_batch *batch, const k7_call *call,
                                        k7_loop *loop, k7_op **ret_op, k7_error **err);
K7_API int k7_sandbox_get_many_start(k7_client *client, const k7_batch *batch, const k7_call *call,
                                     k7_loop *loop, k7_op **ret_op, k7_error **err);
K7_API int k7_sandbox_delete_many_start(k7_client *client, const k7_batch *batch,
                                        const k7_delete_options *options, const k7_call *call, k7_loop *loop,
                                        k7_op **ret_op, k7_error **err);

#ifdef __cplusplus
}
#endif

#endif
