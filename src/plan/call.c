/* call.c: building a k7_call, and what its callbacks may look at. */
#include "plan/call.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"

#include <string.h>

static int reset_error(const void *object, k7_error **err)
{
    if (err)
        *err = NULL;
    return object ? 0 : k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "call must not be NULL");
}

int k7_call_new(k7_call **ret_call, k7_error **err)
{
    if (err)
        *err = NULL;
    if (!ret_call)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "ret_call must not be NULL");
    *ret_call = k7i_calloc(1, sizeof **ret_call);
    if (!*ret_call)
        return k7i_fail_memory(err);
    (*ret_call)->cleanup_timeout_ms = -1;
    return 0;
}

static void unref_user(struct k7i_call_user *user)
{
    if (user && atomic_fetch_sub(&user->references, 1) == 1) {
        user->free_user(user->user);
        k7i_free(user);
    }
}

void k7_call_free(k7_call *call)
{
    if (!call)
        return;
    for (int i = 0; i < K7I_CALL_CALLBACKS; i++)
        unref_user(call->users[i]);
    k7_cancel_unref(call->cancel);
    k7i_free(call->traceparent);
    k7i_free(call);
}

int k7i_call_dup(const k7_call *call, k7_call **ret_call, k7_error **err)
{
    char *traceparent = NULL;

    *ret_call = NULL;
    if (!call)
        return 0;
    k7_call *copy = k7i_alloc(sizeof *copy);
    if (!copy || (call->traceparent && !(traceparent = k7i_strdup(call->traceparent)))) {
        k7i_free(copy);
        return k7i_fail_memory(err);
    }
    *copy = *call;
    copy->traceparent = traceparent;
    k7_cancel_ref(copy->cancel);
    for (int i = 0; i < K7I_CALL_CALLBACKS; i++)
        if (copy->users[i])
            atomic_fetch_add(&copy->users[i]->references, 1);
    *ret_call = copy;
    return 0;
}

int k7_call_set_timeout_ms(k7_call *call, int64_t timeout_ms, k7_error **err)
{
    int code = reset_error(call, err);

    if (code)
        return code;
    if (timeout_ms != K7_NEVER && timeout_ms < 1)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "timeout_ms %lld: must be 1 or more, or K7_NEVER",
                        (long long)timeout_ms);
    call->timeout_ms = timeout_ms;
    return 0;
}

int k7_call_set_cleanup_timeout_ms(k7_call *call, int64_t timeout_ms, k7_error **err)
{
    int code = reset_error(call, err);

    if (code)
        return code;
    if (timeout_ms < 0)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "cleanup timeout_ms %lld: must be 0 or more",
                        (long long)timeout_ms);
    call->cleanup_timeout_ms = timeout_ms;
    return 0;
}

int k7_call_set_cancel(k7_call *call, k7_cancel *cancel, k7_error **err)
{
    int code = reset_error(call, err);

    if (code)
        return code;
    k7_cancel_ref(cancel);
    k7_cancel_unref(call->cancel);
    call->cancel = cancel;
    return 0;
}

/* https://www.w3.org/TR/trace-context/: version 00 only, since later ones may look different. */
static int is_traceparent(const char *text)
{
    return strlen(text) == 55 && strncmp(text, "00-", 3) == 0 && text[35] == '-' && text[52] == '-' &&
           k7i_text_is_hex(text + 3, 32) && k7i_text_is_hex(text + 36, 16) && k7i_text_is_hex(text + 53, 2);
}

int k7_call_set_traceparent(k7_call *call, const char *traceparent, k7_error **err)
{
    int code = reset_error(call, err);
    char *copy = NULL;

    if (code)
        return code;
    if (traceparent) {
        if (!is_traceparent(traceparent))
            return k7i_fail(err, K7_ERR_INVALID_ARGUMENT,
                            "traceparent: not a W3C trace context of version 00");
        if (!(copy = k7i_strdup(traceparent)))
            return k7i_fail_memory(err);
    }
    k7i_free(call->traceparent);
    call->traceparent = copy;
    return 0;
}

