/* access.h: for tests of access: kubeconfigs made for one test, and who the API server takes us for. These programs use the library's insides. */
#ifndef KUBERNETES_ACCESS_H
#define KUBERNETES_ACCESS_H

#include "fixture.h"

#include "net/peer.h"

/* A file in a folder of the test's own; its path is valid until the test ends. mode: of the file. */
const char *write_file(const char *name, int mode, const char *text);
/* The content, without the line end of the last line; free() it. */
char *read_file(const char *path);
char *base64_of(const char *path); /* free() it */
const char *pki(
    const char *name); /* the path of a file in the cluster's pki/; valid for the next seven calls */

/* A kubeconfig with one cluster and one user: their fields in flow style. cluster NULL: the real one's. */
const char *write_kubeconfig(const char *name, const char *cluster, const char *user);
const char *real_cluster(void); /* its fields: server and authority */

/* Who the API server takes the peer for: a SelfSubjectReview's userInfo; NULL and the error when it refuses. json_object_put() it. */
json_object *who_am_i(const struct k7i_peer *peer, k7_error **ret_error);
const struct k7i_peer *peer_of(const k7_client *opened);
/* The same with a client of this kubeconfig. */
json_object *who_is(const char *kubeconfig, k7_error **ret_error);
/* And it is the same that kubectl is with the file. Returns the user's name; valid until the next call. */
const char *same_as_kubectl(const char *kubeconfig);

#endif
