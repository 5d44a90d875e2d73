/* run.h: the inside of running operations: what op.c, run.c, children.c, loop.c and waker.c share. */
#ifndef K7I_PLAN_RUN_H
#define K7I_PLAN_RUN_H

#include "plan/call.h"
#include "plan/loop.h"
#include "plan/op.h"

enum { K7I_LEFTOVER_ROOM = K7I_LEFTOVER_LEN + 32 }; /* and whether it was made at all */

enum k7i_mode { K7I_MODE_NEW, K7I_MODE_FORWARD, K7I_MODE_SETTLE, K7I_MODE_ROLLBACK, K7I_MODE_OVER };

enum k7i_waiting {
    K7I_FOR_NOTHING, /* to be advanced: begin is next */
    K7I_FOR_TRANSFER,
    K7I_FOR_RETRY, /* the clock, then the same request again */
    K7I_FOR_CLOCK, /* the clock, then begin */
    K7I_FOR_WAKER,
    K7I_FOR_CREDENTIAL, /* a program, run by this call or another, then the request */
    K7I_FOR_CHILDREN
};

/* Somebody whose descriptors the loop watches, too. */
struct k7i_watcher {
    struct k7i_watcher *next;
    int (*ready)(struct k7i_watcher *watcher,
                 int fd); /* 0: it is not one of this watcher's; else it may be gone */
};

struct k7i_op_run {
    struct k7i_op *op;
    struct k7i_loop *loop;
    struct k7i_run settings;
    void (*done)(void *user, struct k7i_op *op);
    void *user;

    enum k7i_mode mode;
    enum k7i_waiting waiting;
    int index;                     /* of the step that is done, settled or undone */
    const struct k7i_step *active; /* the step itself, its settle or its undo */
    unsigned char effect[K7I_STEPS_MAX];
    struct k7i_buf leftover[K7I_STEPS_MAX]; /* with all of its room since before the request was sent */
    unsigned char is_left[K7I_STEPS_MAX];
    char **leftover_list;  /* K7I_STEPS_MAX places, kept ready like */
    k7_error *spare_error; /* this one, so that lack of memory cannot hide what is left */
    const char *failed_step;
    int attempt, settle_attempt;   /* of the request in work; of the step, while it is being settled */
    int refreshed, entered;        /* after a 401; progress was told of this step */
    struct k7i_identity *identity; /* that the request goes out with */
    uint64_t refused;              /* the generation of the one that was refused with 401 */
    struct k7i_credential_waiter waiter;
    struct k7i_process *process; /* the credential's program, when this call runs it */
    int lost_reading,
        lost_unsafe; /* an answer was lost, of a request that only reads or may be repeated / of any other */
    int64_t pause_ms, silence_ms; /* silence_ms: of a stream, before its step hears of it; 0: it does not */
    int64_t deadline_ms, wake_at_ms; /* the loop's clock; INT64_MAX: none */
    int in_vain;    /* the step's request was lost, and looked for in vain: the server may act on it yet */
    int awaiting;   /* in ROLLBACK: the answer to the step's own request is still to come */
    int stop_level; /* set by the parent or the interrupt callback: counts like triggers of the cancel token */

    struct k7i_request request;
    struct k7i_transfer *transfer;
    enum k7i_verdict chunk_verdict;

    struct k7i_op_run *children; /* the last one first */
    size_t next_child;
    int running_children, no_more_children, at_once;
    struct k7i_op *parent;
    struct k7i_op_run *sibling; /* in the parent's children */
    size_t place;               /* which child of the parent it is */

    struct k7i_waker *waker;

    /* the loop's: */
    struct k7i_op_run *previous, *next; /* all operations of the loop */
    struct k7i_op_run *next_ready;
    int is_ready;
    size_t heap_place; /* 1-based; 0: not in the heap */
    int64_t heap_due_ms;
};

/* loop.c, for the runner */
struct k7i_http *k7i_loop_http(struct k7i_loop *loop);
int64_t k7i_loop_now_ms(const struct k7i_loop *loop);
int k7i_loop_join(struct k7i_loop *loop, struct k7i_op_run *run,
                  k7_error **err); /* with room in the heap and the cancel token watched */
