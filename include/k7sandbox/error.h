/* error.h: error numbers, their classes, and the error object.
 *
 * Numbers are append-only and never change. Programs should decide by class; a later version may report a more precise number of
 * the same class. */
#ifndef K7SANDBOX_ERROR_H
#define K7SANDBOX_ERROR_H

#include <k7sandbox/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Error numbers. */
#define K7_ERR_NO_MEMORY             (-1) /* memory ran out */
#define K7_ERR_INVALID_ARGUMENT      (-2) /* an argument or a field of the spec is wrong; nothing was sent */
#define K7_ERR_INVALID_CONFIG        (-3) /* a configuration key or value is wrong */
#define K7_ERR_PARSE                 (-4) /* a text given by the caller (JSON, YAML, env file) could not be read */
#define K7_ERR_IO                    (-5) /* a local file could not be read */
#define K7_ERR_UNSUPPORTED_OPERATION (-6) /* the transport or the server has no such operation */
#define K7_ERR_UNSUPPORTED_ARGUMENT                                                                          \
    (-7) /* the transport or the server cannot honour this field; it was not dropped */
#define K7_ERR_NOT_FOUND       (-8)  /* no such sandbox */
#define K7_ERR_ALREADY_EXISTS  (-9)  /* something of that name is in the way */
#define K7_ERR_CONFLICT        (-10) /* the object changed or is being deleted */
#define K7_ERR_UNAUTHENTICATED (-11) /* the credential is missing, unknown or expired (HTTP 401) */
#define K7_ERR_FORBIDDEN       (-12) /* the credential does not allow this (HTTP 403) */
#define K7_ERR_QUOTA_EXCEEDED  (-13) /* a quota of the tenant or namespace is used up */
#define K7_ERR_RATE_LIMITED    (-14) /* too many requests (HTTP 429), also after the allowed repetitions */
#define K7_ERR_REJECTED        (-15) /* the server says that the request is wrong (HTTP 400, 422 and other 4xx) */
#define K7_ERR_SERVER          (-16) /* the server failed (HTTP 5xx) */
#define K7_ERR_UNAVAILABLE                                                                                   \
    (-17) /* the server or what is behind it is not available now (HTTP 502, 503, 504) */
#define K7_ERR_RESOLVE         (-18) /* the host name could not be resolved */
#define K7_ERR_CONNECT         (-19) /* no connection could be made */
#define K7_ERR_TLS             (-20) /* the TLS handshake or the check of a certificate failed */
#define K7_ERR_CONNECTION_LOST (-21) /* the connection broke before the answer was complete */
#define K7_ERR_PROTOCOL                                                                                      \
    (-22) /* the answer is not what the protocol says: garbage, a redirect, a wrong length */
#define K7_ERR_LIMIT         (-23) /* an answer or a text exceeds a limit of the library */
#define K7_ERR_TIMEOUT       (-24) /* the deadline of the call passed */
#define K7_ERR_CANCELLED     (-25) /* the call was cancelled */
#define K7_ERR_IMAGE_PULL    (-26) /* the image could not be pulled */
#define K7_ERR_SCRIPT_FAILED (-27) /* before_script ended with a failure; its output is in the message */
#define K7_ERR_START_FAILED  (-28) /* the sandbox was made but did not start or ended at once */
#define K7_ERR_FORKED        (-29) /* the client or the loop was made by the parent process */
#define K7_ERR_SYSTEM        (-30) /* the operating system or a library refused a resource */
#define K7_ERR_CREDENTIAL                                                                                    \
    (-31) /* the token provider, the credential plugin or the token file gave nothing usable */

