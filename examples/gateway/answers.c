/* answers.c: the envelope, and the one table that makes HTTP statuses of the library's errors. It does not know the HTTP library. */
#include "answers.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the client is told when the endpoint does not say when to come back. */
#define DEFAULT_RETRY_AFTER_S 5

/* First the codes that need a status of their own, then every class; the first row that fits counts. What the *endpoint* thinks of the gateway's
 * credential is no business of the client's, whose own key is fine: 502. */
static const struct {
    int code; /* 0: any of the class */
    int error_class;
    int status;
    const char *reason;
} statuses[] = {
    { K7_ERR_ALREADY_EXISTS, 0, 400, "AlreadyExists" }, /* 409 for strict clients */
    { K7_ERR_UNSUPPORTED_OPERATION, 0, 501, "UnsupportedOperation" },
    { K7_ERR_UNSUPPORTED_ARGUMENT, 0, 400, "UnsupportedArgument" },
    { K7_ERR_INVALID_CONFIG, 0, 500, "InvalidConfiguration" },
    { K7_ERR_IO, 0, 500, "InvalidConfiguration" },
    { K7_ERR_QUOTA_EXCEEDED, 0, 403, "QuotaExceeded" },
    { K7_ERR_RATE_LIMITED, 0, 429, "RateLimited" },
    { K7_ERR_REJECTED, 0, 400, "Rejected" },
    { K7_ERR_UNAUTHENTICATED, 0, 502, "EndpointUnauthenticated" },
    { K7_ERR_FORBIDDEN, 0, 502, "EndpointForbidden" },
    { K7_ERR_CREDENTIAL, 0, 502, "EndpointUnauthenticated" },
    { K7_ERR_UNAVAILABLE, 0, 503, "EndpointUnavailable" },
    { K7_ERR_CONNECTION_LOST, 0, 502, "EndpointConnectionLost" },
    { K7_ERR_LIMIT, 0, 502, "EndpointProtocol" },
    { K7_ERR_IMAGE_PULL, 0, 400, "ImagePullFailed" },
    { K7_ERR_SCRIPT_FAILED, 0, 400, "ScriptFailed" },
    { K7_ERR_START_FAILED, 0, 400, "StartFailed" },
    { 0, K7_CLASS_INVALID, 400, "InvalidArgument" },
    { 0, K7_CLASS_UNSUPPORTED, 400, "UnsupportedArgument" },
    { 0, K7_CLASS_NOT_FOUND, 404, "NotFound" },
    { 0, K7_CLASS_CONFLICT, 409, "Conflict" },
    { 0, K7_CLASS_AUTH, 502, "EndpointForbidden" },
    { 0, K7_CLASS_QUOTA, 403, "QuotaExceeded" },
    { 0, K7_CLASS_NETWORK, 502, "EndpointUnreachable" },
    { 0, K7_CLASS_PROTOCOL, 502, "EndpointProtocol" },
    { 0, K7_CLASS_SERVER, 502, "EndpointFailed" },
    { 0, K7_CLASS_TIMEOUT, 504, "EndpointTimeout" },
    { 0, K7_CLASS_CANCELLED, 503, "Cancelled" },
    { 0, K7_CLASS_SANDBOX, 400, "SandboxFailed" },
    { 0, K7_CLASS_RESOURCE, 503, "OutOfResources" },
};

/* K7's code strings (contract, section 1.4), and names in the same manner for statuses that K7 never sends. */
static const char *code_of(int status)
{
    switch (status) {
    case 400:
        return "BadRequest";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "NotFound";
    case 405:
        return "MethodNotAllowed";
    case 409:
        return "Conflict";
    case 413:
        return "ContentTooLarge";
    case 414:
        return "URITooLong";
    case 415:
        return "UnsupportedMediaType";
    case 422:
        return "UnprocessableEntity";
    case 429:
        return "TooManyRequests";
    case 431:
        return "RequestHeaderFieldsTooLarge";
    case 500:
        return "InternalServerError";
    case 501:
        return "NotImplemented";
    case 502:
        return "BadGateway";
    case 503:
        return "ServiceUnavailable";
    case 504:
        return "GatewayTimeout";
    default:
        return "Error";
    }
}

