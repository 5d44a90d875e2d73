/* list.h: listing one kind of object page by page, as a child operation: list runs two, get one. */
#ifndef K7I_KUBERNETES_LIST_H
#define K7I_KUBERNETES_LIST_H

#include "transport/kubernetes/collection.h"
#include "transport/kubernetes/kubernetes.h"

/* A new, prepared operation that lists the Deployments that are sandboxes, or the Pods of sandboxes: of a namespace (NULL: all), and of one sandbox (NULL: all). */
int k7i_listing_new(struct k7i_op *parent, enum k7i_kind kind, const char *namespace_, const char *sandbox,
                    struct k7i_op **ret_child, k7_error **err);
/* In joined: what it found, now the caller's; or its error goes to the parent, which fails when it has none yet. */
void k7i_listing_take(struct k7i_op *parent, struct k7i_op *child, struct k7i_collection *ret_found);

#endif
