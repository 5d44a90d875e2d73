/* exec_credential.h: credential plugins (client.authentication.k8s.io/v1 and v1beta1): what the program is told, and how its answer is read. net/ runs it. */
#ifndef K7I_KUBERNETES_EXEC_CREDENTIAL_H
#define K7I_KUBERNETES_EXEC_CREDENTIAL_H

#include "net/credential.h"
#include "transport/kubernetes/kubeconfig.h"

/* For the exec of the context's user. has_terminal: standard input is one, so that the program may ask. */
int k7i_exec_credential_new(const struct k7i_kube_context *context, int has_terminal,
                            struct k7i_credential **ret_credential, k7_error **err);

/* Who wrote an answer, and in which version it was to be. */
struct k7i_exec_source {
    char *command;
    const char *api_version; /* static text */
};
/* user: a struct k7i_exec_source. Errors never show what was written. */
int k7i_exec_credential_read(void *user, const char *output, size_t len, struct k7i_identity *identity,
                             k7_error **err);

#endif
