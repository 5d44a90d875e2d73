/* static_server.c: see static_server.h. */
#include "static_server.h"

#include "measure.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct static_server_counts {
    atomic_int connections, requests, port;
};

static struct MHD_Response *answer; /* the server process's */

static enum MHD_Result handle(void *user, struct MHD_Connection *http, const char *url, const char *method,
                              const char *version, const char *bytes, size_t *len, void **place)
{
    struct static_server_counts *counts = user;

    (void)url, (void)method, (void)version, (void)bytes, (void)len;
    if (!*place) {
        *place = counts;
        return MHD_YES;
    }
    atomic_fetch_add(&counts->requests, 1);
    return MHD_queue_response(http, MHD_HTTP_OK, answer);
}

static void note_connection(void *user, struct MHD_Connection *http, void **place,
                            enum MHD_ConnectionNotificationCode what)
{
    struct static_server_counts *counts = user;

    (void)http, (void)place;
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        atomic_fetch_add(&counts->connections, 1);
}

static char *read_file(const char *folder, const char *name)
{
    char path[4096], *text = calloc(1, 65536);

    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    if (!file || !text || fread(text, 1, 65535, file) == 0)
        give_up("%s cannot be read", path);
    fclose(file);
    return text;
}

static _Noreturn void serve(struct static_server_counts *counts, const char *certificates, const char *body,
                            size_t len)
{
    char *cert = certificates ? read_file(certificates, "server.pem") : NULL;
    char *key = certificates ? read_file(certificates, "server.key") : NULL;
    const struct MHD_OptionItem tls[] = { { MHD_OPTION_HTTPS_MEM_CERT, 0, cert },
                                          { MHD_OPTION_HTTPS_MEM_KEY, 0, key },
                                          { MHD_OPTION_END, 0, NULL } };
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

    answer = MHD_create_response_from_buffer(len, (void *)(size_t)body, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(answer, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
    MHD_add_response_header(answer, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    MHD_add_response_header(answer, "X-Content-Type-Options", "nosniff");
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | (certificates ? MHD_USE_TLS : 0u), 0, NULL, NULL, handle, counts,
        MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_NOTIFY_CONNECTION, note_connection, counts,
        MHD_OPTION_ARRAY, certificates ? tls : &tls[2], MHD_OPTION_END);
    const union MHD_DaemonInfo *info = daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
    if (!info)
        give_up("the static server does not start");
    atomic_store(&counts->port, info->port);
    for (;;)
        pause();
}

void static_server_start(struct static_server *server, const char *certificates, const char *body, size_t len)
{
    struct static_server_counts *counts =
        mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t parent = getpid();

    if (counts == MAP_FAILED)
        give_up("out of memory");
    server->counts = counts;
    server->process = fork();
    if (server->process < 0)
        give_up("no process for the static server");
    if (server->process == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() == parent)
            serve(counts, certificates, body, len);
        _exit(1);
    }
    while (atomic_load(&counts->port) == 0) {
        if (waitpid(server->process, NULL, WNOHANG) != 0)
            give_up("the static server ended");
        usleep(1000);
    }
    snprintf(server->url, sizeof server->url, certificates ? "https://localhost:%d" : "http://127.0.0.1:%d",
             atomic_load(&counts->port));
}

void static_server_stop(struct static_server *server)
{
    kill(server->process, SIGTERM);
    waitpid(server->process, NULL, 0);
    munmap(server->counts, sizeof *server->counts);
}

int static_server_connections(const struct static_server *server)
{
    return atomic_load(&server->counts->connections);
}

int static_server_requests(const struct static_server *server)
{
    return atomic_load(&server->counts->requests);
}
