/* exchange.c: one request and its answer: sending, tracing, repeating by the safety of the request, and what the answer says about the effect. */
#include "plan/run.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/random.h"

#include <stdio.h>
#include <string.h>

enum { BACK_OFF_FIRST_MS = 100, BACK_OFF_MAX_MS = 5000 };

int64_t k7i_run_back_off_ms(const struct k7i_op_run *run)
{
    int64_t ms = run->settings.back_off_ms > 0 ? run->settings.back_off_ms : BACK_OFF_FIRST_MS;

    for (int attempt = run->attempt; --attempt > 0 && ms < BACK_OFF_MAX_MS;)
        ms *= 2;
    if (ms > BACK_OFF_MAX_MS)
        ms = BACK_OFF_MAX_MS;
    return ms / 2 +
           k7i_random_below((uint32_t)(ms / 2 + 1)); /* so that many clients do not come back at once */
}

int k7i_run_has_time(const struct k7i_op_run *run, int64_t ms)
{
    return run->deadline_ms == INT64_MAX || ms < run->deadline_ms - k7i_loop_now_ms(run->loop);
}

void k7i_run_new_request(struct k7i_op_run *run)
{
    run->attempt = run->refreshed = 0;
}

static void trace(struct k7i_op_run *run, const struct k7i_outcome *outcome, int status)
{
    const struct k7_call *call = run->settings.call;
    char url[2048];

    if (!call || !call->trace)
        return;
    snprintf(url, sizeof url, "%s%s", k7i_peer_url(run->op->peer), run->request.target.data);
    int lost = outcome->aborted ? 0 : outcome->code; /* a stream that its step ended was answered */
    k7_trace event = { .operation = run->op->plan->operation,
                       .step = run->active->name,
                       .method = run->request.method,
                       .url = url,
                       .attempt = run->attempt,
                       .http_status = lost ? 0 : status,
                       .error_code = lost,
                       .reused = outcome->reused,
                       .duration_us = outcome->duration_us };
    call->trace(call->trace_user, &event);
}

void k7i_run_abort_transfer(struct k7i_op_run *run, int code)
{
    k7i_transfer_abort(run->transfer);
    struct k7i_outcome outcome = *k7i_transfer_outcome(run->transfer);
    outcome.code = code;
    trace(run, &outcome, 0);
}

int k7i_request_only_reads(const struct k7i_request *request)
{
    return strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
}

/* Only the step's own requests have an effect worth keeping; those that settle or undo have none of their own. What an earlier attempt may have done is
 * not less in doubt because a later one did nothing. */
