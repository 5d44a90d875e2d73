/* k7_objects.h: what K7 0.1 makes for a sandbox (K7 contract, section 2.1), as manifests for kubectl. */
#ifndef KUBERNETES_K7_OBJECTS_H
#define KUBERNETES_K7_OBJECTS_H

#include "fixture.h"

/* With `replicas` pods; with_secret: and an env file. Valid until the next call. */
const char *k7_objects(const char *name, int replicas, int with_secret);
/* Applies them and waits until its pods are ready. */
void k7_create(const char *name, int replicas, int with_secret);

#endif
