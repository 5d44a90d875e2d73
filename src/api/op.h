/* op.h: the content of a k7_loop and a k7_op, for the front door's files. */
#ifndef K7I_API_OP_H
#define K7I_API_OP_H

#include "api/client.h"

#include <k7sandbox/op.h>

struct k7_loop {
    struct k7i_loop *loop;
    pid_t process; /* that made it */
    size_t count;  /* operations whose end was not told */
    k7_op *ended, **ended_tail;
    int is_entered; /* it is being run */
    int is_freed;   /* by one of its callbacks: it goes when it is left */
};

struct k7_op {
    atomic_int stops;        /* how often it was cancelled */
    int references;          /* the application's, the loop's until its end was told, and those of waits */
    _Atomic(k7_loop *) loop; /* NULL once its end was told */
    enum k7i_operation operation;
    k7_client *client;
    k7_call *call;
    struct k7i_op *op; /* NULL: it is over */
    int state;         /* K7_OP_* */
    int is_taken;
    void *result;
    void *(*free_result)(void *);
    k7_error *error;
    void (*on_done)(void *user, k7_op *op);
    void *user;
    void (*free_user)(void *user);
    k7_op *next_ended;
};

/* 0, or K7_ERR_INVALID_ARGUMENT or K7_ERR_FORKED: at the head of every start. */
int k7i_loop_check(const k7_loop *loop, k7_error **err);
/* The same at the head of what runs the loop, then k7i_loop_run(): once, waiting up to timeout_ms for that. It tells of what has ended; the loop may be gone afterwards. */
int k7i_loop_enter(k7_loop *loop, k7_error **err);
int k7i_loop_run(k7_loop *loop, int timeout_ms, k7_error **err);
/* The operation is over: its end is told when the loop is left. */
void k7i_loop_end_of(k7_loop *loop, k7_op *op);

/* settings: without those of the call, which is copied. */
int k7i_op_begin(k7_loop *loop, k7_client *client, enum k7i_operation operation, const struct k7i_args *args,
                 const struct k7i_run *settings, k7_op **ret_op, k7_error **err);
void k7i_op_tell(k7_op *op); /* its end, and gives back the loop's reference */
void k7i_op_release(k7_op *op);

#endif
