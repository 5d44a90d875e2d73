/* defaults.c: k7_config_load_default(): each field from the first place that has it, in the order of K7's own command line (K7 contract, section 1.1); then the cluster
 * that kubectl would use.
 *
 * An empty variable or string counts as not there, and so do HOME and XDG_CONFIG_HOME when they are not absolute (XDG Base Directory Specification). The
 * mode of the client file is not looked at: K7 writes it 0600, and refusing another mode would lock out who mounts it from a secret volume. */
#include "base/alloc.h"
#include "base/error.h"
#include "config/client_file.h"
#include "config/config.h"
#include "config/fill.h"
#include "config/kube_place.h"
#include "k7i_features.h"

#include <stdlib.h>

static const struct place {
    const char *key, *variable, *field;
} places[K7I_CLIENT_FIELDS] = {
    [K7I_CLIENT_URL] = { "endpoint", "K7_API_URL", "api.url" },
    [K7I_CLIENT_KEY] = { "rest.api_key", "K7_API_KEY", "api.key" },
    [K7I_CLIENT_CA] = { "rest.ca_file", "K7_API_CA", "api.ca" },
};

static const char *variable(const char *name)
{
    const char *value = secure_getenv(name);

    return value && *value ? value : NULL;
}

static const char *absolute(const char *name)
{
    const char *value = variable(name);

    return value && *value == '/' ? value : NULL;
}

/* The path of the client file; *ret_path stays NULL when there is no place for it. */
static int client_file_path(char **ret_path, k7_error **err)
{
    const char *folder;

    *ret_path = NULL;
    if ((folder = variable("K7_CONFIG_DIR")))
        *ret_path = k7i_sprintf("%s/config.toml", folder);
    else if ((folder = absolute("XDG_CONFIG_HOME")))
        *ret_path = k7i_sprintf("%s/k7/config.toml", folder);
    else if ((folder = absolute("HOME")))
        *ret_path = k7i_sprintf("%s/.config/k7/config.toml", folder);
    return folder && !*ret_path ? k7i_fail_memory(err) : 0;
}

static int fill_from_environment(k7_config *config, k7_error **err)
{
    int code = 0;

    for (int i = 0; !code && i < K7I_CLIENT_FIELDS; i++) {
        const char *value = variable(places[i].variable);

        if (value && k7i_config_wants(config, places[i].key))
            code = k7i_config_fill(config, places[i].key, value, places[i].variable, err);
    }
    return code;
}

static int fill_from_file(k7_config *config, const char *path, const struct k7i_client_file *file,
                          k7_error **err)
{
    int code = 0;

    for (int i = 0; !code && i < K7I_CLIENT_FIELDS; i++) {
        const char *value = file->fields[i].value;

        if (!value || !*value || !k7i_config_wants(config, places[i].key))
            continue;
        k7i_auto_free char *source = k7i_sprintf("%s:%d: %s", path, file->fields[i].line, places[i].field);
        code = source ? k7i_config_fill(config, places[i].key, value, source, err) : k7i_fail_memory(err);
    }
    return code;
}

static int fill_from_client_file(k7_config *config, k7_error **err)
{
    struct k7i_client_file file;
    int is_wanted = 0;

    for (int i = 0; i < K7I_CLIENT_FIELDS; i++)
        is_wanted |= k7i_config_wants(config, places[i].key);
    if (!is_wanted)
        return 0; /* a file that nobody needs may be broken */
    k7i_auto_free char *path = NULL;
    int code = client_file_path(&path, err);
    if (code || !path)
        return code;
    code = k7i_client_file_read(path, &file, err);
    if (code)
        return code;
    code = fill_from_file(config, path, &file, err);
    k7i_client_file_clear(&file);
    return code;
}

/* A cluster that kubectl would use. */
static int fill_from_cluster(k7_config *config, k7_error **err)
{
#ifdef K7I_WITH_KUBERNETES
    struct k7i_kube_place place;

    if (!k7i_config_wants(config, "endpoint"))
        return 0;
    int code = k7i_kube_place_find(K7I_KUBE_POD_FOLDER, &place, err);
    if (!code && (place.is_pod || place.kubeconfig))
        code = k7i_config_fill(config, "endpoint", "kubernetes:", "kubeconfig", err);
    k7i_kube_place_clear(&place);
    return code;
#else
    (void)config;
    (void)err;
    return 0;
#endif
}

int k7_config_load_default(k7_config *config, k7_error **err)
{
    if (err)
        *err = NULL;
    if (!config)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "config must not be NULL");
    int code = fill_from_environment(config, err);
    if (!code)
        code = fill_from_client_file(config, err);
    return code ? code : fill_from_cluster(config, err);
}
