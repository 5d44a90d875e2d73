/* kube_place.h: where access to a Kubernetes cluster is described on this machine. Looks only whether files are there, not what is in them. */
#ifndef K7I_CONFIG_KUBE_PLACE_H
#define K7I_CONFIG_KUBE_PLACE_H

#include <k7sandbox/error.h>

/* The folder of a pod's service account. */
#define K7I_KUBE_POD_FOLDER "/var/run/secrets/kubernetes.io/serviceaccount"

struct k7i_kube_place {
    char *kubeconfig;   /* paths with ':' between them; NULL: none */
    const char *source; /* static text: what said so: "KUBECONFIG", "~/.kube/config" */
    int is_pod;         /* this process runs in a pod that may talk to its cluster */
};

/* In this order: KUBECONFIG; the service account in pod_folder, when KUBERNETES_SERVICE_HOST and _PORT are set (pod_folder NULL: not looked at);
 * ~/.kube/config, when it is there. Nothing found is no error. */
int k7i_kube_place_find(const char *pod_folder, struct k7i_kube_place *ret_place, k7_error **err);
void k7i_kube_place_clear(struct k7i_kube_place *place);

#endif
