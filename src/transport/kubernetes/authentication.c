/* authentication.c: see authentication.h. What may stand together is client-go's (tools/clientcmd/validation.go); a static token or password goes before a program, as there. */
#include "transport/kubernetes/authentication.h"

#include "base/alloc.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "config/config.h"
#include "transport/kubernetes/exec_credential.h"

#include <string.h>
#include <unistd.h>

enum { TOKEN_MAX = 64 * 1024, TOKEN_FILE_AGE_S = 60, HEADER_MAX = 128 * 1024, LINES_MAX = 1000 };

/* ---- tokens ---- */

int k7i_plain_token(const char *text, char **ret_token)
{
    k7_token token = { .expires_unix = -1 };
    int code = k7_token_set(&token, text, -1);

    *ret_token = token.text;
    return code == K7_ERR_INVALID_ARGUMENT ? K7_ERR_PARSE : code;
}

/* Read once a minute at most, and after a 401: whoever writes the file replaces it before the token in it ends. */
static int fetch_token_file(void *user, struct k7i_identity *identity, k7_error **err)
{
    const char *path = user;
    struct k7i_buf content;
    int code = k7i_file_read(path, TOKEN_MAX, &content, NULL, err);

    if (code)
        return code;
    code =
        strlen(content.data) == content.len ? k7i_plain_token(content.data, &identity->token) : K7_ERR_PARSE;
    k7i_buf_wipe(&content);
    if (code == K7_ERR_PARSE)
        return k7i_fail(err, K7_ERR_CREDENTIAL, "%s: there is no token in it", path);
    if (code)
        return k7i_fail_memory(err);
    identity->expires_unix = k7i_now_unix() + TOKEN_FILE_AGE_S;
    return 0;
}

static int watch_token_file(const char *path, struct k7i_credential **ret_credential, k7_error **err)
{
    struct k7i_credential_source source = {
        .fetch = fetch_token_file,
        .user = k7i_strdup(path),
        .free_user = k7i_free,
    };

    return source.user ? k7i_credential_new(&source, ret_credential, err) : k7i_fail_memory(err);
}

/* ---- headers ---- */

/* Reserved at once: a buffer that grows leaves copies behind. */
static int put_token(const struct k7i_kube_context *context, struct k7i_buf *header, k7_error **err)
{
    char *token;
    int code = k7i_plain_token(context->text[K7I_KUBE_TOKEN], &token);

    if (code == K7_ERR_PARSE)
        return k7i_kube_refuse(&context->user, "token", NULL, "must be visible ASCII characters", err);
    if (!code) {
        k7i_buf_text(header, "Authorization: Bearer ");
        k7i_buf_text(header, token);
    }
    k7i_secret_free(token);
    return code || header->failed ? k7i_fail_memory(err) : 0;
}

static int put_password(const struct k7i_kube_context *context, struct k7i_buf *header, k7_error **err)
{
    const char *name = context->text[K7I_KUBE_USERNAME], *password = context->text[K7I_KUBE_PASSWORD];
    struct k7i_buf pair;

    if (!name || strchr(name, ':'))
        return k7i_kube_refuse(&context->user, "username", NULL,
                               name ? "must not have a colon in it" : "is missing beside password", err);
    k7i_buf_init(&pair, HEADER_MAX / 2);
    pair.secret = 1;
    k7i_buf_text(&pair, name);
    k7i_buf_char(&pair, ':');
    k7i_buf_text(&pair, password ? password : "");
    k7i_buf_text(header, "Authorization: Basic ");
    k7i_base64_encode(pair.data, pair.len, 0, header);
    int failed = pair.failed ? pair.failed : header->failed;
    k7i_buf_wipe(&pair);
    if (failed == K7_ERR_LIMIT)
        return k7i_kube_refuse(&context->user, "password", NULL, "is too long", err);
    return failed ? k7i_fail_memory(err) : 0;
}

/* ---- impersonation ---- */

struct impersonation {
    const struct k7i_kube_context *context;
    struct k7i_authentication *authentication;
    k7_error **err;
};

static int add_line(const struct impersonation *impersonation, const char *field, const char *name,
                    const char *value)
{
    struct k7i_authentication *to = impersonation->authentication;

    if (!value || !*value || k7i_text_has_control(value) || to->line_count == LINES_MAX)
        return k7i_kube_refuse(&impersonation->context->user, field, NULL,
                               to->line_count == LINES_MAX ? "too many values"
                                                           : "must be text without control characters",
                               impersonation->err);
    char **lines = k7i_reallocarray(to->lines, to->line_count + 2, sizeof *lines);
    if (!lines)
        return k7i_fail_memory(impersonation->err);
    to->lines = lines;
    lines[to->line_count + 1] = NULL;
    lines[to->line_count] = k7i_sprintf("Impersonate-%s: %s", name, value);
    if (!lines[to->line_count])
        return k7i_fail_memory(impersonation->err);
    to->line_count++;
    return 0;
}

static int add_lines(const struct impersonation *impersonation, const char *field, const char *name,
                     const struct k7i_json_value *values)
{
    int code = 0;

    for (size_t i = 0; !code && i < k7i_json_count(values); i++)
        code = add_line(impersonation, field, name, k7i_json_string(k7i_json_at(values, i)));
    return code;
}

