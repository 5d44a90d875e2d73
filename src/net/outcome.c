/* outcome.c: what became of a request: libcurl's result as an error code of ours, put right where libcurl does not tell it as it is, and in words. */
#include "net/inside.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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
    /* What zlib has no words for is that there is no memory (libcurl: lib/content_encoding.c, process_zlib_error). */
    if (result == CURLE_BAD_CONTENT_ENCODING && strstr(transfer->curl_error, "Unknown failure"))
        outcome->code = K7_ERR_NO_MEMORY;
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

/* libcurl shows a proxy that it cannot make out, with the password, as far as its text reaches. */
static void hide_proxy(struct k7i_transfer *transfer)
{
    enum { SHOWN = 64 }; /* so much of it comes before libcurl's text is full */
    const char *proxy = transfer->peer->proxy, *text = transfer->curl_error;
    size_t len = proxy ? strnlen(proxy, SHOWN) : 0;

    while (len > 0 && *text && strncmp(text, proxy, len) != 0)
        text++;
    if (len > 0 && *text)
        explicit_bzero(transfer->curl_error, sizeof transfer->curl_error);
}

void k7i_transfer_judge(struct k7i_transfer *transfer, CURLcode result)
{
    struct k7i_outcome *outcome = &transfer->outcome;

    classify(transfer, result);
    correct(transfer, result);
    hide_proxy(transfer);
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
}
