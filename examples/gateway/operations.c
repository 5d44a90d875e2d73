/* operations.c: the operations that take their arguments from the target. They know nothing of HTTP but what the answer says. */
#include "operations.h"

#include <stdio.h>

#include "log.h"

/* What this server does beyond K7's own, for clients that want to know before they ask. */
static const char features[] = "[\"env\",\"before_script_under_lock\",\"all_namespaces\",\"strict\","
                               "\"error_reason\",\"leftovers\",\"delete_all_results\"]";

void operation_root(struct request *request)
{
    struct text json = TEXT_INIT(ANSWER_MAX_BYTES);
    text_add_format(
        &json,
        "{\"message\":\"K7 Sandbox API\",\"version\":\"%s\",\"server\":\"k7-gateway/%s\",\"features\":%s}",
        k7_version(), k7_version(), features);
    answer_json(&request->answer, 200, &json);
}

void operation_health(struct request *request)
{
    struct text json = TEXT_INIT(ANSWER_MAX_BYTES);
    text_add_string(&json, "{\"status\":\"healthy\"}");
    answer_json(&request->answer, 200, &json);
}

int operation_call(struct request *request, k7_call **ret_call)
{
    k7_error *error = NULL;
    if (k7_call_new(ret_call, &error) != 0 || k7_call_set_cancel(*ret_call, request->cancel, &error) != 0) {
        operation_fail(request, error, NULL);
        k7_call_free(*ret_call);
        *ret_call = NULL;
        return -1;
    }
    return 0;
}

void operation_fail(struct request *request, k7_error *error, const char *message)
{
    if (message == NULL && k7_error_get_class(error) == K7_CLASS_CANCELLED &&
        atomic_load(&request->gateway->draining)) {
        message = "the gateway is shutting down";
    }
    answer_k7_error(&request->answer, error, message, request->strict);
    if (request->answer.status >=
        500) { /* for the operator, who sees no more than a status in the access log */
        log_event("failure", "%s", k7_error_get_message(error));
    }
    for (size_t i = 0; i < k7_error_leftover_count(error); i++) {
        log_event("leftover", "%s", k7_error_leftover_at(error, i));
    }
    k7_error_unref(error);
}

static int add_sandbox(struct text *json, const k7_sandbox *sandbox, k7_error **err)
{
    char *object = NULL;
    int result = k7_sandbox_to_json(sandbox, &object, err);
    if (result == 0) {
        text_add_string(json, object);
        k7_free(object);
    }
    return result;
}

static int query_list(struct request *request, const k7_call *call, k7_sandboxes **ret_list, k7_error **err)
{
    k7_query *query = NULL;
    int result = k7_query_new(&query, err);
    if (result == 0) {
        result = request->all_namespaces ? k7_query_set_all_namespaces(query, 1, err)
                                         : k7_query_set_namespace(query, request->namespace_, err);
    }
    if (result == 0) {
        result = k7_sandbox_list(request->gateway->client, query, call, ret_list, err);
    }
    k7_query_free(query);
    return result;
}

void operation_list(struct request *request)
{
    k7_call *call = NULL;
    k7_sandboxes *list = NULL;
    k7_error *error = NULL;
    if (operation_call(request, &call) != 0) {
        return;
    }
    struct text json = TEXT_INIT(ANSWER_MAX_BYTES);
    int result = query_list(request, call, &list, &error);
    text_add_string(&json, "{\"data\":[");
    for (size_t i = 0; result == 0 && i < k7_sandboxes_count(list); i++) {
        text_add_string(&json, i == 0 ? "" : ",");
        result = add_sandbox(&json, k7_sandboxes_at(list, i), &error);
    }
    text_add_string(&json, "]}");
    if (result == 0) {
        answer_json(&request->answer, 200, &json);
    } else {
        operation_fail(request, error, NULL);
    }
    text_clear(&json);
    k7_sandboxes_unref(list);
    k7_call_free(call);
}

void operation_get(struct request *request)
{
    k7_call *call = NULL;
    k7_sandbox *sandbox = NULL;
    k7_error *error = NULL;
    if (operation_call(request, &call) != 0) {
        return;
    }
    struct text json = TEXT_INIT(ANSWER_MAX_BYTES);
    int result =
        k7_sandbox_get(request->gateway->client, request->namespace_, request->name, call, &sandbox, &error);
    text_add_string(&json, "{\"data\":");
    if (result == 0) {
        result = add_sandbox(&json, sandbox, &error);
    }
    text_add_string(&json, "}");
    if (result == 0) {
        answer_json(&request->answer, 200, &json);
    } else if (k7_error_get_class(error) == K7_CLASS_NOT_FOUND) {
        char message[512];
        snprintf(message, sizeof message, "Sandbox %s not found in namespace %s", request->name,
                 request->namespace_);
        operation_fail(request, error, message);
    } else {
        operation_fail(request, error, NULL);
    }
    text_clear(&json);
    k7_sandbox_unref(sandbox);
    k7_call_free(call);
}

void operation_delete(struct request *request)
{
    k7_call *call = NULL;
    k7_error *error = NULL;
    if (operation_call(request, &call) != 0) {
        return;
    }
    if (k7_sandbox_delete(request->gateway->client, request->namespace_, request->name, NULL, call, &error) ==
        0) {
        answer_message(&request->answer, 200, "Sandbox %s deleted successfully", request->name);
    } else {
        operation_fail(request, error, NULL);
    }
    k7_call_free(call);
}

static const char *outcome_text(const k7_results *results, size_t i)
{
    const char *message = k7_error_get_message(k7_results_error_at(results, i));
    if (message != NULL) {
        return message;
    }
    return k7_results_outcome_at(results, i) == K7_ITEM_NOT_STARTED ? "not started"
                                                                    : "the outcome is not known";
}

static void add_results(struct text *json, const k7_results *results)
{
    text_add_string(json, "\"results\":[");
    for (size_t i = 0; i < k7_results_count(results); i++) {
        int done = k7_results_outcome_at(results, i) == K7_ITEM_DONE;
        text_add_string(json, i == 0 ? "{\"name\":" : ",{\"name\":");
        text_add_json(json, k7_results_name_at(results, i));
        text_add_format(json, ",\"success\":%s,\"error\":", done ? "true" : "false");
        text_add_json(json, done ? NULL : outcome_text(results, i));
        text_add_string(json, "}");
    }
    text_add_string(json, "]");
}

void operation_delete_all(struct request *request)
{
    k7_call *call = NULL;
    k7_results *results = NULL;
    k7_error *error = NULL;
    if (operation_call(request, &call) != 0) {
        return;
    }
    if (k7_sandbox_delete_all(request->gateway->client, request->namespace_, call, &results, &error) != 0) {
        operation_fail(request, error, NULL);
        k7_call_free(call);
        return;
    }
    size_t count = k7_results_count(results);
    size_t failed = count - k7_results_count_of(results, K7_ITEM_DONE);
    struct text json = TEXT_INIT(ANSWER_MAX_BYTES);
    if (failed == 0) {
        text_add_format(&json, "{\"data\":{\"message\":\"Deleted %zu sandboxes\",", count);
    } else {
        /* K7 loses the results here; they are the only way to know what is left */
        text_add_format(&json,
                        "{\"error\":{\"code\":\"BadRequest\",\"message\":\"Failed to delete %zu sandboxes\","
                        "\"reason\":\"PartialFailure\"},\"data\":{",
                        failed);
    }
    add_results(&json, results);
    text_add_string(&json, "}}");
    answer_json(&request->answer, failed == 0 ? 200 : 400, &json);
    k7_results_unref(results);
    k7_call_free(call);
}
