/* kubeconfig.h: kubeconfig files (client-go's clientcmd v1): reading, checking, merging by kubectl's rules, and what the chosen context's cluster and user say. It makes no
 * connection, and reads no other files than these. */
#ifndef K7I_KUBERNETES_KUBECONFIG_H
#define K7I_KUBERNETES_KUBECONFIG_H

#include "format/json.h"

enum { K7I_KUBECONFIG_MAX = 1024 * 1024, K7I_KUBECONFIG_FILES = 32 };

/* The texts in a cluster, a user and a context. Paths are absolute, …_DATA is decoded. */
enum k7i_kube_text {
    K7I_KUBE_SERVER = 1,
    K7I_KUBE_SERVER_NAME,
    K7I_KUBE_PROXY,
    K7I_KUBE_CA_FILE,
    K7I_KUBE_CA_DATA,
    K7I_KUBE_CERT_FILE,
    K7I_KUBE_CERT_DATA,
    K7I_KUBE_KEY_FILE,
    K7I_KUBE_KEY_DATA,
    K7I_KUBE_TOKEN,
    K7I_KUBE_TOKEN_FILE,
    K7I_KUBE_USERNAME,
    K7I_KUBE_PASSWORD,
    K7I_KUBE_AS,
    K7I_KUBE_AS_UID,
    K7I_KUBE_COMMAND,
    K7I_KUBE_NAMESPACE,
    K7I_KUBE_TEXTS
};

/* A cluster, user or context of a file. */
struct k7i_kube_entry {
    const struct k7i_kube_file *file; /* NULL: there is none */
    const char *list, *member;        /* "users", "user" */
    size_t index;                     /* in the list */
    const char *name;
    const struct k7i_json_value *value; /* an object, or NULL: empty */
};

struct k7i_kubeconfig;

/* paths: with ':' between them; empty ones and files that are not there are skipped, but one must be there. `source` says in an error who named them. */
int k7i_kubeconfig_read(const char *paths, const char *source, struct k7i_kubeconfig **ret_kubeconfig,
                        k7_error **err);
void k7i_kubeconfig_free(struct k7i_kubeconfig *kubeconfig); /* wiped */

struct k7i_kube_context {
    struct k7i_kube_entry context, cluster, user; /* user: may be none */
    /* Of all three together, each a secret; NULL: not there, or empty. */
    char *text[K7I_KUBE_TEXTS];
};

/* name NULL: the current one. What is returned borrows from the kubeconfig, but for the texts. */
int k7i_kubeconfig_select(const struct k7i_kubeconfig *kubeconfig, const char *name,
                          struct k7i_kube_context *ret_context, k7_error **err);
void k7i_kube_context_clear(struct k7i_kube_context *context);

/* "FILE:LINE: users[1].user.exec.command: WHY" as K7_ERR_INVALID_CONFIG. field (a member of the entry), part (a member of that): or NULL. The line is that of the
 * innermost that is there. */
int k7i_kube_refuse(const struct k7i_kube_entry *entry, const char *field, const char *part, const char *why,
                    k7_error **err);

#endif
