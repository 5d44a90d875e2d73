/* server.c: moves requests between libmicrohttpd and the workers. It decides nothing about them: that is admission.c's and the operations'. */
#include "server.h"

#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "admission.h"
#include "log.h"
#include "routes.h"
#include "workers.h"

/* Twice what admission.c accepts, so that most heads that are too large get an answer in the envelope. */
#define CONNECTION_MEMORY_BYTES (64 * 1024)
/* More waiting for a worker than this means that the endpoint does not keep up: fail fast. */
#define WAITING_PER_THREAD     16
#define LOGGED_PATH_MAX_BYTES  512
#define EARLY_ANSWER_MAX_BYTES 8192
#define STATUS_CLIENT_LEFT     499
#define STATUS_TOO_SLOW        408

static const char out_of_memory[] =
    "{\"error\":{\"code\":\"ServiceUnavailable\",\"message\":\"out of memory\"}}";

struct server {
    struct MHD_Daemon *daemon;
    int quiesced_fd;
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void count_body(struct request *request, long bytes)
{
    request->body_counted += bytes;
    atomic_fetch_add(&request->gateway->body_bytes, bytes);
}

static void drop_body(struct request *request)
{
    text_clear(&request->body);
    count_body(request, -request->body_counted);
}

static void free_request(struct request *request)
{
    drop_body(request);
    answer_clear(&request->answer);
    target_clear(&request->target);
    key_release(request->key);
    k7_cancel_unref(request->cancel);
    free(request->raw);
    free(request);
}

struct header {
    const char *name;
    const char *value; /* NULL: not sent */
};

#define HEADER_COUNT 8

static void list_headers(const struct request *request, struct header headers[HEADER_COUNT], char seconds[24])
{
    const struct answer *answer = &request->answer;
    bool closes = answer->close || atomic_load(&request->gateway->draining);
    snprintf(seconds, 24, "%lld", (long long)answer->retry_after_s);
    const struct header list[HEADER_COUNT] = {
        { MHD_HTTP_HEADER_CONTENT_TYPE, "application/json" },
        { MHD_HTTP_HEADER_CACHE_CONTROL, "no-store" },
        { "X-Content-Type-Options", "nosniff" },
        { MHD_HTTP_HEADER_LOCATION, answer->location[0] == '\0' ? NULL : answer->location },
        { MHD_HTTP_HEADER_ALLOW, answer->status == 405 ? answer->allow : NULL },
        { MHD_HTTP_HEADER_RETRY_AFTER, answer->retry_after_s > 0 ? seconds : NULL },
        { MHD_HTTP_HEADER_WWW_AUTHENTICATE, answer->status == 401 ? "Bearer" : NULL },
        { MHD_HTTP_HEADER_CONNECTION, closes ? "close" : NULL },
    };
    memcpy(headers, list, sizeof list);
}

static enum MHD_Result send_answer(struct request *request)
{
    struct answer *answer = &request->answer;
    struct header headers[HEADER_COUNT];
    char seconds[24];
    struct MHD_Response *response =
        answer->body == NULL
            ? MHD_create_response_from_buffer(sizeof out_of_memory - 1, (void *)(uintptr_t)out_of_memory,
                                              MHD_RESPMEM_PERSISTENT)
            : MHD_create_response_from_buffer(answer->len, answer->body, MHD_RESPMEM_MUST_FREE);
    if (response == NULL) {
        return MHD_NO;
    }
    answer->body = NULL; /* the response's now */
    request->phase = REQUEST_ANSWERED;
    list_headers(request, headers, seconds);
    for (size_t i = 0; i < HEADER_COUNT; i++) {
        if (headers[i].value != NULL) {
            MHD_add_response_header(response, headers[i].name, headers[i].value);
        }
    }
    connection_answer(request->connection);
    enum MHD_Result result = MHD_queue_response(request->http, (unsigned)answer->status, response);
    MHD_destroy_response(response);
    return result;
}

static void write_past_library(struct request *request, const struct text *raw)
{
    const union MHD_ConnectionInfo *tls =
        MHD_get_connection_info(request->http, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    const union MHD_ConnectionInfo *fd =
        MHD_get_connection_info(request->http, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (fd == NULL || raw->failed) {
        return;
    }
    /* nothing else is being written, so it fits into the socket's buffer; if it does not, the client will see a broken connection */
    if (tls != NULL && tls->tls_session != NULL) {
        gnutls_record_send(tls->tls_session, raw->bytes, raw->len);
        gnutls_bye(tls->tls_session, GNUTLS_SHUT_WR);
    } else {
        send(fd->connect_fd, raw->bytes, raw->len, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    shutdown(fd->connect_fd, SHUT_WR);
}

/* Answers while the body is still to come, and throws the rest away for a while: libmicrohttpd either takes no answer then, or closes at once, and a
 * client that is still sending would see a reset connection instead of the answer. */
static void send_answer_before_body(struct request *request)
{
    struct answer *answer = &request->answer;
    const char *body = answer->body == NULL ? out_of_memory : answer->body;
    struct header headers[HEADER_COUNT];
    char seconds[24];
    struct text raw = TEXT_INIT(EARLY_ANSWER_MAX_BYTES);
    answer->close = true;
    list_headers(request, headers, seconds);
    text_add_format(&raw, "HTTP/1.1 %d %s\r\nContent-Length: %zu\r\n", answer->status,
                    MHD_get_reason_phrase_for((unsigned)answer->status), strlen(body));
    for (size_t i = 0; i < HEADER_COUNT; i++) {
        if (headers[i].value != NULL) {
            text_add_format(&raw, "%s: %s\r\n", headers[i].name, headers[i].value);
        }
    }
    text_add_string(&raw, "\r\n");
    text_add_string(&raw, body);
    write_past_library(request, &raw);
    text_clear(&raw);
    drop_body(request);
    request->phase = REQUEST_DISCARDED;
    connection_linger(request->connection);
}

static enum MHD_Result begin(struct request *request, const char *method, const char *version)
{
    snprintf(request->method, sizeof request->method, "%s", method);
    connection_request(request->connection);
    bool admitted = admit(request, version);
    if (admitted && request->route->is_open) {
        request->route->run(request);
        admitted = false;
    }
    if (!admitted && request->has_body && request->holds_body) {
        return send_answer(request); /* and no body comes */
    }
    if (!admitted && request->has_body) {
        send_answer_before_body(request);
        return MHD_YES;
    }
    request->phase = admitted ? REQUEST_ARRIVING : REQUEST_DECIDED;
    return MHD_YES;
}

static enum MHD_Result receive(struct request *request, const char *bytes, size_t *len)
{
    struct gateway *gateway = request->gateway;
    count_body(request, (long)*len);
    text_add(&request->body, bytes, *len);
    *len = 0;
    if (request->body.failed) {
        answer_error(&request->answer, 413, NULL, "a body may have %d bytes", BODY_MAX_BYTES);
    } else if (atomic_load(&gateway->body_bytes) > BODIES_MAX_BYTES) {
        answer_error(&request->answer, 503, NULL, "too many bodies at once");
    } else {
        return MHD_YES;
    }
    send_answer_before_body(request);
    return MHD_YES;
}

static bool take_create(struct request *request)
{
    struct gateway *gateway = request->gateway;
    if (!request->route->has_body) {
        return true;
    }
    if (atomic_fetch_add(&gateway->creates, 1) < gateway->options->max_creates) {
        return true;
    }
    atomic_fetch_sub(&gateway->creates, 1);
    answer_error(&request->answer, 429, "RateLimited", "too many sandboxes are being created at once");
    return false;
}

static void give_create(struct request *request)
{
    if (request->route->has_body) {
        atomic_fetch_sub(&request->gateway->creates, 1);
    }
}

static enum MHD_Result dispatch(struct request *request)
{
    struct gateway *gateway = request->gateway;
    k7_error *error = NULL;
    if (workers_waiting(gateway->workers) >= (size_t)gateway->options->threads * WAITING_PER_THREAD) {
        answer_error(&request->answer, 503, NULL, "too many requests are waiting");
        return send_answer(request);
    }
    if (k7_cancel_new(&request->cancel, &error) != 0) {
        answer_k7_error(&request->answer, error, NULL, false);
        k7_error_unref(error);
        return send_answer(request);
    }
    if (!take_create(request)) {
        return send_answer(request);
    }
    if (!connection_work(request->connection, request->cancel, request->route->stops_when_left)) {
        give_create(request);
        request->client_left = true;
        return MHD_NO;
    }
    request->phase = REQUEST_WORKING;
    MHD_suspend_connection(request->http);
    if (!workers_submit(gateway->workers, request)) {
        give_create(request);
        connection_work_done(request->connection);
        answer_error(&request->answer, 503, NULL, "the gateway is shutting down");
        MHD_resume_connection(request->http);
    }
    return MHD_YES;
}

void server_carry_out(struct request *request)
{
    request->route->run(request);
    drop_body(request);
    give_create(request);
    request->client_left = connection_work_done(request->connection) && request->route->stops_when_left;
    MHD_resume_connection(request->http); /* from here on the request is the HTTP thread's */
}

static enum MHD_Result handle(void *user, struct MHD_Connection *http, const char *url, const char *method,
                              const char *version, const char *bytes, size_t *len, void **request_place)
{
    struct request *request = *request_place;
    (void)user, (void)http, (void)url; /* decoded already: request->raw is what counts */
    if (request == NULL) {
        return MHD_NO;
    }
    switch (request->phase) {
    case REQUEST_NEW:
        return begin(request, method, version);
    case REQUEST_ARRIVING:
        return *len > 0 ? receive(request, bytes, len) : dispatch(request);
    case REQUEST_DECIDED:
    case REQUEST_WORKING:
        return send_answer(request);
    case REQUEST_DISCARDED:
        if (*len > 0) {
            *len = 0;
            return MHD_YES;
        }
        return MHD_NO;
    case REQUEST_ANSWERED:
        *len = 0;
        return MHD_YES;
    }
    return MHD_NO;
}

static struct connection *connection_of(struct MHD_Connection *http)
{
    const union MHD_ConnectionInfo *place = MHD_get_connection_info(http, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return place == NULL ? NULL : place->socket_context;
}

/* Called with the target as it was sent, before libmicrohttpd cuts it into path and arguments and decodes them. */
static void *note_target(void *user, const char *target, struct MHD_Connection *http)
{
    struct request *request = calloc(1, sizeof *request);
    if (request == NULL || connection_of(http) == NULL) {
        free(request);
        return NULL;
    }
    request->gateway = user;
    request->http = http;
    request->connection = connection_of(http);
    request->started_ms = now_ms();
    request->raw = strdup(target);
    request->raw_address = (uintptr_t)target;
    request->body = (struct text)TEXT_INIT(BODY_MAX_BYTES);
    return request;
}

static void log_request(const struct request *request, enum MHD_RequestTerminationCode how)
{
    char path[LOGGED_PATH_MAX_BYTES + 1] = "";
    snprintf(path, sizeof path, "%.*s", request->raw == NULL ? 0 : (int)strcspn(request->raw, "?"),
             request->raw == NULL ? "" : request->raw);
    struct access_line line = {
        .peer = connection_peer(request->connection),
        .method = request->method,
        .path = path,
        .key = request->key == NULL ? NULL : key_name(request->key),
        .status = request->answer.status,
        .ms = now_ms() - request->started_ms,
    };
    enum connection_end end = connection_end(request->connection);
    /* libmicrohttpd itself refuses what is hardly HTTP */
    const union MHD_ConnectionInfo *refused =
        request->phase == REQUEST_NEW
            ? MHD_get_connection_info(request->http, MHD_CONNECTION_INFO_HTTP_STATUS)
            : NULL;
    if (refused != NULL) {
        line.status = (int)refused->http_status;
    } else if (request->phase == REQUEST_DISCARDED) {
        line.note = "answered before the end of the body";
    } else if (how != MHD_REQUEST_TERMINATED_COMPLETED_OK || request->client_left) {
        line.note = end == CONNECTION_TOO_SLOW ? "too slow"
                    : end == CONNECTION_CUT    ? "cut by the gateway"
                                               : "the client left";
        line.status = end == CONNECTION_TOO_SLOW ? STATUS_TOO_SLOW : STATUS_CLIENT_LEFT;
    }
    log_access(&line);
}

static void complete(void *user, struct MHD_Connection *http, void **request_place,
                     enum MHD_RequestTerminationCode how)
{
    struct request *request = *request_place;
    (void)user, (void)http;
    *request_place = NULL;
    if (request != NULL) {
        log_request(request, how);
        connection_idle(request->connection);
        free_request(request);
    }
}

static void note_connection(void *user, struct MHD_Connection *http, void **place,
                            enum MHD_ConnectionNotificationCode what)
{
    struct gateway *gateway = user;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *fd = MHD_get_connection_info(http, MHD_CONNECTION_INFO_CONNECTION_FD);
        const union MHD_ConnectionInfo *peer =
            MHD_get_connection_info(http, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
        *place = fd == NULL ? NULL
                            : connection_open(gateway->connections, fd->connect_fd,
                                              peer == NULL ? NULL : peer->client_addr);
    } else if (*place != NULL) {
        connection_close(*place);
        *place = NULL;
    }
}

static void log_library(void *user, const char *format, va_list arguments)
{
    char message[512];
    (void)user;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    vsnprintf(message, sizeof message, format, arguments);
#pragma GCC diagnostic pop
    message[strcspn(message, "\n")] = '\0';
    if (strstr(message, "Application reported internal error") ==
        NULL) { /* how it takes our ending of a connection */
        log_event("http", "%s", message);
    }
}

struct server *server_start(struct gateway *gateway, int listen_fd, const char *cert, const char *key)
{
    struct server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        return NULL;
    }
    const struct MHD_OptionItem tls[] = {
        { MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)cert },
        { MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)key },
        { MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t) "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" },
        { MHD_OPTION_END, 0, NULL },
    };
    const struct MHD_OptionItem no_tls[] = { { MHD_OPTION_END, 0, NULL } };
    server->quiesced_fd = -1;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    server->daemon = MHD_start_daemon(
        cert == NULL ? flags : flags | MHD_USE_TLS, 0, NULL, NULL, handle, gateway,
        MHD_OPTION_EXTERNAL_LOGGER, log_library, NULL, MHD_OPTION_LISTEN_SOCKET, listen_fd,
        MHD_OPTION_URI_LOG_CALLBACK, note_target, gateway, MHD_OPTION_NOTIFY_COMPLETED, complete, gateway,
        MHD_OPTION_NOTIFY_CONNECTION, note_connection, gateway, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)connections_capacity(gateway->connections), MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)gateway->options->idle_seconds, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY_BYTES, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_ARRAY,
        cert == NULL ? no_tls : tls, MHD_OPTION_END);
    if (server->daemon == NULL) {
        free(server);
        return NULL;
    }
    return server;
}

void server_quiesce(struct server *server)
{
    server->quiesced_fd = MHD_quiesce_daemon(server->daemon);
    if (server->quiesced_fd >= 0) {
        shutdown(server->quiesced_fd,
                 SHUT_RDWR); /* else clients would still be connected, and wait in the backlog */
    }
}

void server_stop(struct server *server)
{
    if (server != NULL) {
        MHD_stop_daemon(server->daemon);
        if (server->quiesced_fd >= 0) {
            close(server->quiesced_fd);
        }
        free(server);
    }
}
