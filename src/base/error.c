/* error.c: the error object and its table of numbers. Making an error must work when memory is short: there is one static object for that. */
#include "base/error.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { SERVER_TEXT_LIMIT = 4096, MESSAGE_LIMIT = 16384 };

struct k7_error {
    atomic_int references;
    int code, outcome, http_status;
    int retryable; /* -1: by code */
    int64_t retry_after_ms;
    const char *operation, *step; /* static */
    char *message, *reason, *server_text;
    char **leftovers;
    size_t leftover_count;
};

#define OUT_OF_MEMORY(what_is_known)                                                                         \
    {                                                                                                        \
        .references = 1, .code = K7_ERR_NO_MEMORY, .outcome = what_is_known, .retryable = -1,                \
        .retry_after_ms = -1, .message = (char *)"out of memory",                                            \
    }
/* One for each outcome: what is known of the effect can be told without memory, too. */
static k7_error out_of_memory[] = {
    [K7_OUTCOME_NOT_SENT] = OUT_OF_MEMORY(K7_OUTCOME_NOT_SENT),
    [K7_OUTCOME_REJECTED] = OUT_OF_MEMORY(K7_OUTCOME_REJECTED),
    [K7_OUTCOME_UNKNOWN] = OUT_OF_MEMORY(K7_OUTCOME_UNKNOWN),
};