/* Classes: what a program can decide by. */
#define K7_CLASS_NONE        0  /* no error */
#define K7_CLASS_INVALID     1  /* mend the program or its input */
#define K7_CLASS_UNSUPPORTED 2  /* this transport or server cannot do it */
#define K7_CLASS_NOT_FOUND   3  /* it is not there */
#define K7_CLASS_CONFLICT    4  /* something is in the way */
#define K7_CLASS_AUTH        5  /* credential or rights */
#define K7_CLASS_QUOTA       6  /* quota or rate limit */
#define K7_CLASS_NETWORK     7  /* the server could not be reached, or the connection broke */
#define K7_CLASS_PROTOCOL    8  /* the peer does not speak as expected */
#define K7_CLASS_SERVER      9  /* the server failed */
#define K7_CLASS_TIMEOUT     10 /* the deadline passed */
#define K7_CLASS_CANCELLED   11 /* the call was cancelled */
#define K7_CLASS_SANDBOX     12 /* the sandbox itself failed: image, script, start */
#define K7_CLASS_RESOURCE    13 /* this process lacks memory or another resource */

/* Outcomes: what is known about the effect of the call at the server. */
#define K7_OUTCOME_NOT_SENT 0 /* nothing was handed to the network, or what was made has been taken back */
#define K7_OUTCOME_REJECTED 1 /* the server answered and refused */
#define K7_OUTCOME_UNKNOWN                                                                                   \
    2 /* it may have taken effect, or something of it is left: no usable answer came, or taking back failed */

/* The table of error numbers, for bindings and documentation. code_at: 0 when i is out of range. name ("K7_ERR_TIMEOUT") and meaning: static
 * text, NULL for a number that is not in the table. Any thread. Since 0.1. */
K7_API size_t k7_error_code_count(void);
K7_API int k7_error_code_at(size_t i);
K7_API const char *k7_error_code_name(int code);
K7_API int k7_error_code_class(int code);
K7_API const char *k7_error_code_meaning(int code);
/* k7_error_class_name: "invalid", "network", …; NULL for an unknown class. Any thread. Since 0.1. */
K7_API const char *k7_error_class_name(int error_class);

/* k7_error_ref, k7_error_unref: share and release. unref returns NULL. Any thread. Since 0.1. */
K7_API k7_error *k7_error_ref(k7_error *error);
K7_API k7_error *k7_error_unref(k7_error *error);

/* Getters of an error. All accept NULL (no error: 0, NULL, K7_CLASS_NONE). Borrowed text lives as long as the error. Any thread. Since 0.1. */
K7_API int k7_error_get_code(const k7_error *error);        /* K7_ERR_* */
K7_API int k7_error_get_class(const k7_error *error);       /* K7_CLASS_* */
K7_API int k7_error_get_outcome(const k7_error *error);     /* K7_OUTCOME_* */
K7_API int k7_error_get_http_status(const k7_error *error); /* 0: no HTTP answer belongs to it */
/* 1: the same call may succeed later without risk of doing it twice */
K7_API int k7_error_is_retryable(const k7_error *error);
/* what the server asked for; -1: nothing */
K7_API int64_t k7_error_get_retry_after_ms(const k7_error *error);
/* one line for a person; never contains a secret */
K7_API const char *k7_error_get_message(const k7_error *error);
/* the server's own code string, e.g. "QuotaExceeded"; or NULL */
K7_API const char *k7_error_get_reason(const k7_error *error);
K7_API const char *k7_error_get_operation(const k7_error *error); /* "create", "list", …; or NULL */
/* the step of the operation, e.g. "pull image"; or NULL */
K7_API const char *k7_error_get_step(const k7_error *error);
/* what the server wrote, at most 4 KiB; or NULL */
K7_API const char *k7_error_get_server_text(const k7_error *error);

/* What the call made and could not take back: one text per object, e.g. "container k7_default_demo (id 3f2a…)". at: NULL when i is out of
 * range. Any thread. Since 0.1. */
K7_API size_t k7_error_leftover_count(const k7_error *error);
K7_API const char *k7_error_leftover_at(const k7_error *error, size_t i);

#ifdef __cplusplus
}
#endif

#endif
