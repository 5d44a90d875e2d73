/* script.c: see script.h. */
#include "transport/docker/script.h"

#include "base/quote.h"
#include "transport/docker/engine.h"

#include <stdio.h>
#include <string.h>

const char k7i_script_mark[] = "/tmp/k7_before_done";

/* Plain POSIX shell, for busybox and dash alike. As process 1 it must react to TERM by itself (the kernel's default action is not for process 1), hence the trap and
 * every longer wait in the background; and it reaps orphans, which sleep would not.
 *
 * The script is an argument of a shell of its own, on lines of its own: whatever it ends with ("&", a comment) cannot swallow what follows. It runs under
 * K7's settings: -eu, and pipefail where the shell has it (K7 contract, section 2.2.3). Its exit status becomes the container's.
 *
 * $3 "lock": between the script and readiness the engine takes the network away: wait until the last IPv4 route is gone. 31536000 seconds are K7's
 * 365 days, in a form that every sleep understands. */
const char k7i_script_wrapper[] =
    "trap 'exit 143' TERM\n"
    "if [ -n \"$1\" ]; then\n"
    "  rm -f /tmp/k7_before_done\n"
    "  /bin/sh -c '(set -o pipefail) 2>/dev/null && set -o pipefail\n"
    "set -eu\n"
    "'\"$1\" k7 </dev/null &\n"
    "  wait $!\n"
    "  s=$?\n"
    "  echo\n"
    "  [ $s = 0 ] || exit $s\n"
    "  echo \"k7 $2 script done\" >&2\n"
    "  while [ \"$3\" = lock ] && { read -r r; read -r r; } </proc/net/route; do\n"
    "    sleep 0.1 2>/dev/null || sleep 1\n"
    "  done\n"
    "  echo \"$2\" >/tmp/k7_before_done || exit 125\n"
    "fi\n"
    "echo \"k7 $2 ready\" >&2\n"
    "sleep 31536000 &\n"
    "wait\n";

/* It may run once only: started again, together with its sandbox by hand, it would open the network that was locked. Root without capabilities can write to
 * most images' /tmp, if not to their root. */
const char k7i_script_companion[] = "[ ! -e /tmp/.k7_used ] && [ ! -e /.k7_used ] || exit 1\n"
                                    "{ echo >/tmp/.k7_used || echo >/.k7_used; } 2>/dev/null || exit 1\n"
                                    "trap 'exit 143' TERM\n"
                                    "sleep 31536000 &\n"
                                    "wait\n";

void k7i_log_begin(struct k7i_log *log, const char *create_id)
{
    *log = (struct k7i_log){ 0 };
    snprintf(log->id, sizeof log->id, "%s", create_id);
}

enum { PIECE = 2048 };

/* "k7 ID ready", of which a part may have come with the piece before. */
static int says(const struct k7i_log *log, const char *text, size_t len, const char *what)
{
    char words[K7I_CREATE_ID_LEN + 32];
    int words_len = snprintf(words, sizeof words, "k7 %s %s", log->id, what);

    return memmem(text, len, words, (size_t)words_len) != NULL;
}

/* The engine may hand on a line in parts, and other streams' lines between them. */
static void listen(struct k7i_log *log, struct k7i_log_window *window, const char *data, size_t len)
{
    char text[sizeof window->bytes + PIECE];
    size_t all = window->len + len;

    memcpy(text, window->bytes, window->len);
    memcpy(text + window->len, data, len);
    log->script_done |= says(log, text, all, "script done");
    log->ready |= says(log, text, all, "ready");
    window->len = all < sizeof window->bytes ? all : sizeof window->bytes;
    memcpy(window->bytes, text + all - window->len, window->len);
}

/* Cuts the wrapper's line out of the tail, if it is there in one piece. */
static void cut(struct k7i_log *log, const char *what)
{
    char line[K7I_CREATE_ID_LEN + 32];
    int len = snprintf(line, sizeof line, "k7 %s %s\n", log->id, what);
    char *found = memmem(log->tail, log->tail_len, line, (size_t)len);

    if (!found)
        return;
    size_t before = (size_t)(found - log->tail);
    memmove(found, found + len, log->tail_len - before - (size_t)len);
    log->tail_len -= (size_t)len;
}

static void add_output(struct k7i_log *log, const char *data, size_t len)
{
    struct k7i_log_window *window = &log->windows[log->header[0] == 2];

    while (len > 0) {
        size_t piece = len < PIECE ? len : PIECE;

        if (log->tail_len + piece > sizeof log->tail) {
            size_t gone = log->tail_len + piece - sizeof log->tail;

            memmove(log->tail, log->tail + gone, log->tail_len - gone);
            log->tail_len -= gone;
        }
        memcpy(log->tail + log->tail_len, data, piece);
        log->tail_len += piece;
        listen(log, window, data, piece);
        cut(log, "script done");
        cut(log, "ready");
        data += piece;
        len -= piece;
    }
}

void k7i_log_spoil(struct k7i_log *log, const char *text, size_t len)
{
    size_t room = sizeof log->trouble - log->trouble_len;

    log->broken = 1;
    if (len > room)
        len = room;
    memcpy(log->trouble + log->trouble_len, text, len);
    log->trouble_len += len;
}

void k7i_log_add(struct k7i_log *log, const void *data, size_t len)
{
    enum { ENGINES_OWN_ERROR = 3 }; /* after 0 standard input, 1 output, 2 error */
    const char *p = data;

    while (len > 0) {
        if (log->broken) {
            k7i_log_spoil(log, p, len);
            return;
        }
        if (log->frame_left > 0) {
            size_t piece = len < log->frame_left ? len : log->frame_left;

            if (log->header[0] == ENGINES_OWN_ERROR)
                k7i_log_spoil(log, p, piece);
            else
                add_output(log, p, piece);
            log->frame_left -= piece;
            p += piece;
            len -= piece;
            continue;
        }
        log->header[log->header_len++] = (unsigned char)*p++;
        len--;
        if (log->header_len < sizeof log->header)
            continue;
        const unsigned char *h = log->header;
        log->header_len = 0;
        log->frame_left = (size_t)h[4] << 24 | (size_t)h[5] << 16 | (size_t)h[6] << 8 | h[7];
        if (h[0] > ENGINES_OWN_ERROR || h[1] || h[2] || h[3])
            k7i_log_spoil(log, (const char *)h, sizeof log->header);
    }
}

void k7i_log_end(struct k7i_log *log)
{
    if (log->header_len > 0 || log->frame_left > 0)
        k7i_log_spoil(log, (const char *)log->header, log->header_len);
    log->header_len = log->frame_left = 0;
}

void k7i_log_show(const struct k7i_log *log, size_t limit, int lines, struct k7i_buf *text)
{
    k7i_quote_tail(text, log->tail, log->tail_len, limit, lines);
}

int k7i_log_show_trouble(const struct k7i_log *log, struct k7i_buf *text)
{
    struct k7i_json *json;
    int code = k7i_json_parse(log->trouble, log->trouble_len, &json, NULL);

    if (code == K7_ERR_NO_MEMORY)
        return code;
    const char *message = code ? NULL : k7i_json_get_string(k7i_json_root(json), "message");
    size_t before = text->len;
    if (message)
        k7i_docker_words(text, message);
    else
        k7i_quote_tail(text, log->trouble, log->trouble_len, sizeof log->trouble, 0);
    if (text->len == before)
        k7i_buf_text(text, "it ends in the middle");
    if (!code)
        k7i_json_free(json);
    return text->failed;
}
