/* loop.c: the loop of started operations, around the one that operations run on: who may run it, and when ends are told. */
#include "api/op.h"

#include "base/alloc.h"
#include "base/error.h"

#include <unistd.h>

int k7_loop_new(k7_loop **ret_loop, k7_error **err)
{
    if (err)
        *err = NULL;
    if (!ret_loop)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "ret_loop is NULL");
    *ret_loop = NULL;
    k7_loop *loop = k7i_calloc(1, sizeof *loop);
    if (!loop)
        return k7i_fail_memory(err);
    int status = k7i_loop_new(NULL, &loop->loop, err);
    if (status != 0) {
        k7i_free(loop);
        return status;
    }
    loop->process = getpid();
    loop->ended_tail = &loop->ended;
    *ret_loop = loop;
    return 0;
}

int k7i_loop_check(const k7_loop *loop, k7_error **err)
{
    if (!loop)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "loop is NULL");
    if (loop->process != getpid())
        return k7i_fail(err, K7_ERR_FORKED, "the loop was made by the parent process; make one in the child");
    if (loop->is_freed)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "the loop has been freed");
    return 0;
}

/* --- running it ------------------------------------------------------------------------------------------------------------------ */

void k7i_loop_end_of(k7_loop *loop, k7_op *op)
{
    op->next_ended = NULL;
    *loop->ended_tail = op;
    loop->ended_tail = &op->next_ended;
}

/* Those that have ended by now; what their callbacks start has its turn when the loop is run again. */
static void tell(k7_loop *loop)
{
    k7_op *op = loop->ended;

    loop->ended = NULL;
    loop->ended_tail = &loop->ended;
    while (op) {
        k7_op *next = op->next_ended;

        loop->count--;
        k7i_op_tell(op);
        op = next;
    }
}

static void destroy(k7_loop *loop)
{
    loop->is_entered = loop->is_freed = 1; /* callbacks can neither run it nor start anything */
    k7i_loop_end(loop->loop);
    tell(loop);
    k7i_loop_free(loop->loop);
    k7i_free(loop);
}

int k7i_loop_enter(k7_loop *loop, k7_error **err)
{
    int status = k7i_loop_check(loop, err);

    if (status == 0 && loop->is_entered)
        status = k7i_fail(err, K7_ERR_INVALID_ARGUMENT,
                          "the loop is being run already: this was called from one of its callbacks");
    if (status == 0)
        loop->is_entered = 1;
    return status;
}

int k7i_loop_run(k7_loop *loop, int timeout_ms, k7_error **err)
{
    int interrupted = 0, status;

    /* What is ready does not keep the descriptors from being looked at: operations that start operations would. */
    if (timeout_ms == 0 || k7i_loop_timeout_ms(loop->loop) == 0)
        status = k7i_loop_process(loop->loop, err);
    else
        status = k7i_loop_wait(loop->loop, timeout_ms, &interrupted, err);
    if (interrupted) {
        k7i_loop_interrupt(loop->loop);
        if (status == 0)
            status = k7i_loop_process(loop->loop, err);
    }
    tell(loop);
    loop->is_entered = 0;
    if (loop->is_freed)
        destroy(loop);
    return status;
}

int k7_loop_process(k7_loop *loop, k7_error **err)
{
    return k7_loop_wait(loop, 0, err);
}

int k7_loop_wait(k7_loop *loop, int timeout_ms, k7_error **err)
{
    if (err)
        *err = NULL;
    int status = k7i_loop_enter(loop, err);
    return status != 0 ? status : k7i_loop_run(loop, timeout_ms < 0 ? -1 : timeout_ms, err);
}

void k7_loop_free(k7_loop *loop)
{
    if (k7i_loop_check(loop, NULL) != 0) /* in a child of fork() all of it is the parent's */
        return;
    if (loop->is_entered)
        loop->is_freed = 1;
    else
        destroy(loop);
}

/* --- asking -------------------------------------------------------------------------------------------------------------------- */

int k7_loop_get_fd(const k7_loop *loop)
{
    return loop ? k7i_loop_fd(loop->loop) : -1;
}

int k7_loop_get_timeout_ms(k7_loop *loop)
{
    return loop ? k7i_loop_timeout_ms(loop->loop) : -1;
}

void k7_loop_wake(k7_loop *loop)
{
    if (loop && loop->process == getpid())
        k7i_loop_wake(loop->loop);
}

size_t k7_loop_op_count(const k7_loop *loop)
{
    return loop ? loop->count : 0;
}
