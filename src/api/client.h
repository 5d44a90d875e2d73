/* client.h: the content of a k7_client, for the front door's files. */
#ifndef K7I_API_CLIENT_H
#define K7I_API_CLIENT_H

#include "plan/loop.h"
#include "transport/table.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

/* A loop with its place in the client's free list, so that giving it back cannot fail. */
struct k7i_client_loop {
    struct k7i_loop *loop;
    struct k7i_client_loop *next;
};

struct k7_client {
    atomic_int references;
    pid_t process; /* that opened it: loops and connections cannot be shared with a child of fork() */
    k7_config *config;
    struct k7i_endpoint *endpoint;
    const struct k7i_transport *transport;
    void *instance;
    char *endpoint_text;
    const char *transport_name; /* a custom transport goes by its scheme */
    pthread_mutex_t mutex;      /* guards free_loops */
    struct k7i_client_loop *free_loops;
};

/* 0, or K7_ERR_INVALID_ARGUMENT (NULL) or K7_ERR_FORKED: at the head of every call. */
int k7i_client_check(const k7_client *client, k7_error **err);
/* The namespace of calls that name none. */
const char *k7i_client_namespace(const k7_client *client);
int k7i_client_supports(const k7_client *client, enum k7i_operation operation);
/* The last loop given back, or a new one: a thread that calls in sequence keeps one warm connection, N threads use at most N. */
int k7i_client_borrow_loop(k7_client *client, struct k7i_client_loop **ret_loop, k7_error **err);
/* A broken loop is freed instead: the next call gets a new one. */
void k7i_client_give_loop_back(k7_client *client, struct k7i_client_loop *loop);

#endif
