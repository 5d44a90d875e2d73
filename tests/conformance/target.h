/* target.h: what the suite runs against. The cases are the same for all; where results may differ is declared here, and nowhere else. */
#ifndef CONFORMANCE_TARGET_H
#define CONFORMANCE_TARGET_H

#include <k7sandbox/k7sandbox.h>

/* What a target can do. */
enum {
    TELLS_UID = 1 << 0,      /* sandboxes have a uid */
    HAS_CONDITION = 1 << 1,  /* a delete may be bound to a uid; else UNSUPPORTED_ARGUMENT */
    RUNS_SCRIPTS = 1 << 2,   /* before_script is run; else its last command tells how it ends */
    PULLS_IMAGES = 1 << 3,   /* an image that does not exist is found out */
    TAKES_BACK = 1 << 4,     /* what a call made is gone when it returns; else some time later */
    SHOWS_REQUESTS = 1 << 5, /* in a dry run; else UNSUPPORTED_ARGUMENT */
};

/* Which fields of a spec a target honours; the others are refused with UNSUPPORTED_ARGUMENT. */
enum {
    FIELD_ENV_FILE = 1 << 0,
    FIELD_EGRESS_LIST = 1 << 1,
    FIELD_STORAGE = 1 << 2,
    FIELD_KEPT_CAPABILITIES = 1 << 4, /* a cap_drop that does not drop all */
    FIELD_BACKEND = 1 << 3,           /* K7's default one, by name */
    FIELD_PORTS = 1 << 5,             /* and all that needs an agent of K7's, or one of its other backends */
};

struct target {
    const char *name;
    unsigned abilities, fields;
    int (*start)(void); /* once, before the tests: 0, or 77 when something it needs is not there */
    void (*stop)(void);
    /* Opens a client; slow: a new sandbox is not ready before the tests are over (with RUNS_SCRIPTS: when its script sleeps). NULL: message on stderr. */
    k7_client *(*open)(int slow);
    void (*close)(void); /* after the client of a test is gone */
};

extern const struct target target_memory, target_custom, target_docker, target_rest_memory,
    target_rest_docker, target_kubernetes, target_rest_kubernetes;

extern const struct target *target; /* the one that is tested */
extern k7_client *client;           /* of the running test */
/* The namespaces of the cases are "default", "alpha" and "beta"; this is what the server calls them. Valid for the next three calls. */
const char *in(const char *namespace_);
extern const char *const target_namespaces[3]; /* all of them, as the cases call them */
const char *target_image(void);                /* one that is there */
k7_client *open_endpoint(const char *endpoint, const char *api_key, k7_transport *transport);

#endif