static void set_effect(struct k7i_op_run *run, enum k7i_effect effect)
{
    if (effect == K7I_EFFECT_NONE && run->effect[run->index] == K7I_EFFECT_UNKNOWN)
        return;
    if (run->active == k7i_run_step(run) && k7i_run_is_forward(run) && !k7i_request_only_reads(&run->request))
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

/* A look at what a lost request did is a read like others while there is something else to do: to fail. */
static int is_patient(const struct k7i_op_run *run)
{
    return run->active->is_patient && (run->mode == K7I_MODE_ROLLBACK || run->active == k7i_run_step(run));
}

/* 1: the same request goes out again after a while. */
static int retry(struct k7i_op_run *run, enum k7i_effect effect, int64_t asked_ms)
{
    enum k7i_repeat repeat = run->request.repeat;
    int64_t back_off_ms = k7i_run_back_off_ms(run);
    int64_t ms = asked_ms >= 0 ? asked_ms : back_off_ms;

    if (is_patient(run) && ms < back_off_ms) /* without an end: then not at once, whatever the server says */
        ms = back_off_ms;
    if (repeat == K7I_REPEAT_NEVER || (repeat == K7I_REPEAT_UNSENT && effect != K7I_EFFECT_NONE))
        return 0;
    if ((run->attempt >= run->settings.attempts && !is_patient(run)) || !k7i_run_has_time(run, ms))
        return 0;
    k7i_run_wait_ms(run, K7I_FOR_RETRY, ms);
    return 1;
}

/* 1: once more, with another credential: that is not another try. */
static int refresh(struct k7i_op_run *run)
{
    if (run->refreshed || (!run->identity && !k7i_transfer_is_outdated(run->transfer)))
        return 0;
    run->refused = run->identity ? run->identity->generation : run->refused;
    run->refreshed = 1;
    run->attempt--;
    return 1;
}

static void lost(struct k7i_op_run *run, const struct k7i_outcome *outcome)
{
    struct k7i_op *op = run->op;
    int may_pass = outcome->code == K7_ERR_RESOLVE || outcome->code == K7_ERR_CONNECT ||
                   outcome->code == K7_ERR_CONNECTION_LOST ||
                   (outcome->code == K7_ERR_TLS && !outcome->certificate);
    enum k7i_effect handed_over = outcome->sent ? K7I_EFFECT_UNKNOWN : K7I_EFFECT_NONE, effect = handed_over;
    const struct k7i_response *response = k7i_transfer_response(run->transfer);
    k7_error *error = NULL;

    if (response->status >= 400) /* only the body of a refusal was lost */
        effect = effect_of(response);
    if (run->effect[run->index] != K7I_EFFECT_DONE) /* a step that streams may have said so */
        set_effect(run, effect);
    if (outcome->sent && k7i_run_is_forward(run) && run->active == k7i_run_step(run)) {
        run->lost_reading |=
            op->plan->only_reads || (!k7i_request_only_reads(&run->request) &&
                                     run->request.repeat == K7I_REPEAT_SAFE && !run->active->harmless);
        run->lost_unsafe |= run->request.repeat != K7I_REPEAT_SAFE;
    }
    if (outcome->certificate && !outcome->sent && k7i_transfer_is_outdated(run->transfer) && refresh(run)) {
        k7i_run_send(run);
        return;
    }
    if (may_pass && retry(run, handed_over, -1))
        return;
    if (outcome->code == K7_ERR_NO_MEMORY)
        k7i_fail_memory(&error);
    else
        k7i_fail(&error, outcome->code, "%s", k7i_transfer_error_text(run->transfer));
    k7i_op_fail_with(op, error);
    k7i_run_give_verdict(run, K7I_FAIL);
}

static void answered(struct k7i_op_run *run, const struct k7i_response *response)
{
    const struct k7i_step *step = k7i_run_step(run);
    enum k7i_effect effect = effect_of(response);
    enum k7i_verdict verdict;

    if (response->status == 401 && refresh(run)) {
        k7i_run_send(run);
        return;
    }
    set_effect(run, effect);
    if (run->active == step && k7i_run_is_forward(run))
        run->lost_reading = 0; /* an earlier attempt's */
    if ((response->status == 429 || response->status == 503) && retry(run, effect, response->retry_after_ms))
        return;
    if (run->active == step->undo && !run->active->reply) {
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
    k7i_run_give_verdict(run, verdict);
}

/* The call has ended, and only now is it known what its last request did. */
static void awaited(struct k7i_op_run *run, const struct k7i_outcome *outcome,
                    const struct k7i_response *response)
{
    enum k7i_effect effect =
        outcome->code && response->status < 400 ? K7I_EFFECT_UNKNOWN : effect_of(response);

    run->effect[run->index] = (unsigned char)effect;
    if (!outcome->code && run->active->reply)
        run->active->reply(run->op,
                           response); /* it learns what undoing needs; the call has its error already */
    run->awaiting = 0;
    k7i_run_new_request(run);
    k7i_run_schedule(run);
}

static void on_finished(void *user)
{
    struct k7i_op_run *run = user;
    const struct k7i_outcome *outcome = k7i_transfer_outcome(run->transfer);
    const struct k7i_response *response = k7i_transfer_response(run->transfer);

    run->waiting = K7I_FOR_NOTHING;
    trace(run, outcome, response->status);
    if (run->awaiting) {
        awaited(run, outcome, response);
    } else if (outcome->aborted) { /* the step has seen enough of the stream */
        set_effect(run, K7I_EFFECT_DONE);
        k7i_run_give_verdict(run, run->chunk_verdict);
    } else if (outcome->code) {
        lost(run, outcome);
    } else {
        answered(run, response);
    }
}

/* The timer is not set anew for each piece: when it is due too early, it is set to the right time. */
static void listen(struct k7i_op_run *run)
{
    run->wake_at_ms = run->silence_ms > 0 ? k7i_loop_now_ms(run->loop) + run->silence_ms : INT64_MAX;
}

void k7i_run_hear_silence(struct k7i_op_run *run)
{
    enum k7i_verdict verdict = run->active->chunk(run->op, NULL, 0);

    if (verdict == K7I_MORE) {
        listen(run);
        k7i_run_update_timer(run);
        return;
    }
    set_effect(run, K7I_EFFECT_UNKNOWN);
    k7i_run_abort_transfer(run, K7_ERR_TIMEOUT);
    run->waiting = K7I_FOR_NOTHING;
    k7i_run_give_verdict(run, verdict);
}

static int on_chunk(void *user, int status, const void *data, size_t len)
{
    struct k7i_op_run *run = user;

    (void)status; /* only 2xx comes here */
    listen(run);
    if (run->active->is_patient)
        run->attempt = 1; /* what comes is a success: a later loss begins a new count */
    run->chunk_verdict = run->active->chunk(run->op, data, len);
    return run->chunk_verdict != K7I_MORE;
}

void k7i_run_send_identified(struct k7i_op_run *run, k7_error *failure)
{
    struct k7i_transfer_user user = { on_finished, run->active->chunk ? on_chunk : NULL, run };
    const struct k7_call *call = run->settings.call;
    k7_error *error = failure;

    run->attempt++;
    run->waiting = K7I_FOR_NOTHING;
    listen(run);
    if (error || (!run->transfer && k7i_transfer_new(k7i_loop_http(run->loop), &run->transfer, &error) != 0))
        ; /* error is set */
    else if (k7i_transfer_start(run->transfer, run->op->peer, &run->request, run->identity,
                                call ? call->traceparent : NULL, &user, &error) == 0)
        run->waiting = K7I_FOR_TRANSFER;
    if (error) {
        k7i_op_fail_with(run->op, error);
        k7i_run_give_verdict(run, K7I_FAIL);
    }
    k7i_run_update_timer(run);
}

void k7i_run_send(struct k7i_op_run *run)
{
    k7_error *error = NULL;

    if (k7i_op_is_dry(run->op))
        k7i_run_show(run);
    else if (k7i_run_identify(run, &error) != 0)
        k7i_run_send_identified(run, error);
}
