/* object_server.c: see object_server.h. One thread per connection; every wait is for a descriptor or a condition. */
#include "support/object_server.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { OBJECTS = 32, FAULTS = 64, CONNECTIONS = 256, REQUEST_LIMIT = 8192 };

struct object {
    char name[64], body[128];
    int is_there, made;
};

struct object_server {
    int fd;
    char url[64];
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct object objects[OBJECTS];
    enum fault faults[FAULTS];
    int requests, connections, stopping, let_go;
    int open_fds[CONNECTIONS], threads_running;
};

struct connection {
    struct object_server *server;
    int fd, place;
};

static struct object *find(struct object_server *server, const char *name, int make)
{
    for (int i = 0; i < OBJECTS; i++)
        if (strcmp(server->objects[i].name, name) == 0)
            return &server->objects[i];
    for (int i = 0; make && i < OBJECTS; i++) {
        if (!server->objects[i].name[0]) {
            snprintf(server->objects[i].name, sizeof server->objects[i].name, "%s", name);
            return &server->objects[i];
        }
    }
    return NULL;
}

static int carry_out(struct object_server *server, const char *method, const char *name, const char *body,
                     char *answer, size_t size)
{
    struct object *object = find(server, name, strcmp(method, "POST") == 0);
    int status;

    snprintf(answer, size, "{}");
    if (strcmp(method, "POST") == 0) {
        if (object->is_there)
            return 409;
        object->is_there = 1;
        object->made++;
        snprintf(object->body, sizeof object->body, "%s", body);
        return 201;
    }
    if (!object || !object->is_there)
        return 404;
    status = 200;
    if (strcmp(method, "DELETE") == 0)
        object->is_there = 0;
    else
        snprintf(answer, size, "%s", object->body);
    return status;
}

/* One request: 0, or -1 when the connection is over. */
static int read_request(int fd, char *text, char **ret_body)
{
    size_t len = 0, body_len = 0;
    char *end = NULL, *length;

    for (;;) {
        ssize_t n = recv(fd, text + len, REQUEST_LIMIT - 1 - len, 0);

        if (n <= 0)
            return -1;
        len += (size_t)n;
        text[len] = '\0';
        if (!end && (end = strstr(text, "\r\n\r\n")) != NULL) {
            length = strcasestr(text, "\r\nContent-Length:");
            body_len = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
        }
        if (end && len >= (size_t)(end + 4 - text) + body_len) {
            *ret_body = end + 4;
            return 0;
        }
    }
}

static int answer_one(struct object_server *server, int fd)
{
    char text[REQUEST_LIMIT], method[8], name[64], answer[256], out[512], *body;
    int status = 0, carried = 0;

    if (read_request(fd, text, &body) != 0 || sscanf(text, "%7s /%63[^ ]", method, name) != 2)
        return -1;
    pthread_mutex_lock(&server->mutex);
    int n = ++server->requests;
    enum fault fault = n < FAULTS ? server->faults[n] : FAULT_NONE;
    if (fault == FAULT_LATE) {
        pthread_cond_broadcast(&server->changed);
        while (!server->let_go && !server->stopping)
            pthread_cond_wait(&server->changed, &server->mutex);
        fault = FAULT_NONE;
    }
    carried = fault == FAULT_NONE || fault == FAULT_500_AFTER || fault == FAULT_CUT_AFTER ||
              fault == FAULT_HANG_AFTER || fault == FAULT_HALF_CUT || fault == FAULT_HALF_HANG;
    if (carried)
        status = carry_out(server, method, name, body, answer, sizeof answer);
    pthread_cond_broadcast(&server->changed);
    if (fault == FAULT_HANG_BEFORE || fault == FAULT_HANG_AFTER) {
        pthread_mutex_unlock(&server->mutex);
        char byte;
        recv(fd, &byte, 1, 0); /* until the client gives up */
        return -1;
    }
    pthread_mutex_unlock(&server->mutex);
    if (fault == FAULT_CUT_BEFORE || fault == FAULT_CUT_AFTER)
        return -1;
    int half = fault == FAULT_HALF_CUT || fault == FAULT_HALF_HANG;
    if (fault != FAULT_NONE && !half)
        status = fault == FAULT_REFUSE      ? 403
                 : fault == FAULT_429       ? 429
                 : fault == FAULT_503_ASKED ? 503
                                            : 500;
    if (fault != FAULT_NONE && !half)
        snprintf(answer, sizeof answer, "{}");
    int len = snprintf(out, sizeof out,
                       "HTTP/1.1 %d X\r\nContent-Type: application/json\r\n%sContent-Length: %zu\r\n\r\n%s",
                       status, fault == FAULT_503_ASKED ? "Retry-After: 0\r\n" : "", strlen(answer), answer);
    if (half) {
        send(fd, out, (size_t)len - (strlen(answer) + 1) / 2, MSG_NOSIGNAL);
        if (fault == FAULT_HALF_HANG)
            recv(fd, text, 1, 0); /* until the client gives up */
        return -1;
    }
    return send(fd, out, (size_t)len, MSG_NOSIGNAL) == len ? 0 : -1;
}

