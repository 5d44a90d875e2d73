/* op.h: operations that do not block: a loop, and a `_start` twin of every operation.
 *
 * A loop is what started operations run on: nothing happens by itself, everything while the loop is run. Wait until its descriptor is readable or its timeout is over,
 * then call k7_loop_process(); or leave the waiting to k7_loop_wait(). Starting, cancelling and waking make the descriptor readable, so that a program's own
 * event loop has to ask for the timeout only after k7_loop_process().
 *
 * One loop may serve any number of clients, one client any number of loops and blocking calls. A loop, and every function of its operations, belongs to one thread at a
 * time; only k7_loop_wake(), k7_loop_get_fd() and k7_op_cancel() may be called from any. Progress, trace and the functions of a custom transport run inside k7_loop_process(),
 * k7_loop_wait(), k7_op_wait() and k7_loop_free(), completion callbacks at their end: with no lock held and never inside a `_start`. A completion callback, unlike all
 * others, may call everything but what runs the same loop: it may start operations, take results, free its own operation, and even the loop, which then goes when
 * the function that runs it returns.
 *
 * In a child of fork() the parent's loops and running operations fail with K7_ERR_FORKED; freeing them there is allowed, and gives back only what the two processes do
 * not share. All since 0.1. */
#ifndef K7SANDBOX_OP_H
#define K7SANDBOX_OP_H

#include <k7sandbox/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/* k7_loop_new: a loop without operations. The caller owns it and frees it with k7_loop_free(). It holds a few descriptors, and the connections of its operations; up to
 * 64 idle ones are kept for the next. Errors: K7_ERR_NO_MEMORY, K7_ERR_SYSTEM (no descriptor left). */
K7_API int k7_loop_new(k7_loop **ret_loop, k7_error **err);

/* k7_loop_free: frees a loop. Operations that still run end at once, and what they made is not taken back: with K7_ERR_CANCELLED, which names what they made, and with the
 * outcome UNKNOWN where something was sent; one that was being taken back keeps the error that led there; one over many, whose set is known, ends DONE, and its results tell
 * of each. Trace, progress and completion callbacks run in here; the handles stay valid until they are freed. The thread of the loop. */
K7_API void k7_loop_free(k7_loop *loop);

/* k7_loop_get_fd: a descriptor that is readable when k7_loop_process() has something to do. It is the loop's own: poll it (level-triggered), and neither read nor
 * close it. The same for the life of the loop. -1 for NULL. Any thread. */
K7_API int k7_loop_get_fd(const k7_loop *loop);

/* k7_loop_get_timeout_ms: in how many milliseconds k7_loop_process() is due, readable or not; 0: now; -1: not before the descriptor is readable. */
K7_API int k7_loop_get_timeout_ms(k7_loop *loop);

/* k7_loop_process: does what is due, without waiting, then tells of the operations that have ended. A token provider or a custom transport that blocks, blocks this, too.
 * Errors: K7_ERR_SYSTEM, K7_ERR_NO_MEMORY (the loop failed: all its operations end with that error, and nothing can be started on it any more), K7_ERR_FORKED,
 * K7_ERR_INVALID_ARGUMENT (called from a callback of the same loop). How an operation ended is told by the operation, never here. */
K7_API int k7_loop_process(k7_loop *loop, k7_error **err);

/* k7_loop_wait: the same, after having waited until there is something to do, at most timeout_ms milliseconds (0: do not wait; -1: for ever). It ends with the first that
 * happens, not only with the end of an operation. When a signal interrupts it, the on_interrupt callbacks of its operations' calls run (call.h). Errors: as
 * k7_loop_process(). */
K7_API int k7_loop_wait(k7_loop *loop, int timeout_ms, k7_error **err);

/* k7_loop_wake: makes the descriptor readable, so that a wait ends: the one under way, or else the next. From any thread and from signal handlers, while the loop lives;
 * errno is kept. */
K7_API void k7_loop_wake(k7_loop *loop);

/* k7_loop_op_count: how many operations of the loop have not ended, those included that were freed and are still being taken back. Run the loop until it is 0 to be sure
 * that nothing is under way. */
K7_API size_t k7_loop_op_count(const k7_loop *loop);

/* The twins of the operations of sandbox.h. Parameters and defaults are theirs; everything is copied: the spec, the query, the options and the call may be changed or
 * freed at once (a callback of the call is freed when neither the call object nor a started operation has it any more), and the client lives on until the operation
 * has ended. 0: *ret_op is the running operation; the caller owns it and frees it with k7_op_free(). Errors: what can be seen without asking a server
 * (K7_ERR_INVALID_ARGUMENT, UNSUPPORTED_OPERATION, UNSUPPORTED_ARGUMENT, FORKED, NO_MEMORY, SYSTEM): nothing was started then. All others are the
 * operation's. The thread of the loop. */
