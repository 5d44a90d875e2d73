/* peer.h: where requests go and how: address, TLS, proxy, constant headers, limits. Immutable after it was made; shared by all loops of a client. */
#ifndef K7I_NET_PEER_H
#define K7I_NET_PEER_H

#include "net/credential.h"
#include <stddef.h>

struct k7i_peer;

struct k7i_peer_settings {
    const char
        *url; /* "https://host:port/prefix", without a trailing slash; for a Unix socket "http://localhost" */
    const char *unix_socket;      /* path, or NULL */
    const char *ca_file, *ca_pem; /* at most one; NULL: the system's trust store */
    /* The client's certificate and key, each from a file or as text; replaced files are seen by the next request, on a new connection. */
    const char *client_cert_file, *client_cert_pem, *client_key_file, *client_key_pem;
    const char *tls_server_name; /* the one in the server's certificate, when it is not the URL's; or NULL */
    int insecure_skip_verify;    /* whoever answers is the server */
    const char *tls_min_version; /* "1.2" (also for NULL) or "1.3" */
    const char *proxy;           /* URL; NULL: none. The environment is never used */
    const char *user_agent;
    const char *const *headers; /* constant header lines "Name: value", ending with NULL; NULL: none */
    const char *secret_header;  /* one whole header line, e.g. "X-API-Key: …", or NULL: never traced */
    struct k7i_credential *credential; /* or NULL; the peer frees it, also when it cannot be made */
    int64_t connect_timeout_ms;
    /* An idle connection older than this is not used again; below a second none is. 0: libcurl's default. */
    int64_t idle_ms;
    size_t response_limit; /* bytes of a collected body */
    /* Answers may be compressed (gzip, and whatever else libcurl reads); limits count what comes out. libcurl takes one that was cut for complete: only for peers
     * whose answers tell where they end, as JSON does. */
    int compressed;
};

/* Checks what can be checked without a connection (files readable, libcurl's abilities). */
int k7i_peer_new(const struct k7i_peer_settings *settings, struct k7i_peer **ret_peer, k7_error **err);
void k7i_peer_free(struct k7i_peer *peer);
const char *k7i_peer_url(const struct k7i_peer *peer);                   /* for traces and errors */
struct k7i_credential *k7i_peer_credential(const struct k7i_peer *peer); /* or NULL */

#endif
