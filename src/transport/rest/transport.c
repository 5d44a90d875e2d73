/* transport.c: the rest transport's table, and opening it: endpoint and configuration become a peer; no request is made. */
#include "transport/rest/rest.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/secret.h"
#include "base/text.h"
#include "transport/delete_all.h"

#include <string.h>

enum { URL_LIMIT = 4096, CREDENTIAL_LIMIT = 128 * 1024 };

/* RFC 3986, pchar and "/". */
static int is_path(const char *path)
{
    for (const char *p = path; *p; p++) {
        if (*p == '%' && !k7i_text_is_hex(p + 1, 2))
            return 0;
        if (!((*p >= '0' && *p <= '9') || (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') ||
              strchr("-._~!$&'()*+,;=:@/%", *p)))
            return 0;
    }
    return 1;
}

static int has_odd_segment(const char *path) /* "", "." or "..": what a server may read as another path */
{
    while (*path == '/') {
        size_t len = strcspn(++path, "/");

        if (len == 0 || (len <= 2 && strncmp(path, "..", len) == 0))
            return 1;
        path += len;
    }
    return 0;
}

static int make_url(const struct k7i_endpoint *endpoint, struct k7i_buf *url, k7_error **err)
{
    const char *path = endpoint->path;
    size_t len = strlen(path);
    char *prefix;

    if (!endpoint->host || !*endpoint->host)
        return k7i_fail(err, K7_ERR_INVALID_CONFIG, "endpoint: no host: write %s://HOST[:PORT]",
                        endpoint->scheme);
    if (endpoint->parameter_count > 0)
        return k7i_fail(err, K7_ERR_INVALID_CONFIG, "endpoint: \"%s\": there are no parameters for %s",
                        endpoint->parameters[0].name, endpoint->scheme);
    while (len > 0 && path[len - 1] == '/')
        len--;
    if (!(prefix = k7i_strndup(path, len)))
        return k7i_fail_memory(err);
    if (!is_path(prefix) || has_odd_segment(prefix)) {
        int code = k7i_fail(err, K7_ERR_INVALID_CONFIG, "endpoint: \"%.200s\" is not a usable path", prefix);

        k7i_free(prefix);
        return code;
    }
    k7i_buf_printf(url, strchr(endpoint->host, ':') ? "%s://[%s]" : "%s://%s", endpoint->scheme,
                   endpoint->host);
    if (endpoint->port > 0)
        k7i_buf_printf(url, ":%d", endpoint->port);
    k7i_buf_text(url, prefix);
    k7i_free(prefix);
    if (url->failed == K7_ERR_LIMIT)
        return k7i_fail(err, K7_ERR_INVALID_CONFIG, "endpoint: longer than %d characters", URL_LIMIT);
    return url->failed ? k7i_fail_memory(err) : 0;
}

/* --- the credential: an API key for the client's life, or a bearer token from the application --- */

struct token_source {
    k7_config *config; /* keeps the application's token provider */
    struct k7i_rest *rest;
};

static int fetch_token(void *user, struct k7i_identity *identity, k7_error **err)
{
    struct token_source *source = user;
    struct k7i_token_provider provider = k7i_config_token_provider(source->config);
    k7_token token = { .expires_unix = -1 };
    int status = provider.fn(provider.user, &token), code = 0;

    if (token.error)
        code = k7i_fail(err, K7_ERR_CREDENTIAL, "the token provider gave no token: %s", token.error);
    else if (status != 0)
        code = k7i_fail(err, K7_ERR_CREDENTIAL, "the token provider failed with %d", status);
    else if (!token.text)
        code = k7i_fail(err, K7_ERR_CREDENTIAL, "the token provider gave no token");
    if (code == 0) {
        k7i_rest_server_keep_secret(&source->rest->server, token.text);
        identity->token = token.text;
        identity->expires_unix = token.expires_unix;
        token.text = NULL;
    }
    k7i_token_clear(&token);
    return code;
}

static void free_token_source(void *user)
{
    struct token_source *source = user;

    k7_config_free(source->config);
    k7i_free(source);
}

static int make_credential(struct k7i_rest *rest, const k7_config *config,
                           struct k7i_credential **ret_credential, k7_error **err)
{
    struct token_source *source = k7i_calloc(1, sizeof *source);

    if (!source)
        return k7i_fail_memory(err);
    source->rest = rest;
    int code = k7i_config_dup(config, &source->config, err);
    if (code) {
        k7i_free(source);
        return code;
    }
    return k7i_credential_new(&(struct k7i_credential_source){ .fetch = fetch_token,
                                                               .user = source,
                                                               .free_user = free_token_source },
                              ret_credential, err);
}

static int check_plaintext(const k7_config *config, const struct k7i_endpoint *endpoint, k7_error **err)
{
    const char *proxy = k7i_config_text(config, "rest.proxy");

    if (strcmp(endpoint->scheme, "http") != 0 || k7i_config_bool(config, "rest.allow_plaintext"))
        return 0;
    if (proxy) /* it would see everything, wherever it is */
        return k7i_fail(
            err, K7_ERR_INVALID_CONFIG,
            "rest.proxy: the credential would be seen by the proxy: use an https:// endpoint, or set "
            "rest.allow_plaintext to true");
    if (k7i_endpoint_is_loopback(endpoint))
        return 0;
    return k7i_fail(err, K7_ERR_INVALID_CONFIG,
                    "endpoint: the credential would travel unencrypted to \"%s\": use https://, or set "
                    "rest.allow_plaintext to true",
                    endpoint->host);
}

/* Takes `header` (wiped) and `credential` in any case. */
static int make_peer(struct k7i_rest *rest, const k7_config *config, const char *url, struct k7i_buf *header,
                     struct k7i_credential *credential, k7_error **err)
{
    int64_t idle_ms = k7i_config_int(config, "rest.idle_ms");
    struct k7i_peer_settings settings = {
        .url = url,
        .ca_file = k7i_config_text(config, "rest.ca_file"),
        .ca_pem = k7i_config_text(config, "rest.ca_pem"),
        .client_cert_file = k7i_config_text(config, "rest.client_cert_file"),
        .client_key_file = k7i_config_text(config, "rest.client_key_file"),
        .tls_min_version = k7i_config_text(config, "rest.tls_min_version"),
        .proxy = k7i_config_text(config, "rest.proxy"),
        .user_agent = k7i_config_text(config, "user_agent"),
        .secret_header = header->len > 0 ? header->data : NULL,
        .credential = credential,
        .connect_timeout_ms = k7i_config_int(config, "connect_timeout_ms"),
        .idle_ms = idle_ms > 0 ? idle_ms : 1,
        .response_limit = (size_t)k7i_config_int(config, "max_response_bytes"),
    };
    int code = k7i_peer_new(&settings, &rest->peer, err);

    k7i_buf_wipe(header);
    return code;
}

static int open_peer(struct k7i_rest *rest, const k7_config *config, const struct k7i_endpoint *endpoint,
                     const char *url, k7_error **err)
{
    struct k7i_credential *credential = NULL;
    struct k7i_buf header;
    char *key = NULL;
    int code = k7i_config_api_key(config, &key, err);

    k7i_buf_init(&header, CREDENTIAL_LIMIT);
    rest->has_credential = key || k7i_config_token_provider(config).fn;
    if (code == 0 && rest->has_credential)
        code = check_plaintext(config, endpoint, err);
    if (code == 0 && key) {
        k7i_rest_server_keep_secret(&rest->server, key);
        /* Reserved at once: growing would leave copies of the key behind. */
        k7i_buf_reserve(&header, strlen(key) + sizeof "X-API-Key: ");
        k7i_buf_text(&header, "X-API-Key: ");
        k7i_buf_text(&header, key);
        code = header.failed ? k7i_fail_memory(err) : 0;
    }
    k7i_secret_free(key);
    if (code == 0 && k7i_config_token_provider(config).fn)
        code = make_credential(rest, config, &credential, err);
    if (code == 0)
        return make_peer(rest, config, url, &header, credential, err);
    k7i_buf_wipe(&header);
    return code;
}

static void rest_close(void *instance)
{
    struct k7i_rest *rest = instance;

    k7i_peer_free(rest->peer);
    k7i_rest_server_clear(&rest->server);
    k7i_free(rest);
}

static int rest_open(const k7_config *config, const struct k7i_endpoint *endpoint, void **ret_instance,
                     k7_error **err)
{
    struct k7i_rest *rest = k7i_calloc(1, sizeof *rest);
    struct k7i_buf url;
    int code;

    if (!rest)
        return k7i_fail_memory(err);
    if (k7i_rest_server_init(&rest->server) != 0) {
        k7i_free(rest);
        return k7i_fail(err, K7_ERR_SYSTEM, "no mutex could be made");
    }
    k7i_buf_init(&url, URL_LIMIT);
    code = make_url(endpoint, &url, err);
    if (code == 0)
        code = open_peer(rest, config, endpoint, url.data, err);
    k7i_buf_clear(&url);
    if (code)
        rest_close(rest);
    else
        *ret_instance = rest;
    return code;
}

const struct k7i_transport k7i_transport_rest = {
    .name = "rest",
    .schemes = (const char *const[]){ "https", "http", NULL },
    .sends_requests = 1,
    .open = rest_open,
    .close = rest_close,
    .plans = { [K7I_CREATE] = &k7i_rest_create_plan,
               [K7I_LIST] = &k7i_rest_list_plan,
               [K7I_GET] = &k7i_rest_get_plan,
               [K7I_DELETE] = &k7i_rest_delete_plan,
               [K7I_DELETE_ALL] = &k7i_delete_all_plan },
};
