/* settings.c: what an easy handle is told before a request: the template that every request of a peer shares, the method and body, the header lines. */
#include "net/inside.h"

#include "base/error.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* libcurl leaves a connection open in the programs that the process starts. */
static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)user;
    (void)purpose;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t send_body(char *to, size_t size, size_t count, void *user)
{
    struct k7i_transfer *transfer = user;
    const struct k7i_buf *body = &transfer->request->body;
    size_t len = size * count, left = body->len - transfer->body_sent;

    if (len > left)
        len = left;
    memcpy(to, body->data + transfer->body_sent, len);
    transfer->body_sent += len;
    return len;
}

/* libcurl repeats any request by itself when a reused connection closes without an answer, unless it cannot rewind the body. */
static int refuse_rewind(void *user, curl_off_t offset, int origin)
{
    (void)user;
    (void)offset;
    (void)origin;
    return CURL_SEEKFUNC_FAIL;
}

static void add_line(struct k7i_transfer *transfer, size_t *used, const char *line)
{
    struct curl_slist *node = &transfer->lines[*used];

    *node = (struct curl_slist){ (char *)line, NULL }; /* libcurl only reads the list */
    if (*used > 0)
        transfer->lines[*used - 1].next = node;
    ++*used;
}

static int set_headers(struct k7i_transfer *transfer, const char *traceparent, k7_error **err)
{
    const struct k7i_request *request = transfer->request;
    const struct k7i_buf *own = &request->headers;
    size_t used = 0;
    int accept = 0;
    add_line(transfer, &used, "Expect:"); /* no waiting for 100 Continue */
    if (request->content_type) {
        snprintf(transfer->content_type_line, sizeof transfer->content_type_line, "Content-Type: %s",
                 request->content_type);
        add_line(transfer, &used, transfer->content_type_line);
    } else {
        add_line(transfer, &used, "Content-Type:"); /* libcurl would claim a form */
    }
    if (transfer->peer->secret_header)
        add_line(transfer, &used, transfer->peer->secret_header);
    if (transfer->identity && transfer->identity->authorization)
        add_line(transfer, &used, transfer->identity->authorization);
    if (traceparent) {
        snprintf(transfer->traceparent, sizeof transfer->traceparent, "traceparent: %s", traceparent);
        add_line(transfer, &used, transfer->traceparent);
    }
    for (size_t at = 0; at < own->len; at += strlen(own->data + at) + 1) {
        if (used + 1 >= K7I_HEADER_LINES)
            return k7i_fail(err, K7_ERR_LIMIT, "more than %d header lines", K7I_HEADER_LINES);
        accept |= strncmp(own->data + at, "Accept:", 7) == 0;
        add_line(transfer, &used, own->data + at);
    }
    if (!accept)
        add_line(transfer, &used, "Accept: application/json");
    transfer->lines[used - 1].next = transfer->peer->headers;
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->lines);
    return 0;
}

static CURLcode set_method(struct k7i_transfer *transfer)
{
    const struct k7i_request *request = transfer->request;
    CURL *easy = transfer->easy;
    CURLcode result = CURLE_OK;

    if (strcmp(request->method, "HEAD") == 0)
        return curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    if (request->content_type) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
        if (request->repeat == K7I_REPEAT_SAFE) {
            curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.data);
        } else {
            transfer->body_sent = 0;
            curl_easy_setopt(easy, CURLOPT_READFUNCTION, send_body);
            curl_easy_setopt(easy, CURLOPT_READDATA, transfer);
            curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, refuse_rewind);
        }
    } else if (strcmp(request->method, "POST") == 0) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)0);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
    }
    /* Without a body there is nothing that cannot be rewound: a new connection is the only protection from libcurl's own repetition. */
    if (request->repeat != K7I_REPEAT_SAFE && request->body.len == 0)
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    if (strcmp(request->method, "GET") != 0)
        result = curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    return result;
}

/* libcurl keeps what it read from a CA file for a day, and connections and TLS sessions, by the paths: a file that was replaced has to have another path. So a
 * further "./" or "/" stands before its name, for each digit of the number of changes. */
static const char *spell(char *room, size_t size, const char *path, unsigned version)
{
    const char *name = strrchr(path, '/');
    size_t len = name ? (size_t)(++name - path) : 2;

    if (version == 0 || strlen(path) + 2 + 2 * 8 * sizeof version >= size)
        return path;
    memcpy(room, name ? path : "./", len);
    for (; version > 0; version = (version - 1) / 2) {
        if (version % 2)
            room[len++] = '.';
        room[len++] = '/';
    }
    memcpy(room + len, name ? name : path, strlen(name ? name : path) + 1);
    return room;
}