static void *serve(void *user)
{
    struct connection *connection = user;
    struct object_server *server = connection->server;

    while (answer_one(server, connection->fd) == 0)
        ;
    pthread_mutex_lock(&server->mutex);
    server->open_fds[connection->place] = -1;
    close(connection->fd);
    server->threads_running--;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->mutex);
    free(connection);
    return NULL;
}

static void start_connection(struct object_server *server, int fd)
{
    struct connection *connection = malloc(sizeof *connection);
    pthread_attr_t detached;
    pthread_t thread;

    pthread_mutex_lock(&server->mutex);
    server->connections++;
    int place = 0;
    while (place < CONNECTIONS && server->open_fds[place] >= 0)
        place++;
    if (server->stopping || place == CONNECTIONS || !connection) {
        pthread_mutex_unlock(&server->mutex);
        close(fd);
        free(connection);
        return;
    }
    *connection = (struct connection){ server, fd, place };
    server->open_fds[place] = fd;
    server->threads_running++;
    pthread_mutex_unlock(&server->mutex);
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_create(&thread, &detached, serve, connection);
    pthread_attr_destroy(&detached);
}

static void *accept_all(void *user)
{
    struct object_server *server = user;
    int fd;

    while ((fd = accept(server->fd, NULL, NULL)) >= 0)
        start_connection(server, fd);
    return NULL;
}

struct object_server *object_server_start(void)
{
    struct object_server *server = calloc(1, sizeof *server);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;

    for (int i = 0; i < CONNECTIONS; i++)
        server->open_fds[i] = -1;
    pthread_mutex_init(&server->mutex, NULL);
    pthread_cond_init(&server->changed, NULL);
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server->fd < 0 || bind(server->fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(server->fd, 64) != 0 || getsockname(server->fd, (struct sockaddr *)&address, &len) != 0) {
        perror("object server");
        exit(1);
    }
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d", ntohs(address.sin_port));
    pthread_create(&server->thread, NULL, accept_all, server);
    return server;
}

void object_server_stop(struct object_server *server)
{
    pthread_mutex_lock(&server->mutex);
    server->stopping = 1;
    for (int i = 0; i < CONNECTIONS; i++)
        if (server->open_fds[i] >= 0)
            shutdown(server->open_fds[i], SHUT_RDWR);
    pthread_mutex_unlock(&server->mutex);
    shutdown(server->fd, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    pthread_mutex_lock(&server->mutex);
    while (server->threads_running > 0)
        pthread_cond_wait(&server->changed, &server->mutex);
    pthread_mutex_unlock(&server->mutex);
    close(server->fd);
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->mutex);
    free(server);
}

const char *object_server_url(const struct object_server *server)
{
    return server->url;
}

void object_server_forget(struct object_server *server)
{
    pthread_mutex_lock(&server->mutex);
    memset(server->objects, 0, sizeof server->objects);
    memset(server->faults, 0, sizeof server->faults);
    server->requests = server->connections = 0;
    pthread_mutex_unlock(&server->mutex);
}

void object_server_fault(struct object_server *server, int n, enum fault fault)
{
    pthread_mutex_lock(&server->mutex);
    if (server->requests + n < FAULTS)
        server->faults[server->requests + n] = fault;
    pthread_mutex_unlock(&server->mutex);
}

static int locked(struct object_server *server, const int *number)
{
    pthread_mutex_lock(&server->mutex);
    int value = *number;
    pthread_mutex_unlock(&server->mutex);
    return value;
}

int object_server_requests(struct object_server *server)
{
    return locked(server, &server->requests);
}

int object_server_connections(struct object_server *server)
{
    return locked(server, &server->connections);
}

int object_server_made(struct object_server *server, const char *name)
{
    pthread_mutex_lock(&server->mutex);
    const struct object *object = find(server, name, 0);
    int made = object ? object->made : 0;
    pthread_mutex_unlock(&server->mutex);
    return made;
}

int object_server_has(struct object_server *server, const char *name)
{
    pthread_mutex_lock(&server->mutex);
    const struct object *object = find(server, name, 0);
    int is_there = object && object->is_there;
    pthread_mutex_unlock(&server->mutex);
    return is_there;
}

int object_server_count(struct object_server *server)
{
    int count = 0;

    pthread_mutex_lock(&server->mutex);
    for (int i = 0; i < OBJECTS; i++)
        count += server->objects[i].is_there;
    pthread_mutex_unlock(&server->mutex);
    return count;
}

void object_server_put(struct object_server *server, const char *name, const char *body)
{
    char answer[256];

    pthread_mutex_lock(&server->mutex);
    carry_out(server, "POST", name, body, answer, sizeof answer);
    pthread_mutex_unlock(&server->mutex);
}

void object_server_await(struct object_server *server, int n)
{
    pthread_mutex_lock(&server->mutex);
    while (server->requests < n)
        pthread_cond_wait(&server->changed, &server->mutex);
    pthread_mutex_unlock(&server->mutex);
}

void object_server_let_go(struct object_server *server)
{
    pthread_mutex_lock(&server->mutex);
    server->let_go = 1;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->mutex);
}
