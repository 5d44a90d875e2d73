/* transfer.c: one request on one easy handle, set up anew each time from one template; only from one plain read to the next of the same peer the settings stay. */
#include "net/inside.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { SPARE_MAX = 8, URL_LIMIT = 20 * 1024, ERROR_TEXT_LIMIT = 1024 };

int k7i_transfer_new(struct k7i_http *http, struct k7i_transfer **ret_transfer, k7_error **err)
{
    struct k7i_transfer *transfer = http->spare;

    *ret_transfer = NULL;
    if (transfer) {
        http->spare = transfer->next;
        http->spare_count--;
    } else {
        transfer = k7i_calloc(1, sizeof *transfer);
        if (!transfer)
            return k7i_fail_memory(err);
        transfer->easy = curl_easy_init();
        if (!transfer->easy) {
            k7i_free(transfer);
            return k7i_fail_memory(err);
        }
        transfer->http = http;
    }
    transfer->generation = transfer->refused = 0;
    k7i_buf_init(&transfer->url, URL_LIMIT);
    k7i_buf_init(&transfer->body, 0);
    k7i_buf_init(&transfer->content_type, 0);
    k7i_buf_init(&transfer->location, 0);
    k7i_buf_init(&transfer->error_text, ERROR_TEXT_LIMIT);
    *ret_transfer = transfer;
    return 0;
}

static void forget_secrets(struct k7i_transfer *transfer)
{
    k7i_secret_free(transfer->authorization);
    transfer->authorization = NULL;
    memset(transfer->lines, 0, sizeof transfer->lines);
}

/* Nothing of a request stays in the handle, nor its secrets with us. */
static void forget_request(struct k7i_transfer *transfer)
{
    forget_secrets(transfer);
    transfer->plain_for = NULL;
    if (transfer->is_set_up)
        curl_easy_reset(transfer->easy);
    transfer->is_set_up = 0;
}

/* The settings of such a request are all in the template: nothing but the URL and the header lines differs from the next one of its kind. */
static int is_plain_read(const struct k7i_request *request)
{
    return strcmp(request->method, "GET") == 0 && !request->content_type &&
           request->repeat == K7I_REPEAT_SAFE;
}

int k7i_transfer_is_sent(const struct k7i_transfer *transfer)
{
    long sent = 0;

    if (transfer->started_turn == transfer->http->turn) /* what libcurl would tell is of the request before */
        return 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &sent);
    return sent > 0;
}

void k7i_transfer_abort(struct k7i_transfer *transfer)
{
    struct k7i_sigpipe sigpipe;
    long sent = 0, connects = 0;
    curl_off_t looked_up = 0;

    if (!transfer || !transfer->running)
        return;
    curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &sent);
    curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &connects);
    curl_easy_getinfo(transfer->easy, CURLINFO_NAMELOOKUP_TIME_T, &looked_up);
    if (looked_up == 0 && sent == 0 && !transfer->peer->name_is_numeric)
        k7i_peer_abandon_look_up(transfer->peer);
    transfer->outcome.sent = sent > 0;
    transfer->outcome.reused = sent > 0 && connects == 0;
    transfer->outcome.duration_us = k7i_now_us() - transfer->started_us;
    transfer->running = 0;
    k7i_sigpipe_block(&sigpipe);
    curl_multi_remove_handle(transfer->http->multi, transfer->easy);
    k7i_sigpipe_restore(&sigpipe);
    forget_request(transfer);
}

void k7i_transfer_free(struct k7i_transfer *transfer)
{
    if (!transfer)
        return;
    struct k7i_http *http = transfer->http;
    k7i_transfer_abort(transfer);
    if (!transfer->plain_for)
        forget_request(transfer);
    k7i_buf_clear(&transfer->url);
    k7i_buf_clear(&transfer->body);
    k7i_buf_clear(&transfer->content_type);
    k7i_buf_clear(&transfer->location);
    k7i_buf_clear(&transfer->error_text);
    transfer->peer = NULL;
    transfer->request = NULL;
    if (http->spare_count < SPARE_MAX) {
        transfer->next = http->spare;
        http->spare = transfer;
        http->spare_count++;
        return;
    }
    curl_easy_cleanup(transfer->easy);
    k7i_free(transfer);
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
    if (transfer->authorization)
        add_line(transfer, &used, transfer->authorization);
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

static CURLcode set_tls(CURL *easy, const struct k7i_peer *peer)
{
    CURLcode result = CURLE_OK;

    curl_easy_setopt(easy, CURLOPT_SSLVERSION, peer->tls_version);
    if (peer->ca_file) {
        result = curl_easy_setopt(easy, CURLOPT_CAINFO, peer->ca_file);
        curl_easy_setopt(easy, CURLOPT_CAPATH,
                         NULL); /* else the system's folder is trusted beside the file */
    } else if (peer->ca_pem) {
        struct curl_blob blob = { peer->ca_pem, strlen(peer->ca_pem), CURL_BLOB_NOCOPY };

        result = curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
        curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    if (!result && peer->client_cert_file)
        result = curl_easy_setopt(easy, CURLOPT_SSLCERT, peer->client_cert_file);
    if (!result && peer->client_key_file)
        result = curl_easy_setopt(easy, CURLOPT_SSLKEY, peer->client_key_file);
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
        (peer->unix_socket &&
         (result = curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, peer->unix_socket)) != CURLE_OK))
        return result;
    return set_tls(easy, peer);
}

