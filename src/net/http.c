/* http.c: one libcurl multi handle, driven by sockets and one timer. */
#include "net/inside.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"

enum { CONNECTIONS_KEPT = 64 };

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_user)
{
    struct k7i_http *http = user;

    (void)easy;
    (void)socket_user;
    return http->host.watch(http->host.user, fd, what == CURL_POLL_IN || what == CURL_POLL_INOUT,
                            what == CURL_POLL_OUT || what == CURL_POLL_INOUT);
}

static int on_timer(CURLM *multi, long timeout_ms, void *user)
{
    struct k7i_http *http = user;

    (void)multi;
    http->due_us = timeout_ms < 0 ? -1 : k7i_now_us() + (int64_t)timeout_ms * 1000;
    return 0;
}

int k7i_http_new(const struct k7i_http_host *host, struct k7i_http **ret_http, k7_error **err)
{
    *ret_http = NULL;
    int code = k7i_http_global_init(err);
    if (code)
        return code;
    struct k7i_http *http = k7i_calloc(1, sizeof *http);
    if (!http)
        return k7i_fail_memory(err);
    http->host = *host;
    http->due_us = -1;
    http->multi = curl_multi_init();
    if (!http->multi) {
        k7i_free(http);
        return k7i_fail_memory(err);
    }
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
    k7i_http_count(http, 0);
    *ret_http = http;
    return 0;
}

/* By itself libcurl keeps four times as many as there are transfers at the moment, and so closes warm ones when several end together. It counts those in use, too. */
void k7i_http_count(struct k7i_http *http, int change)
{
    http->running += change;
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT + http->running);
}

void k7i_http_free(struct k7i_http *http)
{
    struct k7i_sigpipe sigpipe;

    if (!http)
        return;
    k7i_sigpipe_block(&sigpipe);
    while (http->spare) {
        struct k7i_transfer *transfer = http->spare;

        http->spare = transfer->next;
        k7i_transfer_drop(transfer);
    }
    curl_multi_cleanup(http->multi);
    k7i_sigpipe_restore(&sigpipe);
    k7i_free(http);
}

int k7i_http_timeout_ms(const struct k7i_http *http)
{
    if (http->due_us < 0)
        return -1;
    int64_t left_us = http->due_us - k7i_now_us();
    if (left_us <= 0)
        return 0;
    int64_t left_ms = (left_us + 999) / 1000;
    return left_ms > 3600000 ? 3600000 : (int)left_ms;
}

/* Around libcurl; within k7i_http_hold() only the first time, and until k7i_http_release(). */
static void enter(struct k7i_http *http)
{
    if (!http->is_entered)
        k7i_sigpipe_block(&http->sigpipe);
    http->is_entered = 1;
}

static void leave(struct k7i_http *http)
{
    if (http->is_held || !http->is_entered)
        return;
    http->is_entered = 0;
    k7i_sigpipe_restore(&http->sigpipe);
}

void k7i_http_hold(struct k7i_http *http)
{
    http->is_held = 1;
}

void k7i_http_release(struct k7i_http *http)
{
    http->is_held = 0;
    leave(http);
}

static int act(struct k7i_http *http, curl_socket_t fd, int mask)
{
    int running, left;
    CURLMsg *message;

    http->turn++;
    enter(http);
    CURLMcode result = curl_multi_socket_action(http->multi, fd, mask, &running);
    while (result == CURLM_OK && (message = curl_multi_info_read(http->multi, &left)) != NULL) {
        struct k7i_transfer *transfer = NULL;
        CURLcode ended = message->data.result;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
        result = curl_multi_remove_handle(http->multi, transfer->easy);
        k7i_transfer_finish(transfer, ended);
    }
    leave(http);
    if (result == CURLM_OK)
        return 0;
    return result == CURLM_OUT_OF_MEMORY ? K7_ERR_NO_MEMORY : K7_ERR_SYSTEM;
}

int k7i_http_ready(struct k7i_http *http, int fd, int readable, int writable)
{
    return act(http, fd, (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0));
}

int k7i_http_expire(struct k7i_http *http)
{
    http->due_us = -1;
    return act(http, CURL_SOCKET_TIMEOUT, 0);
}
