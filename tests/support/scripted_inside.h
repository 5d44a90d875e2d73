/* scripted_inside.h: what the two files of the scripted server share. */
#ifndef K7_TESTS_SCRIPTED_INSIDE_H
#define K7_TESTS_SCRIPTED_INSIDE_H

#include "scripted_server.h"

#include <openssl/ssl.h>
#include <pthread.h>

enum { SCRIPTED_CONNECTIONS_MAX = 4096 };

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
    struct connection *connections[SCRIPTED_CONNECTIONS_MAX];
    int connection_count, closed_count, releases;
    struct scripted_request *requests;
    int request_count;
};

void scripted_check(int good, const char *what); /* aborts */
void *scripted_must(void *memory);
void scripted_exchange_free(struct exchange *exchange);

/* scripted_connection.c */
void *scripted_connection_main(void *connection);

#endif
