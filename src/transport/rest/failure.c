/* failure.c: refusing answers as errors: the number, and a sentence that says what was wanted and what the server said. */
#include "transport/rest/rest.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"

#include <string.h>

enum { TEXT_LIMIT = 2048, SERVER_TEXT_MAX = 4096, LOCATION_MAX = 300 };

void k7i_rest_subject(const struct k7i_op *op, struct k7i_buf *text)
{
    const struct k7i_rest_state *state = op->state;

    if (state->name)
        k7i_buf_printf(text, "sandbox \"%s\" in namespace \"%s\"", state->name, state->namespace_);
    else if (state->namespace_)
        k7i_buf_printf(text, "the sandboxes of namespace \"%s\"", state->namespace_);
    else
        k7i_buf_text(text, "the sandboxes of all namespaces");
}

static int is_operation(const struct k7i_op *op, const char *operation)
{
    return strcmp(op->plan->operation, operation) == 0;
}

static int is_foreign(const struct k7i_rest_refusal *refusal)
{
    /* our gateway has the envelope for everything, and says by this reason that it has no such path */
    return refusal->shape == K7I_REST_DETAIL || refusal->shape == K7I_REST_FOREIGN ||
           refusal->shape == K7I_REST_EMPTY || k7i_text_equal(refusal->reason, "NoSuchRoute");
}

static int code_of_success(const struct k7i_rest_refusal *refusal) /* 2xx with an error body */
{
    static const struct {
        const char *reason;
        int code;
    } rows[] = {
        { "BadRequest", K7_ERR_REJECTED }, { "UnprocessableEntity", K7_ERR_REJECTED },
        { "Forbidden", K7_ERR_FORBIDDEN }, { "Unauthorized", K7_ERR_UNAUTHENTICATED },
        { "NotFound", K7_ERR_NOT_FOUND },  { "Conflict", K7_ERR_CONFLICT },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (k7i_text_equal(refusal->reason, rows[i].reason))
            return rows[i].code;
    return K7_ERR_SERVER;
}

static int code_of_status(const struct k7i_op *op, int status, const struct k7i_rest_refusal *refusal)
{
    if (status >= 200 && status < 300)
        return code_of_success(refusal);
    switch (status) {
    case 401:
    case 407:
        return K7_ERR_UNAUTHENTICATED;
    case 403:
        return K7_ERR_FORBIDDEN;
    case 404:
        /* Only K7's handlers can say that a sandbox is not there: everything else says that this is no K7 API. */
        if (is_foreign(refusal))
            return K7_ERR_PROTOCOL;
        return is_operation(op, "create") || is_operation(op, "list") ? K7_ERR_REJECTED : K7_ERR_NOT_FOUND;
    case 405:
    case 501:
        return is_foreign(refusal) ? K7_ERR_PROTOCOL : K7_ERR_REJECTED;
    case 409:
        return K7_ERR_CONFLICT;
    case 408:
        return K7_ERR_UNAVAILABLE;
    case 429:
        return K7_ERR_RATE_LIMITED;
    case 502:
    case 503:
    case 504:
        return K7_ERR_UNAVAILABLE;
    }
    if (status >= 400 && status < 500)
        return K7_ERR_REJECTED;
    return status >= 500 && status < 600 ? K7_ERR_SERVER : K7_ERR_PROTOCOL;
}

static int code_of(const struct k7i_op *op, int status, const struct k7i_rest_refusal *refusal)
{
    const struct k7i_rest_state *state = op->state;
    int code = k7i_rest_reason_code(refusal->reason);

    if (code == 0 && (status == 400 || status == 409))
        code = k7i_rest_prose_code(op->plan->operation, state->name, refusal->text);
    return code != 0 ? code : code_of_status(op, status, refusal);
}

/* What to say where the server said nothing, or nothing that its user could understand. */
static const char *own_words(const struct k7i_op *op, int status, const struct k7i_rest_refusal *refusal)
{
    if (status == 404 && is_foreign(refusal))
        return "there is no K7 API at this address; check the endpoint and its path";
    if (status == 405 && is_foreign(refusal))
        return "what answers at this address is not a K7 API; check the endpoint and its path";
    if (*refusal->text)
        return NULL;
    switch (status) {
    case 401:
        return k7i_rest_of(op)->has_credential ? "the server does not accept the credential"
                                               : "the server wants a credential: set rest.api_key";
    case 403:
        return "the credential does not allow it";
    case 407:
        return "the proxy wants a user name and password";
    case 408:
        return "the server gave up waiting for the request";
    case 413:
        return "the request is too large for the server";
    case 429:
        return "too many requests";
    case 502:
    case 503:
    case 504:
        return "the server or what is behind it is not available now";
    }
    return status >= 500 ? "the server failed and did not say why" : "the server did not say why";
}

/* Text of a server as it may appear in an error: without the credential, in UTF-8, without control characters. */
static void clean(const struct k7i_op *op, char *text, size_t len, int one_line)
{
    int utf8 = k7i_text_is_utf8(text, len);

    k7i_rest_server_strike(&k7i_rest_of(op)->server, text, len);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] == 0x7F || (!utf8 && (unsigned char)text[i] >= 0x80) ||
            ((unsigned char)text[i] < 0x20 && (one_line || !strchr("\t\r\n", text[i]) || !text[i])))
            text[i] = one_line ? ' ' : '?';
}

