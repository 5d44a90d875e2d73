/* peer.c: see peer.h. */
#include "net/inside.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/quote.h"
#include "base/secret.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* glibc's resolver gives up after two rounds of five seconds for each of up to three servers. */
enum { RESOLVER_GIVES_UP_MS = 30000 };

static int is_numeric(const char *url)
{
    unsigned char address[16];
    const char *host = strstr(url, "://");
    char text[64];

    host = host ? host + 3 : url;
    if (*host == '[')
        return 1;
    size_t len = strcspn(host, ":/");
    if (len >= sizeof text)
        return 0;
    memcpy(text, host, len);
    text[len] = '\0';
    return inet_pton(AF_INET, text, address) == 1;
}

static int check_readable(const char *what, const char *path, k7_error **err)
{
    if (path && access(path, R_OK) != 0)
        return k7i_fail(err, K7_ERR_IO, "%s %s: %s", what, path, strerror(errno));
    return 0;
}

static int check_blob(CURLoption option, const char *pem, const char *what, k7_error **err)
{
    struct curl_blob blob = { (void *)"x", 1, CURL_BLOB_COPY };

    if (!pem)
        return 0;
    if (!strstr(pem, "-----BEGIN "))
        return k7i_fail(err, K7_ERR_INVALID_CONFIG, "the %s is not in PEM", what);
    CURL *easy = curl_easy_init();
    if (!easy)
        return k7i_fail_memory(err);
    CURLcode result = curl_easy_setopt(easy, option, &blob);
    curl_easy_cleanup(easy);
    if (result != CURLE_OK)
        return k7i_fail(err, K7_ERR_INVALID_CONFIG, "this libcurl takes the %s from a file only", what);
    return 0;
}

static int copy(char **to, const char *from)
{
    if (!from)
        return 0;
    *to = k7i_strdup(from);
    return *to ? 0 : -1;
}

/* The constant lines, with the server's own name in front when libcurl is told another one. */
static int fill_headers(struct k7i_peer *peer, char *host, const char *const *lines, k7_error **err)
{
    size_t count = 0, n = 0;

    while (lines && lines[count])
        count++;
    if (!host && count == 0)
        return 0;
    peer->headers = k7i_calloc(count + 2, sizeof *peer->headers);
    if (!peer->headers) {
        k7i_free(host);
        return k7i_fail_memory(err);
    }
    if (host)
        peer->headers[n++].data = host;
    for (size_t i = 0; i < count; i++) {
        const char *value = strchr(lines[i], ':');

        /* libcurl would take a name without a value for an order to leave that header out */
        if (!value || value == lines[i] || !value[1 + strspn(value + 1, " ")] ||
            k7i_text_has_control(lines[i]))
            return k7i_fail(err, K7_ERR_INVALID_CONFIG,
                            "the header %s cannot be sent: it has no value, or control characters",
                            K7I_QUOTE(lines[i]));
        if (!(peer->headers[n++].data = k7i_strdup(lines[i])))
            return k7i_fail_memory(err);
    }
    for (size_t i = 1; i < n; i++)
        peer->headers[i - 1].next = &peer->headers[i];
    return 0;
}

/* libcurl has no setting for the name in the certificate: it is asked for a URL with that name, and connected to the server all the same. */
static int rename_server(struct k7i_peer *peer, const char *name, char **ret_host, k7_error **err)
{
    const char *host = strstr(peer->url, "://");
    int bracket = name && strchr(name, ':') != NULL;

    if (!name || !host || !k7i_text_starts(peer->url, "https:"))
        return 0;
    if (!*name || name[strspn(name, "-._:0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")])
        return k7i_fail(err, K7_ERR_INVALID_CONFIG, "TLS server name %s: not the name of a server",
                        K7I_QUOTE(name));
    host += 3;
    int len = (int)strcspn(host, "/");
    const char *end = host + len, *port = end;
    while (port > host && *port != ':' && *port != ']')
        port--;
    if (port == host || *port == ']')
        port = end;
    peer->connect_to.data = k7i_sprintf("::%.*s%s", len, host, port == end ? ":443" : "");
    peer->asked_url = k7i_sprintf("https://%s%s%s%s", bracket ? "[" : "", name, bracket ? "]" : "", port);
    *ret_host = k7i_sprintf("Host: %.*s", len, host);
    return peer->connect_to.data && peer->asked_url && *ret_host ? 0 : k7i_fail_memory(err);
}

