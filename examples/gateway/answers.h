/* answers.h: what a request is answered with: K7's envelope, {"data": …} or {"error": {"code", "message", …}}, and its HTTP status. */
#ifndef GATEWAY_ANSWERS_H
#define GATEWAY_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <k7sandbox/k7sandbox.h>

#include "text.h"

struct answer {
    int status; /* 0: not decided yet */
    char *body; /* NULL with a status: out of memory */
    size_t len;
    char location[192];    /* "": none */
    char allow[64];        /* "": none */
    int64_t retry_after_s; /* 0: none */
    bool close;            /* the connection ends with this answer */
};

/* The most an answer may grow to; a list of 10,000 sandboxes is about 3 MB. */
#define ANSWER_MAX_BYTES (64 * 1024 * 1024)

/* `json` is the whole body; it is emptied. */
void answer_json(struct answer *answer, int status, struct text *json);
/* {"data": {"message": …}} */
void answer_message(struct answer *answer, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* reason: a word for programs, or NULL. */
void answer_error(struct answer *answer, int status, const char *reason, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* An error of the library. message: what to say instead of its own text, or NULL. strict: K7 answers 400 when something is in the way; strict
 * clients asked for 409. */
void answer_k7_error(struct answer *answer, const k7_error *error, const char *message, bool strict);
void answer_clear(struct answer *answer);

#endif
