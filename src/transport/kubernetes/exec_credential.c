/* exec_credential.c: see exec_credential.h. The rules are client-go's (plugin/pkg/client/auth/exec/exec.go, tools/clientcmd/validation.go). */
#include "transport/kubernetes/exec_credential.h"

#include "base/alloc.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/secret.h"
#include "base/text.h"
#include "transport/kubernetes/authentication.h"

#include <string.h>

enum { INFO_MAX = 4 * 1024 * 1024, CA_MAX = 1024 * 1024 };

#define KIND      "ExecCredential"
#define EXTENSION "client.authentication.k8s.io/exec" /* of a cluster: what its plugins are told beside */

static const char *const versions[] = { "client.authentication.k8s.io/v1",
                                        "client.authentication.k8s.io/v1beta1" };

/* ---- what the program is told ---- */

static void put_text(struct k7i_json_writer *json, const char *key, const char *text)
{
    if (!text || !*text)
        return;
    k7i_json_key(json, key);
    k7i_json_put_string(json, text);
}

static void put_flag(struct k7i_json_writer *json, const struct k7i_json_value *cluster, const char *key)
{
    if (!k7i_json_bool(k7i_json_get(cluster, key)))
        return;
    k7i_json_key(json, key);
    k7i_json_put_bool(json, 1);
}

static int put_ca(struct k7i_json_writer *json, const struct k7i_kube_context *context, k7_error **err)
{
    const char *pem = context->text[K7I_KUBE_CA_DATA], *path = context->text[K7I_KUBE_CA_FILE];
    struct k7i_buf content, text;
    int code = 0;

    if (!pem && !path)
        return 0;
    k7i_buf_init(&text, INFO_MAX);
    k7i_buf_init(&content, CA_MAX);
    if (pem)
        k7i_buf_text(&content, pem);
    else
        code = k7i_file_read(path, CA_MAX, &content, NULL, err);
    k7i_base64_encode(content.data, content.len, 0, &text);
    k7i_json_key(json, "certificate-authority-data");
    k7i_json_put_string(json, text.data);
    if (!code && (content.failed || text.failed))
        code = k7i_fail_memory(err);
    k7i_buf_clear(&content);
    k7i_buf_clear(&text);
    return code;
}

static int put_cluster(struct k7i_json_writer *json, const struct k7i_kube_context *context, k7_error **err)
{
    const struct k7i_json_value *cluster = context->cluster.value,
                                *extensions = k7i_json_get(cluster, "extensions");

    k7i_json_key(json, "cluster");
    k7i_json_open(json, '{');
    put_text(json, "server", context->text[K7I_KUBE_SERVER]);
    put_text(json, "tls-server-name", context->text[K7I_KUBE_SERVER_NAME]);
    put_text(json, "proxy-url", k7i_json_get_string(cluster, "proxy-url"));
    put_flag(json, cluster, "insecure-skip-tls-verify");
    put_flag(json, cluster, "disable-compression");
    int code = put_ca(json, context, err);
    for (size_t i = 0; i < k7i_json_count(extensions); i++) {
        const struct k7i_json_value *extension = k7i_json_at(extensions, i);

        if (!k7i_text_equal(k7i_json_get_string(extension, "name"), EXTENSION))
            continue;
        k7i_json_key(json, "config");
        k7i_json_put_value(json, k7i_json_get(extension, "extension"));
        break;
    }
    k7i_json_close(json, '}');
    return code;
}

/* "KUBERNETES_EXEC_INFO=…" */
static int put_info(const struct k7i_kube_context *context, const char *api_version, int is_interactive,
                    struct k7i_buf *info, k7_error **err)
{
    struct k7i_json_writer json;
    int code = 0;

    k7i_buf_text(info, "KUBERNETES_EXEC_INFO=");
    k7i_json_begin(&json, info);
    k7i_json_open(&json, '{');
    put_text(&json, "kind", KIND);
    put_text(&json, "apiVersion", api_version);
    k7i_json_key(&json, "spec");
    k7i_json_open(&json, '{');
    if (k7i_json_bool(k7i_json_get(k7i_json_get(context->user.value, "exec"), "provideClusterInfo")))
        code = put_cluster(&json, context, err);
    k7i_json_key(&json, "interactive");
    k7i_json_put_bool(&json, is_interactive);
    k7i_json_close(&json, '}');
    k7i_json_close(&json, '}');
    return code || !info->failed ? code : k7i_fail_memory(err);
}

