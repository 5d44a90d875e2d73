/* scripted_connection.c: one connection of the scripted server: reading requests, recording them, playing what the test pushed. */
#include "scripted_inside.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_MAX = 256 * 1024 };

static ssize_t receive(struct connection *connection, char *data, size_t len)
{
    if (connection->ssl)
        return SSL_read(connection->ssl, data, (int)(len < 65536 ? len : 65536));
    return recv(connection->fd, data, len, 0);
}

static int send_all(struct connection *connection, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t sent = connection->ssl ? SSL_write(connection->ssl, data, (int)(len < 65536 ? len : 65536))
                                       : send(connection->fd, data, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return 0;
        data += sent;
        len -= (size_t)sent;
    }
    return 1;
}

static int receive_more(struct connection *connection)
{
    if (connection->in_capacity - connection->in_len < 4096) {
        connection->in_capacity = connection->in_capacity * 2 + 8192;
        connection->in = scripted_must(realloc(connection->in, connection->in_capacity + 1));
    }
    ssize_t len = receive(connection, connection->in + connection->in_len,
                          connection->in_capacity - connection->in_len);
    if (len <= 0)
        return 0;
    connection->in_len += (size_t)len;
    connection->in[connection->in_len] = '\0';
    return 1;
}

static void use(struct connection *connection, size_t len)
{
    connection->in_len -= len;
    memmove(connection->in, connection->in + len, connection->in_len + 1);
}

static const char *header_value(const char *headers, const char *name)
{
    size_t len = strlen(name);

    for (const char *line = headers; *line; line += strcspn(line, "\n"), line += *line == '\n')
        if (strncasecmp(line, name, len) == 0 && line[len] == ':')
            return line + len + 1 + strspn(line + len + 1, " ");
    return NULL;
}

/* Reads one chunked body into *ret_body. */
static int read_chunked(struct connection *connection, char **ret_body, size_t *ret_len)
{
    *ret_body = scripted_must(calloc(1, 1));
    *ret_len = 0;
    for (;;) {
        char *end;

        while (!connection->in || !(end = strstr(connection->in, "\r\n")))
            if (!receive_more(connection))
                return 0;
        size_t len = strtoul(connection->in, NULL, 16);
        use(connection, (size_t)(end + 2 - connection->in));
        while (connection->in_len < len + 2)
            if (!receive_more(connection))
                return 0;
        *ret_body = scripted_must(realloc(*ret_body, *ret_len + len + 1));
        memcpy(*ret_body + *ret_len, connection->in, len);
        *ret_len += len;
        (*ret_body)[*ret_len] = '\0';
        use(connection, len + 2);
        if (len == 0)
            return 1;
    }
}

/* Reads one request: 1, or 0 when the client went away before it was complete. */
static int read_request(struct connection *connection, struct scripted_request *request)
{
    char *end, *head;
    const char *length;
    size_t head_len;

    while (!connection->in || !(end = strstr(connection->in, "\r\n\r\n"))) {
        scripted_check(connection->in_len < HEAD_MAX, "a request without end");
        if (!receive_more(connection))
            return 0;
    }
    head_len = (size_t)(end - connection->in);
    head = scripted_must(strndup(connection->in, head_len));
    use(connection, head_len + 4);

    char *method = head, *target = strchr(method, ' ') + 1, *version = strchr(target, ' ') + 1,
         *headers = strchr(version, '\n');
    target[-1] = version[-1] = '\0';
    request->method = method;
    request->target = target;
    request->headers = headers ? headers + 1 : "";
    request->connection = connection->number;
    char *body = NULL;
    size_t body_len = 0;
    int complete = 1;

    if (header_value(request->headers, "Transfer-Encoding")) {
        complete = read_chunked(connection, &body, &body_len);
    } else {
        length = header_value(request->headers, "Content-Length");
        body_len = length ? strtoul(length, NULL, 10) : 0;
        while (complete && connection->in_len < body_len)
            complete = receive_more(connection);
        if (complete) {
            body = scripted_must(calloc(1, body_len + 1));
            memcpy(body, connection->in ? connection->in : "", body_len);
            if (body_len > 0)
                use(connection, body_len);
        }
    }
    request->body = body;
    request->body_len = body_len;
    if (!complete) {
        free(head);
        free(body);
    }
    return complete;
}

