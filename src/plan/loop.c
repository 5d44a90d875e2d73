/* loop.c: what operations wait on: sockets and timers of libcurl, timers of the operations, cancel tokens, wake-ups. */
#include "plan/run.h"

#include "base/alloc.h"
#include "base/error.h"
#include "plan/cancel.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { EVENTS_AT_ONCE = 64 };

enum {
    TAG_WAKE = 1,
    TAG_CANCEL,
    TAG_HTTP,
    TAG_WATCHER
}; /* in the upper half of epoll's data; the descriptor is in the lower */

struct token {
    k7_cancel *cancel;
    size_t users;
};

struct k7i_loop {
    const struct k7i_clock *clock;
    int epoll_fd, wake_fd;
    struct k7i_http *http;
    int broken; /* K7_ERR_*: libcurl or the system failed in a way that leaves nothing to rely on */
    struct k7i_op_run *first; /* all that run here */
    size_t run_count;
    struct k7i_op_run *ready_head, **ready_tail;
    struct k7i_op_run **heap; /* by due time; places are 1-based */
    size_t heap_count, heap_capacity;
    struct token *tokens;
    size_t token_count;
    struct k7i_watcher *watchers;
};

/* Most often a descriptor is new: one call then. */
static int watch(int epoll_fd, int fd, uint32_t tag, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.u64 = (uint64_t)tag << 32 | (uint32_t)fd };

    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
        return 0;
    return errno == EEXIST ? epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &event) : -1;
}