/* ---- the program ---- */

struct making {
    const struct k7i_kube_context *context;
    const struct k7i_json_value *exec;
    const char *api_version; /* static text */
    int is_interactive;
    const char **argv;
    char **environment; /* ends with NULL */
    size_t environment_count;
    k7_error **err;
};

static int refuse(const struct making *making, const char *part, const char *why)
{
    return k7i_kube_refuse(&making->context->user, "exec", part, why, making->err);
}

static int check_mode(struct making *making, int has_terminal)
{
    const char *mode = k7i_json_get_string(making->exec, "interactiveMode");

    if (!mode || !*mode) {
        if (making->api_version == versions[0])
            return refuse(making, "interactiveMode", "is missing: Never, IfAvailable or Always");
        mode = "IfAvailable";
    }
    making->is_interactive = has_terminal && strcmp(mode, "Never") != 0;
    if (strcmp(mode, "Always") == 0)
        return has_terminal ? 0
                            : refuse(making, "interactiveMode",
                                     "the program has to ask, but standard input is no terminal");
    return strcmp(mode, "Never") == 0 || strcmp(mode, "IfAvailable") == 0
               ? 0
               : refuse(making, "interactiveMode", "must be Never, IfAvailable or Always");
}

static int check_exec(struct making *making, int has_terminal)
{
    const char *version = k7i_json_get_string(making->exec, "apiVersion");

    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
        if (k7i_text_equal(version, versions[i]))
            making->api_version = versions[i];
    if (!making->api_version)
        return refuse(making, "apiVersion",
                      "must be client.authentication.k8s.io/v1 or client.authentication.k8s.io/v1beta1");
    if (!making->context->text[K7I_KUBE_COMMAND])
        return refuse(making, "command", "is missing");
    return check_mode(making, has_terminal);
}

static int make_argv(struct making *making)
{
    const struct k7i_json_value *args = k7i_json_get(making->exec, "args");
    size_t count = k7i_json_count(args);

    if (!(making->argv = k7i_calloc(count + 2, sizeof *making->argv)))
        return k7i_fail_memory(making->err);
    making->argv[0] = making->context->text[K7I_KUBE_COMMAND];
    for (size_t i = 0; i < count; i++) {
        const char *arg = k7i_json_string(k7i_json_at(args, i));

        making->argv[i + 1] = arg ? arg : "";
    }
    return 0;
}

static int make_environment(struct making *making)
{
    const struct k7i_json_value *variables = k7i_json_get(making->exec, "env");
    size_t count = k7i_json_count(variables);
    struct k7i_buf info;

    if (!(making->environment = k7i_calloc(count + 2, sizeof *making->environment)))
        return k7i_fail_memory(making->err);
    for (size_t i = 0; i < count; i++) {
        const struct k7i_json_value *variable = k7i_json_at(variables, i);
        const char *name = k7i_json_get_string(variable, "name"),
                   *value = k7i_json_get_string(variable, "value");

        if (!name || !*name || strchr(name, '='))
            return refuse(making, "env", "a variable has no name, or there is \"=\" in it");
        making->environment[i] = k7i_sprintf("%s=%s", name, value ? value : "");
        if (!making->environment[i])
            return k7i_fail_memory(making->err);
        making->environment_count++;
    }
    k7i_buf_init(&info, INFO_MAX);
    int code = put_info(making->context, making->api_version, making->is_interactive, &info, making->err);
    if (!code && !(making->environment[count] = k7i_buf_take(&info)))
        code = k7i_fail_memory(making->err);
    making->environment_count += !code;
    k7i_buf_clear(&info);
    return code;
}

static void free_source(void *user)
{
    struct k7i_exec_source *source = user;

    k7i_free(source->command);
    k7i_free(source);
}

static int make_credential(const struct making *making, struct k7i_credential **ret_credential)
{
    const struct k7i_program program = {
        .argv = making->argv,
        .environment = (const char *const *)making->environment,
        .install_hint = k7i_json_get_string(making->exec, "installHint"),
        .is_interactive = making->is_interactive,
    };
    struct k7i_exec_source *source = k7i_calloc(1, sizeof *source);

    if (!source)
        return k7i_fail_memory(making->err);
    source->api_version = making->api_version;
    source->command = k7i_strdup(making->argv[0]);
    if (!source->command) {
        k7i_free(source);
        return k7i_fail_memory(making->err);
    }
    return k7i_credential_new(
        &(struct k7i_credential_source){
            .program = &program, .read = k7i_exec_credential_read, .user = source, .free_user = free_source },
        ret_credential, making->err);
}