void answer_clear(struct answer *answer)
{
    free(answer->body);
    *answer = (struct answer){ 0 };
}

void answer_json(struct answer *answer, int status, struct text *json)
{
    free(answer->body);
    answer->body = text_take(json, &answer->len);
    answer->status = answer->body == NULL ? 503 : status;
}

void answer_message(struct answer *answer, int status, const char *format, ...)
{
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    struct text json = TEXT_INIT(ANSWER_MAX_BYTES);
    text_add_string(&json, "{\"data\":{\"message\":");
    text_add_json(&json, message);
    text_add_string(&json, "}}");
    answer_json(answer, status, &json);
}

static void begin_error(struct text *json, const char *code, const char *message, const char *reason)
{
    text_add_string(json, "{\"error\":{\"code\":");
    text_add_json(json, code);
    text_add_string(json, ",\"message\":");
    text_add_json(json, message);
    if (reason != NULL) {
        text_add_string(json, ",\"reason\":");
        text_add_json(json, reason);
    }
}

void answer_error(struct answer *answer, int status, const char *reason, const char *format, ...)
{
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    struct text json = TEXT_INIT(ANSWER_MAX_BYTES);
    begin_error(&json, code_of(status), message, reason);
    text_add_string(&json, "}}");
    answer_json(answer, status, &json);
    if ((status == 429 || status == 503) && answer->retry_after_s == 0) {
        answer->retry_after_s = 1;
    }
}

static void add_leftovers(struct text *json, const k7_error *error)
{
    size_t count = k7_error_leftover_count(error);
    if (count == 0) {
        return;
    }
    text_add_string(json, ",\"leftovers\":[");
    for (size_t i = 0; i < count; i++) {
        text_add_string(json, i == 0 ? "" : ",");
        text_add_json(json, k7_error_leftover_at(error, i));
    }
    text_add_string(json, "]");
}

void answer_k7_error(struct answer *answer, const k7_error *error, const char *message, bool strict)
{
    int code = k7_error_get_code(error);
    int status = 500;
    const char *reason = NULL;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        if (statuses[i].code == code ||
            (statuses[i].code == 0 && statuses[i].error_class == k7_error_get_class(error))) {
            status = statuses[i].status;
            reason = statuses[i].reason;
            break;
        }
    }
    if (strict && code == K7_ERR_ALREADY_EXISTS) {
        status = 409;
    }
    /* K7 0.5 has this one code that is not a function of the status */
    const char *code_text = code == K7_ERR_QUOTA_EXCEEDED ? "QuotaExceeded" : code_of(status);
    if (message == NULL) {
        message = k7_error_get_message(error);
    }
    struct text json = TEXT_INIT(ANSWER_MAX_BYTES);
    begin_error(&json, code_text, message == NULL ? "the operation failed" : message, reason);
    if (k7_error_get_reason(error) != NULL) {
        text_add_string(&json, ",\"endpoint_reason\":");
        text_add_json(&json, k7_error_get_reason(error));
    }
    if (k7_error_get_step(error) != NULL) {
        text_add_string(&json, ",\"step\":");
        text_add_json(&json, k7_error_get_step(error));
    }
    if (k7_error_get_outcome(error) == K7_OUTCOME_UNKNOWN) {
        text_add_string(&json, ",\"outcome\":\"unknown\"");
    }
    add_leftovers(&json, error);
    text_add_string(&json, "}}");
    answer_json(answer, status, &json);
    /* To a client, 503 with Retry-After says that nothing was done: a create may be repeated. */
    if (answer->status == 429 ||
        (answer->status == 503 && k7_error_get_outcome(error) != K7_OUTCOME_UNKNOWN)) {
        int64_t after_ms = k7_error_get_retry_after_ms(error);
        answer->retry_after_s = after_ms < 0 ? DEFAULT_RETRY_AFTER_S : after_ms / 1000 + 1;
    }
}
