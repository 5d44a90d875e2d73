/* kubeconfig.c: see kubeconfig.h. */
#include "transport/kubernetes/kubeconfig.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/quote.h"
#include "base/secret.h"
#include "transport/kubernetes/kubeconfig_file.h"

#include <string.h>

struct k7i_kubeconfig {
    size_t count;
    struct k7i_kube_file files[K7I_KUBECONFIG_FILES];
};

/* ---- reading ---- */

static int read_files(struct k7i_kubeconfig *kubeconfig, const char *paths, const char *source,
                      k7_error **err)
{
    for (size_t len; *paths; paths += len + (paths[len] == ':')) {
        struct k7i_kube_file *file = &kubeconfig->files[kubeconfig->count];
        int is_missing, code;

        len = strcspn(paths, ":");
        if (len == 0)
            continue;
        if (kubeconfig->count == K7I_KUBECONFIG_FILES)
            return k7i_fail(err, K7_ERR_LIMIT, "%s: more than %d files", source, K7I_KUBECONFIG_FILES);
        k7i_auto_free char *path = k7i_strndup(paths, len);
        if (!path)
            return k7i_fail_memory(err);
        if ((code = k7i_kube_file_read(path, file, &is_missing, err)) != 0)
            return code;
        kubeconfig->count += !is_missing;
    }
    return 0;
}

int k7i_kubeconfig_read(const char *paths, const char *source, struct k7i_kubeconfig **ret_kubeconfig,
                        k7_error **err)
{
    struct k7i_kubeconfig *kubeconfig = k7i_calloc(1, sizeof *kubeconfig);

    *ret_kubeconfig = NULL;
    if (!kubeconfig)
        return k7i_fail_memory(err);
    int code = read_files(kubeconfig, paths, source, err);
    if (!code && kubeconfig->count == 0)
        code = k7i_fail(err, K7_ERR_IO, "%s: there is no file %s", source, K7I_QUOTE(paths));
    if (code) {
        k7i_kubeconfig_free(kubeconfig);
        return code;
    }
    *ret_kubeconfig = kubeconfig;
    return 0;
}

void k7i_kubeconfig_free(struct k7i_kubeconfig *kubeconfig)
{
    for (size_t i = 0; kubeconfig && i < kubeconfig->count; i++)
        k7i_kube_file_clear(&kubeconfig->files[i]);
    k7i_free(kubeconfig);
}

/* ---- choosing ---- */

/* The current context is that of the first file that names one. */
static const char *current(const struct k7i_kubeconfig *kubeconfig)
{
    const char *name = NULL;

    for (size_t i = 0; i < kubeconfig->count && (!name || !*name); i++)
        name = k7i_json_get_string(k7i_json_root(kubeconfig->files[i].json), "current-context");
    return name && *name ? name : NULL;
}

/* The first file that has the name wins, with all of its entry. */
static int find(const struct k7i_kubeconfig *kubeconfig, enum k7i_kube_list list, const char *name,
                struct k7i_kube_entry *ret_entry, k7_error **err)
{
    int code = 0;

    for (size_t i = 0; !code && i < kubeconfig->count && (i == 0 || !ret_entry->file); i++)
        code = k7i_kube_file_find(&kubeconfig->files[i], list, name, ret_entry, err);
    return code;
}

/* What a context names must be there; a user may be left out. */
static int follow(const struct k7i_kubeconfig *kubeconfig, const struct k7i_kube_entry *context,
                  const char *field, enum k7i_kube_list list, struct k7i_kube_entry *ret_entry,
                  k7_error **err)
{
    const char *name = k7i_json_get_string(context->value, field);

    if (!name || !*name)
        return list == K7I_KUBE_USERS ? 0 : k7i_kube_refuse(context, field, NULL, "is missing", err);
    int code = find(kubeconfig, list, name, ret_entry, err);
    return code || ret_entry->file ? code
                                   : k7i_kube_refuse(context, field, NULL, "there is none of this name", err);
}

static int select_context(const struct k7i_kubeconfig *kubeconfig, const char *name,
                          struct k7i_kube_context *selected, k7_error **err)
{
    const char *wanted = name ? name : current(kubeconfig), *path = kubeconfig->files[0].path;
    const char *others = kubeconfig->count > 1 ? " and the files after it" : "";
    int code;

    if (!wanted)
        return k7i_fail(err, K7_ERR_INVALID_CONFIG,
                        "%s%s: current-context is not set: choose a context with kubernetes.context", path,
                        others);
    if ((code = find(kubeconfig, K7I_KUBE_CONTEXTS, wanted, &selected->context, err)) != 0)
        return code;
    if (!selected->context.file)
        return k7i_fail(err, K7_ERR_INVALID_CONFIG, "%s%s: there is no context %s", path, others,
                        K7I_QUOTE(wanted));
    if ((code = follow(kubeconfig, &selected->context, "cluster", K7I_KUBE_CLUSTERS, &selected->cluster,
                       err)) != 0 ||
        (code = follow(kubeconfig, &selected->context, "user", K7I_KUBE_USERS, &selected->user, err)) != 0 ||
        (code = k7i_kube_take(&selected->context, K7I_KUBE_CONTEXTS, selected->text, err)) != 0 ||
        (code = k7i_kube_take(&selected->cluster, K7I_KUBE_CLUSTERS, selected->text, err)) != 0)
        return code;
    return selected->user.file ? k7i_kube_take(&selected->user, K7I_KUBE_USERS, selected->text, err) : 0;
}

int k7i_kubeconfig_select(const struct k7i_kubeconfig *kubeconfig, const char *name,
                          struct k7i_kube_context *ret_context, k7_error **err)
{
    *ret_context = (struct k7i_kube_context){ .text = { NULL } };
    int code = select_context(kubeconfig, name, ret_context, err);
    if (code)
        k7i_kube_context_clear(ret_context);
    return code;
}

void k7i_kube_context_clear(struct k7i_kube_context *context)
{
    for (size_t i = 0; i < K7I_KUBE_TEXTS; i++)
        k7i_secret_free(context->text[i]);
    *context = (struct k7i_kube_context){ .text = { NULL } };
}
