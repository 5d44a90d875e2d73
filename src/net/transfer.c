/* transfer.c: one request on one easy handle, set up anew each time from one template; only from one plain read to the next of the same peer the settings stay. */
#include "net/inside.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"

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
    k7i_buf_init(&transfer->url, URL_LIMIT);
    k7i_buf_init(&transfer->body, 0);
    k7i_buf_init(&transfer->content_type, 0);
    k7i_buf_init(&transfer->location, 0);
    k7i_buf_init(&transfer->error_text, ERROR_TEXT_LIMIT);
    *ret_transfer = transfer;
    return 0;
}

/* Nothing of a request stays in the handle, nor its secrets with us. */
static void forget_request(struct k7i_transfer *transfer)
{
    memset(transfer->lines, 0, sizeof transfer->lines);
    transfer->plain_for = NULL;
    if (transfer->is_set_up)
        curl_easy_reset(transfer->easy);
    transfer->is_set_up = 0;
    transfer->identity = k7i_identity_unref(transfer->identity);
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
    k7i_http_count(transfer->http, -1);
    k7i_sigpipe_restore(&sigpipe);
    forget_request(transfer);
}

void k7i_transfer_drop(struct k7i_transfer *transfer)
{
    curl_easy_cleanup(transfer->easy);
    k7i_identity_unref(transfer->identity);
    k7i_free(transfer);
}

void k7i_transfer_free(struct k7i_transfer *transfer)
{
    if (!transfer)
        return;
    struct k7i_http *http = transfer->http;
    k7i_transfer_abort(transfer);
    if (!transfer->plain_for || (transfer->identity && transfer->identity->cert_pem))
        forget_request(transfer);
    transfer->identity = k7i_identity_unref(transfer->identity);
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
    k7i_transfer_drop(transfer);
}

int k7i_transfer_start(struct k7i_transfer *transfer, const struct k7i_peer *peer,
                       const struct k7i_request *request, struct k7i_identity *identity,
                       const char *traceparent, const struct k7i_transfer_user *user, k7_error **err)
{
    struct k7i_identity *before = transfer->identity;
    transfer->peer = (struct k7i_peer *)peer; /* its accounts are behind mutexes */
    transfer->request = request;
    transfer->user = *user;
    transfer->outcome = (struct k7i_outcome){ 0 };
    transfer->curl_error[0] = '\0';
    transfer->started_us = k7i_now_us();
    k7i_response_reset(transfer);
    unsigned files_version = k7i_peer_files_version(transfer->peer);
    if (transfer->plain_for != peer || transfer->plain_made_us != peer->made_us || !is_plain_read(request) ||
        transfer->files_version != files_version ||
        (before ? before->cert_pem : NULL) != (identity ? identity->cert_pem : NULL))
        forget_request(transfer);
    else
        k7i_identity_unref(before);
    transfer->identity = k7i_identity_ref(identity);
    transfer->files_version = files_version;
    transfer->is_set_up = 1;
    int code = k7i_transfer_set_up(transfer, traceparent, err);
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
    k7i_http_count(transfer->http, 1);
    transfer->started_turn = transfer->http->turn;
    return 0;
}

void k7i_transfer_finish(struct k7i_transfer *transfer, CURLcode result)
{
    struct k7i_outcome *outcome = &transfer->outcome;
    struct k7i_response *response = &transfer->response;
    long status = 0, sent = 0, connects = 0;

    transfer->running = 0;
    k7i_http_count(transfer->http, -1);
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &sent);
    curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &connects);
    k7i_transfer_judge(transfer, result);
    outcome->sent = sent > 0;
    outcome->reused = sent > 0 && connects == 0;
    outcome->duration_us = k7i_now_us() - transfer->started_us;
    response->status = (int)status;
    response->body = transfer->body.data;
    response->body_len = transfer->body.len;
    response->content_type = transfer->content_type.len ? transfer->content_type.data : NULL;
    response->location = transfer->location.len ? transfer->location.data : NULL;
    if (result == CURLE_OK && is_plain_read(transfer->request)) {
        transfer->plain_for = transfer->peer;
        transfer->plain_made_us = transfer->peer->made_us;
        memset(transfer->lines, 0, sizeof transfer->lines);
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

int k7i_transfer_is_outdated(struct k7i_transfer *transfer)
{
    return k7i_peer_files_version(transfer->peer) != transfer->files_version;
}