void k7i_loop_unwatch(struct k7i_loop *loop, int fd)
{
    epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

static int watch_for_http(void *user, int fd, int readable, int writable)
{
    struct k7i_loop *loop = user;

    if (!readable && !writable) {
        k7i_loop_unwatch(loop, fd); /* it may be closed already */
        return 0;
    }
    return watch(loop->epoll_fd, fd, TAG_HTTP, (readable ? EPOLLIN : 0u) | (writable ? EPOLLOUT : 0u));
}

int k7i_loop_new(const struct k7i_clock *clock, struct k7i_loop **ret_loop, k7_error **err)
{
    *ret_loop = NULL;
    struct k7i_loop *loop = k7i_calloc(1, sizeof *loop);
    if (!loop)
        return k7i_fail_memory(err);
    loop->clock = clock ? clock : &k7i_clock_real;
    loop->ready_tail = &loop->ready_head;
    loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    int code = 0;
    if (loop->wake_fd < 0 || loop->epoll_fd < 0 ||
        watch(loop->epoll_fd, loop->wake_fd, TAG_WAKE, EPOLLIN) != 0)
        code = k7i_fail(err, K7_ERR_SYSTEM, "no descriptors for a loop: %s", strerror(errno));
    struct k7i_http_host host = { watch_for_http, loop };
    if (!code)
        code = k7i_http_new(&host, &loop->http, err);
    if (code) {
        k7i_loop_free(loop);
        return code;
    }
    *ret_loop = loop;
    return 0;
}

void k7i_loop_free(struct k7i_loop *loop)
{
    if (!loop)
        return;
    k7i_http_free(loop->http);
    for (size_t i = 0; i < loop->token_count; i++)
        k7_cancel_unref(loop->tokens[i].cancel);
    k7i_free(loop->tokens);
    k7i_free(loop->heap);
    if (loop->wake_fd >= 0)
        close(loop->wake_fd);
    if (loop->epoll_fd >= 0)
        close(loop->epoll_fd);
    k7i_free(loop);
}

int k7i_loop_fd(const struct k7i_loop *loop)
{
    return loop->epoll_fd;
}

struct k7i_http *k7i_loop_http(struct k7i_loop *loop)
{
    return loop->http;
}

int64_t k7i_loop_now_ms(const struct k7i_loop *loop)
{
    return loop->clock->now_ms(loop->clock);
}

int k7i_loop_is_broken(const struct k7i_loop *loop)
{
    return loop->broken;
}

void k7i_loop_wake(struct k7i_loop *loop)
{
    static const uint64_t one = 1;
    int problem = errno;

    while (write(loop->wake_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
    errno = problem;
}

/* The timer heap: a run is at heap[place - 1]; its parent at place / 2. */

static void put(struct k7i_loop *loop, size_t place, struct k7i_op_run *run)
{
    loop->heap[place - 1] = run;
    run->heap_place = place;
}

static void settle_heap(struct k7i_loop *loop, size_t place)
{
    struct k7i_op_run *run = loop->heap[place - 1];

    for (; place > 1 && loop->heap[place / 2 - 1]->heap_due_ms > run->heap_due_ms; place /= 2)
        put(loop, place, loop->heap[place / 2 - 1]);
    for (;;) {
        size_t child = 2 * place;

        if (child > loop->heap_count)
            break;
        if (child < loop->heap_count && loop->heap[child]->heap_due_ms < loop->heap[child - 1]->heap_due_ms)
            child++;
        if (loop->heap[child - 1]->heap_due_ms >= run->heap_due_ms)
            break;
        put(loop, place, loop->heap[child - 1]);
        place = child;
    }
    put(loop, place, run);
}

void k7i_loop_set_timer(struct k7i_loop *loop, struct k7i_op_run *run, int64_t due_ms)
{
    if (run->heap_place && due_ms == run->heap_due_ms)
        return;
    run->heap_due_ms = due_ms;
    if (due_ms != INT64_MAX) {
        if (!run->heap_place)
            put(loop, ++loop->heap_count, run); /* k7i_loop_join made the room */
        settle_heap(loop, run->heap_place);
    } else if (run->heap_place) {
        size_t place = run->heap_place;
        struct k7i_op_run *last = loop->heap[--loop->heap_count];

        run->heap_place = 0;
        if (last != run) {
            put(loop, place, last);
            settle_heap(loop, place);
        }
    }
}

static int use_token(struct k7i_loop *loop, k7_cancel *cancel, k7_error **err)
{
    for (size_t i = 0; i < loop->token_count; i++) {
        if (loop->tokens[i].cancel == cancel) {
            loop->tokens[i].users++;
            return 0;
        }
    }
    struct token *tokens = k7i_reallocarray(loop->tokens, loop->token_count + 1, sizeof *tokens);
    if (!tokens)
        return k7i_fail_memory(err);
    loop->tokens = tokens;
    /* Edge-triggered: nobody reads the token's descriptor, so that any number of loops sees every trigger. */
    if (watch(loop->epoll_fd, k7i_cancel_fd(cancel), TAG_CANCEL, EPOLLIN | EPOLLET) != 0)
        return k7i_fail(err, K7_ERR_SYSTEM, "a cancel token cannot be watched: %s", strerror(errno));
    tokens[loop->token_count++] = (struct token){ k7_cancel_ref(cancel), 1 };
    return 0;
}

static void leave_token(struct k7i_loop *loop, const k7_cancel *cancel)
{
    for (size_t i = 0; i < loop->token_count; i++) {
        if (loop->tokens[i].cancel != cancel || --loop->tokens[i].users > 0)
            continue;
        k7i_loop_unwatch(loop, k7i_cancel_fd(cancel));
        k7_cancel_unref(loop->tokens[i].cancel);
        loop->tokens[i] = loop->tokens[--loop->token_count];
        return;
    }
}

int k7i_loop_add_watcher(struct k7i_loop *loop, struct k7i_watcher *watcher, const int *fds, size_t count)
{
    watcher->next = loop->watchers;
    loop->watchers = watcher;
    for (size_t i = 0; i < count; i++)
        if (fds[i] >= 0 && watch(loop->epoll_fd, fds[i], TAG_WATCHER, EPOLLIN) != 0)
            return -1;
    return 0;
}

void k7i_loop_remove_watcher(struct k7i_loop *loop, struct k7i_watcher *watcher)
{
    for (struct k7i_watcher **place = &loop->watchers; *place; place = &(*place)->next) {
        if (*place == watcher) {
            *place = watcher->next;
            return;
        }
    }
}

int k7i_loop_join(struct k7i_loop *loop, struct k7i_op_run *run, k7_error **err)
{
    if (loop->broken)
        return k7i_fail(err, loop->broken, "the loop failed earlier");
    if (loop->run_count == loop->heap_capacity) {
        size_t capacity = loop->heap_capacity ? 2 * loop->heap_capacity : 8;
        struct k7i_op_run **heap = k7i_reallocarray(loop->heap, capacity, sizeof(struct k7i_op_run *));

        if (!heap)
            return k7i_fail_memory(err);
        loop->heap = heap;
        loop->heap_capacity = capacity;
    }
    int code = run->settings.cancel ? use_token(loop, run->settings.cancel, err) : 0;
    if (code)
        return code;
    run->loop = loop;
    run->previous = NULL;
    run->next = loop->first;
    if (loop->first)
        loop->first->previous = run;
    loop->first = run;
    loop->run_count++;
    return 0;
}

void k7i_loop_leave(struct k7i_loop *loop, struct k7i_op_run *run)
{
    k7i_loop_set_timer(loop, run, INT64_MAX);
    if (run->settings.cancel)
        leave_token(loop, run->settings.cancel);
    if (run->previous)
        run->previous->next = run->next;
    else
        loop->first = run->next;
    if (run->next)
        run->next->previous = run->previous;
    loop->run_count--;
    run->loop = NULL;
}

void k7i_loop_schedule(struct k7i_loop *loop, struct k7i_op_run *run)
{
    if (run->is_ready)
        return;
    run->is_ready = 1;
    run->next_ready = NULL;
    *loop->ready_tail = run;
    loop->ready_tail = &run->next_ready;
}

int k7i_loop_timeout_ms(struct k7i_loop *loop)
{
    int timeout = k7i_http_timeout_ms(loop->http);

    if (loop->ready_head)
        return 0;
    if (loop->heap_count > 0) {
        int64_t left = loop->heap[0]->heap_due_ms - k7i_loop_now_ms(loop);

        if (left < 0)
            left = 0;
        if (timeout < 0 || left < timeout)
            timeout = left > 3600000 ? 3600000 : (int)left;
    }
    return timeout;
}

static void note_failure(struct k7i_loop *loop, int code)
{
    if (code && !loop->broken)
        loop->broken = code;
}

static void dispatch(struct k7i_loop *loop, const struct epoll_event *event)
{
    int fd = (int)(uint32_t)event->data.u64;
    uint64_t count;

    switch (event->data.u64 >> 32) {
    case TAG_WAKE:
        while (read(fd, &count, sizeof count) < 0 && errno == EINTR)
            ;
        for (struct k7i_op_run *run = loop->first; run; run = run->next)
            if (run->waiting == K7I_FOR_WAKER || run->waiting == K7I_FOR_CREDENTIAL ||
                (run->settings.stops && atomic_load(run->settings.stops) > 0))
                k7i_loop_schedule(loop, run);
        break;
    case TAG_WATCHER:
        for (struct k7i_watcher *watcher = loop->watchers; watcher; watcher = watcher->next)
            if (watcher->ready(watcher, fd))
                break;
        break;
    case TAG_CANCEL:
        for (struct k7i_op_run *run = loop->first; run; run = run->next)
            if (run->settings.cancel && k7i_cancel_fd(run->settings.cancel) == fd)
                k7i_loop_schedule(loop, run);
        break;
    default:
        note_failure(loop,
                     k7i_http_ready(loop->http, fd, (event->events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0,
                                    (event->events & (EPOLLOUT | EPOLLERR)) != 0));
        break;
    }
}

static void run_timers(struct k7i_loop *loop)
{
    int64_t now = k7i_loop_now_ms(loop);

    while (loop->heap_count > 0 && loop->heap[0]->heap_due_ms <= now) {
        struct k7i_op_run *run = loop->heap[0];

        k7i_loop_set_timer(loop, run, INT64_MAX);
        k7i_loop_schedule(loop, run);
    }
}

static void run_ready(struct k7i_loop *loop)
{
    while (loop->ready_head) {
        struct k7i_op_run *run = loop->ready_head;

        loop->ready_head = run->next_ready;
        if (!loop->ready_head)
            loop->ready_tail = &loop->ready_head;
        run->is_ready = 0;
        k7i_run_go(run);
    }
}

static void look(struct k7i_loop *loop, int timeout_ms, int *ret_interrupted)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    int count = epoll_wait(loop->epoll_fd, events, EVENTS_AT_ONCE, timeout_ms);

    if (count < 0 && errno == EINTR) {
        if (ret_interrupted)
            *ret_interrupted = 1;
    } else if (count < 0) {
        note_failure(loop, K7_ERR_SYSTEM);
    }
    for (int i = 0; i < count; i++)
        dispatch(loop, &events[i]);
}

static void run_what_is_due(struct k7i_loop *loop)
{
    if (loop->broken)
        for (struct k7i_op_run *run = loop->first; run; run = run->next)
            k7i_run_broken(run, loop->broken);
    run_ready(loop);
}

static int process(struct k7i_loop *loop, k7_error **err)
{
    run_timers(loop);
    run_what_is_due(loop);
    if (k7i_http_timeout_ms(loop->http) == 0) { /* also for what was just begun: its request goes out now */
        note_failure(loop, k7i_http_expire(loop->http));
        run_what_is_due(loop);
    }
    return loop->broken
               ? k7i_fail(err, loop->broken, "the loop failed: %s", k7_error_code_meaning(loop->broken))
               : 0;
}

int k7i_loop_process(struct k7i_loop *loop, k7_error **err)
{
    look(loop, 0, NULL);
    return process(loop, err);
}

int k7i_loop_wait(struct k7i_loop *loop, int timeout_ms, int *ret_interrupted, k7_error **err)
{
    int own = k7i_loop_timeout_ms(loop);

    if (ret_interrupted)
        *ret_interrupted = 0;
    if (own >= 0 && (timeout_ms < 0 || own < timeout_ms))
        timeout_ms = own;
    if (!loop->ready_head) /* what is ready does not wait for a look at what else could be: that comes next */
        look(loop, timeout_ms, ret_interrupted);
    return process(loop, err);
}

void k7i_loop_interrupt(struct k7i_loop *loop)
{
    for (struct k7i_op_run *run = loop->first; run; run = run->next) {
        const struct k7_call *call = run->settings.call;

        if (!run->parent && call && call->interrupt && call->interrupt(call->interrupt_user) != 0)
            k7i_run_stop(run, run->stop_level + 1);
    }
}

void k7i_loop_end(struct k7i_loop *loop)
{
    note_failure(loop, K7_ERR_CANCELLED);
    while (loop->first) /* what waited for its children goes on by a step */
        run_what_is_due(loop);
}
