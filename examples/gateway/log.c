/* log.c: makes the log's lines and writes them in their order. */
#include "log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "text.h"

/* Longer than any line can get, also when escaping makes six bytes of each. */
#define LINE_MAX_BYTES (16 * 1024)
/* Some 5,000 requests. */
#define BUFFER_MAX_BYTES (1024 * 1024)
/* How long the end may wait for the reader. */
#define STOP_SECONDS 2

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_t writer;
static struct text waiting = TEXT_INIT(BUFFER_MAX_BYTES);
static unsigned long dropped;
static bool ending;

static void write_all(const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t put = write(STDERR_FILENO, bytes, len);
        if (put < 0 && errno != EINTR) {
            return; /* nothing can be done about a log that cannot be written */
        }
        bytes += put < 0 ? 0 : put;
        len -= put < 0 ? 0 : (size_t)put;
    }
}

static void *write_lines(void *user)
{
    (void)user;
    pthread_mutex_lock(&lock);
    for (;;) {
        while (waiting.len == 0 && !ending) {
            pthread_cond_wait(&changed, &lock);
        }
        if (waiting.len == 0) {
            break;
        }
        struct text taken = waiting;
        waiting = (struct text)TEXT_INIT(BUFFER_MAX_BYTES);
        pthread_mutex_unlock(&lock);
        write_all(taken.bytes, taken.len);
        text_clear(&taken);
        pthread_mutex_lock(&lock);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

int log_start(void)
{
    return pthread_create(&writer, NULL, write_lines, NULL) == 0 ? 0 : -1;
}

void log_stop(void)
{
    struct timespec until;
    pthread_mutex_lock(&lock);
    ending = true;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += STOP_SECONDS;
    pthread_timedjoin_np(writer, NULL, &until);
}

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

static void add_event(struct text *line, const char *event, const char *message)
{
    text_add_string(line, ",\"event\":");
    text_add_json(line, event);
    text_add_string(line, ",\"message\":");
    text_add_json(line, message);
    text_add_string(line, "}\n");
}

/* With the lock held. Returns false when there is no room, and nothing was added. */
static bool append(const struct text *line)
{
    if (line->failed) {
        return false;
    }
    text_add(&waiting, line->bytes, line->len);
    bool added = !waiting.failed;
    waiting.failed = false; /* what was there before is kept */
    return added;
}

static void end_line(struct text *line)
{
    pthread_mutex_lock(&lock);
    if (dropped > 0) {
        char message[64];
        struct text note = TEXT_INIT(LINE_MAX_BYTES);
        snprintf(message, sizeof message, "%lu lines were dropped", dropped);
        begin_line(&note);
        add_event(&note, "log", message);
        dropped = append(&note) ? 0 : dropped;
        text_clear(&note);
    }
    if (dropped > 0 || !append(line)) {
        dropped++;
    }
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
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
    text_add_string(&line, "}\n");
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
    add_event(&line, event, message);
    end_line(&line);
}