static const struct row {
    int code, error_class, retryable;
    const char *name, *meaning;
} rows[] = {
#define ROW(code, class, retryable, meaning)                                                                 \
    {                                                                                                        \
        K7_ERR_##code, K7_CLASS_##class, retryable, "K7_ERR_" #code, meaning                                 \
    }
    ROW(NO_MEMORY, RESOURCE, 1, "memory ran out"),
    ROW(INVALID_ARGUMENT, INVALID, 0, "an argument or a field of the spec is wrong; nothing was sent"),
    ROW(INVALID_CONFIG, INVALID, 0, "a configuration key or value is wrong"),
    ROW(PARSE, INVALID, 0, "a text given by the caller could not be read"),
    ROW(IO, INVALID, 0, "a local file could not be read"),
    ROW(UNSUPPORTED_OPERATION, UNSUPPORTED, 0, "the transport or the server has no such operation"),
    ROW(UNSUPPORTED_ARGUMENT, UNSUPPORTED, 0, "the transport or the server cannot honour this field"),
    ROW(NOT_FOUND, NOT_FOUND, 0, "no such sandbox"),
    ROW(ALREADY_EXISTS, CONFLICT, 0, "something of that name is in the way"),
    ROW(CONFLICT, CONFLICT, 0, "the object changed or is being deleted"),
    ROW(UNAUTHENTICATED, AUTH, 0, "the credential is missing, unknown or expired"),
    ROW(FORBIDDEN, AUTH, 0, "the credential does not allow this"),
    ROW(QUOTA_EXCEEDED, QUOTA, 0, "a quota of the tenant or namespace is used up"),
    ROW(RATE_LIMITED, QUOTA, 1, "too many requests"),
    ROW(REJECTED, INVALID, 0, "the server says that the request is wrong"),
    ROW(SERVER, SERVER, 0, "the server failed"),
    ROW(UNAVAILABLE, SERVER, 1, "the server or what is behind it is not available now"),
    ROW(RESOLVE, NETWORK, 1, "the host name could not be resolved"),
    ROW(CONNECT, NETWORK, 1, "no connection could be made"),
    ROW(TLS, NETWORK, 0, "the TLS handshake or the check of a certificate failed"),
    ROW(CONNECTION_LOST, NETWORK, 1, "the connection broke before the answer was complete"),
    ROW(PROTOCOL, PROTOCOL, 0, "the answer is not what the protocol says"),
    ROW(LIMIT, PROTOCOL, 0, "an answer or a text exceeds a limit of the library"),
    ROW(TIMEOUT, TIMEOUT, 1, "the deadline of the call passed"),
    ROW(CANCELLED, CANCELLED, 0, "the call was cancelled"),
    ROW(IMAGE_PULL, SANDBOX, 0, "the image could not be pulled"),
    ROW(SCRIPT_FAILED, SANDBOX, 0, "before_script ended with a failure"),
    ROW(START_FAILED, SANDBOX, 0, "the sandbox was made but did not start or ended at once"),
    ROW(FORKED, INVALID, 0, "the client or the loop was made by the parent process"),
    ROW(SYSTEM, RESOURCE, 1, "the operating system or a library refused a resource"),
    ROW(CREDENTIAL, AUTH, 0,
        "the token provider, the credential plugin or the token file gave nothing usable"),
#undef ROW
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static const struct row *row_of(int code)
{
    if (code >= 0 || code < -(int)ROWS)
        return NULL;
    return &rows[-code - 1]; /* the table is in the order of the numbers: a unit test checks it */
}

size_t k7_error_code_count(void)
{
    return ROWS;
}

int k7_error_code_at(size_t i)
{
    return i < ROWS ? rows[i].code : 0;
}

const char *k7_error_code_name(int code)
{
    const struct row *row = row_of(code);

    return row ? row->name : NULL;
}

int k7_error_code_class(int code)
{
    const struct row *row = row_of(code);

    return row ? row->error_class : K7_CLASS_NONE;
}

const char *k7_error_code_meaning(int code)
{
    const struct row *row = row_of(code);

    return row ? row->meaning : NULL;
}

const char *k7_error_class_name(int error_class)
{
    static const char *const names[] = { "none",    "invalid",   "unsupported", "not found", "conflict",
                                         "auth",    "quota",     "network",     "protocol",  "server",
                                         "timeout", "cancelled", "sandbox",     "resource" };

    return error_class >= 0 && (size_t)error_class < sizeof names / sizeof names[0] ? names[error_class]
                                                                                    : NULL;
}

int k7i_fail_memory(k7_error **err)
{
    if (err)
        *err = &out_of_memory[K7_OUTCOME_NOT_SENT];
    return K7_ERR_NO_MEMORY;
}

int k7i_fail(k7_error **err, int code, const char *format, ...)
{
    if (!err)
        return code;
    k7_error *error = k7i_calloc(1, sizeof *error);
    if (!error)
        return k7i_fail_memory(err);
    struct k7i_buf message;
    char text[512];
    va_list args;

    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    k7i_buf_init(&message, MESSAGE_LIMIT);
    if (len >= 0 && (size_t)len < sizeof text) {
        k7i_buf_add(&message, text, (size_t)len);
    } else if (k7i_buf_reserve(&message, len < MESSAGE_LIMIT ? (size_t)len : MESSAGE_LIMIT) == 0) {
        va_start(args, format);
        vsnprintf(message.data, message.capacity, format, args);
        va_end(args);
        message.len = strlen(message.data);
    }
    error->message = k7i_buf_take(&message);
    if (!error->message) {
        k7i_free(error);
        return k7i_fail_memory(err);
    }
    error->references = 1;
    error->code = code;
    error->outcome = K7_OUTCOME_NOT_SENT;
    error->retryable = -1;
    error->retry_after_ms = -1;
    *err = error;
    return code;
}

static int writable(const k7_error *error)
{
    return error && !k7i_error_is_static(error);
}

k7_error *k7_error_ref(k7_error *error)
{
    if (writable(error))
        atomic_fetch_add(&error->references, 1);
    return error;
}

k7_error *k7_error_unref(k7_error *error)
{
    if (writable(error) && atomic_fetch_sub(&error->references, 1) == 1) {
        for (size_t i = 0; i < error->leftover_count; i++)
            k7i_free(error->leftovers[i]);
        k7i_free(error->leftovers);
        k7i_free(error->message);
        k7i_free(error->reason);
        k7i_free(error->server_text);
        k7i_free(error);
    }
    return NULL;
}

void k7i_error_set_outcome(k7_error *error, int outcome)
{
    if (writable(error))
        error->outcome = outcome;
}

k7_error *k7i_error_with_outcome(k7_error *error, int outcome)
{
    if (k7i_error_is_static(error))
        return &out_of_memory[outcome];
    k7i_error_set_outcome(error, outcome);
    return error;
}

void k7i_error_set_http_status(k7_error *error, int status)
{
    if (writable(error))
        error->http_status = status;
}

void k7i_error_set_retry_after_ms(k7_error *error, int64_t ms)
{
    if (writable(error))
        error->retry_after_ms = ms;
}

void k7i_error_set_retryable(k7_error *error, int retryable)
{
    if (writable(error))
        error->retryable = retryable;
}

void k7i_error_set_operation(k7_error *error, const char *operation)
{
    if (writable(error))
        error->operation = operation;
}

void k7i_error_set_step(k7_error *error, const char *step)
{
    if (writable(error))
        error->step = step;
}

void k7i_error_set_reason(k7_error *error, const char *reason)
{
    if (writable(error)) {
        k7i_free(error->reason);
        error->reason = reason ? k7i_strdup(reason) : NULL;
    }
}

void k7i_error_set_server_text(k7_error *error, const char *text, size_t len)
{
    if (!writable(error))
        return;
    if (len > SERVER_TEXT_LIMIT) {
        len = SERVER_TEXT_LIMIT;
        while (len > 0 &&
               ((unsigned char)text[len] & 0xC0) == 0x80) /* not in the middle of a UTF-8 character */
            len--;
    }
    k7i_free(error->server_text);
    error->server_text = k7i_strndup(text, len);
}

void k7i_error_take_leftovers(k7_error *error, char **list, size_t count)
{
    error->leftovers = list;
    error->leftover_count = count;
}

int k7i_error_is_static(const k7_error *error)
{
    for (size_t i = 0; i < sizeof out_of_memory / sizeof out_of_memory[0]; i++)
        if (error == &out_of_memory[i])
            return 1;
    return 0;
}

void k7i_error_move(k7_error **to, k7_error *error)
{
    if (to)
        *to = error;
    else
        k7_error_unref(error);
}

int k7_error_get_code(const k7_error *error)
{
    return error ? error->code : 0;
}

int k7_error_get_class(const k7_error *error)
{
    return error ? k7_error_code_class(error->code) : K7_CLASS_NONE;
}

int k7_error_get_outcome(const k7_error *error)
{
    return error ? error->outcome : K7_OUTCOME_NOT_SENT;
}

int k7_error_get_http_status(const k7_error *error)
{
    return error ? error->http_status : 0;
}

int k7_error_is_retryable(const k7_error *error)
{
    if (!error)
        return 0;
    if (error->retryable >= 0)
        return error->retryable;
    const struct row *row = row_of(error->code);
    return row && row->retryable && error->outcome != K7_OUTCOME_UNKNOWN;
}

int64_t k7_error_get_retry_after_ms(const k7_error *error)
{
    return error ? error->retry_after_ms : -1;
}

const char *k7_error_get_message(const k7_error *error)
{
    return error ? error->message : NULL;
}

const char *k7_error_get_reason(const k7_error *error)
{
    return error ? error->reason : NULL;
}

const char *k7_error_get_operation(const k7_error *error)
{
    return error ? error->operation : NULL;
}

const char *k7_error_get_step(const k7_error *error)
{
    return error ? error->step : NULL;
}

const char *k7_error_get_server_text(const k7_error *error)
{
    return error ? error->server_text : NULL;
}

size_t k7_error_leftover_count(const k7_error *error)
{
    return error ? error->leftover_count : 0;
}

const char *k7_error_leftover_at(const k7_error *error, size_t i)
{
    return error && i < error->leftover_count ? error->leftovers[i] : NULL;
}
