/* clock.c: see clock.h. */
#include "base/clock.h"

#include <time.h>

int64_t k7i_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t real_now_ms(const struct k7i_clock *clock)
{
    (void)clock;
    return k7i_now_us() / 1000;
}

const struct k7i_clock k7i_clock_real = { real_now_ms };

int64_t k7i_now_unix(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}