static int fill(struct k7i_peer *peer, const struct k7i_peer_settings *settings, k7_error **err)
{
    char *host = NULL;
    int code;

    if (copy(&peer->url, settings->url) || copy(&peer->unix_socket, settings->unix_socket) ||
        copy(&peer->files[K7I_FILE_CA], settings->ca_file) || copy(&peer->ca_pem, settings->ca_pem) ||
        copy(&peer->files[K7I_FILE_CERT], settings->client_cert_file) ||
        copy(&peer->client_cert_pem, settings->client_cert_pem) ||
        copy(&peer->files[K7I_FILE_KEY], settings->client_key_file) ||
        copy(&peer->client_key_pem, settings->client_key_pem) || copy(&peer->proxy, settings->proxy) ||
        copy(&peer->user_agent, settings->user_agent) || copy(&peer->secret_header, settings->secret_header))
        return k7i_fail_memory(err);
    if (settings->secret_header && k7i_text_has_control(settings->secret_header))
        return k7i_fail(err, K7_ERR_INVALID_CONFIG, "the credential has control characters in it");
    if ((code = check_readable("CA file", settings->ca_file, err)) != 0 ||
        (code = check_readable("client certificate", settings->client_cert_file, err)) != 0 ||
        (code = check_readable("client key", settings->client_key_file, err)) != 0 ||
        (code = check_blob(CURLOPT_CAINFO_BLOB, settings->ca_pem, "CA", err)) != 0 ||
        (code = check_blob(CURLOPT_SSLCERT_BLOB, settings->client_cert_pem, "client certificate", err)) !=
            0 ||
        (code = check_blob(CURLOPT_SSLKEY_BLOB, settings->client_key_pem, "client key", err)) != 0 ||
        (code = rename_server(peer, settings->tls_server_name, &host, err)) != 0) {
        k7i_free(host);
        return code;
    }
    if ((code = fill_headers(peer, host, settings->headers, err)) != 0)
        return code;
    peer->skip_verify = settings->insecure_skip_verify;
    peer->connect_timeout_ms = settings->connect_timeout_ms > 0 ? (long)settings->connect_timeout_ms : 0;
    /* libcurl compares whole seconds with "greater than": one less, so that idle_ms is never exceeded. */
    peer->max_idle_s = settings->idle_ms <= 0     ? -1
                       : settings->idle_ms < 2000 ? 0
                                                  : (long)(settings->idle_ms / 1000 - 1);
    peer->forbid_reuse = settings->idle_ms > 0 && settings->idle_ms < 1000;
    peer->compressed = settings->compressed;
    peer->tls_version = settings->tls_min_version && strcmp(settings->tls_min_version, "1.3") == 0
                            ? CURL_SSLVERSION_TLSv1_3
                            : CURL_SSLVERSION_TLSv1_2;
    peer->response_limit = settings->response_limit;
    k7i_peer_files_version(peer); /* the first look */
    peer->name_is_numeric = peer->unix_socket || (!peer->proxy && is_numeric(peer->url));
    return 0;
}

int k7i_peer_new(const struct k7i_peer_settings *settings, struct k7i_peer **ret_peer, k7_error **err)
{
    *ret_peer = NULL;
    struct k7i_peer *peer = k7i_calloc(1, sizeof *peer);
    if (!peer) {
        k7i_credential_free(settings->credential);
        return k7i_fail_memory(err);
    }
    peer->made_us = k7i_now_us();
    pthread_mutex_init(&peer->lookup_mutex, NULL);
    pthread_mutex_init(&peer->files_mutex, NULL);
    peer->credential = settings->credential;
    int code = k7i_http_global_init(err);
    if (!code)
        code = fill(peer, settings, err);
    if (code) {
        k7i_peer_free(peer);
        return code;
    }
    *ret_peer = peer;
    return 0;
}

void k7i_peer_free(struct k7i_peer *peer)
{
    if (!peer)
        return;
    k7i_free(peer->url);
    k7i_free(peer->unix_socket);
    k7i_free(peer->ca_pem);
    k7i_secret_free(peer->client_cert_pem);
    k7i_secret_free(peer->client_key_pem);
    k7i_free(peer->asked_url);
    k7i_free(peer->connect_to.data);
    for (size_t i = 0; i < K7I_PEER_FILES; i++)
        k7i_free(peer->files[i]);
    for (size_t i = 0; peer->headers && peer->headers[i].data; i++)
        k7i_free(peer->headers[i].data);
    k7i_free(peer->headers);
    k7i_secret_free(peer->proxy); /* may hold a password */
    k7i_free(peer->user_agent);
    k7i_secret_free(peer->secret_header);
    k7i_credential_free(peer->credential);
    pthread_mutex_destroy(&peer->lookup_mutex);
    pthread_mutex_destroy(&peer->files_mutex);
    k7i_free(peer);
}

const char *k7i_peer_url(const struct k7i_peer *peer)
{
    return peer->unix_socket ? peer->unix_socket : peer->url;
}

struct k7i_credential *k7i_peer_credential(const struct k7i_peer *peer)
{
    return peer->credential;
}

int k7i_peer_may_look_up(struct k7i_peer *peer)
{
    int64_t now = k7i_now_us() / 1000;
    int free_places = 0;

    if (peer->name_is_numeric)
        return 1;
    pthread_mutex_lock(&peer->lookup_mutex);
    for (size_t i = 0; i < sizeof peer->abandoned_until_ms / sizeof peer->abandoned_until_ms[0]; i++)
        free_places += peer->abandoned_until_ms[i] <= now;
    pthread_mutex_unlock(&peer->lookup_mutex);
    return free_places > 0;
}

void k7i_peer_abandon_look_up(struct k7i_peer *peer)
{
    int64_t now = k7i_now_us() / 1000;

    pthread_mutex_lock(&peer->lookup_mutex);
    for (size_t i = 0; i < sizeof peer->abandoned_until_ms / sizeof peer->abandoned_until_ms[0]; i++) {
        if (peer->abandoned_until_ms[i] <= now) {
            peer->abandoned_until_ms[i] = now + RESOLVER_GIVES_UP_MS;
            break;
        }
    }
    pthread_mutex_unlock(&peer->lookup_mutex);
}
