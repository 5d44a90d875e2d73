/* access.h: from configuration, endpoint, kubeconfig or service account to a peer: where the API server is, and who we are to it. Reads files, makes no connection. */
#ifndef K7I_KUBERNETES_ACCESS_H
#define K7I_KUBERNETES_ACCESS_H

#include "config/config.h"
#include "config/endpoint.h"
#include "net/peer.h"

struct k7i_kube_access {
    struct k7i_peer *peer;
    char *namespace_;    /* the default one of the endpoint, the context or the pod; NULL: none said */
    const char *warning; /* static text, or NULL */
};

/* pod_folder: K7I_KUBE_POD_FOLDER, but in tests. */
int k7i_kube_access_open(const k7_config *config, const struct k7i_endpoint *endpoint, const char *pod_folder,
                         struct k7i_kube_access *ret_access, k7_error **err);
void k7i_kube_access_clear(struct k7i_kube_access *access);

#endif
