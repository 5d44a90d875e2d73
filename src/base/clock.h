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

#endif
