/* connections.h: every connection of every client: how many, how long, and who has left.
 *
 * The HTTP library limits connections by refusing new ones and times out silence only. That lets a client who sends one byte now and then, or opens
 * many connections and says nothing, keep others out. Here a new connection displaces the one that has been idle longest, every request has
 * a total time to arrive in, and a client that goes away while its sandbox is being made cancels that. */
#ifndef GATEWAY_CONNECTIONS_H
#define GATEWAY_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <k7sandbox/call.h>

struct connections;
struct connection;

enum connection_end {
    CONNECTION_OPEN,
    CONNECTION_LEFT,     /* the client closed its side */
    CONNECTION_TOO_SLOW, /* cut: the total time was over */
    CONNECTION_CUT,      /* cut: its place was needed, or the gateway ends */
};

/* max: connections at once; max_per_ip: of one address. request_ms: total time for a request to arrive and for an answer to be taken. Starts a thread. NULL: failed. */
struct connections *connections_new(size_t max, size_t max_per_ip, int64_t request_ms);
void connections_free(struct connections *connections);
/* What the HTTP library must be prepared to hold: `max` and a reserve, so that a connection beyond the limit can be answered. */
size_t connections_capacity(const struct connections *connections);

/* NULL: no place left. */
struct connection *connection_open(struct connections *connections, int fd, const struct sockaddr *peer);
void connection_close(struct connection *connection);

const char *connection_peer(const struct connection *connection);
/* 0, or the status that a request on this connection must be refused with, as everybody else is busy: 429 (its address has too many), 503. */
int connection_excess(const struct connection *connection);
enum connection_end connection_end(const struct connection *connection);

/* The states of a connection, in their order; the request's head is complete: it is no longer displaced. */
void connection_request(struct connection *connection);
/* Work begins: no time limit here, the call has its own. cancel is triggered when the client leaves (if it says so) or the gateway ends. Returns false when the
 * client has left already. */
bool connection_work(struct connection *connection, k7_cancel *cancel, bool cancel_when_left);
/* Work is over; returns whether the client has left. */
bool connection_work_done(struct connection *connection);
void connection_answer(struct connection *connection);
/* The answer was given early; what else arrives is thrown away for a short while. */
void connection_linger(struct connection *connection);
void connection_idle(struct connection *connection);

/* For ending: cuts idle connections; how many are busy; cancels what is under way, and cuts what has not arrived yet. */
void connections_cut_idle(struct connections *connections);
size_t connections_busy(struct connections *connections);
void connections_cancel(struct connections *connections);

#endif