static int authorize(struct k7i_transfer *transfer, k7_error **err)
{
    char *token;

    transfer->outcome.credential_used = 0;
    if (!transfer->peer->credential)
        return 0;
    transfer->generation = transfer->refused;
    int code = k7i_credential_get(transfer->peer->credential, &transfer->generation, &token, err);
    if (code)
        return code;
    transfer->authorization = k7i_sprintf("Authorization: Bearer %s", token);
    k7i_secret_free(token);
    if (!transfer->authorization)
        return k7i_fail_memory(err);
    transfer->outcome.credential_used = 1;
    return 0;
}

static int prepare(struct k7i_transfer *transfer, const char *traceparent, k7_error **err)
{
    int code = k7i_request_failed(transfer->request);

    if (code == K7_ERR_NO_MEMORY)
        return k7i_fail_memory(err);
    if (code)
        return k7i_fail(err, code, "the request is too large, or a header value has a line break in it");
    if (!k7i_peer_may_look_up(transfer->peer))
        return k7i_fail(
            err, K7_ERR_SYSTEM,
            "too many look-ups of the name in %s that were given up are still running: is the resolver down?",
            transfer->peer->url);
    k7i_buf_reset(&transfer->url);
    k7i_buf_text(&transfer->url, transfer->peer->url);
    k7i_buf_text(&transfer->url, transfer->request->target.data);
    if (transfer->url.failed)
        return transfer->url.failed == K7_ERR_LIMIT ? k7i_fail(err, K7_ERR_LIMIT, "the URL is too long")
                                                    : k7i_fail_memory(err);
    if ((code = authorize(transfer, err)) != 0 || (code = set_headers(transfer, traceparent, err)) != 0)
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

int k7i_transfer_start(struct k7i_transfer *transfer, const struct k7i_peer *peer,
                       const struct k7i_request *request, const char *traceparent,
                       const struct k7i_transfer_user *user, k7_error **err)
{
    transfer->peer = (struct k7i_peer *)peer; /* its look-up account is behind a mutex */
    transfer->request = request;
    transfer->user = *user;
    transfer->outcome = (struct k7i_outcome){ 0 };
    transfer->curl_error[0] = '\0';
    transfer->started_us = k7i_now_us();
    k7i_response_reset(transfer);
    if (transfer->plain_for != peer || !is_plain_read(request))
        forget_request(transfer);
    transfer->is_set_up = 1;
    int code = prepare(transfer, traceparent, err);
    if (code) {
        forget_request(transfer);
        return code;
    }
    /* Only noted here; libcurl sends from k7i_http_ready() and k7i_http_expire(): SIGPIPE is out of the question. */
    CURLMcode added = curl_multi_add_handle(transfer->http->multi, transfer->easy);
    if (added != CURLM_OK) {
        forget_request(transfer);
        if (added == CURLM_OUT_OF_MEMORY)
            return k7i_fail_memory(err);
        return k7i_fail(err, K7_ERR_SYSTEM, "libcurl cannot start a transfer: %s",
                        curl_multi_strerror(added));
    }
    transfer->running = 1;
    transfer->started_turn = transfer->http->turn;
    return 0;
}

static void classify(struct k7i_transfer *transfer, CURLcode result)
{
    struct k7i_outcome *outcome = &transfer->outcome;

    switch (result) {
    case CURLE_OK:
        outcome->code = 0;
        break;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        outcome->code = K7_ERR_RESOLVE;
        break;
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT: /* only connecting has a limit in libcurl */
    case CURLE_PROXY:
        outcome->code = K7_ERR_CONNECT;
        break;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT:
        outcome->code = K7_ERR_TLS;
        outcome->certificate = 1;
        break;
    case CURLE_SSL_CONNECT_ERROR:
        outcome->code = K7_ERR_TLS;
        break;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        outcome->code = K7_ERR_CONNECTION_LOST;
        break;
    case CURLE_OUT_OF_MEMORY:
        outcome->code = K7_ERR_NO_MEMORY;
        break;
    case CURLE_WRITE_ERROR:
        outcome->code = transfer->limit_hit ? transfer->limit_hit : K7_ERR_PROTOCOL;
        break;
    case CURLE_ABORTED_BY_CALLBACK:
    case CURLE_FAILED_INIT:
    case CURLE_NO_CONNECTION_AVAILABLE:
        outcome->code = K7_ERR_SYSTEM;
        break;
    default: /* CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL (HTTP/0.9), CURLE_BAD_CONTENT_ENCODING, … */
        outcome->code = K7_ERR_PROTOCOL;
        break;
    }
}

/* What libcurl 7.88 does not tell as it is. */
static void correct(struct k7i_transfer *transfer, CURLcode result)
{
    enum { LINE_MAX_PROBE = 1024 * 1024 };
    struct k7i_outcome *outcome = &transfer->outcome;

    /* A connection that ends among the headers counts as a complete answer. */
    if (result == CURLE_OK && !transfer->headers_end) {
        outcome->code = K7_ERR_CONNECTION_LOST;
        snprintf(transfer->curl_error, sizeof transfer->curl_error, "the connection ended among the headers");
    }
    /* With TLS 1.3 a server refuses the client's certificate, or its lack, only when the request is under way: the alert comes in place of the answer. */
    if (outcome->code == K7_ERR_CONNECTION_LOST && transfer->header_bytes == 0 &&
        strstr(transfer->curl_error, "alert")) {
        outcome->code = K7_ERR_TLS;
        outcome->certificate = strstr(transfer->curl_error, "certificate") != NULL;
    }
    /* A header line of more than 100 KiB counts as lack of memory: where there is memory, it was the line. */
    if (result == CURLE_OUT_OF_MEMORY && transfer->header_bytes > 0 && !transfer->headers_end) {
        void *probe = k7i_alloc(LINE_MAX_PROBE);

        if (probe)
            outcome->code = K7_ERR_LIMIT;
        k7i_free(probe);
    }
}

/* libcurl speaks of "localhost port 80" and drops what the system said. */
static void describe_socket(struct k7i_transfer *transfer)
{
    long number = 0;
    char reason[128];

    curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &number);
    const char *why = number ? strerror_r((int)number, reason, sizeof reason) : "no connection";
    k7i_buf_printf(&transfer->error_text, "cannot connect to the socket %s: %s%s",
                   transfer->peer->unix_socket, why,
                   number == ENOENT || number == ECONNREFUSED ? ": is the service running?"
                   : number == EACCES                         ? ": may this user use it?"
                                                              : "");
}

