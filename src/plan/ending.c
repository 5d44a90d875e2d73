/* ending.c: the end of an operation: taking back what it made, naming what is left, and saying what is known of its effect. */
#include "plan/run.h"

#include "base/alloc.h"
#include "base/error.h"

/* ---- the end ---- */

void k7i_run_note_leftover(struct k7i_op_run *run, int index)
{
    run->is_left[index] = 1;
}

/* Everything that naming a leftover will need, before there can be one. */
int k7i_run_keep_room_for_leftovers(struct k7i_op_run *run)
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
    return k7i_buf_reserve(&run->leftover[run->index], K7I_LEFTOVER_ROOM) ? -1 : 0;
}

/* What is known of the call's effect, once everything that could be taken back is. */
static int outcome_of(const struct k7i_op_run *run)
{
    int status = k7_error_get_http_status(run->op->error);

    for (int i = 0; i < run->op->plan->step_count; i++) {
        const struct k7i_step *step = run->op->plan->steps[i];

        if (run->effect[i] == K7I_EFFECT_DONE && !step->undo && status)
            continue; /* a part of it was done, for good, and another one refused: nothing about that is unknown */
        if (run->effect[i] != K7I_EFFECT_NONE && !step->harmless)
            return K7_OUTCOME_UNKNOWN;
    }
    if (run->lost_reading)
        return K7_OUTCOME_UNKNOWN;
    return status ? K7_OUTCOME_REJECTED : K7_OUTCOME_NOT_SENT;
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
        run->active = step;
        if (step->leftover)
            step->leftover(op, text);
        if (text->failed || text->len == 0 || text->len > K7I_LEFTOVER_LEN) {
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

void k7i_run_finish(struct k7i_op_run *run)
{
    struct k7i_op *op = run->op;

    run->mode = K7I_MODE_OVER;
    k7i_transfer_free(run->transfer);
    run->transfer = NULL;
    run->identity = k7i_identity_unref(run->identity);
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
        op->error = k7i_error_with_outcome(op->error, outcome);
        /* Only requests that may be repeated were lost: so may the call. */
        if (outcome == K7_OUTCOME_UNKNOWN && !run->lost_unsafe && run->lost_reading)
            k7i_error_set_retryable(op->error, 1);
        if (op->result) {
            op->free_result(op->result);
            op->result = NULL;
        }
    }
    k7i_run_update_timer(run);
    k7i_run_schedule(run);
}

/* ---- taking back ---- */

void k7i_run_abandon(struct k7i_op_run *run)
{
    int code = k7i_loop_is_broken(run->loop);

    if (!code)
        code = k7i_run_stop_level(run) < 2 ? K7_ERR_TIMEOUT : K7_ERR_CANCELLED;
    if (run->waiting == K7I_FOR_TRANSFER)
        k7i_run_abort_transfer(run, code);
    k7i_run_stop_identifying(run);
    for (int i = run->index; i >= 0; i--)
        if (run->effect[i] != K7I_EFFECT_NONE && run->op->plan->steps[i]->undo)
            k7i_run_note_leftover(run, i);
    k7i_run_finish(run);
}

/* The next lower step that has an effect to take back becomes active; 0: there is none. */
int k7i_run_choose_undo(struct k7i_op_run *run)
{
    for (; run->index >= 0; run->index--) {
        const struct k7i_step *step = k7i_run_step(run);
        unsigned char effect = run->effect[run->index];

        if (effect == K7I_EFFECT_NONE || !step->undo || run->is_left[run->index])
            continue;
        if (effect == K7I_EFFECT_UNKNOWN && !step->settle) {
            k7i_run_note_leftover(run, run->index);
            continue;
        }
        run->active = effect == K7I_EFFECT_UNKNOWN ? step->settle : step->undo;
        return 1;
    }
    return 0;
}

/* Whether the answer of a request under way decides what there is to undo. */
static int has_to_await(const struct k7i_op_run *run)
{
    return run->waiting == K7I_FOR_TRANSFER && run->mode == K7I_MODE_FORWARD && run->active->await_answer &&
           run->active->undo && !run->active->chunk && run->settings.cleanup_timeout_ms > 0 &&
           k7i_run_stop_level(run) < 2 && k7i_transfer_is_sent(run->transfer);
}

/* Forward work ends with op->error. */
void k7i_run_turn_back(struct k7i_op_run *run)
{
    int64_t budget = run->settings.cleanup_timeout_ms;
    int64_t now = k7i_loop_now_ms(run->loop);

    k7i_run_stop_identifying(run);
    run->awaiting = has_to_await(run);
    if (run->awaiting) {
        run->effect[run->index] = K7I_EFFECT_UNKNOWN;
    } else if (run->waiting == K7I_FOR_TRANSFER) {
        k7i_run_abort_transfer(run, k7_error_get_code(run->op->error));
        run->waiting = K7I_FOR_NOTHING;
        if (k7i_transfer_outcome(run->transfer)->sent) {
            int reads = k7i_request_only_reads(&run->request);

            if (reads)
                run->lost_reading |= run->op->plan->only_reads;
            else if (run->mode == K7I_MODE_FORWARD && run->effect[run->index] == K7I_EFFECT_NONE)
                run->effect[run->index] = K7I_EFFECT_UNKNOWN;
            run->lost_unsafe |= !reads && run->request.repeat != K7I_REPEAT_SAFE;
            run->lost_reading |= !reads && run->request.repeat == K7I_REPEAT_SAFE && !run->active->harmless;
        }
    }
    if (run->in_vain && run->effect[run->index] == K7I_EFFECT_NONE)
        run->effect[run->index] = K7I_EFFECT_UNKNOWN;
    run->failed_step = k7i_run_step(run)->name;
    run->mode = K7I_MODE_ROLLBACK;
    run->deadline_ms = budget > INT64_MAX - now ? INT64_MAX : now + budget;
    if (run->awaiting) {
        k7i_run_update_timer(run);
        return;
    }
    k7i_run_new_request(run);
    if (budget == 0)
        k7i_run_abandon(run);
    else
        k7i_run_schedule(run);
}
