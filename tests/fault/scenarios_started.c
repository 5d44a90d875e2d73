/* scenarios_started.c: every operation started on a loop, and a loop that is freed while operations run. */
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
