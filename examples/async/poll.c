/* poll.c: a loop of this library beside a program's own descriptors, with poll() alone. The program's own is a pipe that a signal handler writes to, the self-pipe of
 * old; what it does besides is a tick every millisecond.
 *
 * The whole adapter: poll the loop's descriptor for reading, for no longer than the loop's timeout, then call k7_loop_process().
 *
 * usage: async-poll    the endpoint from K7's environment variables, or its client file */
#include "work.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { TICK_MS = 1 };

static int ends[2];

static void on_interrupt(int number)
{
    int problem = errno;

    (void)number;
    if (write(ends[1], "!", 1) < 0)
        _exit(1);
    errno = problem;
}

static long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

/* The sooner of two times to wait; -1 is never. */
static int sooner(int a, int b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

int main(void)
{
    struct sigaction action = { .sa_handler = on_interrupt };
    struct work work;
    k7_error *err = NULL;

    if (pipe(ends) != 0 || sigaction(SIGINT, &action, NULL) != 0 || work_begin(&work) != 0)
        return 1;
    struct pollfd polled[] = { { .fd = k7_loop_get_fd(work.loop), .events = POLLIN },
                               { .fd = ends[0], .events = POLLIN } };
    long next_tick = now_ms() + TICK_MS;
    while (!work_is_over(&work)) {
        long until_tick = next_tick - now_ms();
        int timeout_ms = sooner(k7_loop_get_timeout_ms(work.loop), until_tick > 0 ? (int)until_tick : 0);

        polled[0].revents = polled[1].revents = 0;
        if (poll(polled, 2, timeout_ms) < 0 && errno != EINTR)
            break;
        if (polled[1].revents != 0) {
            char byte;

            if (read(ends[0], &byte, 1) == 1)
                work_stop(&work);
        }
        if (now_ms() >= next_tick) {
            work.ticks++;
            next_tick = now_ms() + TICK_MS;
        }
        /* Nothing is lost, and little spent, when it is called though nothing is due. */
        if (k7_loop_process(work.loop, &err) != 0) {
            fprintf(stderr, "%s\n", k7_error_get_message(err));
            err = k7_error_unref(err);
        }
    }
    return work_end(&work);
}
