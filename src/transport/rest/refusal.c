/* refusal.c: what a refusing answer says, whichever of the shapes it has (K7 contract, section 1.4). Knows no operation. */
#include "transport/rest/rest.h"

#include "base/alloc.h"
#include "base/text.h"

#include <string.h>

enum { LINE_LIMIT = 1024, VALIDATION_ITEMS = 8 };

/* One entry of a validation list: "body.name: field required". */
static void add_validation(const struct k7i_json_value *item, struct k7i_buf *text)
{
    const struct k7i_json_value *loc = k7i_json_get(item, "loc");
    const char *msg = k7i_json_get_string(item, "msg");

    if (!msg)
        return;
    if (text->len > 0)
        k7i_buf_text(text, "; ");
    for (size_t i = 0; i < k7i_json_count(loc) && i < VALIDATION_ITEMS; i++) {
        const struct k7i_json_value *part = k7i_json_at(loc, i);
        const char *name = k7i_json_string(part);

        if (i > 0)
            k7i_buf_char(text, '.');
        if (name)
            k7i_rest_summary(name, text);
        else
            k7i_buf_printf(text, "%lld", (long long)k7i_json_int(part, 0));
    }
    if (k7i_json_count(loc) > 0)
        k7i_buf_text(text, ": ");
    k7i_rest_summary(msg, text);
}

static void add_left(const struct k7i_json_value *error, struct k7i_buf *left)
{
    const struct k7i_json_value *leftovers = k7i_json_get(error, "leftovers");

    for (size_t i = 0; i < k7i_json_count(leftovers); i++) {
        const char *what = k7i_json_string(k7i_json_at(leftovers, i));

        if (!what)
            continue;
        if (left->len > 0)
            k7i_buf_text(left, "; ");
        k7i_rest_summary(what, left);
    }
}

static enum k7i_rest_shape read_json(const struct k7i_json_value *root, struct k7i_buf *text,
                                     const char **ret_reason, struct k7i_buf *left, int *ret_is_unknown)
{
    const struct k7i_json_value *error = k7i_json_get(root, "error"), *detail = k7i_json_get(root, "detail");
    const char *message;

    if (k7i_json_kind(error) == K7I_JSON_OBJECT) {
        message = k7i_json_get_string(error, "message");
        *ret_reason = k7i_json_get_string(error, "reason"); /* our gateway's; finer than `code` */
        if (!*ret_reason)
            *ret_reason = k7i_json_get_string(root, "reason");
        if (!*ret_reason)
            *ret_reason = k7i_json_get_string(error, "code");
        if (message)
            k7i_rest_summary(message, text);
        add_left(error, left);
        *ret_is_unknown = left->len > 0 || k7i_text_equal(k7i_json_get_string(error, "outcome"), "unknown");
        return K7I_REST_ENVELOPE;
    }
    if (k7i_json_kind(detail) == K7I_JSON_STRING) {
        k7i_rest_summary(k7i_json_string(detail), text);
        return K7I_REST_DETAIL;
    }
    if (k7i_json_kind(detail) == K7I_JSON_ARRAY) {
        for (size_t i = 0; i < k7i_json_count(detail) && i < VALIDATION_ITEMS; i++)
            add_validation(k7i_json_at(detail, i), text);
        return K7I_REST_VALIDATION;
    }
    message = k7i_json_string(error);
    if (!message)
        message = k7i_json_get_string(root, "message");
    if (message)
        k7i_rest_summary(message, text);
    return K7I_REST_FOREIGN;
}

/* The text, or NULL without memory; what did not fit within the limit is left out. */
static char *take_line(struct k7i_buf *line)
{
    if (line->failed == K7_ERR_LIMIT)
        line->failed = 0;
    return k7i_buf_take(line);
}

int k7i_rest_refusal_read(const char *body, size_t len, struct k7i_rest_refusal *ret_refusal)
{
    struct k7i_json *json = NULL;
    k7_error *unreadable = NULL;
    const char *reason = NULL;
    struct k7i_buf text, left;
    int failed = 0;

    memset(ret_refusal, 0, sizeof *ret_refusal);
    k7i_buf_init(&text, LINE_LIMIT);
    k7i_buf_init(&left, K7I_LEFTOVER_LEN - 1);
    if (strspn(body, " \t\r\n") == len) {
        ret_refusal->shape = K7I_REST_EMPTY;
    } else if (k7i_json_parse(body, len, &json, &unreadable) == 0) {
        ret_refusal->shape = read_json(k7i_json_root(json), &text, &reason, &left, &ret_refusal->is_unknown);
    } else {
        ret_refusal->shape = K7I_REST_FOREIGN;
        failed = k7_error_get_code(unreadable) == K7_ERR_NO_MEMORY;
    }
    k7_error_unref(unreadable);
    if (reason && *reason && !k7i_text_has_control(reason) && strlen(reason) < LINE_LIMIT)
        failed |= !(ret_refusal->reason = k7i_strdup(reason));
    if (left.len > 0 || left.failed == K7_ERR_NO_MEMORY)
        failed |= !(ret_refusal->left = take_line(&left));
    failed |= !(ret_refusal->text = take_line(&text));
    k7i_json_free(json);
    k7i_buf_clear(&left);
    k7i_buf_clear(&text);
    return failed ? -1 : 0;
}

void k7i_rest_refusal_clear(struct k7i_rest_refusal *refusal)
{
    k7i_free(refusal->text);
    k7i_free(refusal->reason);
    k7i_free(refusal->left);
    memset(refusal, 0, sizeof *refusal);
}
