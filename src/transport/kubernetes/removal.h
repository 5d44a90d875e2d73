/* removal.h: taking a Deployment away together with its pods, and knowing when they are gone: a step of delete, and what undoes create's Deployment. */
#ifndef K7I_KUBERNETES_REMOVAL_H
#define K7I_KUBERNETES_REMOVAL_H

#include "transport/kubernetes/kubernetes.h"

struct k7i_removed_pod;

/* Part of an operation's state. Set the first five, leave the rest zero, clear it in the end. */
struct k7i_removal {
    const char *namespace_,
        *name;       /* borrowed; the pods have name in the labels "app" and "katakate.org/sandbox" */
    const char *uid; /* of the Deployment, borrowed; NULL: it is gone, only pods are removed */
    int in_two;      /* a first step that ends when the Deployment is deleted, and a second one that waits */
    int hurried; /* over as soon as no pod is left and none can follow: the Deployment itself may go a moment later */

    /* learnt: */
    int found;        /* there was something to remove */
    int replaced;     /* the name belongs to another Deployment by now: nothing of that one was touched */
    int pods_refused; /* deleting pods is forbidden: they went in their own time */

    /* its own: */
    int began, is_second, owner, request;
    int is_listed, is_rehearsed,
        is_verified;  /* the pods are known; and were so while there was no Deployment */
    int is_uncertain; /* another pod may follow: not all were deleted by who deletes the ReplicaSet, too */
    int impatient, owner_seen, watch_refused, slept, asked_again, deletions;
    size_t deleting;  /* the pod that is being deleted */
    char version[32]; /* the resourceVersion to watch from */
    struct k7i_buf stream;
    struct k7i_removed_pod *pods;
    size_t pod_count, pod_room;
};

/* A step, or an undo, whose begin, chunk and reply call these does the whole: looks for the pods, rehearses the deletion of the Deployment (a right that is missing is
 * found before anything is deleted), deletes by uid, and waits until all are gone. */
enum k7i_verdict k7i_removal_begin(struct k7i_op *op, struct k7i_removal *removal,
                                   struct k7i_request *request);
enum k7i_verdict k7i_removal_chunk(struct k7i_op *op, struct k7i_removal *removal, const void *data,
                                   size_t len);
enum k7i_verdict k7i_removal_reply(struct k7i_op *op, struct k7i_removal *removal,
                                   const struct k7i_response *response);
enum k7i_verdict k7i_removal_assume(struct k7i_op *op, struct k7i_removal *removal);
/* For the step's waiting_for; the step is to be is_patient. */
void k7i_removal_waiting_for(const struct k7i_removal *removal, struct k7i_buf *text);
void k7i_removal_clear(struct k7i_removal *removal);

#endif
