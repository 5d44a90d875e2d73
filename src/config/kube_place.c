/* kube_place.c: see kube_place.h. */
#include "config/kube_place.h"

#include "base/alloc.h"
#include "base/error.h"

#include <stdlib.h>
#include <unistd.h>

static const char *variable(const char *name)
{
    const char *value = secure_getenv(name);

    return value && *value ? value : NULL;
}

static int has_service_account(const char *folder, int *ret_is_pod, k7_error **err)
{
    *ret_is_pod = 0;
    if (!folder || !variable("KUBERNETES_SERVICE_HOST") || !variable("KUBERNETES_SERVICE_PORT"))
        return 0;
    k7i_auto_free char *token = k7i_sprintf("%s/token", folder);
    if (!token)
        return k7i_fail_memory(err);
    *ret_is_pod = access(token, F_OK) == 0;
    return 0;
}

int k7i_kube_place_find(const char *pod_folder, struct k7i_kube_place *ret_place, k7_error **err)
{
    const char *paths = variable("KUBECONFIG"), *home = variable("HOME");

    *ret_place = (struct k7i_kube_place){ NULL };
    if (paths) {
        *ret_place = (struct k7i_kube_place){ k7i_strdup(paths), "KUBECONFIG", 0 };
        return ret_place->kubeconfig ? 0 : k7i_fail_memory(err);
    }
    int code = has_service_account(pod_folder, &ret_place->is_pod, err);
    if (code || ret_place->is_pod || !home || *home != '/')
        return code;
    ret_place->source = "~/.kube/config";
    ret_place->kubeconfig = k7i_sprintf("%s/.kube/config", home);
    if (!ret_place->kubeconfig)
        return k7i_fail_memory(err);
    if (access(ret_place->kubeconfig, F_OK) != 0)
        k7i_kube_place_clear(ret_place);
    return 0;
}

void k7i_kube_place_clear(struct k7i_kube_place *place)
{
    k7i_free(place->kubeconfig);
    *place = (struct k7i_kube_place){ NULL };
}