static char *redirect_words(const struct k7i_op *op, const struct k7i_response *response)
{
    if (!response->location)
        return k7i_strdup("the server redirects without saying where");
    char *location = k7i_strdup(response->location), *words = NULL;

    if (location) {
        size_t len = strlen(location);

        clean(op, location, len, 1); /* whole, before it is cut: no part of a credential stays */
        if (len > LOCATION_MAX)
            for (len = LOCATION_MAX; len > 0 && ((unsigned char)location[len] & 0xC0) == 0x80;)
                len--;
        words = k7i_sprintf("the server redirects to %.*s, which is never followed: set the endpoint to the "
                            "address that answers itself",
                            (int)len, location);
    }
    k7i_free(location);
    return words;
}

static void add_server_text(const struct k7i_op *op, k7_error *error, const struct k7i_response *response)
{
    /* A credential across the cut must not survive in part: more is looked at than is kept. */
    size_t len = response->body_len < 2 * SERVER_TEXT_MAX ? response->body_len : 2 * SERVER_TEXT_MAX;
    char *text = len > 0 ? k7i_alloc(len + 1) : NULL;

    if (!text)
        return;
    memcpy(text, response->body, len);
    text[len] = '\0';
    while (len > 0 && len < response->body_len && ((unsigned char)response->body[len] & 0xC0) == 0x80)
        text[--len] = '\0'; /* not in the middle of a character */
    clean(op, text, len, 0);
    k7i_error_set_server_text(error, text, len);
    k7i_free(text);
}

static k7_error *make_error(const struct k7i_op *op, const struct k7i_response *response,
                            const struct k7i_rest_refusal *refusal, const char *words)
{
    int status = response->status, code = code_of(op, status, refusal);
    struct k7i_buf subject;
    k7_error *error = NULL;

    k7i_buf_init(&subject, TEXT_LIMIT);
    k7i_rest_subject(op, &subject);
    k7i_fail(&error, code, "cannot %s %s: %s (HTTP %d)", op->plan->operation, subject.data, words, status);
    k7i_error_set_http_status(error, status);
    k7i_error_set_reason(error, refusal->reason);
    if (response->retry_after_ms >= 0)
        k7i_error_set_retry_after_ms(error, response->retry_after_ms);
    add_server_text(op, error, response);
    k7i_buf_clear(&subject);
    return error;
}

int k7i_rest_refusal_of(const struct k7i_op *op, const struct k7i_response *response,
                        struct k7i_rest_refusal *ret_refusal)
{
    struct k7i_rest_server *server = &k7i_rest_of(op)->server;
    char *body = k7i_strndup(response->body, response->body_len);
    int failed = -1;

    memset(ret_refusal, 0, sizeof *ret_refusal);
    if (body) { /* struck out before anything is cut, and again what was escaped in JSON */
        k7i_rest_server_strike(server, body, response->body_len);
        failed = k7i_rest_refusal_read(body, response->body_len, ret_refusal);
    }
    k7i_free(body);
    if (ret_refusal->text)
        clean(op, ret_refusal->text, strlen(ret_refusal->text), 1);
    if (ret_refusal->reason)
        clean(op, ret_refusal->reason, strlen(ret_refusal->reason), 1);
    if (ret_refusal->left)
        clean(op, ret_refusal->left, strlen(ret_refusal->left), 1);
    return failed;
}

enum k7i_verdict k7i_rest_refuse(struct k7i_op *op, const struct k7i_response *response)
{
    struct k7i_rest_refusal refusal;
    k7_error *error = NULL;
    char *words = NULL;

    if (k7i_rest_refusal_of(op, response, &refusal) == 0) {
        const char *own = own_words(op, response->status, &refusal);

        words = response->status >= 300 && response->status < 400 ? redirect_words(op, response)
                                                                  : k7i_strdup(own ? own : refusal.text);
        if (words)
            error = make_error(op, response, &refusal, words);
    }
    k7i_free(words);
    k7i_rest_refusal_clear(&refusal);
    return error ? k7i_op_fail_with(op, error) : k7i_op_fail_memory(op);
}

int k7i_rest_is_missing(const struct k7i_response *response)
{
    struct k7i_rest_refusal refusal;
    int missing = -1;

    if (response->status != 404)
        return 0;
    if (k7i_rest_refusal_read(response->body, response->body_len, &refusal) == 0)
        missing = refusal.shape == K7I_REST_ENVELOPE && !is_foreign(&refusal);
    k7i_rest_refusal_clear(&refusal);
    return missing;
}

enum k7i_verdict k7i_rest_missing(struct k7i_op *op)
{
    const struct k7i_rest_state *state = op->state;
    k7_error *error = NULL;

    k7i_fail(&error, K7_ERR_NOT_FOUND, "there is no sandbox \"%s\" in namespace \"%s\"", state->name,
             state->namespace_);
    k7i_error_set_http_status(error, 404);
    return k7i_op_fail_with(op, error);
}
