/* run.c: the runner: takes an operation through its steps, and back. The table of docs/DESIGN-NOTES.md ("The runner"), in code. Nothing here is recursive: what
 * goes on is scheduled on the loop. */
#include "plan/run.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/random.h"

#include <stdio.h>
#include <string.h>

enum { BACK_OFF_FIRST_MS = 100, BACK_OFF_MAX_MS = 5000 };

static void schedule(struct k7i_op_run *run)
{
    run->waiting = K7I_FOR_NOTHING;
    k7i_loop_schedule(run->loop, run);
}

static int is_forward(const struct k7i_op_run *run)
{
    return run->mode == K7I_MODE_FORWARD || run->mode == K7I_MODE_SETTLE;
}

static int stop_level(const struct k7i_op_run *run)
{
    int level = k7_cancel_count(run->settings.cancel);

    return level > run->stop_level ? level : run->stop_level;
}

static const struct k7i_step *step_of(const struct k7i_op_run *run)
{
    return run->op->plan->steps[run->index];
}

static void update_timer(struct k7i_op_run *run)
{
    int64_t due = run->mode == K7I_MODE_OVER ? INT64_MAX : run->deadline_ms;

    if (run->mode != K7I_MODE_OVER && (run->waiting == K7I_FOR_RETRY || run->waiting == K7I_FOR_CLOCK) &&
        run->wake_at_ms < due)
        due = run->wake_at_ms;
    k7i_loop_set_timer(run->loop, run, due);
}

static void wait_ms(struct k7i_op_run *run, enum k7i_waiting waiting, int64_t ms)
{
    run->waiting = waiting;
    run->wake_at_ms = k7i_loop_now_ms(run->loop) + ms;
    update_timer(run);
}

/* ---- the end ---- */

static void note_leftover(struct k7i_op_run *run, int index)
{
    run->is_left[index] = 1;
}

/* What is known of the call's effect, once everything that could be taken back is. */
static int outcome_of(const struct k7i_op_run *run)
{
    for (int i = 0; i < run->op->plan->step_count; i++)
        if (run->effect[i] != K7I_EFFECT_NONE)
            return K7_OUTCOME_UNKNOWN;
    if (run->lost_reading)
        return K7_OUTCOME_UNKNOWN;
    return k7_error_get_http_status(run->op->error) ? K7_OUTCOME_REJECTED : K7_OUTCOME_NOT_SENT;
}

static void describe_leftovers(struct k7i_op_run *run)
{
    struct k7i_op *op = run->op;
    size_t count = 0;

    if (!run->leftover_list)
        return;
    for (int i = 0; i < op->plan->step_count; i++) {
        const struct k7i_step *step = op->plan->steps[i];
        struct k7i_buf *text = &run->leftover[i];

        if (!run->is_left[i])
            continue;
        k7i_buf_reset(text);
        if (step->leftover)
            step->leftover(op, text);
        if (text->failed || text->len == 0) {
            k7i_buf_reset(text);
            k7i_buf_printf(text, "what the step \"%s\" made", step->name);
        }
        if (run->effect[i] == K7I_EFFECT_UNKNOWN)
            k7i_buf_text(text, ", if it was made");
        run->leftover_list[count++] = k7i_buf_take(text);
    }
    if (count == 0)
        return;
    if (k7i_error_is_static(op->error)) {
        op->error = run->spare_error;
        run->spare_error = NULL;
    }
    k7i_error_take_leftovers(op->error, run->leftover_list, count);
    run->leftover_list = NULL;
}

