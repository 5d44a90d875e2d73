/* clock.c: see clock.h. */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
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

int64_t k7i_time_from_rfc3339(const char *text)
{
    struct tm tm = { 0 };
    int used = 0, hours, minutes;

    if (!text || sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
                        &tm.tm_min, &tm.tm_sec, &used) != 6)
        return -1;
    if (tm.tm_year < 1970 || tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31)
        return -1; /* also the zero time, 0001-01-01: never */
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    int64_t seconds = timegm(&tm);
    const char *zone = text + used;

    if (*zone == '.')
        zone += 1 + strspn(zone + 1, "0123456789");
    if (strcmp(zone, "Z") == 0)
        return seconds;
    if ((*zone != '+' && *zone != '-') || sscanf(zone + 1, "%2d:%2d", &hours, &minutes) != 2)
        return -1;
    int64_t offset = hours * 3600 + minutes * 60;
    return *zone == '+' ? seconds - offset : seconds + offset;
}
