/* reply.c: one question to an application's transport, and its answer from whatever thread. What the answer means is the plan's business. */
#include "transport/custom/custom.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"

#include <string.h>

static int copy_text(const char *text, char **ret_text)
{
    *ret_text = text ? k7i_strdup(text) : NULL;
    return text && !*ret_text ? -1 : 0;
}

int k7i_custom_reply_new(const struct k7i_custom *custom, enum k7i_operation operation,
                         const struct k7i_args *args, k7_reply **ret_reply, k7_error **err)
{
    k7_reply *reply = k7i_calloc(1, sizeof *reply);

    if (!reply)
        return k7i_fail_memory(err);
    atomic_init(&reply->references, 1);
    pthread_mutex_init(&reply->mutex, NULL);
    struct k7_request *request = &reply->request;
    request->operation = operation;
    request->missing_is_error = args->missing_is_error;
    request->no_wait = args->no_wait;
    request->deadline_ms = K7_NEVER;
    int status = 0;
    if (copy_text(custom->endpoint, &request->endpoint) != 0 ||
        copy_text(args->namespace_, &request->namespace_) != 0 ||
        copy_text(args->name, &request->name) != 0 || copy_text(args->uid, &request->uid) != 0)
        status = k7i_fail_memory(err);
    else if (args->spec)
        status = k7_spec_dup(args->spec, &request->spec, err);
    if (status != 0) {
        k7i_custom_reply_unref(reply);
        return status;
    }
    *ret_reply = reply;
    return 0;
}

k7_reply *k7i_custom_reply_unref(k7_reply *reply)
{
    if (reply && atomic_fetch_sub_explicit(&reply->references, 1, memory_order_acq_rel) == 1) {
        k7i_free(reply->request.endpoint);
        k7i_free(reply->request.namespace_);
        k7i_free(reply->request.name);
        k7i_free(reply->request.uid);
        k7_spec_free(reply->request.spec);
        k7i_waker_unref(reply->waker);
        pthread_mutex_destroy(&reply->mutex);
        k7i_free(reply->text);
        k7i_free(reply);
    }
    return NULL;
}

enum k7i_answer k7i_custom_reply_answer(k7_reply *reply)
{
    pthread_mutex_lock(&reply->mutex);
    enum k7i_answer answer = reply->answer;
    pthread_mutex_unlock(&reply->mutex);
    return answer;
}

/* --- answers --------------------------------------------------------------------------------------------------------------------- */

/* Ends with the application's reference: whoever holds the last one, the call or its answer, frees both. */
static void answer(k7_reply *reply, enum k7i_answer kind, int code, const char *text, size_t len)
{
    char *copy = text ? k7i_alloc(len + 1) : NULL;

    if (copy) {
        memcpy(copy, text, len);
        copy[len] = 0;
    }
    pthread_mutex_lock(&reply->mutex);
    reply->answer = kind;
    reply->code = code;
    reply->text = copy;
    reply->len = len;
    pthread_mutex_unlock(&reply->mutex);
    k7i_waker_wake(reply->waker);
    k7i_custom_reply_unref(reply);
}

void k7_reply_sandbox_json(k7_reply *reply, const char *text, size_t len)
{
    if (reply)
        answer(reply, K7I_ANSWER_SANDBOX, 0, text ? text : "", text ? len : 0);
}

void k7_reply_list_json(k7_reply *reply, const char *text, size_t len)
{
    if (reply)
        answer(reply, K7I_ANSWER_LIST, 0, text ? text : "", text ? len : 0);
}

void k7_reply_done(k7_reply *reply)
{
    if (reply)
        answer(reply, K7I_ANSWER_DONE, 0, NULL, 0);
}

void k7_reply_error(k7_reply *reply, int code, const char *message)
{
    if (reply)
        answer(reply, K7I_ANSWER_ERROR, code, message, message ? strlen(message) : 0);
}

/* --- the request ----------------------------------------------------------------------------------------------------------------- */

const char *k7_request_get_operation(const k7_request *request)
{
    return request ? k7i_operation_name(request->operation) : NULL;
}

const char *k7_request_get_endpoint(const k7_request *request)
{
    return request ? request->endpoint : NULL;
}

const char *k7_request_get_namespace(const k7_request *request)
{
    return request ? request->namespace_ : NULL;
}

const char *k7_request_get_name(const k7_request *request)
{
    return request ? request->name : NULL;
}

const k7_spec *k7_request_get_spec(const k7_request *request)
{
    return request ? request->spec : NULL;
}

const char *k7_request_get_uid(const k7_request *request)
{
    return request ? request->uid : NULL;
}

int k7_request_is_missing_error(const k7_request *request)
{
    return request ? request->missing_is_error : 0;
}

int k7_request_is_no_wait(const k7_request *request)
{
    return request ? request->no_wait : 0;
}

int64_t k7_request_get_remaining_ms(const k7_request *request)
{
    if (!request)
        return 0;
    if (request->deadline_ms == K7_NEVER)
        return K7_NEVER;
    int64_t ms = request->deadline_ms - k7i_clock_real.now_ms(&k7i_clock_real);
    return ms > 0 ? ms : 0;
}

int k7_request_is_cancelled(const k7_request *request)
{
    return request ? atomic_load(&request->is_over) : 0;
}