void k7i_transfer_finish(struct k7i_transfer *transfer, CURLcode result)
{
    struct k7i_outcome *outcome = &transfer->outcome;
    struct k7i_response *response = &transfer->response;
    long status = 0, sent = 0, connects = 0;

    transfer->running = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &sent);
    curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &connects);
    classify(transfer, result);
    correct(transfer, result);
    outcome->sent = sent > 0;
    outcome->reused = sent > 0 && connects == 0;
    outcome->duration_us = k7i_now_us() - transfer->started_us;
    response->status = (int)status;
    response->body = transfer->body.data;
    response->body_len = transfer->body.len;
    response->content_type = transfer->content_type.len ? transfer->content_type.data : NULL;
    response->location = transfer->location.len ? transfer->location.data : NULL;
    k7i_buf_reset(&transfer->error_text);
    if (outcome->code == K7_ERR_LIMIT)
        k7i_buf_printf(&transfer->error_text, "%s: the answer exceeds the limit of %zu bytes",
                       k7i_peer_url(transfer->peer),
                       transfer->headers_end ? transfer->peer->response_limit : (size_t)K7I_HEADER_LIMIT);
    else if (outcome->code == K7_ERR_CONNECT && transfer->peer->unix_socket)
        describe_socket(transfer);
    else if (outcome->code)
        k7i_buf_printf(&transfer->error_text, "%s: %s", k7i_peer_url(transfer->peer),
                       transfer->curl_error[0] ? transfer->curl_error : curl_easy_strerror(result));
    if (result == CURLE_OK && is_plain_read(transfer->request)) {
        transfer->plain_for = transfer->peer;
        forget_secrets(transfer);
    } else {
        forget_request(transfer);
    }
    transfer->user.finished(transfer->user.user);
}

const struct k7i_outcome *k7i_transfer_outcome(const struct k7i_transfer *transfer)
{
    return &transfer->outcome;
}

const struct k7i_response *k7i_transfer_response(const struct k7i_transfer *transfer)
{
    return &transfer->response;
}

const char *k7i_transfer_error_text(const struct k7i_transfer *transfer)
{
    return transfer->error_text.len ? transfer->error_text.data : "the transfer failed";
}

void k7i_transfer_refuse_credential(struct k7i_transfer *transfer)
{
    transfer->refused = transfer->generation;
}
