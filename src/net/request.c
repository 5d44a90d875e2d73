/* request.c: building a request. Failures stay in its buffers and are looked at once, when it is sent. */
#include "net/http.h"

#include "base/error.h"

#include <string.h>

enum { TARGET_LIMIT = 16 * 1024, HEADERS_LIMIT = 32 * 1024, BODY_LIMIT = 16 * 1024 * 1024 };

void k7i_request_init(struct k7i_request *request)
{
    *request = (struct k7i_request){ .method = "GET", .repeat = K7I_REPEAT_SAFE };
    k7i_buf_init(&request->target, TARGET_LIMIT);
    k7i_buf_init(&request->headers, HEADERS_LIMIT);
    k7i_buf_init(&request->body, BODY_LIMIT);
    request->headers.secret = request->body.secret = 1;
}

/* Overwrites what was in use, keeps the memory: bodies and headers may hold secrets. */
static void wipe(struct k7i_buf *buf)
{
    if (buf->capacity)
        explicit_bzero(buf->data, buf->len);
    k7i_buf_reset(buf);
}

void k7i_request_reset(struct k7i_request *request)
{
    request->method = "GET";
    request->repeat = K7I_REPEAT_SAFE;
    request->content_type = NULL;
    k7i_buf_reset(&request->target);
    wipe(&request->headers);
    wipe(&request->body);
}

void k7i_request_clear(struct k7i_request *request)
{
    k7i_buf_clear(&request->target);
    k7i_buf_wipe(&request->headers);
    k7i_buf_wipe(&request->body);
}

void k7i_request_header(struct k7i_request *request, const char *name, const char *value)
{
    if (strpbrk(value, "\r\n") || strpbrk(name, ":\r\n")) {
        request->headers.failed = K7_ERR_INVALID_ARGUMENT;
        return;
    }
    k7i_buf_printf(&request->headers, "%s: %s", name, value);
    k7i_buf_char(&request->headers, '\0');
}

void k7i_request_segment(struct k7i_request *request, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c))
            k7i_buf_char(&request->target, (char)c);
        else
            k7i_buf_printf(&request->target, "%%%02X", c);
    }
}

int k7i_request_failed(const struct k7i_request *request)
{
    if (request->target.failed)
        return request->target.failed;
    return request->headers.failed ? request->headers.failed : request->body.failed;
}

int k7i_request_check(const struct k7i_request *request, k7_error **err)
{
    int code = k7i_request_failed(request);

    if (code == K7_ERR_NO_MEMORY)
        return k7i_fail_memory(err);
    return code ? k7i_fail(err, code, "the request is too large, or a header value has a line break in it")
                : 0;
}