/* The name goes into the header's name: what may not stand there is percent-encoded, the percent sign, too (client-go, transport/round_trippers.go). */
static int add_extra(void *user, const char *key, const struct k7i_json_value *values)
{
    const struct impersonation *impersonation = user;
    struct k7i_buf name;

    k7i_buf_init(&name, HEADER_MAX);
    k7i_buf_text(&name, "Extra-");
    for (; *key; key++) {
        if ((*key >= '0' && *key <= '9') || (*key >= 'a' && *key <= 'z') || (*key >= 'A' && *key <= 'Z') ||
            strchr("!#$&'*+-.^_`|~", *key))
            k7i_buf_char(&name, *key);
        else
            k7i_buf_printf(&name, "%%%02X", (unsigned char)*key);
    }
    int code = name.failed ? k7i_fail_memory(impersonation->err)
                           : add_lines(impersonation, "as-user-extra", name.data, values);
    k7i_buf_clear(&name);
    return code;
}

static int impersonate(const struct k7i_kube_context *context, struct k7i_authentication *authentication,
                       k7_error **err)
{
    struct impersonation impersonation = { context, authentication, err };
    const struct k7i_json_value *groups = k7i_json_get(context->user.value, "as-groups"),
                                *extra = k7i_json_get(context->user.value, "as-user-extra");
    const char *as = context->text[K7I_KUBE_AS], *uid = context->text[K7I_KUBE_AS_UID];
    int code;

    if (!as)
        return uid || k7i_json_count(groups) || k7i_json_count(extra)
                   ? k7i_kube_refuse(&context->user, "as", NULL,
                                     "is missing: as-uid, as-groups and as-user-extra need it", err)
                   : 0;
    if ((code = add_line(&impersonation, "as", "User", as)) != 0 ||
        (uid && (code = add_line(&impersonation, "as-uid", "Uid", uid)) != 0) ||
        (code = add_lines(&impersonation, "as-groups", "Group", groups)) != 0)
        return code;
    return k7i_json_each(extra, add_extra, &impersonation);
}

/* ---- together ---- */

/* A text beside its …-data; a certificate without its key. */
static int check_certificates(const struct k7i_kube_context *context, k7_error **err)
{
    char *const *text = context->text;
    int has_cert = text[K7I_KUBE_CERT_FILE] || text[K7I_KUBE_CERT_DATA];
    int has_key = text[K7I_KUBE_KEY_FILE] || text[K7I_KUBE_KEY_DATA];

    if (text[K7I_KUBE_CERT_FILE] && text[K7I_KUBE_CERT_DATA])
        return k7i_kube_refuse(&context->user, "client-certificate", NULL,
                               "client-certificate-data is there, too: leave one out", err);
    if (has_cert && text[K7I_KUBE_KEY_FILE] && text[K7I_KUBE_KEY_DATA])
        return k7i_kube_refuse(&context->user, "client-key", NULL,
                               "client-key-data is there, too: leave one out", err);
    if (has_cert && !has_key)
        return k7i_kube_refuse(&context->user, "client-key", NULL,
                               "is missing: a client certificate is of no use without its key", err);
    return 0;
}

static int make(const struct k7i_kube_context *context, struct k7i_authentication *made, k7_error **err)
{
    char *const *text = context->text;
    const struct k7i_json_value *user = context->user.value;
    int has_token = text[K7I_KUBE_TOKEN] || text[K7I_KUBE_TOKEN_FILE];
    int has_password = text[K7I_KUBE_USERNAME] || text[K7I_KUBE_PASSWORD];
    int code = check_certificates(context, err);

    if (code || (code = impersonate(context, made, err)) != 0)
        return code;
    if (k7i_json_get(user, "auth-provider"))
        return k7i_kube_refuse(&context->user, "auth-provider", NULL,
                               "such providers have been removed from Kubernetes: use exec", err);
    if (has_token && has_password)
        return k7i_kube_refuse(&context->user, "username", NULL,
                               "there is a token, too: one way to authenticate only", err);
    if (has_password)
        return put_password(context, &made->header, err);
    if (text[K7I_KUBE_TOKEN_FILE]) /* it wins over the token, as in client-go */
        return watch_token_file(text[K7I_KUBE_TOKEN_FILE], &made->credential, err);
    if (has_token)
        return put_token(context, &made->header, err);
    return k7i_json_get(user, "exec")
               ? k7i_exec_credential_new(context, isatty(STDIN_FILENO), &made->credential, err)
               : 0;
}

int k7i_authentication_make(const struct k7i_kube_context *context,
                            struct k7i_authentication *ret_authentication, k7_error **err)
{
    *ret_authentication = (struct k7i_authentication){ .lines = NULL };
    k7i_buf_init(&ret_authentication->header, HEADER_MAX);
    ret_authentication->header.secret = 1;
    int code = make(context, ret_authentication, err);
    if (code)
        k7i_authentication_clear(ret_authentication);
    return code;
}

int k7i_authentication_is_secret(const struct k7i_authentication *authentication)
{
    return authentication->header.len > 0 || authentication->credential;
}

void k7i_authentication_clear(struct k7i_authentication *authentication)
{
    k7i_buf_wipe(&authentication->header);
    for (size_t i = 0; i < authentication->line_count; i++)
        k7i_free(authentication->lines[i]);
    k7i_free(authentication->lines);
    k7i_credential_free(authentication->credential);
    *authentication = (struct k7i_authentication){ .lines = NULL };
    k7i_buf_init(&authentication->header, HEADER_MAX);
}
