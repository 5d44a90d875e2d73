/* script.h: process 1 of a sandbox: a shell that runs before_script, tells how it went, and then only waits. Its words in the container's log, and how they are
 * found there. */
#ifndef K7I_DOCKER_SCRIPT_H
#define K7I_DOCKER_SCRIPT_H

#include "base/buf.h"
#include <stddef.h>

enum {
    K7I_CREATE_ID_LEN = 32, /* hexadecimal digits: 128 random bits */
    K7I_SCRIPT_MAX =
        120000, /* bytes of before_script: Linux takes arguments of 128 KiB, and the wrapper adds to it */
    K7I_OUTPUT_TAIL = 4096, /* bytes of a script's output that are kept */
    K7I_LOG_TROUBLE = 1024
};

extern const char k7i_script_wrapper[];   /* sh -c WRAPPER k7 SCRIPT CREATE-ID LOCK */
extern const char k7i_script_companion[]; /* sh -c of the companion that lends its network to a script */
extern const char k7i_script_mark[];      /* a file: there once the sandbox is ready */

/* A container's log as it arrives: 8-byte frames of standard output and standard error (Engine API, "Attach to a container": stream format). */
struct k7i_log {
    char id[K7I_CREATE_ID_LEN + 1];
    unsigned char header[8];
    size_t header_len, frame_left;
    char tail[K7I_OUTPUT_TAIL]; /* the last bytes, without the wrapper's words */
    size_t tail_len;
    struct k7i_log_window { /* of each stream: its end, in which those words may have begun */
        char bytes[K7I_CREATE_ID_LEN + 16];
        size_t len;
    } windows[2];
    int script_done, ready; /* what the wrapper has said so far */
    /* What came in place of the log: an engine that cannot read it says so in the middle of an answer that it has begun with 200. */
    int broken;
    char trouble[K7I_LOG_TROUBLE]; /* its first bytes */
    size_t trouble_len;
};

void k7i_log_begin(struct k7i_log *log, const char *create_id);
void k7i_log_add(struct k7i_log *log, const void *data, size_t len);
void k7i_log_end(struct k7i_log *log); /* nothing more comes: a frame that has begun is a broken log */
/* The log could not be read: what the engine said instead. */
void k7i_log_spoil(struct k7i_log *log, const char *text, size_t len);
/* The tail for people, at most `limit` bytes of its end: control characters become spaces (but line ends and tabs, when `lines`), bytes that are not UTF-8 question
 * marks. */
void k7i_log_show(const struct k7i_log *log, size_t limit, int lines, struct k7i_buf *text);
/* Why the log is broken, on one line: 0, or K7_ERR_NO_MEMORY. */
int k7i_log_show_trouble(const struct k7i_log *log, struct k7i_buf *text);

#endif