int k7i_exec_credential_new(const struct k7i_kube_context *context, int has_terminal,
                            struct k7i_credential **ret_credential, k7_error **err)
{
    struct making making = { .context = context,
                             .exec = k7i_json_get(context->user.value, "exec"),
                             .err = err };
    int code = check_exec(&making, has_terminal);

    if (!code)
        code = make_argv(&making);
    if (!code)
        code = make_environment(&making);
    if (!code)
        code = make_credential(&making, ret_credential);
    for (size_t i = 0; i < making.environment_count; i++)
        k7i_secret_free(making.environment[i]); /* anything may be handed over so */
    k7i_free(making.environment);
    k7i_free(making.argv);
    return code;
}

/* ---- what it answers ---- */

static int refuse_answer(const struct k7i_exec_source *source, const char *why, k7_error **err)
{
    return k7i_fail(err, K7_ERR_CREDENTIAL, "the credential plugin %s %s", K7I_QUOTE(source->command), why);
}

/* A member that is text, or not there. */
static int get_text(const struct k7i_json_value *object, const char *key, const char **ret_text)
{
    const struct k7i_json_value *value = k7i_json_get(object, key);

    *ret_text = k7i_json_string(value);
    if (*ret_text && !**ret_text)
        *ret_text = NULL;
    return value && k7i_json_kind(value) != K7I_JSON_STRING ? -1 : 0;
}

static int read_status(const struct k7i_exec_source *source, const struct k7i_json_value *status,
                       struct k7i_identity *identity, k7_error **err)
{
    const char *token, *cert, *key, *expires;

    if (get_text(status, "token", &token) || get_text(status, "clientCertificateData", &cert) ||
        get_text(status, "clientKeyData", &key) || get_text(status, "expirationTimestamp", &expires))
        return refuse_answer(source, "answered with something else than text in its status", err);
    if (!token && !cert && !key)
        return refuse_answer(source, "gave neither a token nor a certificate with its key", err);
    if (!cert != !key)
        return refuse_answer(source, "gave a certificate without its key, or a key without its certificate",
                             err);
    identity->expires_unix = expires ? k7i_time_from_rfc3339(expires) : INT64_MAX;
    if (identity->expires_unix < 0)
        return refuse_answer(source, "gave an expirationTimestamp that is no time of RFC 3339", err);
    int code = token ? k7i_plain_token(token, &identity->token) : 0;
    if (code == K7_ERR_PARSE)
        return refuse_answer(source, "gave a token that has other than visible ASCII characters", err);
    if (cert) {
        identity->cert_pem = k7i_secret_dup(cert);
        identity->key_pem = k7i_secret_dup(key);
    }
    return code || (cert && (!identity->cert_pem || !identity->key_pem)) ? k7i_fail_memory(err) : 0;
}

int k7i_exec_credential_read(void *user, const char *output, size_t len, struct k7i_identity *identity,
                             k7_error **err)
{
    const struct k7i_exec_source *source = user;
    struct k7i_json *json;
    int code = k7i_json_parse(output, len, &json, NULL);

    if (code)
        return code == K7_ERR_NO_MEMORY
                   ? k7i_fail_memory(err)
                   : refuse_answer(source, "answered with something else than JSON", err);
    const struct k7i_json_value *root = k7i_json_root(json), *status = k7i_json_get(root, "status");
    if (!k7i_text_equal(k7i_json_get_string(root, "kind"), KIND))
        code = refuse_answer(source, "answered with something else than an " KIND, err);
    else if (!k7i_text_equal(k7i_json_get_string(root, "apiVersion"), source->api_version))
        code = refuse_answer(source, "answered in another apiVersion than the kubeconfig asks for", err);
    else if (k7i_json_kind(status) != K7I_JSON_OBJECT)
        code = refuse_answer(source, "answered without a status", err);
    else
        code = read_status(source, status, identity, err);
    k7i_json_wipe(json);
    return code;
}
