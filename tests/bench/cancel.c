/* cancel.c: how long a list goes on after its token was triggered by another thread, in each state that a call can be in: cancel RUNS.
 *
 * Each run has a client of its own. The peer says when the state is reached; for a connection that nobody takes, nobody can, so time has to do. */
#include "measure.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { DELAY_US = 3000 /* between the peer's word and the trigger */, CONNECTING_DELAY_US = 20000 };

enum state {
    LOOKING_UP,
    CONNECTING,
    HANDSHAKING,
    HANDSHAKING_WITH_FILE,
    WAITING,
    RECEIVING,
    BACKING_OFF,
    STATES
};
static const char *const state_names[STATES] = { "name look-up",
                                                 "connecting",
                                                 "TLS handshake, the system's trust store",
                                                 "TLS handshake, rest.ca_file",
                                                 "waiting",
                                                 "receiving",
                                                 "backing off" };

static enum state state; /* of the runs under way */
static sem_t reached;    /* posted by the peer */

/* --- a resolver that hangs: takes the place of the C library's in this program, and in libcurl --- */

static sem_t look_up_over;

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret_addresses)
{
    struct addrinfo *address = calloc(1, sizeof *address + sizeof(struct sockaddr_in));

    if (!address)
        return EAI_MEMORY;
    if (state == LOOKING_UP) {
        sem_post(&reached);
        while (sem_wait(&look_up_over) != 0)
            ;
        free(address);
        return EAI_AGAIN;
    }
    (void)name;
    struct sockaddr_in *in = (struct sockaddr_in *)(address + 1);
    in->sin_family = AF_INET;
    in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    in->sin_port = htons((uint16_t)(service ? atoi(service) : 0));
    address->ai_family = AF_INET;
    address->ai_socktype = hints && hints->ai_socktype ? hints->ai_socktype : SOCK_STREAM;
    address->ai_addrlen = sizeof *in;
    address->ai_addr = (struct sockaddr *)in;
    *ret_addresses = address;
    return 0;
}

void freeaddrinfo(struct addrinfo *address)
{
    free(address);
}

/* --- the peer --- */

static int listen_on_loopback(int backlog, int *ret_port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, backlog) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        give_up("no listening socket");
    *ret_port = ntohs(address.sin_port);
    return fd;
}

/* Connections that fill the backlog: those that come later get no answer. */
static void fill_backlog(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                   .sin_port = htons((uint16_t)port) };

    for (int i = 0; i < 4; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

        if (fd < 0)
            give_up("no socket");
        connect(fd, (struct sockaddr *)&address, sizeof address);
    }
}

static void send_text(int fd, const char *text)
{
    if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
        perror("send");
}

static void *serve(void *user)
{
    static const char part[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{\"data\":[";
    static const char later[] =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\nContent-Length: 0\r\n\r\n";
    int listener = *(int *)user;
    char request[16384];

    for (;;) {
        int fd = accept(listener, NULL, NULL);

        if (fd < 0)
            return NULL;
        if (recv(fd, request, sizeof request, 0) > 0) {
            if (state == RECEIVING)
                send_text(fd, part);
            else if (state == BACKING_OFF)
                send_text(fd, later);
            sem_post(&reached);
            while (recv(fd, request, sizeof request, 0) > 0)
                ;
        }
        close(fd);
    }
}

/* --- one run --- */

struct trigger {
    k7_cancel *cancel;
    double at_us;
};

static void *trigger_soon(void *user)
{
    struct trigger *trigger = user;

    while (state != CONNECTING && sem_wait(&reached) != 0)
        ;
    usleep(state == CONNECTING ? CONNECTING_DELAY_US : DELAY_US);
    trigger->at_us = now_us();
    k7_cancel_trigger(trigger->cancel);
    return NULL;
}

static double stop_time_us(const char *url, const char *ca_file)
{
    struct trigger trigger = { 0 };
    k7_client *client = open_client(url, ca_file);
    k7_sandboxes *list = NULL;
    k7_error *error = NULL;
    k7_call *call = NULL;
    pthread_t thread;

    if (k7_cancel_new(&trigger.cancel, &error) != 0 || k7_call_new(&call, &error) != 0 ||
        k7_call_set_cancel(call, trigger.cancel, &error) != 0 ||
        pthread_create(&thread, NULL, trigger_soon, &trigger) != 0)
        give_up("no call");
    int code = k7_sandbox_list(client, NULL, call, &list, &error);
    double over_us = now_us();
    if (code != K7_ERR_CANCELLED)
        give_up("%s: the call was not cancelled: %s", state_names[state],
                code ? k7_error_get_message(error) : "it succeeded");
    pthread_join(thread, NULL);
    if (state == LOOKING_UP)
        sem_post(&look_up_over);
    k7_error_unref(error);
    k7_call_free(call);
    k7_cancel_unref(trigger.cancel);
    k7_client_unref(client);
    return over_us - trigger.at_us;
}

int main(int argc, char **argv)
{
    int port, full_port, listener = listen_on_loopback(64, &port);
    pthread_t thread;
    char url[64], ca_file[4096];

    if (argc != 2)
        give_up("usage: cancel RUNS");
    snprintf(ca_file, sizeof ca_file, "%s/ca.pem", setting("K7_BENCH_CERTIFICATES"));
    listen_on_loopback(0, &full_port);
    fill_backlog(full_port);
    sem_init(&reached, 0, 0);
    sem_init(&look_up_over, 0, 0);
    if (pthread_create(&thread, NULL, serve, &listener) != 0)
        give_up("no thread");
    for (int i = 0; i < STATES; i++) {
        struct series series = { 0 };

        state = (enum state)i;
        int tls = state == HANDSHAKING || state == HANDSHAKING_WITH_FILE;
        snprintf(url, sizeof url, "%s://localhost:%d", tls ? "https" : "http",
                 state == CONNECTING ? full_port : port);
        for (long run = atol(argv[1]); run > 0; run--)
            series_add(&series, stop_time_us(url, state == HANDSHAKING_WITH_FILE ? ca_file : NULL));
        printf("%s, %s runs: median %.2f ms, largest %.2f ms\n", state_names[i], argv[1],
               series_at(&series, 0.5) / 1e3, series_at(&series, 1) / 1e3);
        series_clear(&series);
    }
    return 0;
}
