/* memory.h: a memory: client's simulated server: its parameters, its clock, and how a call reaches it. */
#ifndef K7I_TRANSPORT_MEMORY_MEMORY_H
#define K7I_TRANSPORT_MEMORY_MEMORY_H

#include "transport/memory/fault.h"
#include "transport/memory/store.h"
#include "transport/table.h"

#include <pthread.h>

struct k7i_memory_call;

struct k7i_memory {
    int64_t latency_ms, start_ms, stop_ms;
    int manual_clock;
    pthread_mutex_t mutex; /* guards what follows */
    int64_t manual_now_ms;
    struct k7i_memory_faults faults;
    struct k7i_memory_store store;
    struct k7i_memory_call
        *waiting; /* calls to be woken when the time or the store changes; linked by `next` */
};

/* One call at the server: the first member of every operation's state. Zero is its beginning. */
struct k7i_memory_call {
    struct k7i_memory *memory;
    struct k7i_waker *waker; /* made when first needed */
    struct k7i_memory_call *next, **link;
    int sent, arrived;
    int hanging;     /* the answer never comes */
    int answer_lost; /* the request is to be carried out, and the answer to be lost */
    int64_t due_ms;  /* when the request arrives */
};

int k7i_memory_advance(struct k7i_memory *memory, int64_t ms, k7_error **err);

void k7i_memory_lock(struct k7i_memory *memory);
void k7i_memory_unlock(struct k7i_memory *memory);
/* With the lock held: */
int64_t k7i_memory_now_ms(const struct k7i_memory *memory, const struct k7i_op *op);
void k7i_memory_wake_all(struct k7i_memory *memory); /* something changed that calls may wait for */

/* The way there: latency, then the failure that was asked for. K7I_NEXT: the request has arrived, now and at every later beginning; else the verdict
 * of begin. */
enum k7i_verdict k7i_memory_arrive(struct k7i_op *op, struct k7i_memory_call *call,
                                   enum k7i_operation operation);
/* The way back: K7I_NEXT, or K7I_FAIL when the answer is to be lost. */
enum k7i_verdict k7i_memory_return(struct k7i_op *op, const struct k7i_memory_call *call);
/* With the lock held: the verdict that waits until the server's clock shows due_ms, or something changes. */
enum k7i_verdict k7i_memory_wait_until(struct k7i_op *op, struct k7i_memory_call *call, int64_t due_ms);
/* Ends a call: no waker of it is used any more. */
void k7i_memory_end(struct k7i_memory_call *call);

/* What a client sees of an entry now. */
int k7i_memory_describe(const struct k7i_memory_entry *entry, int64_t now_ms, k7_sandbox **ret_sandbox,
                        k7_error **err);

extern const struct k7i_plan k7i_memory_create_plan, k7i_memory_list_plan, k7i_memory_get_plan,
    k7i_memory_delete_plan;

#endif
