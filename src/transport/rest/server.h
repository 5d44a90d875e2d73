/* server.h: what is known of a server: K7's version, or what our own gateway declares; learnt from GET / when an operation needs to know, and kept for
 * the client's other calls. Any thread. */
#ifndef K7I_TRANSPORT_REST_SERVER_H
#define K7I_TRANSPORT_REST_SERVER_H

#include "format/json.h"
#include <k7sandbox/spec.h>
#include <pthread.h>

enum { K7I_REST_FEATURE_ENV = 1, K7I_REST_FEATURE_UNDER_LOCK = 2 };

struct k7i_rest_facts {
    int known;         /* GET / was answered by a K7 server or a gateway */
    int gateway;       /* ours: it refuses what it cannot do, whatever its version */
    char version[24];  /* as the server wrote it; "": it did not say */
    int number;        /* of the version: major * 10^6 + minor * 10^3 + patch; 0: unknown */
    unsigned features; /* K7I_REST_FEATURE_* */
};

struct k7i_rest_server {
    pthread_mutex_t lock;
    struct k7i_rest_facts facts;
    int no_outage_check; /* it does not have what outage.c asks for */
    char *secret;        /* the credential sent last, to be struck out of what a server sends back; or NULL */
};

int k7i_rest_server_init(struct k7i_rest_server *server); /* 0, or -1 */
void k7i_rest_server_clear(struct k7i_rest_server *server);
void k7i_rest_server_facts(struct k7i_rest_server *server, struct k7i_rest_facts *ret_facts);
void k7i_rest_server_learn(struct k7i_rest_server *server, const struct k7i_rest_facts *facts);
int k7i_rest_server_has_outage_check(struct k7i_rest_server *server);
void k7i_rest_server_no_outage_check(struct k7i_rest_server *server);
void k7i_rest_server_keep_secret(struct k7i_rest_server *server, const char *secret);
void k7i_rest_server_strike(struct k7i_rest_server *server, char *text, size_t len);

/* Reads the answer to GET /. */
void k7i_rest_facts_read(const struct k7i_json_value *root, struct k7i_rest_facts *ret_facts);

/* What a spec asks of a server beyond what every K7 version has. A K7 server ignores fields that it does not know, so they must not reach it. */
struct k7i_rest_needs {
    unsigned features; /* declared by the server */
    int version;       /* at least this one */
    const char *field; /* that needs this version; static text */
};
void k7i_rest_needs_of(const k7_spec *spec, struct k7i_rest_needs *ret_needs);
/* A field that the server does not have (static text); NULL: it has all. */
const char *k7i_rest_needs_unmet(const struct k7i_rest_needs *needs, const struct k7i_rest_facts *facts);

#endif
