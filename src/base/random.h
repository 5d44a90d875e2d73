/* random.h: unpredictable numbers: create-ids, jitter. */
#ifndef K7I_BASE_RANDOM_H
#define K7I_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Fills text with `digits` lower-case hexadecimal digits and a NUL. 0, or -1 when the system has no random numbers. */
int k7i_random_hex(char *text, size_t digits);
/* 0 … limit - 1; limit at least 1; for jitter: 0 when the system has no random numbers */
uint32_t k7i_random_below(uint32_t limit);

#endif
