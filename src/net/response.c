/* response.c: receiving an answer: header lines and body, both within limits. */
#include "net/inside.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { CONTENT_TYPE_LIMIT = 256, LOCATION_LIMIT = 2048 };
static const int64_t RETRY_AFTER_MAX_MS = 24 * 3600 * INT64_C(1000);

void k7i_response_reset(struct k7i_transfer *transfer)
{
    transfer->response = (struct k7i_response){ .retry_after_ms = -1 };
    transfer->header_bytes = 0;
    transfer->headers_end = 0;
    transfer->limit_hit = 0;
    transfer->date[0] = transfer->retry_date[0] = '\0';
    k7i_buf_clear(&transfer->body); /* the last answer may have been large: not kept */
    k7i_buf_init(&transfer->body, transfer->peer ? transfer->peer->response_limit : 0);
    k7i_buf_reset(&transfer->content_type);
    k7i_buf_reset(&transfer->location);
    if (transfer->content_type.limit == 0) {
        k7i_buf_init(&transfer->content_type, CONTENT_TYPE_LIMIT);
        k7i_buf_init(&transfer->location, LOCATION_LIMIT);
    }
}

/* The value of a header line if it has this name: without white space around it. */
static const char *value_of(char *line, size_t len, const char *name, size_t *ret_len)
{
    size_t name_len = strlen(name);

    if (len <= name_len || line[name_len] != ':' || strncasecmp(line, name, name_len) != 0)
        return NULL;
    const char *value = line + name_len + 1;
    size_t rest = len - name_len - 1;
    while (rest > 0 && (*value == ' ' || *value == '\t'))
        value++, rest--;
    while (rest > 0 && strchr(" \t\r\n", value[rest - 1]))
        rest--;
    *ret_len = rest;
    return value;
}

static int64_t limited_ms(long long seconds)
{
    return seconds > RETRY_AFTER_MAX_MS / 1000 ? RETRY_AFTER_MAX_MS : (int64_t)seconds * 1000;
}

/* RFC 9110, section 10.2.3: seconds, or a date. */
static void read_retry_after(struct k7i_transfer *transfer)
{
    char *end;
    long long seconds = strtoll(transfer->retry_date, &end, 10);

    if (end == transfer->retry_date || *end)
        return;
    if (seconds >= 0)
        transfer->response.retry_after_ms = limited_ms(seconds);
    transfer->retry_date[0] = '\0';
}

/* A date is compared with the server's own clock when it sent one, before or after. Most answers have a Date and no Retry-After: reading dates is a tenth of what
 * libcurl does for a small answer. */
static void settle_retry_after(struct k7i_transfer *transfer)
{
    time_t retry_at = transfer->retry_date[0] ? curl_getdate(transfer->retry_date, NULL) : -1;

    if (retry_at == -1)
        return;
    time_t now = transfer->date[0] ? curl_getdate(transfer->date, NULL) : -1;
    if (now == -1)
        now = (time_t)k7i_now_unix();
    transfer->response.retry_after_ms = retry_at > now ? limited_ms((long long)retry_at - (long long)now) : 0;
}

/* A value that does not fit is no date and no number. */
static void keep(char *to, size_t size, const char *value, size_t len)
{
    if (len >= size)
        len = 0;
    memcpy(to, value, len);
    to[len] = '\0';
}

size_t k7i_response_header(char *line, size_t size, size_t count, void *user)
{
    struct k7i_transfer *transfer = user;
    size_t len = size * count, value_len;
    const char *value;

    transfer->header_bytes += len;
    if (transfer->header_bytes > K7I_HEADER_LIMIT) {
        transfer->limit_hit = K7_ERR_LIMIT;
        return 0;
    }
    int is_status_line = len > 5 && strncmp(line, "HTTP/", 5) == 0;
    if (transfer->headers_end && !is_status_line)
        return len; /* of the trailer section, after a chunked body */
    transfer->headers_end = len <= 2 && (*line == '\r' || *line == '\n');
    if (is_status_line) { /* a new answer: the one before was an interim one */
        transfer->response.retry_after_ms = -1;
        transfer->date[0] = transfer->retry_date[0] = '\0';
        k7i_buf_reset(&transfer->content_type);
        k7i_buf_reset(&transfer->location);
    } else if ((value = value_of(line, len, "Content-Type", &value_len)) != NULL) {
        k7i_buf_reset(&transfer->content_type);
        k7i_buf_add(&transfer->content_type, value,
                    value_len < CONTENT_TYPE_LIMIT ? value_len : CONTENT_TYPE_LIMIT);
    } else if ((value = value_of(line, len, "Location", &value_len)) != NULL) {
        k7i_buf_reset(&transfer->location);
        k7i_buf_add(&transfer->location, value, value_len < LOCATION_LIMIT ? value_len : LOCATION_LIMIT);
    } else if ((value = value_of(line, len, "Date", &value_len)) != NULL) {
        keep(transfer->date, sizeof transfer->date, value, value_len);
    } else if ((value = value_of(line, len, "Retry-After", &value_len)) != NULL) {
        keep(transfer->retry_date, sizeof transfer->retry_date, value, value_len);
        read_retry_after(transfer);
    }
    if (transfer->headers_end)
        settle_retry_after(transfer);
    if (transfer->content_type.failed || transfer->location.failed) {
        transfer->limit_hit = K7_ERR_NO_MEMORY;
        return 0;
    }
    return len;
}

size_t k7i_response_body(char *data, size_t size, size_t count, void *user)
{
    struct k7i_transfer *transfer = user;
    size_t len = size * count;
    long status = 0;

    if (transfer->user.chunk) {
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
        if (status >= 200 && status < 300) {
            if (transfer->user.chunk(transfer->user.user, (int)status, data, len) == 0)
                return len;
            transfer->outcome.aborted = 1;
            return 0;
        }
    }
    k7i_buf_add(&transfer->body, data, len);
    if (transfer->body.failed) {
        transfer->limit_hit = transfer->body.failed;
        return 0;
    }
    return len;
}
