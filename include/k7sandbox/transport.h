/* transport.h: an application's own transport: functions that answer operations, for endpoints of a scheme of its own.
 *
 * A transport registers one function per operation and is given to a configuration; a client whose endpoint starts with "SCHEME:" then
 * calls them. delete_all is composed of list and delete. A function answers exactly once, in place or later from any thread, and must return soon; the
 * call's deadline and cancel end the call even when no answer ever comes, and an answer that comes later is dropped. All since 0.1. */
#ifndef K7SANDBOX_TRANSPORT_H
#define K7SANDBOX_TRANSPORT_H

#include <k7sandbox/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/* k7_transport_new: a transport without operations. scheme: [a-z][a-z0-9+.-]*, none of the built-in ones. user is passed to every function; free_user runs once when the last
 * reference (the application's, configurations', clients') is gone. Errors: K7_ERR_INVALID_ARGUMENT, K7_ERR_NO_MEMORY. */
K7_API int k7_transport_new(const char *scheme, void *user, void (*free_user)(void *user),
                            k7_transport **ret_transport, k7_error **err);
K7_API k7_transport *k7_transport_ref(k7_transport *transport);
K7_API k7_transport *k7_transport_unref(k7_transport *transport);

/* k7_transport_on: registers what does an operation. operation: "create", "list", "get" or "delete". fn runs on the calling thread of the operation, possibly on several at once.
 * Operations without a function are unsupported. Errors: K7_ERR_INVALID_ARGUMENT (unknown operation, or the transport is in use already). */
K7_API int k7_transport_on(k7_transport *transport, const char *operation,
                           void (*fn)(void *user, const k7_request *request, k7_reply *reply),
                           k7_error **err);

/* The request; valid until its reply was answered. Getters: NULL or 0 where the operation has no such argument. Any thread. */
K7_API const char *k7_request_get_operation(const k7_request *request);
K7_API const char *k7_request_get_endpoint(const k7_request *request);  /* as configured: "scheme:…" */
K7_API const char *k7_request_get_namespace(const k7_request *request); /* NULL: all namespaces (list) */
K7_API const char *k7_request_get_name(const k7_request *request);      /* create, get, delete */
K7_API const k7_spec *k7_request_get_spec(const k7_request *request);   /* create */
K7_API const char *k7_request_get_uid(const k7_request *request);       /* delete: only if it has this uid */
/* delete: 1: answer K7_ERR_NOT_FOUND when it is not there */
K7_API int k7_request_is_missing_error(const k7_request *request);
K7_API int k7_request_is_no_wait(const k7_request *request); /* delete */
/* until the deadline; K7_NEVER: none */
K7_API int64_t k7_request_get_remaining_ms(const k7_request *request);
/* 1: the call has ended; an answer will be dropped */
K7_API int k7_request_is_cancelled(const k7_request *request);

/* The answer: exactly one of these, from any thread; the reply and its request are gone afterwards. The texts are copied. A text that is not what it should be fails the
 * operation with K7_ERR_PROTOCOL. error: code K7_ERR_*; message may be NULL (then the code's meaning is told). By its code the error's outcome is UNKNOWN for
 * CONNECTION_LOST, TIMEOUT, SERVER, PROTOCOL and LIMIT; NOT_SENT for errors that come before a request; else REJECTED. A second answer to the same reply cannot be
 * detected: the reply is freed memory by then, as after free(). */
K7_API void k7_reply_sandbox_json(k7_reply *reply, const char *text,
                                  size_t len); /* create, get: one sandbox object of the K7 API */
K7_API void k7_reply_list_json(k7_reply *reply, const char *text, size_t len); /* list: an array of them */
K7_API void k7_reply_done(k7_reply *reply);                                    /* delete */
K7_API void k7_reply_error(k7_reply *reply, int code, const char *message);

#ifdef __cplusplus
}
#endif

#endif