static CURLcode set_pem(struct k7i_transfer *transfer, CURLoption file_option, int file,
                        CURLoption blob_option, const char *pem)
{
    const char *path = transfer->peer->files[file];
    char room[PATH_MAX];

    if (pem) {
        struct curl_blob blob = { (char *)pem, strlen(pem), CURL_BLOB_NOCOPY };

        return curl_easy_setopt(transfer->easy, blob_option, &blob);
    }
    return path ? curl_easy_setopt(transfer->easy, file_option,
                                   spell(room, sizeof room, path, transfer->files_version))
                : CURLE_OK;
}

static CURLcode set_tls(struct k7i_transfer *transfer)
{
    const struct k7i_peer *peer = transfer->peer;
    const struct k7i_identity *identity = transfer->identity;
    CURL *easy = transfer->easy;
    CURLcode result = CURLE_OK;

    curl_easy_setopt(easy, CURLOPT_SSLVERSION, peer->tls_version);
    if (peer->skip_verify) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    } else if (peer->files[K7I_FILE_CA] || peer->ca_pem) {
        result = set_pem(transfer, CURLOPT_CAINFO, K7I_FILE_CA, CURLOPT_CAINFO_BLOB, peer->ca_pem);
        if (peer->ca_pem)
            curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
        /* else the system's folder is trusted, too */
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    int own = identity && identity->cert_pem;
    if (!result)
        result = set_pem(transfer, CURLOPT_SSLCERT, K7I_FILE_CERT, CURLOPT_SSLCERT_BLOB,
                         own ? identity->cert_pem : peer->client_cert_pem);
    if (!result)
        result = set_pem(transfer, CURLOPT_SSLKEY, K7I_FILE_KEY, CURLOPT_SSLKEY_BLOB,
                         own ? identity->key_pem : peer->client_key_pem);
    return result;
}

static CURLcode set_template(struct k7i_transfer *transfer)
{
    CURL *easy = transfer->easy;
    const struct k7i_peer *peer = transfer->peer;
    CURLcode result;

    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* do not wait for an abandoned look-up */
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 65536L);
    /* libcurl's own defaults, once more: curl_easy_reset() leaves these at 0, and says nothing, when memory is too short for the paths of
     * certificates that it copies before them (lib/url.c, Curl_init_userdefined). */
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 65536L);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 60L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 60L);
    curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 1L);
    curl_easy_setopt(easy, CURLOPT_EXPECT_100_TIMEOUT_MS, 1000L);
    curl_easy_setopt(easy, CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS, 200L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, peer->connect_timeout_ms);
    if (peer->max_idle_s >= 0)
        curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, peer->max_idle_s);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, (long)peer->forbid_reuse);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->curl_error);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, k7i_response_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, k7i_response_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    if ((result = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https")) != CURLE_OK ||
        (result = curl_easy_setopt(easy, CURLOPT_PROXY, peer->proxy ? peer->proxy : "")) != CURLE_OK ||
        (result = curl_easy_setopt(easy, CURLOPT_NOPROXY, "")) != CURLE_OK ||
        (peer->user_agent &&
         (result = curl_easy_setopt(easy, CURLOPT_USERAGENT, peer->user_agent)) != CURLE_OK) ||
        (peer->compressed && (result = curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "")) != CURLE_OK) ||
        (peer->unix_socket &&
         (result = curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, peer->unix_socket)) != CURLE_OK))
        return result;
    if (peer->connect_to.data)
        curl_easy_setopt(easy, CURLOPT_CONNECT_TO, &peer->connect_to); /* only noted */
    return set_tls(transfer);
}

int k7i_transfer_set_up(struct k7i_transfer *transfer, const char *traceparent, k7_error **err)
{
    int code = k7i_request_check(transfer->request, err);

    if (code)
        return code;
    if (!k7i_peer_may_look_up(transfer->peer))
        return k7i_fail(
            err, K7_ERR_SYSTEM,
            "too many look-ups of the name in %s that were given up are still running: is the resolver down?",
            transfer->peer->url);
    k7i_buf_reset(&transfer->url);
    k7i_buf_text(&transfer->url, transfer->peer->asked_url ? transfer->peer->asked_url : transfer->peer->url);
    k7i_buf_text(&transfer->url, transfer->request->target.data);
    if (transfer->url.failed)
        return transfer->url.failed == K7_ERR_LIMIT ? k7i_fail(err, K7_ERR_LIMIT, "the URL is too long")
                                                    : k7i_fail_memory(err);
    if ((code = set_headers(transfer, traceparent, err)) != 0)
        return code;
    CURLcode result = transfer->plain_for ? CURLE_OK : set_template(transfer);
    if (result == CURLE_OK)
        result = curl_easy_setopt(transfer->easy, CURLOPT_URL, transfer->url.data);
    if (result == CURLE_OK && !transfer->plain_for)
        result = set_method(transfer);
    if (result == CURLE_OUT_OF_MEMORY)
        return k7i_fail_memory(err);
    if (result != CURLE_OK)
        return k7i_fail(err, K7_ERR_SYSTEM, "libcurl refuses a setting: %s", curl_easy_strerror(result));
    return 0;
}