void k7i_loop_leave(struct k7i_loop *loop, struct k7i_op_run *run);
void k7i_loop_schedule(struct k7i_loop *loop, struct k7i_op_run *run); /* k7i_run_go() is called soon */
void k7i_loop_set_timer(struct k7i_loop *loop, struct k7i_op_run *run, int64_t due_ms); /* INT64_MAX: none */
/* 0, or -1 with errno; descriptors that are -1 are left out */
int k7i_loop_add_watcher(struct k7i_loop *loop, struct k7i_watcher *watcher, const int *fds, size_t count);
void k7i_loop_remove_watcher(struct k7i_loop *loop, struct k7i_watcher *watcher);
void k7i_loop_unwatch(struct k7i_loop *loop, int fd);

/* run.c */
void k7i_run_go(struct k7i_op_run *run); /* it was scheduled, or its timer is due */
void k7i_run_broken(struct k7i_op_run *run,
                    int code); /* the loop cannot go on: ends at once, what is left is named */
int k7i_run_begin(struct k7i_op *op, struct k7i_loop *loop, const struct k7i_run *settings, k7_error **err);
void k7i_run_stop(struct k7i_op_run *run, int level); /* like `level` triggers of the cancel token */
void k7i_run_expire(struct k7i_op_run *run);          /* its deadline is now; not that of taking back */
void k7i_run_forked(struct k7i_op_run *run);          /* the children are over */

/* run.c, for ending.c and exchange.c */
void k7i_run_schedule(struct k7i_op_run *run); /* to be advanced */
int k7i_run_is_forward(const struct k7i_op_run *run);
int k7i_run_stop_level(const struct k7i_op_run *run);              /* how often it was asked to stop */
const struct k7i_step *k7i_run_step(const struct k7i_op_run *run); /* that is done, settled or undone */
void k7i_run_update_timer(struct k7i_op_run *run);
void k7i_run_wait_ms(struct k7i_op_run *run, enum k7i_waiting waiting, int64_t ms);
void k7i_run_give_verdict(struct k7i_op_run *run, enum k7i_verdict verdict); /* of the active step */

/* ending.c */
void k7i_run_note_leftover(struct k7i_op_run *run, int index);
void k7i_run_finish(struct k7i_op_run *run);    /* the operation is over, with op->error or without */
void k7i_run_turn_back(struct k7i_op_run *run); /* forward work ends with op->error */
int k7i_run_keep_room_for_leftovers(struct k7i_op_run *run); /* before the step can make something */
void k7i_run_abandon(struct k7i_op_run *run);                /* taking back ends, too */
/* the next lower step with an effect becomes active; 0: there is none */
int k7i_run_choose_undo(struct k7i_op_run *run);

/* exchange.c */
int k7i_request_only_reads(const struct k7i_request *request);
void k7i_run_new_request(struct k7i_op_run *run); /* the next request starts with its first attempt */
void k7i_run_send(struct k7i_op_run *run);
void k7i_run_send_identified(struct k7i_op_run *run,
                             k7_error *failure);               /* failure: taken; there is no identity */
void k7i_run_hear_silence(struct k7i_op_run *run);             /* nothing has come for silence_ms */
void k7i_run_abort_transfer(struct k7i_op_run *run, int code); /* code: why, for the trace */
int64_t k7i_run_back_off_ms(const struct k7i_op_run *run);
int k7i_run_has_time(const struct k7i_op_run *run, int64_t ms);

/* identify.c */
/* 1: the request may go out, as run->identity. 0: later, when who to be is known: waiting is set. Negative: the code of *err */
int k7i_run_identify(struct k7i_op_run *run, k7_error **err);
void k7i_run_stop_identifying(struct k7i_op_run *run);
void k7i_run_say_credential(const struct k7i_op_run *run, struct k7i_buf *text); /* what it waits for */

/* dry.c */
void k7i_run_show(struct k7i_op_run *run);               /* the request, instead of sending it */
enum k7i_verdict k7i_run_assume(struct k7i_op_run *run); /* what an answer, or children, would tell */

/* children.c */
/* as many as may run at once; ends the fork when there are none */
void k7i_children_start(struct k7i_op_run *run);
void k7i_children_stop(struct k7i_op_run *run);
void k7i_children_expire(struct k7i_op_run *run);
void k7i_children_joined(struct k7i_op_run *parent, struct k7i_op *child); /* frees the child */

/* waker.c */
void k7i_waker_detach(struct k7i_waker *waker); /* the operation is over */
int k7i_waker_take(struct k7i_waker *waker);    /* 1: it was woken since */

#endif
