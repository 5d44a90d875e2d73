/* run.c: the runner: takes an operation through its steps. ending.c takes it back, exchange.c sends its requests. The table of docs/DESIGN-NOTES.md ("The
 * runner"), in code. Nothing here is recursive: what goes on is scheduled on the loop. */
#include "plan/run.h"

#include "base/error.h"

#include <stdio.h>

enum { WHY_LIMIT = 2048 };

void k7i_run_schedule(struct k7i_op_run *run)
{
    run->waiting = K7I_FOR_NOTHING;
    k7i_loop_schedule(run->loop, run);
}

int k7i_run_is_forward(const struct k7i_op_run *run)
{
    return run->mode == K7I_MODE_FORWARD || run->mode == K7I_MODE_SETTLE;
}

int k7i_run_stop_level(const struct k7i_op_run *run)
{
    int level = k7_cancel_count(run->settings.cancel);
    int stops = run->settings.stops ? atomic_load(run->settings.stops) : 0;

    if (stops > level)
        level = stops;
    return level > run->stop_level ? level : run->stop_level;
}

const struct k7i_step *k7i_run_step(const struct k7i_op_run *run)
{
    return run->op->plan->steps[run->index];
}

void k7i_run_update_timer(struct k7i_op_run *run)
{
    int64_t due = run->mode == K7I_MODE_OVER ? INT64_MAX : run->deadline_ms;

    if (run->mode != K7I_MODE_OVER &&
        (run->waiting == K7I_FOR_RETRY || run->waiting == K7I_FOR_CLOCK || run->waiting == K7I_FOR_TRANSFER ||
         run->waiting == K7I_FOR_CHILDREN) &&
        run->wake_at_ms < due)
        due = run->wake_at_ms;
    k7i_loop_set_timer(run->loop, run, due);
}

void k7i_run_wait_ms(struct k7i_op_run *run, enum k7i_waiting waiting, int64_t ms)
{
    run->waiting = waiting;
    run->wake_at_ms = k7i_loop_now_ms(run->loop) + ms;
    k7i_run_update_timer(run);
}

static void leave(struct k7i_op_run *run)
{
    struct k7i_op *op = run->op, *parent = run->parent;

    k7i_loop_leave(run->loop, run);
    if (parent)
        k7i_children_joined(parent->run, op);
    else if (run->done)
        run->done(run->user, op);
}

static void fail_code(struct k7i_op_run *run, int code, const char *text)
{
    k7_error *error = NULL;

    k7i_fail(&error, code, "%s", text);
    k7i_op_fail_with(run->op, error);
}

/* ---- verdicts ---- */

static void next_step(struct k7i_op_run *run)
{
    run->index++;
    run->entered = run->in_vain = 0;
    k7i_run_new_request(run);
    k7i_run_schedule(run);
}

static void again(struct k7i_op_run *run)
{
    int64_t pause = run->pause_ms;

    k7i_run_new_request(run);
    run->pause_ms = 0;
    if (pause > 0)
        k7i_run_wait_ms(run, K7I_FOR_CLOCK, pause);
    else
        k7i_run_schedule(run);
}

static void step_verdict(struct k7i_op_run *run, enum k7i_verdict verdict)
{
    const struct k7i_step *step = k7i_run_step(run);

    if (verdict == K7I_AGAIN) {
        again(run);
    } else if (verdict == K7I_DONE) {
        k7i_run_finish(run);
    } else if (verdict != K7I_FAIL) {
        next_step(run);
    } else if (run->effect[run->index] == K7I_EFFECT_UNKNOWN && step->settle &&
               run->attempt < run->settings.attempts && k7i_run_has_time(run, 0) &&
               k7i_run_stop_level(run) == 0) {
        run->settle_attempt = run->attempt;
        run->mode = K7I_MODE_SETTLE;
        run->active = step->settle;
        k7i_run_new_request(run);
        k7i_run_schedule(run);
    } else {
        k7i_run_turn_back(run);
    }
}

static void settle_verdict(struct k7i_op_run *run, enum k7i_verdict verdict)
{
    int forward = run->mode == K7I_MODE_SETTLE;

    if (verdict == K7I_AGAIN) {
        again(run);
    } else if (verdict == K7I_FAIL) {
        if (forward) {
            k7i_run_turn_back(run);
        } else {
            k7i_run_note_leftover(run, run->index);
            k7i_run_new_request(run);
            k7i_run_schedule(run);
        }
    } else if (forward) {
        run->op->error = k7_error_unref(run->op->error); /* what was lost has been found, or is begun again */
        run->mode = K7I_MODE_FORWARD;
        if (verdict == K7I_NONE) {
            run->effect[run->index] = K7I_EFFECT_NONE;
            run->in_vain = 1;
            k7i_run_new_request(run);
            run->attempt = run->settle_attempt;
            k7i_run_wait_ms(run, K7I_FOR_CLOCK, k7i_run_back_off_ms(run));
        } else {
            run->effect[run->index] = K7I_EFFECT_DONE;
            next_step(run);
        }
    } else {
        run->effect[run->index] = verdict == K7I_NONE ? K7I_EFFECT_NONE : K7I_EFFECT_DONE;
        k7i_run_new_request(run);
        k7i_run_schedule(run);
    }
}

