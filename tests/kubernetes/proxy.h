/* proxy.h: an HTTP proxy on the loopback between a client and the API server, which does to one request, or to all from one on, what networks and servers do. It counts
 * requests. Watches flow through it. Each connection has a thread; nothing in it waits for a time. */
#ifndef KUBERNETES_PROXY_H
#define KUBERNETES_PROXY_H

enum proxy_act {
    PROXY_FORWARD,
    PROXY_REFUSE, /* the connection is reset before the request is read */
    PROXY_CUT,    /* the request is read, and the connection closed */
    PROXY_429,    /* answers, with Retry-After: 0, without asking the server */
    PROXY_500,    /* "etcdserver: request timed out" */
    PROXY_503,    /* without Retry-After, so that nobody knows whether it was executed */
    PROXY_403,
    PROXY_HANG, /* no answer until the client goes away; never executed */
    PROXY_LATE, /* the same; executed then */
    PROXY_DROP, /* executed, and the connection closed without the answer */
    PROXY_HALF, /* executed, and half of the answer */
    PROXY_ACTS,
    PROXY_NO_PROTOBUF /* no fault, but another server: 406 where protobuf is asked for, else forwards */
};

struct proxy;

struct proxy_plan {
    int n; /* which request, from 1; 0: none */
    enum proxy_act act;
    int and_later; /* all after it, too */
    int fails; /* this request, before n, is answered by 403: an operation then takes back what it did; 0: none */
    void (*before)(void *user); /* called when it has come, before anything is done with it; or NULL */
    void (*after)(void *user);  /* called when it was executed, before the client learns of it; or NULL */
    void *user;
};

struct proxy *proxy_start(void); /* fails the test when it cannot */
void proxy_stop(struct proxy *proxy);
/* From now on; requests are counted from 1 again. NULL: forwards everything. */
void proxy_set_plan(struct proxy *proxy, const struct proxy_plan *plan);
/* Returns when every request with PROXY_LATE was executed: their clients must have gone. */
void proxy_await_late(struct proxy *proxy);
int proxy_requests(struct proxy *proxy);               /* since then */
const char *proxy_request(struct proxy *proxy, int n); /* "POST /api/v1/…"; "" when there was none */
/* Whether the client has had an answer to such a request, wholly, and gone on to another one: 2xx or 404. end: of the path, "/secrets/demo-env". */
int proxy_has_told(struct proxy *proxy, const char *method, const char *end);
const char *proxy_kubeconfig(
    const struct proxy *proxy); /* a file: the server is the proxy, which has the administrator's rights */
const char *proxy_act_name(enum proxy_act act);

#endif
