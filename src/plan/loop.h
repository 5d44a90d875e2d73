/* loop.h: what operations run on: one epoll descriptor, one libcurl multi, timers. One thread at a time; only k7i_loop_wake() is for any. */
#ifndef K7I_PLAN_LOOP_H
#define K7I_PLAN_LOOP_H

#include "base/clock.h"
#include <k7sandbox/error.h>

struct k7i_loop;

/* clock NULL: the real one. */
int k7i_loop_new(const struct k7i_clock *clock, struct k7i_loop **ret_loop, k7_error **err);
void k7i_loop_free(struct k7i_loop *loop);                   /* no operation may be running */
int k7i_loop_fd(const struct k7i_loop *loop);                /* readable when k7i_loop_process() has work */
int k7i_loop_timeout_ms(struct k7i_loop *loop);              /* at most so long until it has; -1: for ever */
int k7i_loop_process(struct k7i_loop *loop, k7_error **err); /* does what is due, without waiting */
/* Waits for up to timeout_ms (-1: for ever) and processes. *ret_interrupted (may be NULL): a signal ended the wait. */
int k7i_loop_wait(struct k7i_loop *loop, int timeout_ms, int *ret_interrupted, k7_error **err);
/* A signal ended the wait: the operations' callbacks are asked whether to go on. */
void k7i_loop_interrupt(struct k7i_loop *loop);
/* Every operation is over when this returns, nothing taken back; none can be started any more. */
void k7i_loop_end(struct k7i_loop *loop);
int k7i_loop_is_broken(const struct k7i_loop *loop); /* 1: it is of no use any more; free it */
void k7i_loop_wake(struct k7i_loop *loop);           /* any thread: the next or the current wait ends */

#endif
