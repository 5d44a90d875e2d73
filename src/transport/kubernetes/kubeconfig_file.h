/* kubeconfig_file.h: one kubeconfig file. The shape of it is a table: every known field is checked, whichever context is chosen; unknown ones are ignored, as kubectl does. Only
 * for kubeconfig.c. */
#ifndef K7I_KUBERNETES_KUBECONFIG_FILE_H
#define K7I_KUBERNETES_KUBECONFIG_FILE_H

#include "transport/kubernetes/kubeconfig.h"

struct k7i_kube_file {
    char *path, *folder; /* folder: absolute, what relative paths in the file start from */
    struct k7i_buf text; /* as JSON that keeps the lines; a secret */
    struct k7i_json *json;
};

/* ret_missing: there is no such file, which is no error. */
int k7i_kube_file_read(const char *path, struct k7i_kube_file *ret_file, int *ret_missing, k7_error **err);
void k7i_kube_file_clear(struct k7i_kube_file *file);

enum k7i_kube_list { K7I_KUBE_CLUSTERS, K7I_KUBE_USERS, K7I_KUBE_CONTEXTS };

/* The entry of this name; its `file` stays NULL when there is none. Two are an error. */
int k7i_kube_file_find(const struct k7i_kube_file *file, enum k7i_kube_list list, const char *name,
                       struct k7i_kube_entry *ret_entry, k7_error **err);
/* Puts the entry's texts where they belong. */
int k7i_kube_take(const struct k7i_kube_entry *entry, enum k7i_kube_list list, char **text, k7_error **err);

#endif
