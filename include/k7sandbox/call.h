/* call.h: how one call runs: its deadline, its cancel token, its callbacks. */
#ifndef K7SANDBOX_CALL_H
#define K7SANDBOX_CALL_H

#include <k7sandbox/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/* K7_NEVER: as a time limit: none. */
#define K7_NEVER (-1)

/* k7_call_new: the defaults of every call: no cancel token, no callbacks, the time limits of the client. A call object may be used for one call after
 * another, and for several at once as long as nobody changes it; a started operation (op.h) copies it. Errors: K7_ERR_NO_MEMORY. Since 0.1. */
K7_API int k7_call_new(k7_call **ret_call, k7_error **err);
K7_API void k7_call_free(k7_call *call);

/* k7_call_set_timeout_ms: the deadline of the call, in milliseconds from its start, over everything: name look-up, connecting, every attempt, every
 * wait. 1 or more, or K7_NEVER; 0 is an error. Default: the key timeout_ms, else list and get 30000, delete and delete_all 120000, create 600000; of a
 * call over many (many.h) these, and the key, are for each item, and the whole has none. What was made is taken back after it: k7_call_set_cleanup_timeout_ms().
 * Errors: K7_ERR_INVALID_ARGUMENT. Since 0.1. */
K7_API int k7_call_set_timeout_ms(k7_call *call, int64_t timeout_ms, k7_error **err);

/* k7_call_set_cleanup_timeout_ms: after a failure, the deadline or a cancel: how long the call may go on to take back what it made. 0: not at
 * all (what is left is named in the error). Default: the key cleanup_timeout_ms (15000). Errors: K7_ERR_INVALID_ARGUMENT (negative). Since 0.1. */
K7_API int k7_call_set_cleanup_timeout_ms(k7_call *call, int64_t timeout_ms, k7_error **err);

/* k7_call_set_cancel: the token that cancels this call; a reference is taken. NULL: none. Errors: none today. Since 0.1. */
K7_API int k7_call_set_cancel(k7_call *call, k7_cancel *cancel, k7_error **err);

/* k7_call_set_traceparent: a W3C trace context ("00-<32 hex>-<16 hex>-<2 hex>") sent as the header traceparent with every HTTP request of the call.
 * NULL: none. Errors: K7_ERR_INVALID_ARGUMENT. Since 0.1. */
K7_API int k7_call_set_traceparent(k7_call *call, const char *traceparent, k7_error **err);

/* k7_call_set_progress: fn is told when a step begins, and how far it is. Errors: K7_ERR_NO_MEMORY. Since 0.1. */
K7_API int k7_call_set_progress(k7_call *call, void (*fn)(void *user, const k7_progress *progress),
                                void *user, void (*free_user)(void *user), k7_error **err);
/* Inside a progress callback. Borrowed. Since 0.1. */
K7_API const char *k7_progress_get_operation(const k7_progress *progress); /* "create" */
/* "pull image", "start", …; "undo …" while taking back */
K7_API const char *k7_progress_get_step(const k7_progress *progress);
K7_API const char *k7_progress_get_text(const k7_progress *progress); /* detail for a person, or NULL */
/* how much is done, e.g. bytes pulled; -1 unknown */
K7_API int64_t k7_progress_get_done(const k7_progress *progress);
K7_API int64_t k7_progress_get_total(const k7_progress *progress); /* of how much; -1 unknown */

/* k7_call_set_trace: fn is told of every request attempt after it ended. Errors: K7_ERR_NO_MEMORY. Since 0.1. */
K7_API int k7_call_set_trace(k7_call *call, void (*fn)(void *user, const k7_trace *trace), void *user,
                             void (*free_user)(void *user), k7_error **err);
