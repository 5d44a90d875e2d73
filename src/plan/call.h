/* call.h: the content of a k7_call. */
#ifndef K7I_PLAN_CALL_H
#define K7I_PLAN_CALL_H

#include <k7sandbox/call.h>

struct k7_call {
    int64_t timeout_ms;         /* 0: not set */
    int64_t cleanup_timeout_ms; /* -1: not set */
    k7_cancel *cancel;
    char *traceparent;
    void (*progress)(void *user, const k7_progress *progress);
    void *progress_user;
    void (*progress_free)(void *user);
    void (*trace)(void *user, const k7_trace *trace);
    void *trace_user;
    void (*trace_free)(void *user);
    void (*dry_run)(void *user, const k7_dry_request *request);
    void *dry_run_user;
    void (*dry_run_free)(void *user);
    int (*interrupt)(void *user);
    void *interrupt_user;
    void (*interrupt_free)(void *user);
};

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
