/* scripted_server.c: see scripted_server.h. */
#include "scripted_inside.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void scripted_check(int good, const char *what)
{
    if (!good) {
        fprintf(stderr, "scripted server: %s\n", what);
        ERR_print_errors_fp(stderr);
        abort();
    }
}

void *scripted_must(void *memory)
{
    scripted_check(memory != NULL, "out of memory");
    return memory;
}

/* --- exchanges --- */

static struct exchange *exchange_new(const struct scripted_act *acts, size_t count)
{
    struct exchange *exchange = scripted_must(calloc(1, sizeof *exchange));

    exchange->acts = scripted_must(calloc(count ? count : 1, sizeof *acts));
    exchange->count = count;
    for (size_t i = 0; i < count; i++) {
        size_t len = acts[i].kind == SCRIPTED_SEND && acts[i].len == 0 ? strlen(acts[i].data) : acts[i].len,
               kept = acts[i].kind == SCRIPTED_FILL ? 1 : len;
        char *data = scripted_must(malloc(kept + 1));

        if (acts[i].data)
            memcpy(data, acts[i].data, kept);
        exchange->acts[i] = (struct scripted_act){ acts[i].kind, data, len };
    }
    return exchange;
}

void scripted_exchange_free(struct exchange *exchange)
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
    scripted_check(!server->fallback, "there is a fallback already");
    server->fallback = exchange;
    pthread_mutex_unlock(&server->lock);
}

static char *answer_text(int status, const char *headers, const char *body)
{
    char *text = NULL;

    scripted_check(
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
        scripted_check(server->connection_count < SCRIPTED_CONNECTIONS_MAX, "too many connections");
        struct connection *connection = scripted_must(calloc(1, sizeof *connection));
        connection->server = server;
        connection->fd = fd;
        connection->number = server->connection_count;
        server->connections[server->connection_count++] = connection;
        scripted_check(pthread_create(&connection->thread, NULL, scripted_connection_main, connection) == 0,
                       "no thread");
        pthread_cond_broadcast(&server->changed);
        pthread_mutex_unlock(&server->lock);
    }
}

static void start_tls(struct scripted_server *server)
{
    const struct scripted_tls *tls = &server->tls;

    server->ssl = scripted_must(SSL_CTX_new(TLS_server_method()));
    if (tls->only_tls_1_1) {
        /* OpenSSL refuses so old a version at its usual security level. */
        scripted_check(SSL_CTX_set_cipher_list(server->ssl, "ALL:@SECLEVEL=0") == 1, "no ciphers");
        SSL_CTX_set_min_proto_version(server->ssl, TLS1_1_VERSION);
        SSL_CTX_set_max_proto_version(server->ssl, TLS1_1_VERSION);
    }
    if (tls->only_tls_1_2)
        SSL_CTX_set_max_proto_version(server->ssl, TLS1_2_VERSION);
    scripted_check(SSL_CTX_use_certificate_chain_file(server->ssl, tls->cert_file) == 1, tls->cert_file);
    scripted_check(SSL_CTX_use_PrivateKey_file(server->ssl, tls->key_file, SSL_FILETYPE_PEM) == 1,
                   tls->key_file);
    if (tls->client_ca_file) {
        scripted_check(SSL_CTX_load_verify_locations(server->ssl, tls->client_ca_file, NULL) == 1,
                       tls->client_ca_file);
        SSL_CTX_set_verify(server->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
}

struct scripted_server *scripted_server_start(const struct scripted_tls *tls)
{
    struct scripted_server *server = scripted_must(calloc(1, sizeof *server));
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
    scripted_check(server->listener >= 0, "no socket");
    scripted_check(bind(server->listener, (struct sockaddr *)&address, sizeof address) == 0, "no port");
    scripted_check(listen(server->listener, 128) == 0, "cannot listen");
    scripted_check(getsockname(server->listener, (struct sockaddr *)&address, &len) == 0, "no port");
    server->port = ntohs(address.sin_port);
    snprintf(server->url, sizeof server->url, tls ? "https://localhost:%d" : "http://127.0.0.1:%d",
             server->port);
    scripted_check(pthread_create(&server->acceptor, NULL, acceptor_main, server) == 0, "no thread");
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
        scripted_exchange_free(exchange);
    }
    scripted_exchange_free(server->fallback);
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
