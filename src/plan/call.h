/* call.h: the content of a k7_call. */
#ifndef K7I_PLAN_CALL_H
#define K7I_PLAN_CALL_H

#include <k7sandbox/call.h>
#include <stdatomic.h>

enum { K7I_CALL_PROGRESS, K7I_CALL_TRACE, K7I_CALL_DRY_RUN, K7I_CALL_INTERRUPT, K7I_CALL_CALLBACKS };

/* Who frees what a callback is given: shared by a call and its copies. */
struct k7i_call_user {
    atomic_int references;
    void *user;
    void (*free_user)(void *user);
};

struct k7_call {
    int64_t timeout_ms;         /* 0: not set */
    int64_t cleanup_timeout_ms; /* -1: not set */
    k7_cancel *cancel;
    char *traceparent;
    void (*progress)(void *user, const k7_progress *progress);
    void *progress_user;
    void (*trace)(void *user, const k7_trace *trace);
    void *trace_user;
    void (*dry_run)(void *user, const k7_dry_request *request);
    void *dry_run_user;
    int (*interrupt)(void *user);
    void *interrupt_user;
    struct k7i_call_user *users[K7I_CALL_CALLBACKS]; /* NULL: there is nothing to free */
};

/* A copy of its own, for an operation that goes on while the caller changes or frees this one. NULL gives NULL. */
int k7i_call_dup(const k7_call *call, k7_call **ret_call, k7_error **err);

struct k7_progress {
    const char *operation, *step, *text;
    int64_t done, total;
};

struct k7_dry_request {
    const char *operation, *step, *method, *url, *content_type, *body;
    size_t body_len;
};

struct k7_trace {
    const char *operation, *step, *method, *url;
    int attempt, http_status, error_code, reused;
    int64_t duration_us;
};

#endif
