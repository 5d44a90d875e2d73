/* op.h: operations as plans of steps. A transport describes, the runner (run.c) does: sends, waits, retries, cancels, settles, undoes. See docs/DESIGN-NOTES.md.
 *
 * Rules for the functions of a step: no I/O, no waiting. `begin` builds a request from the operation's state; `reply` reads one answer into it. They are
 * called on the loop's thread only. */
#ifndef K7I_PLAN_OP_H
#define K7I_PLAN_OP_H

#include "net/http.h"
#include <k7sandbox/call.h>
#include <k7sandbox/error.h>
#include <stdatomic.h>

struct k7i_op;
struct k7i_args; /* what the front door passes to a plan: transport/table.h */

enum k7i_verdict {
    K7I_NEXT, /* reply, child: go on (child: a child is given) */
    K7I_DONE, /* begin, reply: the operation is over, successfully; child: no more children */
    K7I_FAIL, /* with op->error set: k7i_op_fail() */
    K7I_AGAIN, /* reply: the same step once more (polling; attempts start anew); sleep first with k7i_op_pause() */
    K7I_NONE,  /* reply of a settle step: not there, or somebody else's */
    K7I_MORE,  /* chunk: go on receiving */
    K7I_SEND,  /* begin: the request is ready */
    K7I_SKIP,  /* begin: nothing to do in this step */
    K7I_FORK,  /* begin: run children, then reply(op, NULL), or go on when there is no reply */
    K7I_SLEEP, /* begin: k7i_op_sleep(); then begin again */
    K7I_WAIT   /* begin: until k7i_op_wake(); then begin again */
};

/* What is known about a step's effect at the server. */
enum k7i_effect { K7I_EFFECT_NONE, K7I_EFFECT_DONE, K7I_EFFECT_UNKNOWN };

struct k7i_step {
    const char *name; /* appears in errors, progress, traces */
    enum k7i_verdict (*begin)(struct k7i_op *op, struct k7i_request *request);
    /* 2xx bodies as they come; no function: collect up to the limit. One that ends in order goes to reply, one that was lost is begun anew with `begin`. data NULL: see k7i_op_listen() */
    enum k7i_verdict (*chunk)(struct k7i_op *op, const void *data, size_t len);
    /* also for every non-2xx status that is not repeated */
    enum k7i_verdict (*reply)(struct k7i_op *op, const struct k7i_response *response);
    /* a new, prepared, not started operation; SKIP: there is none for i; SLEEP: k7i_op_sleep(), not yet */
    enum k7i_verdict (*child)(struct k7i_op *op, size_t i, struct k7i_op **ret_child);
    void (*joined)(struct k7i_op *op, size_t i,
                   struct k7i_op *child); /* child i is over: take its result and error; it is freed then */
    /* in a dry run, in place of chunk, reply and joined: what later steps need of the answer, as placeholders ("{uid}"). NEXT, AGAIN or FAIL; no function: nothing, and NEXT */
    enum k7i_verdict (*assume)(struct k7i_op *op);
    const struct k7i_step
        *settle; /* did it take effect? NEXT: yes, and it is ours; NONE: not there, or someone else's */
    const struct k7i_step *
        undo; /* takes it back; run only when the effect is DONE or settled as ours. Without a reply, 2xx and 404 count as undone */
    /* with undo: names what is left ("container k7_default_demo (id …)") */
    void (*leftover)(const struct k7i_op *op, struct k7i_buf *text);
    /* what it waits for ("0/1 nodes are available: …"): added to the error when the deadline or a cancel ends the call in this step */
    void (*waiting_for)(const struct k7i_op *op, struct k7i_buf *text);
    /* it waits for something, or takes back: as long as there is time, its request is repeated, however often it is lost. What settles is so only while taking back */
    int is_patient;
    int await_answer; /* with undo: when the call ends while this request is under way, its answer is awaited, within the
                       * clean-up time: a look right afterwards could come before the server has acted */
    int begins_anyway; /* also when the call was cancelled or ran out of time since the step before: begin decides */
    int subject; /* the plan's own: what the step is about, where several share their functions: k7i_op_step(op)->subject */
    int harmless; /* what it does needs no undo: it ends with what another step made (a start), or is meant to stay (a pulled
                   * image); it does not make the outcome of a failed call UNKNOWN */
};

enum {
    K7I_STEPS_MAX = 16,
    K7I_CHILDREN_AT_ONCE = 8,
    K7I_LEFTOVER_LEN = 512 /* bytes of a leftover that are told */
};

struct k7i_plan {
    const char *operation; /* "create", … */
    const struct k7i_step *const *steps;
    int step_count; /* at most K7I_STEPS_MAX */
    int only_reads; /* nothing it does changes anything: when an answer is lost the outcome is UNKNOWN, yet the call may be repeated */
    size_t state_size; /* op->state, zeroed */
    int (*prepare)(struct k7i_op *op, const struct k7i_args *args,
                   k7_error **err); /* checks and copies the arguments; no I/O */
    /* frees what the state holds; called once, also after a failed prepare */
    void (*clear)(struct k7i_op *op);
};

