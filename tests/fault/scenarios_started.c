/* scenarios_started.c: every operation started on a loop, a loop that is freed while operations run, and calls over many. */
#include "scenarios.h"

static void count_end(void *user, k7_op *op)
{
    struct world *world = user;

    (void)op;
    world->ends++;
}

static int start(struct world *world, char operation, k7_loop *loop, k7_op **ret_op, k7_error **err)
{
    switch (operation) {
    case 'c':
        return k7_sandbox_create_start(world->client, world->spec, world->call, loop, ret_op, err);
    case 'l':
        return k7_sandbox_list_start(world->client, NULL, world->call, loop, ret_op, err);
    case 'g':
        return k7_sandbox_get_start(world->client, NULL, "demo", world->call, loop, ret_op, err);
    case 'd':
        return k7_sandbox_delete_start(world->client, NULL, "demo", NULL, world->call, loop, ret_op, err);
    default:
        return k7_sandbox_delete_all_start(world->client, NULL, world->call, loop, ret_op, err);
    }
}

static int listen_to(struct world *world, k7_op *op, k7_error **err)
{
    world->expected_frees++;
    return k7_op_set_on_done(op, count_end, world, world_note_free, err);
}

static int run_started(struct world *world, char operation, k7_error **err)
{
    k7_sandbox *sandbox = NULL;
    k7_sandboxes *list = NULL;
    k7_loop *loop = NULL;
    k7_op *op = NULL;
    int status = k7_loop_new(&loop, err);

    if (status == 0)
        status = start(world, operation, loop, &op, err);
    if (status == 0)
        status = listen_to(world, op, err);
    if (status == 0)
        status = k7_op_wait(op, err);
    if (status == 0 && world->ends != 1)
        world_wrong(world, "the end was told %d times", world->ends);
    if (status == 0)
        status = k7_op_take_error(op, err);
    if (status == 0 && (operation == 'c' || operation == 'g') && k7_op_take_sandbox(op, &sandbox, NULL) != 0)
        world_wrong(world, "there is no sandbox");
    if (status == 0 && operation == 'l' && k7_op_take_sandboxes(op, &list, NULL) != 0)
        world_wrong(world, "there is no list");
    if (status == 0 && operation == 'l' && k7_sandboxes_count(list) != 2)
        world_wrong(world, "a list of %zu instead of 2", k7_sandboxes_count(list));
    if (status == 0 && operation == 'a' && k7_op_take_results(op, &world->results, NULL) != 0)
        world_wrong(world, "there are no results");
    k7_sandbox_unref(sandbox);
    k7_sandboxes_unref(list);
    k7_op_free(op);
    k7_loop_free(loop);
    return status;
}

int run_create_start(struct world *world, k7_error **err)
{
    return run_started(world, 'c', err);
}

int run_list_start(struct world *world, k7_error **err)
{
    return run_started(world, 'l', err);
}

int run_get_start(struct world *world, k7_error **err)
{
    return run_started(world, 'g', err);
}

int run_delete_start(struct world *world, k7_error **err)
{
    return run_started(world, 'd', err);
}

int run_delete_all_start(struct world *world, k7_error **err)
{
    return run_started(world, 'a', err);
}

/* Freed while all of it runs: the callbacks hear of it, and nothing is lost. */
int run_abandoned(struct world *world, k7_error **err)
{
    k7_op *op = NULL, *silent = NULL;
    k7_loop *loop = NULL;
    int started = 0, status = k7_loop_new(&loop, err);

    if (status == 0)
        status = start(world, 'g', loop, &silent, err);
    k7_op_free(silent);
    if (status == 0)
        status = start(world, 'a', loop, &op, err);
    if (status == 0)
        started = (status = listen_to(world, op, err)) == 0;
    if (status == 0)
        status = k7_loop_process(loop, err);
    k7_loop_free(loop);
    if (world->ends != started)
        world_wrong(world, "the end was told %d times", world->ends);
    k7_op_free(op);
    return status;
}

/* --- many ------------------------------------------------------------------------------------------------------------------------ */

static int fill_batch(struct world *world, k7_batch **ret_batch, k7_error **err)
{
    int status = k7_batch_new(ret_batch, err);

    if (status == 0)
        status = k7_batch_add_spec(*ret_batch, world->spec, err);
    if (status == 0)
        status = k7_spec_set_name(world->spec, "demo-2", err);
    if (status == 0)
        status = k7_batch_add_spec(*ret_batch, world->spec, err);
    if (status == 0)
        status = k7_batch_set_starts_per_second(*ret_batch, 1000, err);
    return status;
}

int run_create_many(struct world *world, k7_error **err)
{
    k7_batch *batch = NULL;
    int status = fill_batch(world, &batch, err);

    if (status == 0)
        status = k7_sandbox_create_many(world->client, batch, world->call, &world->results, err);
    k7_batch_free(batch);
    return status;
}

int run_delete_many_start(struct world *world, k7_error **err)
{
    k7_batch *batch = NULL;
    k7_loop *loop = NULL;
    k7_op *op = NULL;
    int status = k7_batch_new(&batch, err);

    if (status == 0)
        status = k7_batch_add_name(batch, NULL, "demo", err);
    if (status == 0)
        status = k7_batch_add_name(batch, "default", "other", err);
    if (status == 0)
        status = k7_loop_new(&loop, err);
    if (status == 0)
        status = k7_sandbox_delete_many_start(world->client, batch, NULL, world->call, loop, &op, err);
    k7_batch_free(batch);
    if (status == 0)
        status = k7_op_wait(op, err);
    if (status == 0)
        status = k7_op_take_results(op, &world->results, err);
    k7_op_free(op);
    k7_loop_free(loop);
    return status;
}

/* What is there after a create was done, or its error names it; nothing else is. */
int verify_create_many(struct world *world, int code, const k7_error *error)
{
    int status = 0;

    (void)error;
    if (code == 0 && k7_results_count(world->results) != 2)
        status = world_wrong(world, "%zu results instead of 2", k7_results_count(world->results));
    for (size_t i = 0; i < 2 && status == 0; i++) {
        const k7_error *why = k7_results_error_at(world->results, i);
        int outcome = k7_results_outcome_at(world->results, i);
        int there = world_exists(world, i == 0 ? "demo" : "demo-2");

        if (code == 0 && (outcome == K7_ITEM_DONE) != (k7_results_sandbox_at(world->results, i) != NULL))
            status = world_wrong(world, "item %zu is done, and has no sandbox, or the other way round", i);
        else if (outcome == K7_ITEM_DONE && !there)
            status = world_wrong(world, "item %zu is done, and not there", i);
        else if (there && outcome != K7_ITEM_DONE && outcome != K7_ITEM_UNKNOWN &&
                 k7_error_leftover_count(why) == 0)
            status = world_wrong(world, "item %zu is not done, and there", i);
    }
    world->results = k7_results_unref(world->results);
    return status;
}
