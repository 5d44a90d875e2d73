/* static_server.h: a libmicrohttpd in a process of its own that answers every request with the same bytes, and counts. */
#ifndef K7_BENCH_STATIC_SERVER_H
#define K7_BENCH_STATIC_SERVER_H

#include <stddef.h>
#include <sys/types.h>

struct static_server {
    pid_t process;
    char url[64]; /* "https://localhost:PORT" or "http://127.0.0.1:PORT" */
    struct static_server_counts *counts;
};

/* Before any thread is started. certificates: the folder with server.pem and server.key; NULL: plain HTTP. The server ends with this process. */
void static_server_start(struct static_server *server, const char *certificates, const char *body,
                         size_t len);
void static_server_stop(struct static_server *server);
int static_server_connections(const struct static_server *server);
int static_server_requests(const struct static_server *server);

#endif
