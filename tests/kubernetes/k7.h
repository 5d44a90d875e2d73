/* k7.h: sandboxes as K7's own tools make and see them, written from what K7 does, without a line of the library's. */
#ifndef KUBERNETES_K7_H
#define KUBERNETES_K7_H

#include "peer.h"

enum k7_version { K7_0_1, K7_0_4 };

/* The objects of a sandbox with an env file and egress blocked, in the order K7 makes them. A sandbox of 0.4 runs only where nodes are labelled. Any thread. */
void k7_make(const char *in_namespace, const char *name, enum k7_version version);

#endif