static void undo_verdict(struct k7i_op_run *run, enum k7i_verdict verdict)
{
    if (verdict == K7I_AGAIN) {
        again(run);
        return;
    }
    if (verdict == K7I_FAIL)
        k7i_run_note_leftover(run, run->index);
    else
        run->effect[run->index] = K7I_EFFECT_NONE;
    k7i_run_new_request(run);
    k7i_run_schedule(run);
}

void k7i_run_give_verdict(struct k7i_op_run *run, enum k7i_verdict verdict)
{
    const struct k7i_step *step = k7i_run_step(run);

    if (run->active == step)
        step_verdict(run, verdict);
    else if (run->active == step->settle)
        settle_verdict(run, verdict);
    else
        undo_verdict(run, verdict);
}

/* ---- beginning a step ---- */

static void tell_progress(struct k7i_op_run *run)
{
    const struct k7_call *call = run->settings.call;
    char text[96];

    if (!call || !call->progress || run->parent || (run->entered && run->mode != K7I_MODE_ROLLBACK))
        return;
    k7_progress progress = { run->op->plan->operation, run->active->name, NULL, -1, -1 };
    if (run->mode == K7I_MODE_ROLLBACK) {
        if (run->active != k7i_run_step(run)->undo)
            return;
        snprintf(text, sizeof text, "undo %s", k7i_run_step(run)->name);
        progress.step = text;
    } else {
        run->entered = 1;
    }
    call->progress(call->progress_user, &progress);
}

static void begin(struct k7i_op_run *run)
{
    if (run->mode == K7I_MODE_FORWARD) {
        if (run->index == run->op->plan->step_count) {
            k7i_run_finish(run);
            return;
        }
        run->active = k7i_run_step(run);
    } else if (run->mode == K7I_MODE_ROLLBACK && !k7i_run_choose_undo(run)) {
        run->index = 0;
        k7i_run_finish(run);
        return;
    }
    k7i_request_reset(&run->request);
    run->pause_ms = run->silence_ms = 0;
    run->at_once = K7I_CHILDREN_AT_ONCE;
    enum k7i_verdict verdict = K7I_FAIL;
    if (run->mode == K7I_MODE_FORWARD && run->active->undo && k7i_run_keep_room_for_leftovers(run) != 0)
        k7i_op_fail_memory(run->op);
    else
        verdict = run->active->begin(run->op, &run->request);
    /* A step that had nothing to do is not told of. */
    if (verdict != K7I_SKIP || run->mode == K7I_MODE_ROLLBACK || run->effect[run->index] != K7I_EFFECT_NONE)
        tell_progress(run);
    switch (verdict) {
    case K7I_SEND:
        k7i_run_send(run);
        break;
    case K7I_SLEEP:
        k7i_run_wait_ms(run, K7I_FOR_CLOCK, run->pause_ms);
        break;
    case K7I_WAIT:
        run->waiting = K7I_FOR_WAKER;
        if (k7i_waker_take(run->waker)) /* it was woken before it could wait */
            k7i_run_schedule(run);
        k7i_run_update_timer(run);
        break;
    case K7I_FORK:
        run->waiting = K7I_FOR_CHILDREN;
        run->wake_at_ms = INT64_MAX;
        run->next_child = 0;
        run->no_more_children = 0;
        k7i_run_update_timer(run);
        k7i_children_start(run);
        break;
    default:
        k7i_run_give_verdict(run, verdict == K7I_SKIP ? K7I_NEXT : verdict);
        break;
    }
}

void k7i_run_forked(struct k7i_op_run *run)
{
    enum k7i_verdict verdict = k7i_op_is_dry(run->op) ? k7i_run_assume(run)
                               : run->active->reply   ? run->active->reply(run->op, NULL)
                                                      : K7I_NEXT;

    if (verdict == K7I_DONE) /* what the children did is the result, also when the call was cancelled */
        run->op->error = k7_error_unref(run->op->error);
    else if (run->op->error)
        verdict = K7I_FAIL;
    run->waiting = K7I_FOR_NOTHING;
    k7i_run_give_verdict(run, verdict);
}

/* ---- what the loop calls ---- */

static void say_why(struct k7i_op_run *run, int cancelled)
{
    const struct k7i_step *step = k7i_run_step(run);
    k7_error *error = NULL;
    struct k7i_buf why;

    k7i_buf_init(&why, WHY_LIMIT);
    if (run->waiting == K7I_FOR_CREDENTIAL)
        k7i_run_say_credential(run, &why);
    else if (step->waiting_for && run->active == step)
        step->waiting_for(run->op, &why); /* what there is no room for is left out */
    const char *colon = why.len > 0 ? ": " : "";
    if (cancelled)
        k7i_fail(&error, K7_ERR_CANCELLED, "the call was cancelled at the step \"%s\"%s%s", step->name, colon,
                 why.data);
    else
        k7i_fail(&error, K7_ERR_TIMEOUT, "the deadline of %lld ms passed at the step \"%s\"%s%s",
                 (long long)run->settings.timeout_ms, step->name, colon, why.data);
    k7i_buf_clear(&why);
    /* In SETTLE, the error that led there is the first one, but the caller asked to stop: that is what ended the call. */
    if (run->mode == K7I_MODE_SETTLE)
        run->op->error = k7_error_unref(run->op->error);
    k7i_op_fail_with(run->op, error);
}

