/* scripted_server.h: an HTTP/1.1 peer on the loopback that does what a test tells it: for faults that real servers do not show on demand. It records every request
 * with its body, so that executions can be counted. Each connection has a thread; nothing in it waits for a time. */
#ifndef K7_TESTS_SCRIPTED_SERVER_H
#define K7_TESTS_SCRIPTED_SERVER_H

#include <stddef.h>

/* What the server does when a request is complete. The next request's exchange is the next one pushed; when none is left, the fallback; without one the
 * connection is held open without an answer. */
enum scripted_act_kind {
    SCRIPTED_SEND,  /* bytes as they are */
    SCRIPTED_FILL,  /* `len` times the byte data[0] */
    SCRIPTED_WAIT,  /* until scripted_server_release() */
    SCRIPTED_CLOSE, /* the connection, in order */
    SCRIPTED_RESET, /* the connection, with a reset */
    SCRIPTED_HANG   /* says nothing until the client goes away */
};

struct scripted_act {
    enum scripted_act_kind kind;
    const char *data; /* copied */
    size_t len;       /* 0 with SCRIPTED_SEND: data is text */
};

struct scripted_tls {
    const char *cert_file, *key_file;
    const char *client_ca_file; /* or NULL: no client certificate is asked for */
    int only_tls_1_1, only_tls_1_2;
    int hang_in_handshake; /* accepts the connection and never says a word */
};

struct scripted_request {
    const char *method, *target, *headers, *body; /* headers: all lines, "\r\n" between them */
    size_t body_len;
    int connection; /* 0, 1, …: the number of the connection it came on */
};

struct scripted_server;

struct scripted_server *scripted_server_start(
    const struct scripted_tls *tls); /* tls NULL: plain; aborts when it cannot */
void scripted_server_stop(struct scripted_server *server);
const char *scripted_server_url(
    const struct scripted_server *server); /* "http://127.0.0.1:PORT", "https://localhost:PORT" */
int scripted_server_port(const struct scripted_server *server);

void scripted_server_push(struct scripted_server *server, const struct scripted_act *acts, size_t count);
void scripted_server_fallback(struct scripted_server *server, const struct scripted_act *acts, size_t count);
/* One exchange: a complete answer with its Content-Length. headers: further lines, each with "\r\n", or NULL. */
void scripted_server_answer(struct scripted_server *server, int status, const char *headers,
                            const char *body);
void scripted_server_answer_always(struct scripted_server *server, int status, const char *headers,
                                   const char *body);
void scripted_server_release(struct scripted_server *server); /* one SCRIPTED_WAIT, also a later one */

/* These wait for the event; a test that waits in vain is ended by its own time limit. */
void scripted_server_await_requests(struct scripted_server *server, int count);
void scripted_server_await_connections(struct scripted_server *server, int count);
void scripted_server_await_closed(struct scripted_server *server, int count); /* connections that are over */

int scripted_server_requests(struct scripted_server *server);
int scripted_server_connections(struct scripted_server *server);
/* Its texts are borrowed until the server stops; a number that is too high gives empty ones. */
struct scripted_request scripted_server_request(struct scripted_server *server, int i);
int scripted_server_bodies(struct scripted_server *server,
                           const char *method); /* complete requests of this method */

#endif
