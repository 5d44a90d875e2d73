/* buf.c: see buf.h. */
#include "base/buf.h"

#include "base/alloc.h"
#include <k7sandbox/error.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static char empty_text[1]; /* never written: every write reserves first */

void k7i_buf_init(struct k7i_buf *buf, size_t limit)
{
    *buf = (struct k7i_buf){ .data = empty_text, .limit = limit };
}

/* realloc() may move what it holds and leave a copy where it was. */
static char *grow(const struct k7i_buf *buf, size_t capacity)
{
    char *old = buf->capacity ? buf->data : NULL;

    if (!old || !buf->secret)
        return k7i_realloc(old, capacity);
    char *data = k7i_alloc(capacity);
    if (data) {
        memcpy(data, old, buf->len);
        explicit_bzero(old, buf->capacity);
        k7i_free(old);
    }
    return data;
}

int k7i_buf_reserve(struct k7i_buf *buf, size_t more)
{
    if (buf->failed)
        return buf->failed;
    if (more > buf->limit - buf->len)
        return buf->failed = K7_ERR_LIMIT;
    size_t need = buf->len + more + 1;
    if (need <= buf->capacity)
        return 0;
    size_t capacity = buf->capacity ? buf->capacity : 64;
    while (capacity < need)
        capacity = capacity > buf->limit / 2 ? buf->limit + 1 : capacity * 2;
    char *data = grow(buf, capacity);
    if (!data)
        return buf->failed = K7_ERR_NO_MEMORY;
    data[buf->len] = '\0';
    buf->data = data;
    buf->capacity = capacity;
    return 0;
}

void k7i_buf_add(struct k7i_buf *buf, const void *data, size_t len)
{
    if (len == 0 || k7i_buf_reserve(buf, len) != 0)
        return;
    memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void k7i_buf_text(struct k7i_buf *buf, const char *text)
{
    k7i_buf_add(buf, text, strlen(text));
}

void k7i_buf_char(struct k7i_buf *buf, char c)
{
    k7i_buf_add(buf, &c, 1);
}

void k7i_buf_printf(struct k7i_buf *buf, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0 || k7i_buf_reserve(buf, (size_t)len) != 0 || len == 0)
        return;
    va_start(args, format);
    vsnprintf(buf->data + buf->len, (size_t)len + 1, format, args);
    va_end(args);
    buf->len += (size_t)len;
}

void k7i_buf_reset(struct k7i_buf *buf)
{
    buf->len = 0;
    buf->failed = 0;
    if (buf->capacity)
        buf->data[0] = '\0';
}

/* Empty, without memory; what the buffer is for stays. */
static void begin_again(struct k7i_buf *buf)
{
    int secret = buf->secret;

    k7i_buf_init(buf, buf->limit);
    buf->secret = secret;
}

char *k7i_buf_take(struct k7i_buf *buf)
{
    char *text = NULL;

    if (!buf->failed)
        text = buf->capacity ? buf->data : k7i_strdup("");
    if (text)
        begin_again(buf);
    else
        k7i_buf_clear(buf);
    return text;
}

void k7i_buf_clear(struct k7i_buf *buf)
{
    if (buf->capacity && buf->secret)
        explicit_bzero(buf->data, buf->capacity);
    if (buf->capacity)
        k7i_free(buf->data);
    begin_again(buf);
}

void k7i_buf_wipe(struct k7i_buf *buf)
{
    if (buf->capacity)
        explicit_bzero(buf->data, buf->capacity);
    k7i_buf_clear(buf);
}
