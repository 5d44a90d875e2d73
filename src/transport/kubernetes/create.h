/* create.h: the state of a create, shared by the files that hold its steps: node.c, create.c with the objects and the plan itself, ready.c, and undo.c. */
#ifndef K7I_KUBERNETES_CREATE_H
#define K7I_KUBERNETES_CREATE_H

#include "transport/kubernetes/kubernetes.h"
#include "transport/kubernetes/removal.h"

enum {
    K7I_CREATE_ID_DIGITS = 32, /* 128 random bits */
    K7I_SCRIPT_BYTES =
        120000, /* of before_script: Linux takes arguments of 128 KiB, and the wrapper adds to it */
    K7I_KATA_LEAST_MIB = 256 /* Kata boots with no less (K7 contract, section 6.1) */
};

/* What create makes: the subjects of its steps. The names are the sandbox's with these ends: K7 deletes by name only (K7 contract, section 11). */
enum k7i_subject {
    K7I_INGRESS,  /* "-deny-ingress" */
    K7I_EGRESS,   /* "-netpol"; by the step "egress policy" or "lock egress" */
    K7I_ENV,      /* "-env" */
    K7I_WORKLOAD, /* the Deployment, with its pods */
    K7I_SUBJECTS
};

struct k7i_made {
    char *name;
    char uid[64];          /* "": not made, or not known yet */
    int looked_in_vain;    /* after an answer was lost; the server may have been at it still */
    int64_t look_until_ms; /* 0: not set yet */
};

struct k7i_kube_create {
    k7_spec *spec;
    char *namespace_;
    char create_id[K7I_CREATE_ID_DIGITS + 1];
    enum k7i_kube_profile profile;
    struct k7i_buf tolerations;         /* of the node's taints, as JSON without brackets */
    struct k7i_made made[K7I_SUBJECTS]; /* what undoing needs lies here, not in memory that could run out */

    int asked_again; /* k7i_kube_refused_or_again() */

    /* ready.c: */
    struct k7i_buf stream;  /* an event of a watch, as it comes; or what a look found */
    struct k7i_buf trouble; /* why it is not ready yet, in the server's words */
    int64_t created_unix;   /* the Deployment */
    int is_doubtful;        /* our pod went, or nothing is heard: is the Deployment still there? */
    char doubted[64];       /* uid of the pod that was ending when that was asked last */

    /* undo.c: */
    struct k7i_removal removal;
};

/* check.c: what this transport cannot do, before anything is sent; and what a profile cannot do. */
int k7i_kube_check(const k7_spec *spec, k7_error **err);
int k7i_kube_check_profile(const k7_spec *spec, enum k7i_kube_profile profile, k7_error **err);
int64_t k7i_kube_memory_mib(const k7_spec *spec); /* 0: no limit */

/* script.c: process 1 of a sandbox with before_script: /bin/sh -c WRAPPER k7 SCRIPT MARK */
extern const char k7i_kube_script_wrapper[];

/* object.c: the body of the object that a step makes. */
void k7i_kube_body(const struct k7i_kube_create *create, enum k7i_subject subject, struct k7i_buf *body);

/* node.c */
extern const struct k7i_step k7i_kube_profile_step, k7i_kube_node_step;
/* create.c */
extern const struct k7i_step k7i_kube_deployment_step;
struct k7i_target k7i_kube_target(const struct k7i_op *op,
                                  const char *verb); /* the object of the step's subject */
/* ready.c */
extern const struct k7i_step k7i_kube_replica_step, k7i_kube_ready_step;
/* undo.c: of all four subjects */
enum k7i_verdict k7i_kube_undo(struct k7i_op *op, struct k7i_request *request);
enum k7i_verdict k7i_kube_undo_chunk(struct k7i_op *op, const void *data, size_t len);
enum k7i_verdict k7i_kube_undone(struct k7i_op *op, const struct k7i_response *response);

#endif
