/* work.c: creates eight sandboxes at once, and deletes each as soon as it is there. Knows nothing of the event loop that serves it. */
#include "work.h"

#include <stdio.h>

enum { SANDBOXES = 8 };

static void complain(const char *what, k7_error *err)
{
    fprintf(stderr, "%s: %s\n", what, k7_error_get_message(err));
    for (size_t i = 0; i < k7_error_leftover_count(err); i++)
        fprintf(stderr, "left behind: %s\n", k7_error_leftover_at(err, i));
    k7_error_unref(err);
}

static void on_deleted(void *user, k7_op *op)
{
    struct work *work = user;
    k7_error *err = NULL;

    if (k7_op_take_error(op, &err) == 0)
        work->deleted++;
    else
        complain("delete", err);
    k7_op_free(op);
}

/* What is to be done next is started here: completion callbacks may do that. */
static void on_created(void *user, k7_op *op)
{
    struct work *work = user;
    k7_sandbox *sandbox = NULL;
    k7_error *err = NULL;
    k7_op *next = NULL;

    int status = k7_op_take_sandbox(op, &sandbox, &err);
    if (status == 0) {
        printf("created %s\n", k7_sandbox_get_name(sandbox));
        status = k7_sandbox_delete_start(work->client, NULL, k7_sandbox_get_name(sandbox), NULL, work->call,
                                         work->loop, &next, &err);
    }
    if (status == 0)
        status = k7_op_set_on_done(next, on_deleted, work, NULL, &err);
    if (status != 0)
        complain("create", err);
    k7_sandbox_unref(sandbox);
    k7_op_free(op);
}

static int start_one(struct work *work, int number, k7_error **err)
{
    k7_spec *spec = NULL;
    k7_op *op = NULL;
    char name[32];

    snprintf(name, sizeof(name), "async-%d", number);
    int status = k7_spec_new(name, "alpine:latest", &spec, err);
    if (status == 0)
        status = k7_sandbox_create_start(work->client, spec, work->call, work->loop, &op, err);
    if (status == 0)
        status = k7_op_set_on_done(op, on_created, work, NULL, err);
    k7_spec_free(spec); /* the operation has a copy */
    return status;
}

int work_begin(struct work *work)
{
    k7_error *err = NULL;

    *work = (struct work){ .deleted = 0 };
    int status = k7_client_open(NULL, &work->client, &err);
    if (status == 0)
        status = k7_cancel_new(&work->cancel, &err);
    if (status == 0)
        status = k7_call_new(&work->call, &err);
    if (status == 0)
        status = k7_call_set_cancel(work->call, work->cancel, &err);
    if (status == 0)
        status = k7_loop_new(&work->loop, &err);
    for (int i = 0; i < SANDBOXES && status == 0; i++)
        status = start_one(work, i, &err);
    if (status != 0)
        complain("begin", err);
    else
        printf("%d started\n", SANDBOXES);
    fflush(stdout);
    return status;
}

int work_is_over(const struct work *work)
{
    return k7_loop_op_count(work->loop) == 0;
}

void work_stop(struct work *work)
{
    k7_cancel_trigger(work->cancel);
}

int work_end(struct work *work)
{
    printf("%d of %d created and deleted; the program ticked %s\n", work->deleted, SANDBOXES,
           work->ticks > 0 ? "meanwhile" : "never");
    k7_loop_free(work->loop);
    k7_call_free(work->call);
    k7_cancel_unref(work->cancel);
    k7_client_unref(work->client);
    return work->deleted == SANDBOXES && work->ticks > 0 ? 0 : 1;
}
