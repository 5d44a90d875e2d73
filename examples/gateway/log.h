/* log.h: the structured log: one JSON object per line on standard error. No header, no body and no query is ever shown, so no secret is. */
#ifndef GATEWAY_LOG_H
#define GATEWAY_LOG_H

#include <stdint.h>

struct access_line {
    const char *peer;   /* the client's address, or NULL */
    const char *method; /* as sent */
    const char *path;   /* as sent, still percent-encoded, without the query */
    const char *key;    /* the name of the key, or NULL */
    const char *note;   /* why there was no answer, or NULL */
    int status;         /* 499: the client left, 408: it was too slow, as in other servers' logs */
    int64_t ms;
};

/* Lines are written by a thread of their own: a reader that stalls must not stall the gateway. What does not fit into the buffer is dropped, and how
 * much is said once there is room. Returns 0 or -1. */
int log_start(void);
/* Writes what is left, but does not wait for a stalled reader. */
void log_stop(void);

void log_access(const struct access_line *line);
/* An event of the gateway itself, for a person. */
void log_event(const char *event, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
