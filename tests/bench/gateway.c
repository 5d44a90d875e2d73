/* gateway.c: requests per second of k7-gateway over memory: against a bare libmicrohttpd that answers with the same bytes: gateway SANDBOXES CONNECTIONS ROUNDS. Both
 * are asked in turn by the same loop, for a fixed number of requests each time. */
#include "measure.h"
#include "static_server.h"

#include "../conformance/gateway.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 64, REQUESTS = 2000 };

struct asker { /* one connection: has at most one request under way */
    int fd;
    char head[4096];
    size_t head_len; /* received so far; the body is counted only */
    size_t body_left;
    int in_body;
};

struct load {
    struct asker askers[CONNECTIONS_MAX];
    int count;
    char request[512];
    size_t body_len; /* of the last answer */
};

static void open_load(struct load *load, const char *url, const char *api_key, int connections)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    const char *port = strrchr(url, ':');
    int on = 1;

    address.sin_port = htons((uint16_t)atoi(port ? port + 1 : "0"));
    snprintf(load->request, sizeof load->request,
             "GET /api/v1/sandboxes?namespace=default HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: %s\r\n"
             "Accept: application/json\r\n\r\n",
             api_key);
    load->count = connections;
    for (int i = 0; i < connections; i++) {
        load->askers[i].fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(load->askers[i].fd, (struct sockaddr *)&address, sizeof address) != 0)
            give_up("%s cannot be reached", url);
        setsockopt(load->askers[i].fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
}

static void close_load(struct load *load)
{
    for (int i = 0; i < load->count; i++)
        close(load->askers[i].fd);
}

static void ask(struct load *load, struct asker *asker)
{
    asker->head_len = 0;
    asker->in_body = 0;
    if (send(asker->fd, load->request, strlen(load->request), MSG_NOSIGNAL) < 0)
        give_up("a connection was lost");
}

/* 1 when the answer is complete. */
static int hear(struct load *load, struct asker *asker)
{
    static char body[256 * 1024];
    char *to = asker->in_body ? body : asker->head + asker->head_len;
    size_t room = asker->in_body ? sizeof body : sizeof asker->head - 1 - asker->head_len;
    ssize_t got = recv(asker->fd, to, room, 0);

    if (got <= 0)
        give_up("a connection was lost");
    if (asker->in_body) {
        asker->body_left -= (size_t)got;
        return asker->body_left == 0;
    }
    asker->head_len += (size_t)got;
    asker->head[asker->head_len] = '\0';
    char *end = strstr(asker->head, "\r\n\r\n"), *length = strcasestr(asker->head, "Content-Length:");
    if (!end)
        return 0;
    if (strncmp(asker->head, "HTTP/1.1 200", 12) != 0 || !length)
        give_up("not the answer that was expected: %.200s", asker->head);
    load->body_len = strtoul(length + strlen("Content-Length:"), NULL, 10);
    asker->in_body = 1;
    asker->body_left = load->body_len - (asker->head_len - (size_t)(end + 4 - asker->head));
    return asker->body_left == 0;
}

/* Requests per second. */
static double run_load(struct load *load)
{
    struct pollfd polled[CONNECTIONS_MAX];
    int asked = load->count, answered = 0;
    double begin = now_us();

    for (int i = 0; i < load->count; i++) {
        polled[i] = (struct pollfd){ .fd = load->askers[i].fd, .events = POLLIN };
        ask(load, &load->askers[i]);
    }
    while (answered < REQUESTS) {
        poll(polled, (nfds_t)load->count, -1);
        for (int i = 0; i < load->count; i++) {
            if (!polled[i].revents || !hear(load, &load->askers[i]))
                continue;
            answered++;
            if (asked < REQUESTS) {
                ask(load, &load->askers[i]);
                asked++;
            } else {
                polled[i].fd = -1;
            }
        }
    }
    return REQUESTS / (now_us() - begin) * 1e6;
}

static void create_sandboxes(const struct gateway *gateway, int count)
{
    k7_config *config = NULL;
    k7_client *client = NULL;
    k7_error *error = NULL;
    k7_spec *spec = NULL;
    char name[32];

    if (k7_config_new(&config, &error) != 0 || k7_config_set(config, "endpoint", gateway->url, &error) != 0 ||
        k7_config_set(config, "rest.api_key", gateway->api_key, &error) != 0 ||
        k7_client_open(config, &client, &error) != 0)
        give_up("no client: %s", k7_error_get_message(error));
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "sandbox-%05d", i);
        if (k7_spec_new(name, "docker.io/library/alpine:3.20", &spec, &error) != 0 ||
            k7_sandbox_create(client, spec, NULL, NULL, &error) != 0)
            give_up("create: %s", k7_error_get_message(error));
        k7_spec_free(spec);
    }
    k7_client_unref(client);
    k7_config_free(config);
}

int main(int argc, char **argv)
{
    static struct load to_gateway, to_bare;
    struct series gateway_rate = { 0 }, bare_rate = { 0 }, ratios = { 0 };
    struct static_server bare;
    struct gateway gateway;
    static char same[1024 * 1024]; /* only its length matters to the bare server */

    if (argc != 4 || atoi(argv[2]) < 1 || atoi(argv[2]) > CONNECTIONS_MAX)
        give_up("usage: gateway SANDBOXES CONNECTIONS ROUNDS");
    if (gateway_start(&gateway, "memory:") != 0)
        give_up("the gateway does not start");
    create_sandboxes(&gateway, atoi(argv[1]));
    open_load(&to_gateway, gateway.url, gateway.api_key, atoi(argv[2]));
    run_load(&to_gateway);
    memset(same, ' ', sizeof same);
    static_server_start(&bare, NULL, same, to_gateway.body_len);
    open_load(&to_bare, bare.url, gateway.api_key, atoi(argv[2]));
    run_load(&to_bare);
    for (int i = atoi(argv[3]); i > 0; i--) {
        double with_gateway = run_load(&to_gateway), without = run_load(&to_bare);

        series_add(&gateway_rate, with_gateway);
        series_add(&bare_rate, without);
        series_add(&ratios, without / with_gateway);
    }
    printf(
        "list of %s (%zu bytes), %s connections, %s x %d requests each: gateway %.0f requests/s, bare libmicrohttpd %.0f requests/s; "
        "the gateway takes %.2f times as long (%.2f to %.2f)\n",
        argv[1], to_gateway.body_len, argv[2], argv[3], REQUESTS, series_at(&gateway_rate, 0.5),
        series_at(&bare_rate, 0.5), series_at(&ratios, 0.5), series_at(&ratios, 0), series_at(&ratios, 1));
    close_load(&to_gateway);
    close_load(&to_bare);
    static_server_stop(&bare);
    gateway_stop(&gateway);
    return 0;
}
