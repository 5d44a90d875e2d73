/* server.h: the HTTP side of the gateway: libmicrohttpd and what it calls. */
#ifndef GATEWAY_SERVER_H
#define GATEWAY_SERVER_H

#include "request.h"

struct server;

/* Serves on a listening socket, which is the server's from now on. cert and key: PEM, kept until server_stop(), or NULL. NULL: failed. */
struct server *server_start(struct gateway *gateway, int listen_fd, const char *cert, const char *key);
/* Accepts no more connections; those that are there go on. */
void server_quiesce(struct server *server);
/* No connection may be suspended any more: stop the workers first. */
void server_stop(struct server *server);
/* What the workers run: carries a request out and lets its connection go on. */
void server_carry_out(struct request *request);

#endif
