/* peer.c: see peer.h. */
#include "net/inside.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
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

static int check_blob(k7_error **err)
{
    CURL *easy = curl_easy_init();
    struct curl_blob blob = { (void *)"x", 1, CURL_BLOB_COPY };

    if (!easy)
        return k7i_fail_memory(err);
    CURLcode result = curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
    curl_easy_cleanup(easy);
    if (result != CURLE_OK)
        return k7i_fail(err, K7_ERR_INVALID_CONFIG,
                        "this libcurl takes certificates from files only: give the CA as a file");
    return 0;
}

static int copy(char **to, const char *from)
{
    if (!from)
        return 0;
    *to = k7i_strdup(from);
    return *to ? 0 : -1;
}

static int fill(struct k7i_peer *peer, const struct k7i_peer_settings *settings, k7_error **err)
{
    int code;

    if (copy(&peer->url, settings->url) || copy(&peer->unix_socket, settings->unix_socket) ||
        copy(&peer->ca_file, settings->ca_file) || copy(&peer->ca_pem, settings->ca_pem) ||
        copy(&peer->client_cert_file, settings->client_cert_file) ||
        copy(&peer->client_key_file, settings->client_key_file) || copy(&peer->proxy, settings->proxy) ||
        copy(&peer->user_agent, settings->user_agent) || copy(&peer->secret_header, settings->secret_header))
        return k7i_fail_memory(err);
    if (settings->secret_header && k7i_text_has_control(settings->secret_header))
        return k7i_fail(err, K7_ERR_INVALID_CONFIG, "the credential has control characters in it");
    if ((code = check_readable("CA file", settings->ca_file, err)) != 0 ||
        (code = check_readable("client certificate", settings->client_cert_file, err)) != 0 ||
        (code = check_readable("client key", settings->client_key_file, err)) != 0)
        return code;
    if (settings->ca_pem && (code = check_blob(err)) != 0)
        return code;
    peer->connect_timeout_ms = settings->connect_timeout_ms > 0 ? (long)settings->connect_timeout_ms : 0;
    /* libcurl compares whole seconds with "greater than": one less, so that idle_ms is never exceeded. */
    peer->max_idle_s = settings->idle_ms <= 0     ? -1
                       : settings->idle_ms < 2000 ? 0
                                                  : (long)(settings->idle_ms / 1000 - 1);
    peer->forbid_reuse = settings->idle_ms > 0 && settings->idle_ms < 1000;
    peer->tls_version = settings->tls_min_version && strcmp(settings->tls_min_version, "1.3") == 0
                            ? CURL_SSLVERSION_TLSv1_3
                            : CURL_SSLVERSION_TLSv1_2;
    peer->response_limit = settings->response_limit;
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
    pthread_mutex_init(&peer->lookup_mutex, NULL);
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
    k7i_free(peer->ca_file);
    k7i_free(peer->ca_pem);
    k7i_free(peer->client_cert_file);
    k7i_free(peer->client_key_file);
    k7i_secret_free(peer->proxy); /* may hold a password */
    k7i_free(peer->user_agent);
    k7i_secret_free(peer->secret_header);
    k7i_credential_free(peer->credential);
    pthread_mutex_destroy(&peer->lookup_mutex);
    k7i_free(peer);
}

const char *k7i_peer_url(const struct k7i_peer *peer)
{
    return peer->unix_socket ? peer->unix_socket : peer->url;
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