/* Records the request, and gives the exchange that answers it; *ret_owned: to be freed. */
static struct exchange *take_exchange(struct scripted_server *server, const struct scripted_request *request,
                                      int *ret_owned)
{
    struct exchange *exchange;

    pthread_mutex_lock(&server->lock);
    server->requests = scripted_must(
        realloc(server->requests, ((size_t)server->request_count + 1) * sizeof *server->requests));
    server->requests[server->request_count++] = *request;
    exchange = server->first;
    *ret_owned = exchange != NULL;
    if (exchange) {
        server->first = exchange->next;
        if (!server->first)
            server->last = &server->first;
    } else {
        exchange = server->fallback;
    }
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
    return exchange;
}

static void wait_for_release(struct scripted_server *server)
{
    pthread_mutex_lock(&server->lock);
    while (server->releases == 0 && !server->stopping)
        pthread_cond_wait(&server->changed, &server->lock);
    if (server->releases > 0)
        server->releases--;
    pthread_mutex_unlock(&server->lock);
}

static void wait_for_the_end(struct connection *connection)
{
    char data[4096];

    while (receive(connection, data, sizeof data) > 0)
        continue;
}

static int fill(struct connection *connection, char byte, size_t len)
{
    char data[16384];

    memset(data, byte, sizeof data);
    for (; len > 0; len -= len < sizeof data ? len : sizeof data)
        if (!send_all(connection, data, len < sizeof data ? len : sizeof data))
            return 0;
    return 1;
}

/* 1: the connection goes on; 0: it is over; -1: it is to be reset. */
static int play(struct connection *connection, const struct scripted_act *act)
{
    switch (act->kind) {
    case SCRIPTED_SEND:
        return send_all(connection, act->data, act->len);
    case SCRIPTED_FILL:
        return fill(connection, act->data[0], act->len);
    case SCRIPTED_WAIT:
        wait_for_release(connection->server);
        return 1;
    case SCRIPTED_CLOSE:
        return 0;
    case SCRIPTED_RESET:
        return -1;
    case SCRIPTED_HANG:
        wait_for_the_end(connection);
        return 0;
    }
    return 0;
}

static int serve(struct connection *connection)
{
    struct scripted_request request;
    int state = 1, owned;

    while (state > 0 && read_request(connection, &request)) {
        struct exchange *exchange = take_exchange(connection->server, &request, &owned);

        if (!exchange) {
            wait_for_the_end(connection);
            return 0;
        }
        for (size_t i = 0; state > 0 && i < exchange->count; i++)
            state = play(connection, &exchange->acts[i]);
        if (owned)
            scripted_exchange_free(exchange);
    }
    return state;
}

/* Closing with something unread would be a reset, which overtakes the alert. */
static void let_the_alert_arrive(const struct connection *connection)
{
    char data[4096];

    shutdown(connection->fd, SHUT_WR);
    while (recv(connection->fd, data, sizeof data, 0) > 0)
        continue;
}

void *scripted_connection_main(void *user)
{
    struct connection *connection = user;
    struct scripted_server *server = connection->server;
    int state = 0;

    if (server->tls.hang_in_handshake) {
        wait_for_the_end(connection);
    } else if (server->ssl) {
        connection->ssl = scripted_must(SSL_new(server->ssl));
        SSL_set_fd(connection->ssl, connection->fd);
        if (SSL_accept(connection->ssl) == 1)
            state = serve(connection);
        else
            let_the_alert_arrive(connection);
    } else {
        state = serve(connection);
    }
    if (state < 0)
        setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 }, sizeof(struct linger));
    else if (connection->ssl)
        SSL_shutdown(connection->ssl);
    ERR_clear_error();
    SSL_free(connection->ssl);
    free(connection->in);
    pthread_mutex_lock(&server->lock);
    close(connection->fd);
    connection->fd = -1;
    server->closed_count++;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
    return NULL;
}
