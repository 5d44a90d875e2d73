/* collection.h: the records of a list, kept until it is complete, in little memory: what neighbours share is kept once. */
#ifndef K7I_KUBERNETES_COLLECTION_H
#define K7I_KUBERNETES_COLLECTION_H

#include "transport/kubernetes/record.h"

enum { K7I_COLLECTION_LIMIT = 1024 * 1024 * 1024 }; /* bytes: about two million sandboxes */

struct k7i_collection_block;

struct k7i_collection { /* zeroed memory is an empty one */
    void **items;       /* struct k7i_deployment * or struct k7i_pod *; pods by what they belong to */
    size_t count, room, bytes;
    struct k7i_collection_block *blocks; /* the one in use first */
};

/* Copies a record with its texts. 0, K7_ERR_NO_MEMORY or K7_ERR_LIMIT. */
int k7i_collection_add_deployment(struct k7i_collection *collection, const struct k7i_deployment *deployment);
int k7i_collection_add_pod(struct k7i_collection *collection, const struct k7i_pod *pod);
/* Forgets all. */
void k7i_collection_clear(struct k7i_collection *collection);
/* By namespace, then by name, as Kubernetes lists; pods by the label that names their sandbox. */
void k7i_collection_sort(struct k7i_collection *collection, int is_pods);

/* The best of the Deployment's pods, which are sorted; *at moves behind them. */
const struct k7i_pod *k7i_collection_best_of(const struct k7i_collection *pods, size_t *at,
                                             const struct k7i_deployment *deployment);
/* The sandboxes of these Deployments, each with the best of its pods. Both are sorted. */
int k7i_collection_join(const struct k7i_collection *deployments, const struct k7i_collection *pods,
                        int64_t now_unix, k7_sandboxes **ret_list, k7_error **err);

#endif