/* A call's callback gets another user; the caller sets the function, when this returns 0. Else free_user has run. */
static int set_user(k7_call *call, int callback, void *user, void (*free_user)(void *user), k7_error **err)
{
    struct k7i_call_user *shared = NULL;
    int code = reset_error(call, err);

    if (!code && free_user && !(shared = k7i_calloc(1, sizeof *shared)))
        code = k7i_fail_memory(err);
    if (code) {
        if (free_user)
            free_user(user);
        return code;
    }
    if (shared) {
        atomic_init(&shared->references, 1);
        shared->user = user;
        shared->free_user = free_user;
    }
    unref_user(call->users[callback]);
    call->users[callback] = shared;
    return 0;
}

int k7_call_set_progress(k7_call *call, void (*fn)(void *user, const k7_progress *progress), void *user,
                         void (*free_user)(void *user), k7_error **err)
{
    int code = set_user(call, K7I_CALL_PROGRESS, user, free_user, err);

    if (!code) {
        call->progress = fn;
        call->progress_user = user;
    }
    return code;
}

int k7_call_set_trace(k7_call *call, void (*fn)(void *user, const k7_trace *trace), void *user,
                      void (*free_user)(void *user), k7_error **err)
{
    int code = set_user(call, K7I_CALL_TRACE, user, free_user, err);

    if (!code) {
        call->trace = fn;
        call->trace_user = user;
    }
    return code;
}

int k7_call_set_dry_run(k7_call *call, void (*fn)(void *user, const k7_dry_request *request), void *user,
                        void (*free_user)(void *user), k7_error **err)
{
    int code = set_user(call, K7I_CALL_DRY_RUN, user, free_user, err);

    if (!code) {
        call->dry_run = fn;
        call->dry_run_user = user;
    }
    return code;
}

int k7_call_set_on_interrupt(k7_call *call, int (*fn)(void *user), void *user, void (*free_user)(void *user),
                             k7_error **err)
{
    int code = set_user(call, K7I_CALL_INTERRUPT, user, free_user, err);

    if (!code) {
        call->interrupt = fn;
        call->interrupt_user = user;
    }
    return code;
}

const char *k7_progress_get_operation(const k7_progress *progress)
{
    return progress ? progress->operation : NULL;
}

const char *k7_progress_get_step(const k7_progress *progress)
{
    return progress ? progress->step : NULL;
}

const char *k7_progress_get_text(const k7_progress *progress)
{
    return progress ? progress->text : NULL;
}

int64_t k7_progress_get_done(const k7_progress *progress)
{
    return progress ? progress->done : -1;
}

int64_t k7_progress_get_total(const k7_progress *progress)
{
    return progress ? progress->total : -1;
}

const char *k7_trace_get_operation(const k7_trace *trace)
{
    return trace ? trace->operation : NULL;
}

const char *k7_trace_get_step(const k7_trace *trace)
{
    return trace ? trace->step : NULL;
}

const char *k7_trace_get_method(const k7_trace *trace)
{
    return trace ? trace->method : NULL;
}

const char *k7_trace_get_url(const k7_trace *trace)
{
    return trace ? trace->url : NULL;
}

int k7_trace_get_attempt(const k7_trace *trace)
{
    return trace ? trace->attempt : 0;
}

int k7_trace_get_http_status(const k7_trace *trace)
{
    return trace ? trace->http_status : 0;
}

int k7_trace_get_error_code(const k7_trace *trace)
{
    return trace ? trace->error_code : 0;
}

int64_t k7_trace_get_duration_us(const k7_trace *trace)
{
    return trace ? trace->duration_us : 0;
}

int k7_trace_is_connection_reused(const k7_trace *trace)
{
    return trace ? trace->reused : 0;
}

const char *k7_dry_request_get_operation(const k7_dry_request *request)
{
    return request ? request->operation : NULL;
}

const char *k7_dry_request_get_step(const k7_dry_request *request)
{
    return request ? request->step : NULL;
}

const char *k7_dry_request_get_method(const k7_dry_request *request)
{
    return request ? request->method : NULL;
}

const char *k7_dry_request_get_url(const k7_dry_request *request)
{
    return request ? request->url : NULL;
}

const char *k7_dry_request_get_content_type(const k7_dry_request *request)
{
    return request ? request->content_type : NULL;
}

const char *k7_dry_request_get_body(const k7_dry_request *request)
{
    return request ? request->body : NULL;
}

size_t k7_dry_request_get_body_len(const k7_dry_request *request)
{
    return request ? request->body_len : 0;
}
