/* op.c: making operations, running them to the end, and what step functions call. */
#include "plan/run.h"

#include "base/alloc.h"
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

int k7i_op_new(const struct k7i_plan *plan, void *instance, struct k7i_op **ret_op, k7_error **err)
{
    *ret_op = NULL;
    struct k7i_op *op = k7i_calloc(1, sizeof *op);
    if (!op)
        return k7i_fail_memory(err);
    op->plan = plan;
    op->instance = instance;
    op->state = k7i_calloc(1, plan->state_size);
    op->run = k7i_calloc(1, sizeof *op->run);
    if (!op->state || !op->run) {
        k7i_free(op->state);
        k7i_free(op->run);
        k7i_free(op);
        return k7i_fail_memory(err);
    }
    op->run->op = op;
    k7i_request_init(&op->run->request);
    for (int i = 0; i < K7I_STEPS_MAX; i++)
        k7i_buf_init(&op->run->leftover[i], K7I_LEFTOVER_ROOM);
    *ret_op = op;
    return 0;
}

void k7i_op_free(struct k7i_op *op)
{
    if (!op)
        return;
    if (op->plan->clear)
        op->plan->clear(op);
    if (op->result)
        op->free_result(op->result);
    for (int i = 0; i < K7I_STEPS_MAX; i++)
        k7i_buf_clear(&op->run->leftover[i]);
    k7i_free(op->run->leftover_list);
    k7_error_unref(op->run->spare_error);
    k7i_request_clear(&op->run->request);
    k7_error_unref(op->error);
    k7i_free(op->run);
    k7i_free(op->state);
    k7i_free(op);
}

int k7i_op_start(struct k7i_op *op, struct k7i_loop *loop, const struct k7i_run *settings,
                 void (*done)(void *user, struct k7i_op *op), void *user, k7_error **err)
{
    op->run->done = done;
    op->run->user = user;
    return k7i_run_begin(op, loop, settings, err);
}

int k7i_op_is_over(const struct k7i_op *op)
{
    return op->run->mode == K7I_MODE_OVER && !op->run->loop;
}

int k7i_op_run_blocking(struct k7i_op *op, struct k7i_loop *loop, const struct k7i_run *settings,
                        k7_error **err)
{
    int code = k7i_op_start(op, loop, settings, NULL, NULL, err);

    k7i_http_hold(k7i_loop_http(loop));
    while (!code && !k7i_op_is_over(op)) {
        int interrupted;

        k7i_loop_wait(loop, -1, &interrupted,
                      NULL); /* a broken loop ends its operations, each with an error */
        if (interrupted)
            k7i_loop_interrupt(loop);
    }
    k7i_http_release(k7i_loop_http(loop));
    return code;
}

enum k7i_verdict k7i_op_fail_with(struct k7i_op *op, k7_error *error)
{
    if (op->error)
        k7_error_unref(error); /* the first one is kept */
    else
        op->error = error;
    return K7I_FAIL;
}

enum k7i_verdict k7i_op_fail_memory(struct k7i_op *op)
{
    k7_error *error;

    k7i_fail_memory(&error);
    return k7i_op_fail_with(op, error);
}

enum k7i_verdict k7i_op_fail(struct k7i_op *op, int code, const char *format, ...)
{
    k7_error *error = NULL;
    char text[6000]; /* more than the tail of a script's output and what the server wrote */
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    k7i_fail(&error, code, "%s", text);
    return k7i_op_fail_with(op, error);
}

enum k7i_verdict k7i_op_sleep(struct k7i_op *op, int64_t ms)
{
    op->run->pause_ms = ms;
    return K7I_SLEEP;
}

enum k7i_verdict k7i_op_fork(struct k7i_op *op, int at_once)
{
    op->run->at_once = at_once;
    return K7I_FORK;
}

enum k7i_verdict k7i_op_pause(struct k7i_op *op, int64_t ms)
{
    op->run->pause_ms = ms;
    return K7I_AGAIN;
}

void k7i_op_listen(struct k7i_op *op, int64_t silence_ms)
{
    op->run->silence_ms = silence_ms;
}

/* Settling and undoing have no effect of their own. */
static int is_own_step(const struct k7i_op *op)
{
    const struct k7i_op_run *run = op->run;

    return (run->mode == K7I_MODE_FORWARD || run->awaiting) && run->active == op->plan->steps[run->index];
}

static void know_effect(struct k7i_op *op, enum k7i_effect effect)
{
    if (is_own_step(op)) {
        op->run->effect[op->run->index] = (unsigned char)effect;
        op->run->lost_reading = op->run->lost_unsafe = 0;
    }
}

void k7i_op_refused(struct k7i_op *op)
{
    know_effect(op, K7I_EFFECT_NONE);
}

void k7i_op_took_effect(struct k7i_op *op)
{
    know_effect(op, K7I_EFFECT_DONE);
}

void k7i_op_handed_over(struct k7i_op *op, enum k7i_repeat repeat)
{
    if (!is_own_step(op))
        return;
    if (repeat == K7I_REPEAT_SAFE) { /* nothing to settle or to take back: it may simply be done again */
        op->run->lost_reading = 1;
    } else {
        op->run->lost_unsafe = 1;
        op->run->effect[op->run->index] = K7I_EFFECT_UNKNOWN;
    }
}

void k7i_op_give(struct k7i_op *op, void *result, void *(*free_result)(void *))
{
    if (op->result)
        op->free_result(op->result);
    op->result = result;
    op->free_result = free_result;
}

void k7i_op_progress(struct k7i_op *op, const char *text, int64_t done, int64_t total)
{
    const struct k7_call *call = op->run->settings.call;
    k7_progress progress = { op->plan->operation, op->run->active ? op->run->active->name : "", text, done,
                             total };

    if (call && call->progress && !op->run->parent)
        call->progress(call->progress_user, &progress);
}

const struct k7i_step *k7i_op_step(const struct k7i_op *op)
{
    return op->run->active;
}

/* step_count: it is none of the plan's */
static int index_of(const struct k7i_op *op, const struct k7i_step *step)
{
    int i = 0;

    while (i < op->plan->step_count && op->plan->steps[i] != step)
        i++;
    return i;
}

enum k7i_effect k7i_op_effect(const struct k7i_op *op, const struct k7i_step *step)
{
    int i = index_of(op, step);

    return i < op->plan->step_count ? op->run->effect[i] : K7I_EFFECT_NONE;
}

void k7i_op_undone(struct k7i_op *op, const struct k7i_step *step)
{
    int i = index_of(op, step);

    if (i < op->plan->step_count)
        op->run->effect[i] = op->run->is_left[i] = 0;
}

int64_t k7i_op_now_ms(const struct k7i_op *op)
{
    return k7i_loop_now_ms(op->run->loop);
}

int64_t k7i_op_remaining_ms(const struct k7i_op *op)
{
    if (op->run->deadline_ms == INT64_MAX)
        return K7_NEVER;
    int64_t left = op->run->deadline_ms - k7i_op_now_ms(op);
    return left > 0 ? left : 1;
}

int k7i_op_is_ending(const struct k7i_op *op)
{
    const struct k7i_op_run *run = op->run;

    /* An error that is being settled may pass. */
    return run->mode == K7I_MODE_ROLLBACK || run->mode == K7I_MODE_OVER ||
           (op->error && run->mode != K7I_MODE_SETTLE) || k7i_run_stop_level(run) > 0 ||
           k7i_loop_now_ms(run->loop) >= run->deadline_ms;
}
