/* epoll.c: a loop of this library in a program's own epoll set, beside a timerfd (a tick every millisecond) and a signalfd.
 *
 * The whole adapter: the loop's descriptor in the set, level-triggered; the loop's timeout as that of epoll_wait(); then k7_loop_process().
 *
 * usage: async-epoll    the endpoint from K7's environment variables, or its client file */
#include "work.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { EVENTS = 8 };

static int watch(int epoll_fd, int fd)
{
    struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

    return fd < 0 ? -1 : epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

/* Every millisecond. */
static int new_ticks(void)
{
    struct itimerspec every = { .it_interval.tv_nsec = 1000000, .it_value.tv_nsec = 1000000 };
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

    if (fd >= 0)
        timerfd_settime(fd, 0, &every, NULL);
    return fd;
}

static int new_interrupts(void)
{
    sigset_t only_interrupt;

    sigemptyset(&only_interrupt);
    sigaddset(&only_interrupt, SIGINT);
    sigprocmask(SIG_BLOCK, &only_interrupt, NULL);
    return signalfd(-1, &only_interrupt, SFD_CLOEXEC | SFD_NONBLOCK);
}

int main(void)
{
    struct epoll_event events[EVENTS];
    struct signalfd_siginfo info;
    struct work work;
    uint64_t expired;
    k7_error *err = NULL;

    int epoll_fd = epoll_create1(EPOLL_CLOEXEC), ticks = new_ticks(), interrupts = new_interrupts();
    if (work_begin(&work) != 0)
        return 1;
    if (watch(epoll_fd, k7_loop_get_fd(work.loop)) != 0 || watch(epoll_fd, ticks) != 0 ||
        watch(epoll_fd, interrupts) != 0) {
        perror("epoll");
        return 1;
    }
    while (!work_is_over(&work)) {
        int count = epoll_wait(epoll_fd, events, EVENTS, k7_loop_get_timeout_ms(work.loop));

        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == ticks && read(ticks, &expired, sizeof(expired)) > 0)
                work.ticks++;
            else if (events[i].data.fd == interrupts && read(interrupts, &info, sizeof(info)) > 0)
                work_stop(&work);
        }
        if (count < 0 && errno != EINTR)
            break;
        /* The loop's own event, or its timeout; it may be called at any time. */
        if (k7_loop_process(work.loop, &err) != 0) {
            fprintf(stderr, "%s\n", k7_error_get_message(err));
            err = k7_error_unref(err);
        }
    }
    close(epoll_fd);
    close(ticks);
    close(interrupts);
    return work_end(&work);
}