/* How a call runs: a copy of k7_call and the client's settings. */
struct k7i_run {
    int64_t timeout_ms;         /* K7_NEVER or more than 0 */
    int64_t cleanup_timeout_ms; /* 0: no undo */
    int64_t child_timeout_ms;   /* of each child: at most so long; 0 or less: as long as its parent has */
    int attempts;               /* at most, per request */
    int64_t back_off_ms;        /* before the second attempt, then doubled; 0: 100 */
    struct k7_cancel *cancel;   /* borrowed, or NULL */
    const atomic_int *
        stops; /* counts like triggers of the token, from any thread; with k7i_loop_wake(). NULL: a blocking call, which drives its loop to the end */
    const struct k7_call *call; /* callbacks; borrowed, or NULL */
};

struct k7i_loop;

/* What step functions may read and write. The rest of the operation belongs to the runner (plan/run.h). */
struct k7i_op {
    const struct k7i_plan *plan;
    void *instance;              /* the transport's */
    const struct k7i_peer *peer; /* where requests go; set by prepare, may be changed by begin */
    void *state;                 /* plan->state_size bytes */
    k7_error *error;             /* the first one; set through k7i_op_fail() */
    void *result;                /* what the operation gives; set through k7i_op_give() */
    void *(*free_result)(void *);
    struct k7i_op_run *run; /* the runner's */
};

int k7i_op_new(const struct k7i_plan *plan, void *instance, struct k7i_op **ret_op, k7_error **err);
void k7i_op_free(struct k7i_op *op); /* not while it runs */

/* Starts on a loop. done (may be NULL) is called once, from k7i_loop_process, never from here. `run` is copied. 0, or an error: then it never started. */
int k7i_op_start(struct k7i_op *op, struct k7i_loop *loop, const struct k7i_run *run,
                 void (*done)(void *user, struct k7i_op *op), void *user, k7_error **err);
int k7i_op_is_over(const struct k7i_op *op);
/* Starts, and runs the loop until the operation is over. The result is op->error and op->result. */
int k7i_op_run_blocking(struct k7i_op *op, struct k7i_loop *loop, const struct k7i_run *run, k7_error **err);

/* For step functions: */
enum k7i_verdict k7i_op_fail(struct k7i_op *op, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));                             /* K7I_FAIL */
enum k7i_verdict k7i_op_fail_memory(struct k7i_op *op);                /* K7I_FAIL */
enum k7i_verdict k7i_op_fail_with(struct k7i_op *op, k7_error *error); /* takes the error; K7I_FAIL */
enum k7i_verdict k7i_op_sleep(struct k7i_op *op, int64_t ms);          /* K7I_SLEEP */
enum k7i_verdict k7i_op_fork(struct k7i_op *op, int at_once); /* K7I_FORK, with so many children at once */
enum k7i_verdict k7i_op_pause(struct k7i_op *op, int64_t ms); /* K7I_AGAIN, after so long */
/* in begin of a step with chunk: chunk is called with NULL whenever nothing has come for so long. MORE: go on waiting; else the stream is given up */
void k7i_op_listen(struct k7i_op *op, int64_t silence_ms);
void k7i_op_refused(struct k7i_op *op); /* in reply: whatever the status says, the request had no effect */
/* in chunk or reply: it had. In begin, before SKIP, WAIT or DONE: this step works without a request, and did */
void k7i_op_took_effect(struct k7i_op *op);
/* in begin, before WAIT or FAIL: others have the request, without HTTP: the call's outcome is unknown until k7i_op_took_effect() or k7i_op_refused() */
void k7i_op_handed_over(struct k7i_op *op, enum k7i_repeat repeat);
void k7i_op_give(struct k7i_op *op, void *result,
                 void *(*free_result)(void *)); /* replaces an earlier result */
void k7i_op_progress(struct k7i_op *op, const char *text, int64_t done, int64_t total);
const struct k7i_step *k7i_op_step(
    const struct k7i_op *op); /* whose function is called: the plan's, or its settle or undo step */
enum k7i_effect k7i_op_effect(const struct k7i_op *op,
                              const struct k7i_step *step); /* of a step of the plan, as far as it is known */
/* in an undo: what that step made is gone with this one's, also when its own undo failed before */
void k7i_op_undone(struct k7i_op *op, const struct k7i_step *step);
int k7i_op_is_dry(const struct k7i_op *op); /* the requests are only shown; known from the first begin on */
int64_t k7i_op_now_ms(const struct k7i_op *op);       /* the loop's clock */
int64_t k7i_op_remaining_ms(const struct k7i_op *op); /* until the deadline; K7_NEVER */
int k7i_op_is_ending(const struct k7i_op *op);        /* 1 while undoing, or when cancelled or out of time */

/* Outside completion: the one part that other threads may touch. A waker outlives its operation; waking a finished one does nothing. */
struct k7i_waker;
struct k7i_waker *k7i_op_waker(struct k7i_op *op); /* a reference; NULL: out of memory */
void k7i_waker_wake(struct k7i_waker *waker);      /* any thread */
struct k7i_waker *k7i_waker_unref(struct k7i_waker *waker);

#endif