/* 1: the call was ended. */
static int ended_from_outside(struct k7i_op_run *run)
{
    int level = k7i_run_stop_level(run), late = k7i_loop_now_ms(run->loop) >= run->deadline_ms;

    if (!k7i_run_is_forward(run)) {
        if (level < 2 && !late)
            return 0;
        k7i_run_abandon(run);
        return 1;
    }
    if ((level == 0 && !late) || run->index == run->op->plan->step_count)
        return 0;
    if (run->waiting == K7I_FOR_NOTHING && k7i_run_step(run)->begins_anyway)
        return 0;
    if (run->waiting == K7I_FOR_CHILDREN) {
        if (!run->op->error)
            say_why(run, level > 0);
        run->stop_level = level > 0 ? level : 1;
        run->deadline_ms = run->wake_at_ms = INT64_MAX; /* the children have deadlines of their own */
        k7i_run_update_timer(run);
        if (level > 0)
            k7i_children_stop(run);
        else
            k7i_children_expire(run);
        k7i_children_start(run); /* none may be running: the next was to begin later */
        return 1;
    }
    say_why(run, level > 0);
    k7i_run_turn_back(run);
    return 1;
}

void k7i_run_go(struct k7i_op_run *run)
{
    if (run->mode == K7I_MODE_OVER) {
        leave(run);
        return;
    }
    if (ended_from_outside(run))
        return;
    int due = k7i_loop_now_ms(run->loop) >= run->wake_at_ms;
    switch (run->waiting) {
    case K7I_FOR_NOTHING:
        begin(run);
        break;
    case K7I_FOR_CLOCK:
        if (due)
            begin(run);
        else
            k7i_run_update_timer(run);
        break;
    case K7I_FOR_RETRY:
        if (!due)
            k7i_run_update_timer(run);
        else if (run->active->chunk) /* it may have kept some of the stream that was lost */
            begin(run);
        else
            k7i_run_send(run);
        break;
    case K7I_FOR_TRANSFER:
        if (due)
            k7i_run_hear_silence(run);
        else
            k7i_run_update_timer(run);
        break;
    case K7I_FOR_WAKER:
        if (k7i_waker_take(run->waker))
            begin(run);
        else
            k7i_run_update_timer(run);
        break;
    case K7I_FOR_CREDENTIAL:
        if (run->process)
            k7i_run_update_timer(run);
        else
            k7i_run_send(run);
        break;
    case K7I_FOR_CHILDREN:
        if (due) {
            run->wake_at_ms = INT64_MAX;
            k7i_children_start(run);
        }
        k7i_run_update_timer(run);
        break;
    }
}

void k7i_run_broken(struct k7i_op_run *run, int code)
{
    if (run->mode == K7I_MODE_OVER)
        return;
    if (run->waiting == K7I_FOR_CHILDREN) { /* the children end, and with them the parent */
        run->no_more_children = 1;
        k7i_children_start(run);
        return;
    }
    if (k7i_run_is_forward(run) && run->index < run->op->plan->step_count) {
        if (code == K7_ERR_CANCELLED) /* as in say_why(): there is an error only in SETTLE */
            run->op->error = k7_error_unref(run->op->error);
        fail_code(run, code,
                  code == K7_ERR_NO_MEMORY   ? "out of memory"
                  : code == K7_ERR_CANCELLED ? "the loop was freed"
                                             : "the loop failed: libcurl or the system refused to go on");
        run->settings.cleanup_timeout_ms = 0;
        k7i_run_turn_back(run);
    } else if (run->mode == K7I_MODE_ROLLBACK) {
        k7i_run_abandon(run);
    }
}

void k7i_run_stop(struct k7i_op_run *run, int level)
{
    if (level > run->stop_level)
        run->stop_level = level;
    if (run->loop)
        k7i_loop_schedule(run->loop, run);
}

void k7i_run_expire(struct k7i_op_run *run)
{
    if (!k7i_run_is_forward(run))
        return;
    run->deadline_ms = k7i_loop_now_ms(run->loop);
    k7i_loop_schedule(run->loop, run);
}

int k7i_run_begin(struct k7i_op *op, struct k7i_loop *loop, const struct k7i_run *settings, k7_error **err)
{
    struct k7i_op_run *run = op->run;

    run->settings = *settings;
    run->wake_at_ms = INT64_MAX;
    int64_t now = k7i_loop_now_ms(loop);
    run->deadline_ms = settings->timeout_ms == K7_NEVER || settings->timeout_ms > INT64_MAX - now
                           ? INT64_MAX
                           : now + settings->timeout_ms;
    int code = k7i_loop_join(loop, run, err);
    if (code)
        return code;
    run->mode = K7I_MODE_FORWARD;
    k7i_run_update_timer(run);
    k7i_run_schedule(run);
    return 0;
}
