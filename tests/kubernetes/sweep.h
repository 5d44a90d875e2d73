/* sweep.h: runs one operation again and again through the proxy, each time with another of its requests failing in another way, or with a cancel at another moment, and asks
 * each time whether what the caller was told is true. Several runs go on at once, each in a world of its own: a namespace, a proxy, clients. */
#ifndef KUBERNETES_SWEEP_H
#define KUBERNETES_SWEEP_H

#include "fixture.h"
#include "proxy.h"

struct sweep_case {
    struct proxy_plan plan;
    int cancels_before, cancels_after; /* triggers when request plan.n comes, and when it was executed */
    int cancel_at_step;                /* or: when the k-th step begins, from 1; 0: never */
};

struct sweep_world {
    const char *namespace_;
    const struct sweep_case *case_; /* what happens in this run */
    struct proxy *proxy;            /* this run's */
    k7_client *client;              /* through the proxy; this run's, so that it has nothing asked before */
    k7_client *witness;             /* past it */
    k7_sandboxes *list;             /* what the operation gave: one of these, or none */
    k7_sandbox *sandbox;
    k7_results *results;
};

struct sweep_operation {
    const char *name;
    void (*prepare)(
        struct sweep_world *world); /* or NULL; without faults. Sandboxes are called "demo" and "other" */
    int (*run)(struct sweep_world *world, const k7_call *call, k7_error **err);
    /* What is wrong, to be freed, or NULL. objects: what is in the namespace (peer_objects). */
    char *(*verify)(struct sweep_world *world, int code, const k7_error *error, const char *objects);
    int only_last;     /* all requests but the last are another operation's, too, and left to that one */
    int is_long;       /* few acts of the proxy's from some request on, no second cancel */
    int has_twins;     /* each request has one of its kind that all acts are tried with: four of them do */
    int keeps_world;   /* what prepare made serves all runs */
    int is_patient;    /* it repeats what was lost for as long as it may */
    int time_limit_ms; /* of a call whose server does not answer, or not any more */
};

/* Faults: every request, with every act of the proxy, once and from there on. Stops: a cancel, and two, before and after every request and at every step. Undo: the last request is
 * refused, and every one that takes back goes wrong, once and from there on. All fail the test with the first complaints. */
void sweep_faults(const struct sweep_operation *operation);
void sweep_stops(const struct sweep_operation *operation);
void sweep_undo(const struct sweep_operation *operation);

/* For verify: */
char *sweep_complaint(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* After a failed create: nothing is there, or exactly what the error names; and more than that only where it could not know. */
char *sweep_verify_leftovers(const struct sweep_world *world, const k7_error *error, const char *objects);
/* No sandbox has lost its policies while it can still run. */
char *sweep_verify_policies(const char *objects);

#endif
