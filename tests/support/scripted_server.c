/* scripted_server.c: see scripted_server.h. */
#include "scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdarg.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 4096, HEAD_MAX = 256 * 1024 };

struct exchange {
    struct exchange *next;
    struct scripted_act *acts;
    size_t count;
};

struct connection {
    struct scripted_server *server;
    pthread_t thread;
    int number, fd;
    SSL *ssl;
    char *in; /* received and not yet used */
    size_t in_len, in_capacity;
};

struct scripted_server {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t acceptor;
    int listener, port, stopping;
    char url[64];
    SSL_CTX *ssl;
    struct scripted_tls tls;
    struct exchange *first, **last, *fallback;
    struct connection *connections[MAX_CONNECTIONS];
    int connection_count, closed_count, releases;
    struct scripted_request *requests;
    int request_count;
};

static void check(int good, const char *what)
{
    if (!good) {
        fprintf(stderr, "scripted server: %s\n", what);
        ERR_print_errors_fp(stderr);
        abort();
    }
}

static void *must(void *memory)
{
    check(memory != NULL, "out of memory");
    return memory;
}

/* --- exchanges --- */

static struct exchange *exchange_new(const struct scripted_act *acts, size_t count)
{
    struct exchange *exchange = must(calloc(1, sizeof *exchange));

    exchange->acts = must(calloc(count ? count : 1, sizeof *acts));
    exchange->count = count;
    for (size_t i = 0; i < count; i++) {
        size_t len = acts[i].kind == SCRIPTED_SEND && acts[i].len == 0 ? strlen(acts[i].data) : acts[i].len,
               kept = acts[i].kind == SCRIPTED_FILL ? 1 : len;
        char *data = must(malloc(kept + 1));

        if (acts[i].data)
            memcpy(data, acts[i].data, kept);
        exchange->acts[i] = (struct scripted_act){ acts[i].kind, data, len };
    }
    return exchange;
}

static void exchange_free(struct exchange *exchange)
{
    if (!exchange)
        return;
    for (size_t i = 0; i < exchange->count; i++)
        free((char *)exchange->acts[i].data);
    free(exchange->acts);
    free(exchange);
}

void scripted_server_push(struct scripted_server *server, const struct scripted_act *acts, size_t count)
{
    struct exchange *exchange = exchange_new(acts, count);

    pthread_mutex_lock(&server->lock);
    *server->last = exchange;
    server->last = &exchange->next;
    pthread_mutex_unlock(&server->lock);
}

void scripted_server_fallback(struct scripted_server *server, const struct scripted_act *acts, size_t count)
{
    struct exchange *exchange = exchange_new(acts, count);

    pthread_mutex_lock(&server->lock);
    check(!server->fallback, "there is a fallback already");
    server->fallback = exchange;
    pthread_mutex_unlock(&server->lock);
}

static char *answer_text(int status, const char *headers, const char *body)
{
    char *text = NULL;

    check(
        asprintf(&text,
                 "HTTP/1.1 %d Scripted\r\nContent-Type: application/json\r\n%sContent-Length: %zu\r\n\r\n%s",
                 status, headers ? headers : "", strlen(body), body) >= 0,
        "out of memory");
    return text;
}

void scripted_server_answer(struct scripted_server *server, int status, const char *headers, const char *body)
{
    char *text = answer_text(status, headers, body);

    scripted_server_push(server, &(struct scripted_act){ SCRIPTED_SEND, text, 0 }, 1);
    free(text);
}

void scripted_server_answer_always(struct scripted_server *server, int status, const char *headers,
                                   const char *body)
{
    char *text = answer_text(status, headers, body);

    scripted_server_fallback(server, &(struct scripted_act){ SCRIPTED_SEND, text, 0 }, 1);
    free(text);
}

void scripted_server_release(struct scripted_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->releases++;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

/* --- one connection --- */

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
        connection->in = must(realloc(connection->in, connection->in_capacity + 1));
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
    *ret_body = must(calloc(1, 1));
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
        *ret_body = must(realloc(*ret_body, *ret_len + len + 1));
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
        check(connection->in_len < HEAD_MAX, "a request without end");
        if (!receive_more(connection))
            return 0;
    }
    head_len = (size_t)(end - connection->in);
    head = must(strndup(connection->in, head_len));
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
            body = must(calloc(1, body_len + 1));
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
    server->requests =
        must(realloc(server->requests, ((size_t)server->request_count + 1) * sizeof *server->requests));
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
            exchange_free(exchange);
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

