/* object_server.h: a small HTTP server for tests of the runner: it keeps named objects, counts requests, and fails the n-th as told.
 * POST /NAME with a body makes an object (201, 409 when it is there), GET /NAME gives its body (200, 404), DELETE /NAME removes it (200, 404). */
#ifndef K7T_OBJECT_SERVER_H
#define K7T_OBJECT_SERVER_H

enum fault {
    FAULT_NONE,
    FAULT_REFUSE,      /* 403, not carried out */
    FAULT_500_BEFORE,  /* 500, not carried out */
    FAULT_500_AFTER,   /* 500, carried out */
    FAULT_503_ASKED,   /* 503 with Retry-After: 0, not carried out */
    FAULT_429,         /* 429, not carried out */
    FAULT_CUT_BEFORE,  /* connection closed without an answer, not carried out */
    FAULT_CUT_AFTER,   /* the same, carried out */
    FAULT_HANG_BEFORE, /* never answered, not carried out */
    FAULT_HANG_AFTER,  /* the same, carried out */
    FAULT_LATE, /* carried out and answered after object_server_let_go(), whether the client is still there or not */
    FAULT_HALF_CUT,  /* carried out; half of the body, then the connection is closed */
    FAULT_HALF_HANG, /* the same, but then nothing more comes */
    FAULT_COUNT
};

struct object_server;

struct object_server *object_server_start(void);
void object_server_stop(struct object_server *server);
const char *object_server_url(const struct object_server *server);
void object_server_forget(struct object_server *server); /* objects, faults and counts */
void object_server_fault(struct object_server *server, int n,
                         enum fault fault); /* the n-th request from now, from 1 */
int object_server_requests(struct object_server *server);
int object_server_connections(struct object_server *server);
int object_server_made(struct object_server *server, const char *name); /* how often it was made */
int object_server_has(struct object_server *server, const char *name);
int object_server_count(struct object_server *server);
void object_server_put(struct object_server *server, const char *name,
                       const char *body);                      /* somebody else's */
void object_server_await(struct object_server *server, int n); /* until n requests have come */

void object_server_let_go(struct object_server *server);

#endif
