/* transport.c: the kubernetes transport: its table, and the opening of an endpoint.
 *
 *   kubernetes:                                  the cluster of the kubeconfig's current context, or the one this process runs in
 *   kubernetes:?context=NAME&namespace=NAME      another context, another default namespace */
#include "transport/kubernetes/kubernetes.h"

#include "base/alloc.h"
#include "base/error.h"
#include "config/kube_place.h"
#include "transport/delete_all.h"
#include "transport/kubernetes/access.h"
#include "transport/kubernetes/plans.h"

#include <string.h>

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

/* ret_profile: UNKNOWN: the nodes' labels tell. */
static void choose_profile(const k7_config *config, enum k7i_kube_profile *ret_profile)
{
    const char *name = k7i_config_text(config, "kubernetes.profile");

    *ret_profile = strcmp(name, "v0.1") == 0   ? K7I_PROFILE_V0_1
                   : strcmp(name, "v0.4") == 0 ? K7I_PROFILE_V0_4
                                               : K7I_PROFILE_UNKNOWN;
}

static int kubernetes_open(const k7_config *config, const struct k7i_endpoint *endpoint, void **ret_instance,
                           k7_error **err)
{
    struct k7i_kube_access access;
    struct k7i_kubernetes *kubernetes = k7i_calloc(1, sizeof *kubernetes);

    *ret_instance = NULL;
    if (!kubernetes)
        return k7i_fail_memory(err);
    pthread_mutex_init(&kubernetes->lock, NULL);
    choose_profile(config, &kubernetes->profile);
    int code = k7i_config_dup(config, &kubernetes->config, err);
    if (!code)
        code = k7i_kube_access_open(config, endpoint, K7I_KUBE_POD_FOLDER, &access, err);
    if (code) {
        kubernetes_close(kubernetes);
        return code;
    }
    kubernetes->peer = access.peer;
    kubernetes->namespace_ = access.namespace_;
    kubernetes->warning = access.warning;
    *ret_instance = kubernetes;
    return 0;
}

static const char *kubernetes_namespace(const void *instance)
{
    return ((const struct k7i_kubernetes *)instance)->namespace_;
}

static const char *kubernetes_warning(const void *instance)
{
    return ((const struct k7i_kubernetes *)instance)->warning;
}

static const char *const schemes[] = { "kubernetes", NULL };

const struct k7i_transport k7i_transport_kubernetes = {
    .name = "kubernetes",
    .schemes = schemes,
    .sends_requests = 1,
    .open = kubernetes_open,
    .close = kubernetes_close,
    .namespace_ = kubernetes_namespace,
    .warning = kubernetes_warning,
    .plans = { [K7I_CREATE] = &k7i_kubernetes_create_plan,
               [K7I_LIST] = &k7i_kubernetes_list_plan,
               [K7I_GET] = &k7i_kubernetes_get_plan,
               [K7I_DELETE] = &k7i_kubernetes_delete_plan,
               [K7I_DELETE_ALL] = &k7i_delete_all_plan },
};