/* Inside a trace callback. Borrowed. No header and no body is ever shown, so no secret is. Since 0.1. */
K7_API const char *k7_trace_get_operation(const k7_trace *trace);
K7_API const char *k7_trace_get_step(const k7_trace *trace);
K7_API const char *k7_trace_get_method(const k7_trace *trace);
/* scheme, host and target; for a Unix socket its path comes first */
K7_API const char *k7_trace_get_url(const k7_trace *trace);
K7_API int k7_trace_get_attempt(const k7_trace *trace);     /* 1, 2, … */
K7_API int k7_trace_get_http_status(const k7_trace *trace); /* 0: no answer */
K7_API int k7_trace_get_error_code(const k7_trace *trace);  /* K7_ERR_* when there was no answer, else 0 */
K7_API int64_t k7_trace_get_duration_us(const k7_trace *trace);  /* microseconds */
K7_API int k7_trace_is_connection_reused(const k7_trace *trace); /* 1: on a warm connection */

/* k7_call_set_dry_run: the call sends nothing: fn is shown each request that it would send, in order, as if each were answered well, and the call succeeds without a
 * result: *ret_sandbox and *ret_results are NULL, a list is NULL or empty. What only an answer could tell stands as a placeholder in braces ("{uid}"), and so does
 * the value of every environment variable ("{value}"); where the way depends on an answer, the usual one is shown. A request that is made again and again (a wait) is
 * shown once. fn NULL: no dry run. Errors: K7_ERR_NO_MEMORY; the call itself fails with K7_ERR_UNSUPPORTED_ARGUMENT over a transport that sends no requests (memory, custom).
 * Since 0.1. */
K7_API int k7_call_set_dry_run(k7_call *call, void (*fn)(void *user, const k7_dry_request *request),
                               void *user, void (*free_user)(void *user), k7_error **err);
/* Inside a dry run's callback. Borrowed. No header is ever shown, so no credential is. Since 0.1. */
K7_API const char *k7_dry_request_get_operation(const k7_dry_request *request);
K7_API const char *k7_dry_request_get_step(const k7_dry_request *request);
K7_API const char *k7_dry_request_get_method(const k7_dry_request *request);
/* scheme, host and target; for a Unix socket its path comes first */
K7_API const char *k7_dry_request_get_url(const k7_dry_request *request);
K7_API const char *k7_dry_request_get_content_type(const k7_dry_request *request); /* NULL: no body */
K7_API const char *k7_dry_request_get_body(const k7_dry_request *request); /* with a NUL after it; or NULL */
K7_API size_t k7_dry_request_get_body_len(const k7_dry_request *request);  /* bytes, without that NUL */

/* k7_call_set_on_interrupt: fn runs on the calling thread when a signal interrupted the wait of a blocking call, or of k7_loop_wait() and k7_op_wait() for an operation
 * that was started with it; non-zero cancels the call. A signal that comes just before the wait, or that another thread gets, interrupts nothing: a handler
 * that has to be heard at whatever moment triggers a cancel token (k7_cancel_trigger()). Errors: K7_ERR_NO_MEMORY. Since 0.1. */
K7_API int k7_call_set_on_interrupt(k7_call *call, int (*fn)(void *user), void *user,
                                    void (*free_user)(void *user), k7_error **err);

/* k7_cancel_new: a cancel token. One token may be given to any number of calls, running or not yet begun. Errors: K7_ERR_NO_MEMORY, K7_ERR_SYSTEM (no
 * descriptor left). Since 0.1. */
K7_API int k7_cancel_new(k7_cancel **ret_cancel, k7_error **err);
K7_API k7_cancel *k7_cancel_ref(k7_cancel *cancel);
K7_API k7_cancel *k7_cancel_unref(k7_cancel *cancel);
/* k7_cancel_trigger: the first trigger stops the forward work of every call that has the token within 100 ms; what they made is then taken back, within the
 * clean-up time: the answer to a create that was sent is awaited for that. The second abandons that, too. A call begun with a triggered token fails at once. From any thread and from signal handlers; errno is kept. Since 0.1. */
K7_API void k7_cancel_trigger(k7_cancel *cancel);
/* k7_cancel_count: how often it was triggered. Any thread. Since 0.1. */
K7_API int32_t k7_cancel_count(const k7_cancel *cancel);

#ifdef __cplusplus
}
#endif

#endif
