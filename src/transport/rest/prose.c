/* prose.c: what K7's sentences mean. K7 answers 400 to nearly everything and tells the cause only in words (K7 contract, sections 2, 4 and 6): those that
 * its sources certainly write are recognised here, and no others. Pure functions of text. */
#include "transport/rest/rest.h"

#include "base/alloc.h"
#include "base/text.h"

#include <ctype.h>
#include <string.h>

enum { LINE_MAX = 400 };

/* "(409)" after a prefix: the status with which Kubernetes refused what K7 asked of it. 0: none. */
static int kubernetes_status(const char *text)
{
    const char *p = strstr(text, ": (");

    if (!p || !isdigit((unsigned char)p[3]) || !isdigit((unsigned char)p[4]) ||
        !isdigit((unsigned char)p[5]) || p[6] != ')')
        return 0;
    return (p[3] - '0') * 100 + (p[4] - '0') * 10 + (p[5] - '0');
}

static int from_kubernetes(const char *text)
{
    int status = kubernetes_status(text);

    if (status == 403 && strstr(text, "exceeded quota: "))
        return K7_ERR_QUOTA_EXCEEDED;
    if (status == 429 || status == 500 || status == 502 || status == 503 || status == 504)
        return K7_ERR_UNAVAILABLE;
    return 0;
}

static int is_already_exists(const char *name, const char *text)
{
    size_t len = name ? strlen(name) : 0;

    return name && k7i_text_starts(text, "Sandbox ") && strncmp(text + 8, name, len) == 0 &&
           strcmp(text + 8 + len, " already exists") == 0;
}

static int of_create(const char *name, const char *text)
{
    if (is_already_exists(name, text))
        return K7_ERR_ALREADY_EXISTS;
    /* Kubernetes answers 409 to a POST only when an object of that name is there, if only one that is going. */
    if (k7i_text_starts(text, "Failed to create ") && kubernetes_status(text) == 409)
        return K7_ERR_ALREADY_EXISTS;
    if (k7i_text_starts(text, "before_script failed: "))
        return K7_ERR_SCRIPT_FAILED;
    if (k7i_text_starts(text, "Timed out waiting for sandbox container to start") ||
        k7i_text_starts(text, "No node available supporting backend '"))
        return K7_ERR_START_FAILED;
    return k7i_text_starts(text, "Failed to create ") ? from_kubernetes(text) : 0;
}

int k7i_rest_prose_code(const char *operation, const char *name, const char *text)
{
    int code = 0;

    if (strcmp(operation, "create") == 0)
        code = of_create(name, text);
    else if (strcmp(operation, "delete") == 0)
        code = from_kubernetes(text);
    /* urllib3's words in K7's API process: it reaches no Kubernetes. */
    if (code == 0 && strstr(text, "Max retries exceeded with url: /api"))
        code = K7_ERR_UNAVAILABLE;
    return code;
}

int k7i_rest_reason_code(const char *reason)
{
    /* K7's own codes that say no more than the status ("BadRequest", "Forbidden") are not here. */
    static const struct {
        const char *reason;
        int code;
    } rows[] = {
        { "AlreadyExists", K7_ERR_ALREADY_EXISTS },
        { "QuotaExceeded", K7_ERR_QUOTA_EXCEEDED },
        { "RateLimited", K7_ERR_RATE_LIMITED },
        { "ImagePullFailed", K7_ERR_IMAGE_PULL },
        { "ScriptFailed", K7_ERR_SCRIPT_FAILED },
        { "StartFailed", K7_ERR_START_FAILED },
        { "SandboxFailed", K7_ERR_START_FAILED },
        { "UnsupportedArgument", K7_ERR_UNSUPPORTED_ARGUMENT },
        { "UnsupportedOperation", K7_ERR_UNSUPPORTED_OPERATION },
    };

    for (size_t i = 0; reason && i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].reason, reason) == 0)
            return rows[i].code;
    return 0;
}

/* Appends text on one line, white space and control characters folded into single spaces, cut at a character's edge. */
static void add_line(const char *text, size_t len, struct k7i_buf *line)
{
    size_t start = line->len, from = 0;
    int cut = len > LINE_MAX;

    if (cut)
        for (len = LINE_MAX; len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80;)
            len--;
    for (size_t i = 0; i <= len; i++) {
        if (i < len && (unsigned char)text[i] > 0x20 && (unsigned char)text[i] != 0x7F)
            continue;
        if (i > from) {
            if (line->len > start)
                k7i_buf_char(line, ' ');
            k7i_buf_add(line, text + from, i - from);
        }
        from = i + 1;
    }
    if (cut)
        k7i_buf_text(line, "…");
}

void k7i_rest_summary(const char *text, struct k7i_buf *line)
{
    static const char headers_mark[] = "HTTP response headers: ", body_mark[] = "HTTP response body: ";
    const char *headers = strstr(text, headers_mark), *body = headers ? strstr(headers, body_mark) : NULL;
    struct k7i_json *json = NULL;
    const char *message = NULL;

    if (!headers) {
        add_line(text, strlen(text), line);
        return;
    }
    add_line(text, (size_t)(headers - text), line);
    if (body) {
        size_t len = strcspn(body += sizeof body_mark - 1, "\n");

        if (k7i_json_parse(body, len, &json, NULL) == 0)
            message = k7i_json_get_string(k7i_json_root(json), "message");
        if (message) {
            k7i_buf_text(line, ": ");
            add_line(message, strlen(message), line);
        }
        k7i_json_free(json);
    }
}
