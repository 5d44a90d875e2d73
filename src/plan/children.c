/* children.c: a step that runs other operations, a few at a time, each with a result of its own. */
#include "plan/run.h"

static void take_off(struct k7i_op_run *run, const struct k7i_op *child, size_t *ret_i)
{
    for (int k = 0; k < K7I_CHILDREN_AT_ONCE; k++) {
        if (run->children[k].op == child) {
            *ret_i = run->children[k].i;
            run->children[k].op = NULL;
            run->running_children--;
            return;
        }
    }
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
    int free_place = 0;
    k7_error *error = NULL;

    settings.timeout_ms = k7i_op_remaining_ms(run->op);
    while (run->children[free_place].op)
        free_place++;
    int code = k7i_op_start(child, run->loop, &settings, NULL, NULL, &error);
    if (code) {
        child->error = error; /* as if it had begun and failed: joined tells */
        join(run, run->next_child - 1, child);
        k7i_op_free(child);
        return;
    }
    child->run->parent = run->op;
    run->children[free_place].op = child;
    run->children[free_place].i = run->next_child - 1;
    run->running_children++;
}

void k7i_children_start(struct k7i_op_run *run)
{
    while (!run->no_more_children && run->running_children < K7I_CHILDREN_AT_ONCE) {
        struct k7i_op *child = NULL;
        enum k7i_verdict verdict = run->active->child(run->op, run->next_child, &child);

        if (verdict == K7I_NEXT) {
            run->next_child++;
            start_one(run, child);
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
    for (int k = 0; k < K7I_CHILDREN_AT_ONCE; k++)
        if (run->children[k].op)
            k7i_run_stop(run->children[k].op->run, run->stop_level > 1 ? run->stop_level : 1);
}

/* Theirs is the parent's deadline, but for the milliseconds between the beginnings: none may be told of a cancel that nobody asked for. */
void k7i_children_expire(struct k7i_op_run *run)
{
    run->no_more_children = 1;
    for (int k = 0; k < K7I_CHILDREN_AT_ONCE; k++)
        if (run->children[k].op)
            k7i_run_expire(run->children[k].op->run);
}

void k7i_children_joined(struct k7i_op_run *run, struct k7i_op *child)
{
    size_t i = 0;

    take_off(run, child, &i);
    join(run, i, child);
    k7i_op_free(child);
    if (run->waiting == K7I_FOR_CHILDREN)
        k7i_children_start(run);
}
