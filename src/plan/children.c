/* children.c: a step that runs other operations, a few at a time, each with a result of its own. */
#include "plan/run.h"

static void take_off(struct k7i_op_run *run, const struct k7i_op_run *child)
{
    struct k7i_op_run **place = &run->children;

    while (*place != child)
        place = &(*place)->sibling;
    *place = child->sibling;
    run->running_children--;
}

/* In a dry run there is nothing to take but an error. */
static void join(struct k7i_op_run *run, size_t i, struct k7i_op *child)
{
    if (!k7i_op_is_dry(run->op)) {
        if (run->active->joined)
            run->active->joined(run->op, i, child);
    } else if (child->error) {
        k7i_op_fail_with(run->op, child->error);
        child->error = NULL;
    }
}

static void start_one(struct k7i_op_run *run, struct k7i_op *child)
{
    struct k7i_run settings = run->settings;
    size_t i = run->next_child++;
    k7_error *error = NULL;

    settings.timeout_ms = k7i_op_remaining_ms(run->op);
    if (settings.child_timeout_ms > 0 &&
        (settings.timeout_ms == K7_NEVER || settings.child_timeout_ms < settings.timeout_ms))
        settings.timeout_ms = settings.child_timeout_ms;
    int code = k7i_op_start(child, run->loop, &settings, NULL, NULL, &error);
    if (code) {
        child->error = error; /* as if it had begun and failed: joined tells */
        join(run, i, child);
        k7i_op_free(child);
        return;
    }
    if (child->run->deadline_ms > run->deadline_ms) { /* it may have passed meanwhile */
        child->run->deadline_ms = run->deadline_ms;
        k7i_run_update_timer(child->run);
    }
    child->run->parent = run->op;
    child->run->place = i;
    child->run->sibling = run->children;
    run->children = child->run;
    run->running_children++;
}

void k7i_children_start(struct k7i_op_run *run)
{
    while (!run->no_more_children && run->running_children < run->at_once) {
        struct k7i_op *child = NULL;

        if (k7i_run_stop_level(run) > 0 || k7i_loop_now_ms(run->loop) >= run->deadline_ms) {
            /* told of it next, it stops those that run */
            k7i_loop_schedule(run->loop, run);
            return;
        }
        enum k7i_verdict verdict = run->active->child(run->op, run->next_child, &child);

        if (verdict == K7I_NEXT) {
            start_one(run, child);
        } else if (verdict == K7I_SKIP) {
            run->next_child++;
        } else if (verdict == K7I_SLEEP) {
            k7i_run_wait_ms(run, K7I_FOR_CHILDREN, run->pause_ms);
            return;
        } else { /* DONE, or FAIL with op->error: those that run are waited for in any case */
            run->no_more_children = 1;
            if (verdict == K7I_FAIL)
                k7i_children_stop(run);
        }
    }
    if (run->no_more_children && run->running_children == 0)
        k7i_run_forked(run);
}

void k7i_children_stop(struct k7i_op_run *run)
{
    run->no_more_children = 1;
    for (struct k7i_op_run *child = run->children; child; child = child->sibling)
        k7i_run_stop(child, run->stop_level > 1 ? run->stop_level : 1);
}

/* Theirs is the parent's deadline, but for the milliseconds between the beginnings: none may be told of a cancel that nobody asked for. */
void k7i_children_expire(struct k7i_op_run *run)
{
    run->no_more_children = 1;
    for (struct k7i_op_run *child = run->children; child; child = child->sibling)
        k7i_run_expire(child);
}

void k7i_children_joined(struct k7i_op_run *run, struct k7i_op *child)
{
    take_off(run, child->run);
    join(run, child->run->place, child);
    k7i_op_free(child);
    if (run->waiting == K7I_FOR_CHILDREN)
        k7i_children_start(run);
}
