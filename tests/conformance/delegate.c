/* delegate.c: see delegate.h. Each question is carried out by a thread of its own; when the asking call ends before that, so does the inner one. */
#include "delegate.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct delegate {
    k7_client *inner;
    k7_transport *transport;
    k7_cancel *end; /* triggered when the delegate is freed: no thread is left waiting */
    pthread_mutex_t mutex;
    pthread_cond_t none_running;
    int running;
};

struct question {
    struct delegate *delegate;
    const k7_request *request;
    k7_reply *reply;
};

static void reply_error(k7_reply *reply, k7_error *error)
{
    k7_reply_error(reply, k7_error_get_code(error), k7_error_get_message(error));
    k7_error_unref(error);
}

static void reply_sandbox(k7_reply *reply, int status, k7_sandbox *sandbox, k7_error *error)
{
    char *text = NULL;

    if (status == 0)
        status = k7_sandbox_to_json(sandbox, &text, &error);
    if (status == 0)
        k7_reply_sandbox_json(reply, text, strlen(text));
    else
        reply_error(reply, error);
    k7_free(text);
    k7_sandbox_unref(sandbox);
}

static void do_create(const struct question *question, const k7_call *call)
{
    k7_sandbox *sandbox = NULL;
    k7_error *error = NULL;
    k7_spec *spec = NULL;
    int status = k7_spec_dup(k7_request_get_spec(question->request), &spec, &error);

    if (status == 0)
        status = k7_spec_set_namespace(spec, k7_request_get_namespace(question->request), &error);
    if (status == 0)
        status = k7_sandbox_create(question->delegate->inner, spec, call, &sandbox, &error);
    k7_spec_free(spec);
    reply_sandbox(question->reply, status, sandbox, error);
}

static void do_get(const struct question *question, const k7_call *call)
{
    k7_sandbox *sandbox = NULL;
    k7_error *error = NULL;
    int status = k7_sandbox_get(question->delegate->inner, k7_request_get_namespace(question->request),
                                k7_request_get_name(question->request), call, &sandbox, &error);

    reply_sandbox(question->reply, status, sandbox, error);
}

static int list_text(const k7_sandboxes *list, char **ret_text, k7_error **err)
{
    char *text = malloc(sizeof "[]");
    size_t len = 1;
    int status = 0;

    strcpy(text, "[");
    for (size_t i = 0; i < k7_sandboxes_count(list) && status == 0; i++) {
        char *item = NULL;

        if ((status = k7_sandbox_to_json(k7_sandboxes_at(list, i), &item, err)) == 0) {
            text = realloc(text, len + strlen(item) + 3);
            if (i > 0)
                text[len++] = ',';
            strcpy(text + len, item);
            len += strlen(item);
        }
        k7_free(item);
    }
    strcpy(text + len, "]");
    *ret_text = text;
    return status;
}

static void do_list(const struct question *question, const k7_call *call)
{
    const char *namespace_ = k7_request_get_namespace(question->request);
    k7_sandboxes *list = NULL;
    k7_query *query = NULL;
    k7_error *error = NULL;
    char *text = NULL;
    int status = k7_query_new(&query, &error);

    if (status == 0)
        status = namespace_ ? k7_query_set_namespace(query, namespace_, &error)
                            : k7_query_set_all_namespaces(query, 1, &error);
    if (status == 0)
        status = k7_sandbox_list(question->delegate->inner, query, call, &list, &error);
    if (status == 0)
        status = list_text(list, &text, &error);
    if (status == 0)
        k7_reply_list_json(question->reply, text, strlen(text));
    else
        reply_error(question->reply, error);
    free(text);
    k7_query_free(query);
    k7_sandboxes_unref(list);
}

static void do_delete(const struct question *question, const k7_call *call)
{
    const k7_request *request = question->request;
    k7_delete_options *options = NULL;
    k7_error *error = NULL;
    int status = k7_delete_options_new(&options, &error);

    if (status == 0)
        status = k7_delete_options_set_uid(options, k7_request_get_uid(request), &error);
    if (status == 0)
        status =
            k7_delete_options_set_missing_is_error(options, k7_request_is_missing_error(request), &error);
    if (status == 0)
        status = k7_delete_options_set_no_wait(options, k7_request_is_no_wait(request), &error);
    if (status == 0)
        status = k7_sandbox_delete(question->delegate->inner, k7_request_get_namespace(request),
                                   k7_request_get_name(request), options, call, &error);
    if (status == 0)
        k7_reply_done(question->reply);
    else
        reply_error(question->reply, error);
    k7_delete_options_free(options);
}

static void *carry_out(void *user)
{
    struct question question = *(struct question *)user;
    struct delegate *delegate = question.delegate;
    const char *operation = k7_request_get_operation(question.request);
    int64_t remaining_ms = k7_request_get_remaining_ms(question.request);
    k7_call *call = NULL;

    free(user);
    k7_call_new(&call, NULL);
    k7_call_set_cancel(call, delegate->end, NULL);
    if (remaining_ms != 0)
        k7_call_set_timeout_ms(call, remaining_ms, NULL);
    if (strcmp(operation, "create") == 0)
        do_create(&question, call);
    else if (strcmp(operation, "list") == 0)
        do_list(&question, call);
    else if (strcmp(operation, "get") == 0)
        do_get(&question, call);
    else
        do_delete(&question, call);
    k7_call_free(call);
    pthread_mutex_lock(&delegate->mutex);
    if (--delegate->running == 0)
        pthread_cond_signal(&delegate->none_running);
    pthread_mutex_unlock(&delegate->mutex);
    return NULL;
}

static void on_question(void *user, const k7_request *request, k7_reply *reply)
{
    struct delegate *delegate = user;
    struct question *question = malloc(sizeof *question);
    pthread_t thread;

    *question = (struct question){ delegate, request, reply };
    pthread_mutex_lock(&delegate->mutex);
    delegate->running++;
    pthread_mutex_unlock(&delegate->mutex);
    if (pthread_create(&thread, NULL, carry_out, question) == 0)
        pthread_detach(thread);
    else
        abort();
}

struct delegate *delegate_new(k7_client *inner)
{
    static const char *const operations[] = { "create", "list", "get", "delete" };
    struct delegate *delegate = calloc(1, sizeof *delegate);

    if (!inner || !delegate)
        return NULL;
    delegate->inner = inner;
    pthread_mutex_init(&delegate->mutex, NULL);
    pthread_cond_init(&delegate->none_running, NULL);
    int status = k7_cancel_new(&delegate->end, NULL);
    if (status == 0)
        status = k7_transport_new("delegate", delegate, NULL, &delegate->transport, NULL);
    for (size_t i = 0; i < 4 && status == 0; i++)
        status = k7_transport_on(delegate->transport, operations[i], on_question, NULL);
    return status == 0 ? delegate : NULL;
}

k7_transport *delegate_transport(struct delegate *delegate)
{
    return delegate->transport;
}

void delegate_free(struct delegate *delegate)
{
    k7_cancel_trigger(delegate->end);
    pthread_mutex_lock(&delegate->mutex);
    while (delegate->running > 0)
        pthread_cond_wait(&delegate->none_running, &delegate->mutex);
    pthread_mutex_unlock(&delegate->mutex);
    pthread_cond_destroy(&delegate->none_running);
    pthread_mutex_destroy(&delegate->mutex);
    k7_transport_unref(delegate->transport);
    k7_client_unref(delegate->inner);
    k7_cancel_unref(delegate->end);
    free(delegate);
}
