/* log.c: writes the log's lines. Each is one write(), so lines of several threads never mix. */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "text.h"

/* Longer than any line can get, also when escaping makes six bytes of each. */
#define LINE_MAX_BYTES (16 * 1024)

static void begin_line(struct text *line)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct tm utc;
    gmtime_r(&now.tv_sec, &utc);
    char stamp[32];
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
    text_add_format(line, "{\"time\":\"%s.%03ldZ\"", stamp, now.tv_nsec / 1000000);
}

static void end_line(struct text *line)
{
    text_add_string(line, "}\n");
    if (!line->failed) {
        /* nothing can be done about a log that cannot be written */
        ssize_t ignored = write(STDERR_FILENO, line->bytes, line->len);
        (void)ignored;
    }
    text_clear(line);
}

void log_access(const struct access_line *access)
{
    struct text line = TEXT_INIT(LINE_MAX_BYTES);
    begin_line(&line);
    text_add_string(&line, ",\"peer\":");
    text_add_json(&line, access->peer);
    text_add_string(&line, ",\"method\":");
    text_add_json(&line, access->method);
    text_add_string(&line, ",\"path\":");
    text_add_json(&line, access->path);
    text_add_format(&line, ",\"status\":%d,\"ms\":%lld,\"key\":", access->status, (long long)access->ms);
    text_add_json(&line, access->key);
    if (access->note != NULL) {
        text_add_string(&line, ",\"note\":");
        text_add_json(&line, access->note);
    }
    end_line(&line);
}

void log_event(const char *event, const char *format, ...)
{
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    struct text line = TEXT_INIT(LINE_MAX_BYTES);
    begin_line(&line);
    text_add_string(&line, ",\"event\":");
    text_add_json(&line, event);
    text_add_string(&line, ",\"message\":");
    text_add_json(&line, message);
    end_line(&line);
}
