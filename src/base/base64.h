/* base64.h: base64 (RFC 4648). */
#ifndef K7I_BASE_BASE64_H
#define K7I_BASE_BASE64_H

#include "base/buf.h"

/* Appends data as base64 with padding; url: in the alphabet for URLs and file names. */
void k7i_base64_encode(const void *data, size_t len, int url, struct k7i_buf *text);
/* Appends the bytes of a base64 text (with padding; line ends are skipped). 0, or -1 when it is none; a lack of memory is the buffer's. */
int k7i_base64_decode(const char *text, struct k7i_buf *data);

#endif
