/* clock.h: the time. A monotonic clock for every deadline and wait, replaceable in tests; the calendar clock only for dates from servers. */
#ifndef K7I_BASE_CLOCK_H
#define K7I_BASE_CLOCK_H

#include <stdint.h>

struct k7i_clock {
    int64_t (*now_ms)(const struct k7i_clock *clock); /* monotonic milliseconds */
};

extern const struct k7i_clock k7i_clock_real;

int64_t k7i_now_us(void);   /* monotonic microseconds, for durations in traces */
int64_t k7i_now_unix(void); /* seconds since 1970 */
/* "2026-11-22T03:34:51.5Z": seconds since 1970; -1: not a time, or the zero time */
int64_t k7i_time_from_rfc3339(const char *text);

#endif