static void finish(struct k7i_op_run *run)
{
    struct k7i_op *op = run->op;

    run->mode = K7I_MODE_OVER;
    k7i_transfer_free(run->transfer);
    run->transfer = NULL;
    k7i_waker_detach(run->waker);
    run->waker = NULL;
    if (op->error) {
        int outcome = outcome_of(run), said = k7_error_get_outcome(op->error);

        if (said > outcome) /* a step without a request knows better */
            outcome = said;
        describe_leftovers(run);
        k7i_error_set_operation(op->error, op->plan->operation);
        if (run->failed_step)
            k7i_error_set_step(op->error, run->failed_step);
        k7i_error_set_outcome(op->error, outcome);
        /* Only requests that may be repeated were lost: so may the call. */
        if (outcome == K7_OUTCOME_UNKNOWN && !run->lost_unsafe && run->lost_reading)
            k7i_error_set_retryable(op->error, 1);
        if (op->result) {
            op->free_result(op->result);
            op->result = NULL;
        }
    }
    update_timer(run);
    schedule(run);
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

/* ---- taking back ---- */

static void abandon(struct k7i_op_run *run)
{
    k7i_transfer_abort(run->transfer);
    for (int i = run->index; i >= 0; i--)
        if (run->effect[i] != K7I_EFFECT_NONE && run->op->plan->steps[i]->undo)
            note_leftover(run, i);
    finish(run);
}

/* The next lower step that has an effect to take back becomes active; 0: there is none. */
static int choose_undo(struct k7i_op_run *run)
{
    for (; run->index >= 0; run->index--) {
        const struct k7i_step *step = step_of(run);
        unsigned char effect = run->effect[run->index];

        if (effect == K7I_EFFECT_NONE || !step->undo || run->is_left[run->index])
            continue;
        if (effect == K7I_EFFECT_UNKNOWN && !step->settle) {
            note_leftover(run, run->index);
            continue;
        }
        run->active = effect == K7I_EFFECT_UNKNOWN ? step->settle : step->undo;
        return 1;
    }
    return 0;
}

static void new_request(struct k7i_op_run *run)
{
    run->attempt = run->refreshed = 0;
}

/* Forward work ends with op->error. */
static void turn_back(struct k7i_op_run *run)
{
    int64_t budget = run->settings.cleanup_timeout_ms;
    int64_t now = k7i_loop_now_ms(run->loop);

    if (run->waiting == K7I_FOR_TRANSFER) {
        k7i_transfer_abort(run->transfer);
        if (k7i_transfer_outcome(run->transfer)->sent) {
            int reads = strcmp(run->request.method, "GET") == 0 || strcmp(run->request.method, "HEAD") == 0;

            if (reads)
                run->lost_reading |= run->op->plan->steps[0]->undo == NULL && run->op->plan->step_count == 1;
            else if (run->mode == K7I_MODE_FORWARD && run->effect[run->index] == K7I_EFFECT_NONE)
                run->effect[run->index] = K7I_EFFECT_UNKNOWN;
            run->lost_unsafe |= !reads && run->request.repeat != K7I_REPEAT_SAFE;
            run->lost_reading |= !reads && run->request.repeat == K7I_REPEAT_SAFE;
        }
    }
    run->failed_step = step_of(run)->name;
    run->mode = K7I_MODE_ROLLBACK;
    run->deadline_ms = budget > INT64_MAX - now ? INT64_MAX : now + budget;
    new_request(run);
    if (budget == 0)
        abandon(run);
    else
        schedule(run);
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
    run->entered = 0;
    new_request(run);
    schedule(run);
}

static int64_t back_off_ms(int attempt)
{
    int64_t ms = BACK_OFF_FIRST_MS;

    while (--attempt > 0 && ms < BACK_OFF_MAX_MS)
        ms *= 2;
    if (ms > BACK_OFF_MAX_MS)
        ms = BACK_OFF_MAX_MS;
    return ms / 2 +
           k7i_random_below((uint32_t)(ms / 2 + 1)); /* so that many clients do not come back at once */
}

static int has_time(const struct k7i_op_run *run, int64_t ms)
{
    return run->deadline_ms == INT64_MAX || ms < run->deadline_ms - k7i_loop_now_ms(run->loop);
}

static void again(struct k7i_op_run *run)
{
    int64_t pause = run->pause_ms;

    new_request(run);
    run->pause_ms = 0;
    if (pause > 0)
        wait_ms(run, K7I_FOR_CLOCK, pause);
    else
        schedule(run);
}

static void step_verdict(struct k7i_op_run *run, enum k7i_verdict verdict)
{
    const struct k7i_step *step = step_of(run);

    if (verdict == K7I_AGAIN) {
        again(run);
    } else if (verdict == K7I_DONE) {
        finish(run);
    } else if (verdict != K7I_FAIL) {
        next_step(run);
    } else if (run->effect[run->index] == K7I_EFFECT_UNKNOWN && step->settle &&
               run->attempt < run->settings.attempts && has_time(run, 0) && stop_level(run) == 0) {
        run->settle_attempt = run->attempt;
        run->mode = K7I_MODE_SETTLE;
        run->active = step->settle;
        new_request(run);
        schedule(run);
    } else {
        turn_back(run);
    }
}

static void settle_verdict(struct k7i_op_run *run, enum k7i_verdict verdict)
{
    int forward = run->mode == K7I_MODE_SETTLE;

    if (verdict == K7I_AGAIN) {
        again(run);
    } else if (verdict == K7I_FAIL) {
        if (forward) {
            turn_back(run);
        } else {
            note_leftover(run, run->index);
            new_request(run);
            schedule(run);
        }
    } else if (forward) {
        run->op->error = k7_error_unref(run->op->error); /* what was lost has been found, or is begun again */
        run->mode = K7I_MODE_FORWARD;
        if (verdict == K7I_NONE) {
            run->effect[run->index] = K7I_EFFECT_NONE;
            new_request(run);
            run->attempt = run->settle_attempt;
            wait_ms(run, K7I_FOR_CLOCK, back_off_ms(run->attempt));
        } else {
            run->effect[run->index] = K7I_EFFECT_DONE;
            next_step(run);
        }
    } else {
        run->effect[run->index] = verdict == K7I_NONE ? K7I_EFFECT_NONE : K7I_EFFECT_DONE;
        new_request(run);
        schedule(run);
    }
}

static void undo_verdict(struct k7i_op_run *run, enum k7i_verdict verdict)
{
    if (verdict == K7I_AGAIN) {
        again(run);
        return;
    }
    if (verdict == K7I_FAIL)
        note_leftover(run, run->index);
    else
        run->effect[run->index] = K7I_EFFECT_NONE;
    new_request(run);
    schedule(run);
}

static void give_verdict(struct k7i_op_run *run, enum k7i_verdict verdict)
{
    const struct k7i_step *step = step_of(run);

    if (run->active == step)
        step_verdict(run, verdict);
    else if (run->active == step->settle)
        settle_verdict(run, verdict);
    else
        undo_verdict(run, verdict);
}

/* ---- requests ---- */

static void send_request(struct k7i_op_run *run);

static void trace(struct k7i_op_run *run, const struct k7i_outcome *outcome, int status)
{
    const struct k7_call *call = run->settings.call;
    char url[2048];

    if (!call || !call->trace)
        return;
    snprintf(url, sizeof url, "%s%s", k7i_peer_url(run->op->peer), run->request.target.data);
    k7_trace event = { .operation = run->op->plan->operation,
                       .step = run->active->name,
                       .method = run->request.method,
                       .url = url,
                       .attempt = run->attempt,
                       .http_status = outcome->code ? 0 : status,
                       .error_code = outcome->code,
                       .reused = outcome->reused,
                       .duration_us = outcome->duration_us };
    call->trace(call->trace_user, &event);
}

static int only_reads(const struct k7i_request *request)
{
    return strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
}

/* Only the step's own requests have an effect worth keeping; those that settle or undo have none of their own. */
static void set_effect(struct k7i_op_run *run, enum k7i_effect effect)
{
    if (run->active == step_of(run) && is_forward(run) && !only_reads(&run->request))
        run->effect[run->index] = (unsigned char)effect;
}

/* What an answered status says about the effect (DESIGN.md section 4). */
static enum k7i_effect effect_of(const struct k7i_response *response)
{
    if (response->status >= 200 && response->status < 300)
        return K7I_EFFECT_DONE;
    if (response->status >= 300 && response->status < 500 && response->status != 408)
        return K7I_EFFECT_NONE;
    if (response->status == 503 && response->retry_after_ms >= 0)
        return K7I_EFFECT_NONE;
    return K7I_EFFECT_UNKNOWN;
}

/* 1: the same request goes out again after a while. */
static int retry(struct k7i_op_run *run, enum k7i_effect effect, int64_t asked_ms)
{
    enum k7i_repeat repeat = run->request.repeat;
    int64_t ms = asked_ms >= 0 ? asked_ms : back_off_ms(run->attempt);

    if (repeat == K7I_REPEAT_NEVER || (repeat == K7I_REPEAT_UNSENT && effect != K7I_EFFECT_NONE))
        return 0;
    if (run->attempt >= run->settings.attempts || !has_time(run, ms))
        return 0;
    wait_ms(run, K7I_FOR_RETRY, ms);
    return 1;
}

static void lost(struct k7i_op_run *run, const struct k7i_outcome *outcome)
{
    struct k7i_op *op = run->op;
    int may_pass = outcome->code == K7_ERR_RESOLVE || outcome->code == K7_ERR_CONNECT ||
                   outcome->code == K7_ERR_CONNECTION_LOST ||
                   (outcome->code == K7_ERR_TLS && !outcome->certificate);
    enum k7i_effect effect = outcome->sent ? K7I_EFFECT_UNKNOWN : K7I_EFFECT_NONE;
    k7_error *error = NULL;

    if (may_pass && retry(run, effect, -1))
        return;
    if (run->effect[run->index] != K7I_EFFECT_DONE) /* a step that streams may have said so */
        set_effect(run, effect);
    if (outcome->sent && is_forward(run) && run->active == step_of(run)) {
        int pure_reading = only_reads(&run->request) && op->plan->step_count == 1;

        run->lost_reading |=
            pure_reading || (!only_reads(&run->request) && run->request.repeat == K7I_REPEAT_SAFE);
        run->lost_unsafe |= run->request.repeat != K7I_REPEAT_SAFE;
    }
    if (outcome->code == K7_ERR_NO_MEMORY)
        k7i_fail_memory(&error);
    else
        k7i_fail(&error, outcome->code, "%s", k7i_transfer_error_text(run->transfer));
    k7i_op_fail_with(op, error);
    give_verdict(run, K7I_FAIL);
}

static void answered(struct k7i_op_run *run, const struct k7i_outcome *outcome,
                     const struct k7i_response *response)
{
    const struct k7i_step *step = step_of(run);
    enum k7i_effect effect = effect_of(response);
    enum k7i_verdict verdict;

    if (response->status == 401 && outcome->credential_used && !run->refreshed) {
        run->refreshed = 1;
        run->attempt--; /* another credential, not another try */
        k7i_transfer_refuse_credential(run->transfer);
        send_request(run);
        return;
    }
    if ((response->status == 429 || response->status == 503) && retry(run, effect, response->retry_after_ms))
        return;
    set_effect(run, effect);
    if (run->active == step->undo && run->active != step &&
        (response->status == 404 || !run->active->reply)) {
        verdict = response->status == 404 || effect == K7I_EFFECT_DONE ? K7I_NEXT : K7I_FAIL;
    } else if (run->active->reply) {
        verdict = run->active->reply(run->op, response);
    } else if (effect == K7I_EFFECT_DONE) {
        verdict = K7I_NEXT;
    } else {
        k7_error *error = NULL;

        k7i_fail(&error, K7_ERR_PROTOCOL, "%s: HTTP status %d", k7i_peer_url(run->op->peer),
                 response->status);
        k7i_error_set_http_status(error, response->status);
        verdict = k7i_op_fail_with(run->op, error);
    }
    give_verdict(run, verdict);
}

static void on_finished(void *user)
{
    struct k7i_op_run *run = user;
    const struct k7i_outcome *outcome = k7i_transfer_outcome(run->transfer);
    const struct k7i_response *response = k7i_transfer_response(run->transfer);

    trace(run, outcome, response->status);
    if (outcome->aborted) { /* the step has seen enough of the stream */
        set_effect(run, K7I_EFFECT_DONE);
        give_verdict(run, run->chunk_verdict);
    } else if (outcome->code) {
        lost(run, outcome);
    } else {
        answered(run, outcome, response);
    }
}

static int on_chunk(void *user, int status, const void *data, size_t len)
{
    struct k7i_op_run *run = user;

    (void)status; /* only 2xx comes here */
    run->chunk_verdict = run->active->chunk(run->op, data, len);
    return run->chunk_verdict != K7I_MORE;
}

/* Everything that naming a leftover will need, before there can be one. */
static int keep_room_for_leftovers(struct k7i_op_run *run)
{
    if (!run->leftover_list && !(run->leftover_list = k7i_calloc(K7I_STEPS_MAX, sizeof *run->leftover_list)))
        return -1;
    if (!run->spare_error) {
        k7i_fail(&run->spare_error, K7_ERR_NO_MEMORY, "out of memory");
        if (k7i_error_is_static(run->spare_error)) {
            run->spare_error = NULL;
            return -1;
        }
    }
    return k7i_buf_reserve(&run->leftover[run->index], K7I_LEFTOVER_LEN) ? -1 : 0;
}

static void send_request(struct k7i_op_run *run)
{
    struct k7i_transfer_user user = { on_finished, run->active->chunk ? on_chunk : NULL, run };
    const struct k7_call *call = run->settings.call;
    k7_error *error = NULL;

    run->attempt++;
    if (run->active == step_of(run) && run->active->undo && keep_room_for_leftovers(run) != 0)
        k7i_fail_memory(&error);
    else if (!run->transfer && k7i_transfer_new(k7i_loop_http(run->loop), &run->transfer, &error) != 0)
        ; /* error is set */
    else if (k7i_transfer_start(run->transfer, run->op->peer, &run->request, call ? call->traceparent : NULL,
                                &user, &error) == 0)
        run->waiting = K7I_FOR_TRANSFER;
    if (error) {
        k7i_op_fail_with(run->op, error);
        give_verdict(run, K7I_FAIL);
    }
    update_timer(run);
}

/* ---- beginning a step ---- */

static void tell_progress(struct k7i_op_run *run)
{
    const struct k7_call *call = run->settings.call;
    char text[96];

    if (!call || !call->progress || run->parent || run->entered)
        return;
    k7_progress progress = { run->op->plan->operation, run->active->name, NULL, -1, -1 };
    if (run->mode == K7I_MODE_ROLLBACK) {
        if (run->active != step_of(run)->undo)
            return;
        snprintf(text, sizeof text, "undo %s", step_of(run)->name);
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
            finish(run);
            return;
        }
        run->active = step_of(run);
    } else if (run->mode == K7I_MODE_ROLLBACK && !choose_undo(run)) {
        run->index = 0;
        finish(run);
        return;
    }
    tell_progress(run);
    k7i_request_reset(&run->request);
    run->pause_ms = 0;
    enum k7i_verdict verdict = run->active->begin(run->op, &run->request);
    switch (verdict) {
    case K7I_SEND:
        send_request(run);
        break;
    case K7I_SLEEP:
        wait_ms(run, K7I_FOR_CLOCK, run->pause_ms);
        break;
    case K7I_WAIT:
        run->waiting = K7I_FOR_WAKER;
        if (k7i_waker_take(run->waker)) /* it was woken before it could wait */
            schedule(run);
        update_timer(run);
        break;
    case K7I_FORK:
        run->waiting = K7I_FOR_CHILDREN;
        run->next_child = 0;
        run->no_more_children = 0;
        update_timer(run);
        k7i_children_start(run);
        break;
    default:
        give_verdict(run, verdict == K7I_SKIP ? K7I_NEXT : verdict);
        break;
    }
}

