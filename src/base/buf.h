/* buf.h: a growable byte buffer with a mandatory limit that remembers its first failure, so a run of appends is checked once. Always followed by a NUL. */
#ifndef K7I_BASE_BUF_H
#define K7I_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

struct k7i_buf {
    char *data; /* NUL-terminated; never NULL after k7i_buf_init: an empty buffer points at a static "" */
    size_t len, capacity, limit;
    int failed; /* 0, K7_ERR_NO_MEMORY or K7_ERR_LIMIT */
    int secret; /* may be set after k7i_buf_init: memory is wiped before it is given back, also when growing */
};

void k7i_buf_init(struct k7i_buf *buf, size_t limit);
int k7i_buf_reserve(struct k7i_buf *buf,
                    size_t more); /* room for `more` further bytes; returns buf->failed */
void k7i_buf_add(struct k7i_buf *buf, const void *data, size_t len);
void k7i_buf_text(struct k7i_buf *buf, const char *text);
void k7i_buf_char(struct k7i_buf *buf, char c);
void k7i_buf_printf(struct k7i_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void k7i_buf_reset(struct k7i_buf *buf); /* empty, failure forgotten, memory kept */
/* the text, now the caller's; NULL when failed or out of memory; the buffer is empty afterwards */
char *k7i_buf_take(struct k7i_buf *buf);
void k7i_buf_clear(struct k7i_buf *buf); /* frees; usable again */
void k7i_buf_wipe(struct k7i_buf *buf);  /* overwrites, then frees: for secrets */

#endif