static void *connection_main(void *user)
{
    struct connection *connection = user;
    struct scripted_server *server = connection->server;
    int state = 0;

    if (server->tls.hang_in_handshake) {
        wait_for_the_end(connection);
    } else if (server->ssl) {
        connection->ssl = must(SSL_new(server->ssl));
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

/* --- the server --- */

static void *acceptor_main(void *user)
{
    struct scripted_server *server = user;

    for (;;) {
        int fd = accept(server->listener, NULL, NULL);

        pthread_mutex_lock(&server->lock);
        if (fd < 0 || server->stopping) {
            if (fd >= 0)
                close(fd);
            pthread_mutex_unlock(&server->lock);
            return NULL;
        }
        check(server->connection_count < MAX_CONNECTIONS, "too many connections");
        struct connection *connection = must(calloc(1, sizeof *connection));
        connection->server = server;
        connection->fd = fd;
        connection->number = server->connection_count;
        server->connections[server->connection_count++] = connection;
        check(pthread_create(&connection->thread, NULL, connection_main, connection) == 0, "no thread");
        pthread_cond_broadcast(&server->changed);
        pthread_mutex_unlock(&server->lock);
    }
}

static void start_tls(struct scripted_server *server)
{
    const struct scripted_tls *tls = &server->tls;

    server->ssl = must(SSL_CTX_new(TLS_server_method()));
    if (tls->only_tls_1_1) {
        /* OpenSSL refuses so old a version at its usual security level. */
        check(SSL_CTX_set_cipher_list(server->ssl, "ALL:@SECLEVEL=0") == 1, "no ciphers");
        SSL_CTX_set_min_proto_version(server->ssl, TLS1_1_VERSION);
        SSL_CTX_set_max_proto_version(server->ssl, TLS1_1_VERSION);
    }
    check(SSL_CTX_use_certificate_chain_file(server->ssl, tls->cert_file) == 1, tls->cert_file);
    check(SSL_CTX_use_PrivateKey_file(server->ssl, tls->key_file, SSL_FILETYPE_PEM) == 1, tls->key_file);
    if (tls->client_ca_file) {
        check(SSL_CTX_load_verify_locations(server->ssl, tls->client_ca_file, NULL) == 1,
              tls->client_ca_file);
        SSL_CTX_set_verify(server->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
}

struct scripted_server *scripted_server_start(const struct scripted_tls *tls)
{
    struct scripted_server *server = must(calloc(1, sizeof *server));
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;

    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->changed, NULL);
    server->last = &server->first;
    signal(SIGPIPE, SIG_IGN); /* SSL_write has no MSG_NOSIGNAL */
    if (tls) {
        server->tls = *tls;
        if (!tls->hang_in_handshake)
            start_tls(server);
    }
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(server->listener >= 0, "no socket");
    check(bind(server->listener, (struct sockaddr *)&address, sizeof address) == 0, "no port");
    check(listen(server->listener, 128) == 0, "cannot listen");
    check(getsockname(server->listener, (struct sockaddr *)&address, &len) == 0, "no port");
    server->port = ntohs(address.sin_port);
    snprintf(server->url, sizeof server->url, tls ? "https://localhost:%d" : "http://127.0.0.1:%d",
             server->port);
    check(pthread_create(&server->acceptor, NULL, acceptor_main, server) == 0, "no thread");
    return server;
}

void scripted_server_stop(struct scripted_server *server)
{
    struct exchange *exchange;

    pthread_mutex_lock(&server->lock);
    server->stopping = 1;
    shutdown(server->listener, SHUT_RDWR);
    for (int i = 0; i < server->connection_count; i++)
        if (server->connections[i]->fd >= 0)
            shutdown(server->connections[i]->fd, SHUT_RDWR);
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
    pthread_join(server->acceptor, NULL);
    for (int i = 0; i < server->connection_count; i++) {
        pthread_join(server->connections[i]->thread, NULL);
        free(server->connections[i]);
    }
    close(server->listener);
    while ((exchange = server->first)) {
        server->first = exchange->next;
        exchange_free(exchange);
    }
    exchange_free(server->fallback);
    for (int i = 0; i < server->request_count; i++) {
        free((char *)server->requests[i].method); /* the whole head */
        free((char *)server->requests[i].body);
    }
    free(server->requests);
    SSL_CTX_free(server->ssl);
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

const char *scripted_server_url(const struct scripted_server *server)
{
    return server->url;
}

int scripted_server_port(const struct scripted_server *server)
{
    return server->port;
}

static void await(struct scripted_server *server, const int *counter, int count)
{
    pthread_mutex_lock(&server->lock);
    while (*counter < count)
        pthread_cond_wait(&server->changed, &server->lock);
    pthread_mutex_unlock(&server->lock);
}

void scripted_server_await_requests(struct scripted_server *server, int count)
{
    await(server, &server->request_count, count);
}

void scripted_server_await_connections(struct scripted_server *server, int count)
{
    await(server, &server->connection_count, count);
}

void scripted_server_await_closed(struct scripted_server *server, int count)
{
    await(server, &server->closed_count, count);
}

static int counter(struct scripted_server *server, const int *value)
{
    pthread_mutex_lock(&server->lock);
    int count = *value;
    pthread_mutex_unlock(&server->lock);
    return count;
}

int scripted_server_requests(struct scripted_server *server)
{
    return counter(server, &server->request_count);
}

int scripted_server_connections(struct scripted_server *server)
{
    return counter(server, &server->connection_count);
}

struct scripted_request scripted_server_request(struct scripted_server *server, int i)
{
    struct scripted_request request = { "", "", "", "", 0, -1 };

    pthread_mutex_lock(&server->lock);
    if (i < server->request_count)
        request = server->requests[i];
    pthread_mutex_unlock(&server->lock);
    return request;
}

int scripted_server_bodies(struct scripted_server *server, const char *method)
{
    int count = 0;

    pthread_mutex_lock(&server->lock);
    for (int i = 0; i < server->request_count; i++)
        count += strcmp(server->requests[i].method, method) == 0;
    pthread_mutex_unlock(&server->lock);
    return count;
}