void k7i_run_forked(struct k7i_op_run *run)
{
    enum k7i_verdict verdict = run->active->reply ? run->active->reply(run->op, NULL) : K7I_NEXT;

    if (verdict == K7I_DONE) /* what the children did is the result, also when the call was cancelled */
        run->op->error = k7_error_unref(run->op->error);
    else if (run->op->error)
        verdict = K7I_FAIL;
    run->waiting = K7I_FOR_NOTHING;
    give_verdict(run, verdict);
}

/* ---- what the loop calls ---- */

static void say_why(struct k7i_op_run *run, int cancelled)
{
    char text[200];

    if (cancelled)
        snprintf(text, sizeof text, "the call was cancelled at the step \"%s\"", step_of(run)->name);
    else
        snprintf(text, sizeof text, "the deadline of %lld ms passed at the step \"%s\"",
                 (long long)run->settings.timeout_ms, step_of(run)->name);
    /* In SETTLE, the error that led there is the first one, but the caller asked to stop: that is what ended the call. */
    if (run->mode == K7I_MODE_SETTLE)
        run->op->error = k7_error_unref(run->op->error);
    fail_code(run, cancelled ? K7_ERR_CANCELLED : K7_ERR_TIMEOUT, text);
}

/* 1: the call was ended. */
static int ended_from_outside(struct k7i_op_run *run)
{
    int level = stop_level(run), late = k7i_loop_now_ms(run->loop) >= run->deadline_ms;

    if (!is_forward(run)) {
        if (level < 2 && !late)
            return 0;
        abandon(run);
        return 1;
    }
    if ((level == 0 && !late) || run->index == run->op->plan->step_count)
        return 0;
    if (run->waiting == K7I_FOR_CHILDREN) {
        if (!run->op->error)
            say_why(run, level > 0);
        run->stop_level = level > 0 ? level : 1;
        run->deadline_ms = INT64_MAX; /* the children have deadlines of their own */
        update_timer(run);
        k7i_children_stop(run);
        return 1;
    }
    say_why(run, level > 0);
    turn_back(run);
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
            update_timer(run);
        break;
    case K7I_FOR_RETRY:
        if (due)
            send_request(run);
        else
            update_timer(run);
        break;
    case K7I_FOR_WAKER:
        if (k7i_waker_take(run->waker))
            begin(run);
        else
            update_timer(run);
        break;
    case K7I_FOR_TRANSFER:
    case K7I_FOR_CHILDREN:
        update_timer(run);
        break;
    }
}

void k7i_run_broken(struct k7i_op_run *run, int code)
{
    if (run->mode == K7I_MODE_OVER ||
        run->waiting == K7I_FOR_CHILDREN) /* the children end, and with them the parent */
        return;
    if (is_forward(run) && run->index < run->op->plan->step_count) {
        fail_code(run, code,
                  code == K7_ERR_NO_MEMORY ? "out of memory"
                                           : "the loop failed: libcurl or the system refused to go on");
        run->settings.cleanup_timeout_ms = 0;
        turn_back(run);
    } else if (run->mode == K7I_MODE_ROLLBACK) {
        abandon(run);
    }
}

void k7i_run_stop(struct k7i_op_run *run, int level)
{
    if (level > run->stop_level)
        run->stop_level = level;
    if (run->loop)
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
    update_timer(run);
    schedule(run);
    return 0;
}