K7_API int k7_sandbox_create_start(k7_client *client, const k7_spec *spec, const k7_call *call, k7_loop *loop,
                                   k7_op **ret_op, k7_error **err);
K7_API int k7_sandbox_list_start(k7_client *client, const k7_query *query, const k7_call *call, k7_loop *loop,
                                 k7_op **ret_op, k7_error **err);
K7_API int k7_sandbox_get_start(k7_client *client, const char *namespace_, const char *name,
                                const k7_call *call, k7_loop *loop, k7_op **ret_op, k7_error **err);
K7_API int k7_sandbox_delete_start(k7_client *client, const char *namespace_, const char *name,
                                   const k7_delete_options *options, const k7_call *call, k7_loop *loop,
                                   k7_op **ret_op, k7_error **err);
K7_API int k7_sandbox_delete_all_start(k7_client *client, const char *namespace_, const k7_call *call,
                                       k7_loop *loop, k7_op **ret_op, k7_error **err);

/* States of an operation. It leaves RUNNING just before its completion callback runs. */
#define K7_OP_RUNNING 0
#define K7_OP_DONE    1 /* it succeeded */
#define K7_OP_FAILED  2 /* it failed, was cancelled, or ran out of time; k7_op_get_error() */

/* k7_op_get_state: whether it runs, K7_OP_*; -1 for NULL. k7_op_get_operation: "create", "list", …; static text. */
K7_API int k7_op_get_state(const k7_op *op);
K7_API const char *k7_op_get_operation(const k7_op *op);

/* k7_op_set_on_done: fn is called once, when the operation has ended, on the thread that runs the loop, and never from here; not at all once the operation was freed.
 * free_user runs once: after fn, with k7_op_free(), when another callback takes its place, or when this call fails. fn NULL: no callback. Errors:
 * K7_ERR_INVALID_ARGUMENT (it has ended already). */
K7_API int k7_op_set_on_done(k7_op *op, void (*fn)(void *user, k7_op *op), void *user,
                             void (*free_user)(void *user), k7_error **err);

/* k7_op_cancel: as k7_cancel_trigger() on a token that only this operation has: the first stops its forward work, and what it made is taken back; the second abandons
 * that. It still ends as operations do, with its callback, while the loop is run. Nothing when it has ended. From any thread and from signal
 * handlers, while the operation and its loop live; errno is kept. */
K7_API void k7_op_cancel(k7_op *op);

/* k7_op_wait: runs the loop, and with it all its other operations, until this one has ended. 0 also when it failed: the functions below tell. As in a blocking call, a signal
 * does not end the wait, but lets the on_interrupt callbacks decide. Errors: K7_ERR_FORKED, K7_ERR_INVALID_ARGUMENT (called from a callback of the same loop). */
K7_API int k7_op_wait(k7_op *op, k7_error **err);

/* k7_op_take_…: what an operation gave: the caller's, with a reference of its own. _sandbox: create and get; _sandboxes: list; _results: delete_all and those over many. When the
 * operation failed: its code, and *err is its error. After a dry run the result is NULL. Errors of their own: K7_ERR_INVALID_ARGUMENT (it still runs, it gives
 * something else, or that was taken already). */
K7_API int k7_op_take_sandbox(k7_op *op, k7_sandbox **ret_sandbox, k7_error **err);
K7_API int k7_op_take_sandboxes(k7_op *op, k7_sandboxes **ret_list, k7_error **err);
K7_API int k7_op_take_results(k7_op *op, k7_results **ret_results, k7_error **err);
/* k7_op_take_error: 0 when the operation succeeded, else its code, with its error in *err (a reference each time): for delete, which gives nothing. Errors of its own:
 * K7_ERR_INVALID_ARGUMENT (it still runs). */
K7_API int k7_op_take_error(k7_op *op, k7_error **err);
/* k7_op_get_error: why it failed: borrowed; NULL while it runs, and when it succeeded. */
K7_API const k7_error *k7_op_get_error(const k7_op *op);

/* k7_op_free: gives the handle back. One that still runs is cancelled, unless it was already, and goes on without a handle: what it made is taken back while the loop is
 * run (k7_loop_op_count() tells how long); its completion callback is not called any more, and nobody hears what could not be taken back. The thread of the loop. */
K7_API void k7_op_free(k7_op *op);

#ifdef __cplusplus
}
#endif

#endif
