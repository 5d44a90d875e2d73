/* http.h: HTTP requests and their answers over libcurl's multi interface. One k7i_http belongs to one loop; nothing here waits, retries or
 * knows what a request means. */
#ifndef K7I_NET_HTTP_H
#define K7I_NET_HTTP_H

#include "base/buf.h"
#include "net/peer.h"
#include <k7sandbox/error.h>

/* How a request may be repeated. */
enum k7i_repeat {
    K7I_REPEAT_SAFE,   /* reading, deleting: always */
    K7I_REPEAT_UNSENT, /* creating: only when it provably was not sent */
    K7I_REPEAT_NEVER   /* exec, fork */
};

struct k7i_request {
    const char *method; /* static text: "GET", "POST", … */
    struct k7i_buf
        target; /* path and query, percent-encoded, starting with a slash; appended to the peer's URL */
    struct k7i_buf headers;   /* further header lines, each with its NUL: k7i_request_header() */
    struct k7i_buf body;      /* sent when content_type is not NULL */
    const char *content_type; /* static text, or NULL: no body */
    enum k7i_repeat repeat;
};

void k7i_request_init(struct k7i_request *request);
void k7i_request_reset(struct k7i_request *request); /* empty again; memory kept; secrets wiped */
void k7i_request_clear(struct k7i_request *request);
void k7i_request_header(struct k7i_request *request, const char *name,
                        const char *value); /* a value with CR, LF or NUL fails the request */
/* Appends text to the target, everything outside RFC 3986's unreserved characters percent-encoded. */
void k7i_request_segment(struct k7i_request *request, const char *text);
/* 0, K7_ERR_NO_MEMORY, K7_ERR_LIMIT or K7_ERR_INVALID_ARGUMENT */
int k7i_request_failed(const struct k7i_request *request);
int k7i_request_check(const struct k7i_request *request, k7_error **err); /* the same, in words */

struct k7i_response {
    int status;
    const char *body; /* collected; NUL-terminated */
    size_t body_len;
    const char *content_type, *location; /* or NULL */
    int64_t retry_after_ms;              /* -1: none. A date is turned into a time from now */
};

struct k7i_http;
struct k7i_transfer;

struct k7i_http_host {                                            /* what the loop does for us */
    int (*watch)(void *user, int fd, int readable, int writable); /* both 0: no longer; 0, or -1 with errno */
    void *user;
};

int k7i_http_new(const struct k7i_http_host *host, struct k7i_http **ret_http, k7_error **err);
void k7i_http_free(struct k7i_http *http);
int k7i_http_timeout_ms(const struct k7i_http *http); /* until k7i_http_expire() is due; -1: not */
/* Both return 0 or a negative K7_ERR_*: then everything in flight has to be failed by the loop. */
int k7i_http_ready(struct k7i_http *http, int fd, int readable, int writable);
int k7i_http_expire(struct k7i_http *http);

/* Between these, all on one thread, SIGPIPE stays blocked in it once libcurl was called: fewer system calls than around each call of libcurl. */
void k7i_http_hold(struct k7i_http *http);
void k7i_http_release(struct k7i_http *http);

/* A transfer is reusable; the easy handle in it is kept from one request to the next. */
struct k7i_transfer_user {
    /* called from k7i_http_ready/expire, never from start; look at the transfer then */
    void (*finished)(void *user);
    /* NULL: collect. Only for 2xx. Non-zero ends the transfer (then aborted is set) */
    int (*chunk)(void *user, int status, const void *data, size_t len);
    void *user;
};
int k7i_transfer_new(struct k7i_http *http, struct k7i_transfer **ret_transfer, k7_error **err);
void k7i_transfer_free(struct k7i_transfer *transfer); /* aborts */
/* identity: what it authenticates with beside what the peer has; or NULL */
int k7i_transfer_start(struct k7i_transfer *transfer, const struct k7i_peer *peer,
                       const struct k7i_request *request, struct k7i_identity *identity,
                       const char *traceparent, const struct k7i_transfer_user *user, k7_error **err);
void k7i_transfer_abort(struct k7i_transfer *transfer); /* at once; finished is not called */
/* while it runs: something of the request was handed to the network */
int k7i_transfer_is_sent(const struct k7i_transfer *transfer);

/* After finished; code is not set by an abort: */
struct k7i_outcome {
    int code;        /* 0: an answer is there; else K7_ERR_* */
    int sent;        /* 0: provably nothing of the request was handed to the network */
    int certificate; /* the failure is one of certificates: never repeated, unless they are others now */
    int aborted;     /* by chunk */
    int reused;      /* on a warm connection */
    int64_t duration_us;
};
const struct k7i_outcome *k7i_transfer_outcome(const struct k7i_transfer *transfer);
/* valid until the next start */
const struct k7i_response *k7i_transfer_response(const struct k7i_transfer *transfer);
/* for code != 0: what failed, with host and port */
const char *k7i_transfer_error_text(const struct k7i_transfer *transfer);
/* after finished: 1: a file of certificates that the transfer went by has been replaced since */
int k7i_transfer_is_outdated(struct k7i_transfer *transfer);

/* The process-wide start of libcurl; K7_ERR_SYSTEM when it lacks something needed (thread-safe name look-up, TLS). */
int k7i_http_global_init(k7_error **err);

#endif
