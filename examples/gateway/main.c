/* main.c: k7-gateway, the K7 REST API over any transport of libk7sandbox: starts everything, waits for a signal, and ends everything in order. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "keytool.h"
#include "log.h"
#include "request.h"
#include "server.h"
#include "setup.h"
#include "workers.h"

#define PEM_MAX_BYTES (1024 * 1024)
/* After the drain time, calls are cancelled; this is how long they may then take back what they made (the library's default, and a little). */
#define CLEANUP_SECONDS 17
#define DRAIN_TICK_MS   50
static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until no request is under way. A second signal ends the process. */
static void drain(struct gateway *gateway, struct server *server, const sigset_t *signals)
{
    int64_t cancel_at = now_ms() + gateway->options->drain_seconds * 1000;
    int64_t abandon_at = cancel_at + CLEANUP_SECONDS * 1000;
    bool cancelled = false;
    atomic_store(&gateway->draining, true);
    server_quiesce(server);
    connections_cut_idle(gateway->connections);
    while (connections_busy(gateway->connections) > 0 && now_ms() < abandon_at) {
        const struct timespec tick = { .tv_nsec = DRAIN_TICK_MS * 1000000L };
        int number = sigtimedwait(signals, NULL, &tick);
        if (number > 0) {
            _exit(128 + number);
        }
        if (!cancelled && now_ms() >= cancel_at) {
            log_event("stop", "%zu requests are still under way and are cancelled",
                      connections_busy(gateway->connections));
            connections_cancel(gateway->connections);
            cancelled = true;
        }
    }
    if (connections_busy(gateway->connections) > 0) {
        connections_cancel(gateway->connections); /* the second time: abandons what is being taken back */
    }
}

static int serve(struct gateway *gateway, int listen_fd, const char *url, const char *cert, const char *key,
                 const sigset_t *signals)
{
    struct server *server = server_start(gateway, listen_fd, cert, key);
    if (server == NULL) {
        fputs("k7-gateway: the HTTP server cannot be started (with TLS: is the key the certificate's?)\n",
              stderr);
        return 1;
    }
    printf("listening on %s\n", url);
    fflush(stdout);
    log_event("start", "listening on %s, endpoint %s", url, k7_client_get_endpoint(gateway->client));
    int number = 0;
    while (sigwait(signals, &number) != 0) {
    }
    log_event("stop", "signal %d: finishing what is under way", number);
    drain(gateway, server, signals);
    workers_stop(gateway->workers);
    server_stop(server);
    log_event("stop", "ended");
    return 0;
}

/* A mistake in the store shows when the gateway starts, not at the first request; it may be mended while the gateway runs. */
static void check_store(struct key_store *keys)
{
    struct key *none = NULL;
    char why[512] = "";
    if (key_store_check(keys, "", 0, &none, why, sizeof why) == KEY_STORE_FAILED) {
        log_event("keys", "nobody is let in: %s", why);
    }
    key_release(none);
}

static int run(struct options *options, const sigset_t *signals)
{
    struct gateway gateway = { .options = options };
    struct text cert = TEXT_INIT(PEM_MAX_BYTES);
    struct text key = TEXT_INIT(PEM_MAX_BYTES);
    char url[128];
    int listen_fd = -1;
    int status = 1;
    if (setup_descriptors(options) != 0 || setup_client(options, &gateway.client) != 0 ||
        (options->tls_cert != NULL &&
         (setup_file(options->tls_cert, &cert) != 0 || setup_file(options->tls_key, &key) != 0)) ||
        setup_socket(options, &listen_fd, url, sizeof url) != 0) {
        goto cleanup;
    }
    gateway.keys = key_store_new(options->keys);
    gateway.connections =
        connections_new((size_t)options->max_connections, (size_t)options->max_connections_per_ip,
                        options->request_seconds * 1000);
    gateway.workers = workers_new((size_t)options->threads, server_carry_out);
    if (gateway.keys == NULL || gateway.connections == NULL || gateway.workers == NULL) {
        fputs("k7-gateway: out of memory or threads\n", stderr);
        goto cleanup;
    }
    check_store(gateway.keys);
    status = serve(&gateway, listen_fd, url, cert.bytes, key.bytes, signals);
    listen_fd = status == 0 ? -1 : listen_fd; /* closed with the server */
cleanup:
    workers_free(gateway.workers);
    connections_free(gateway.connections);
    key_store_free(gateway.keys);
    k7_client_unref(gateway.client);
    text_clear(&cert);
    text_clear(&key);
    if (listen_fd >= 0) {
        close(listen_fd);
    }
    return status;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "key") == 0) {
        return keytool_main(argc - 1, argv + 1);
    }
    struct options options;
    int parsed = options_parse(argc, argv, &options);
    if (parsed != 0) {
        return parsed > 0 ? 0 : 2;
    }
    /* blocked before the first thread is made, so that only sigwait() sees them */
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (log_start() != 0) {
        fputs("k7-gateway: no thread can be made\n", stderr);
        return 1;
    }
    int status = run(&options, &signals);
    log_stop();
    return status;
}
