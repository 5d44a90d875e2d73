/* inspect.h: an engine's container objects as sandboxes. The plan of get is here, too. */
#ifndef K7I_DOCKER_INSPECT_H
#define K7I_DOCKER_INSPECT_H

#include "transport/docker/engine.h"

enum { K7I_CONTAINER_ID_SIZE = 72 }; /* 64 hexadecimal digits, a NUL, and some room */

/* What is read from GET /containers/ID/json, or from an entry of GET /containers/json. Texts are borrowed from the JSON. */
struct k7i_container {
    const char *id, *state, *error, *names; /* names: "/k7_…" */
    const char *sandbox, *namespace_, *image, *create_id, *app;
    int has_script, oom_killed;
    int64_t exit_code, restarts, created_unix; /* exit_code -1, created_unix -1: not said */
};

void k7i_container_read(const struct k7i_json_value *object, struct k7i_container *ret_container);
void k7i_container_read_entry(const struct k7i_json_value *entry, struct k7i_container *ret_container);

/* Ours: the labels say so, and the container has the name that they make. suffix: "", or that of the companion. */
int k7i_container_is(const struct k7i_container *container, const char *namespace_, const char *name,
                     const char *suffix);
int k7i_container_is_running(const struct k7i_container *container);
int k7i_container_has_ended(const struct k7i_container *container);
/* ready: -1 when it cannot be told without asking further. */
int k7i_container_is_ready(const struct k7i_container *container);
/* Why it does not run: "" while it does. */
void k7i_container_why(const struct k7i_container *container, struct k7i_buf *text);
int k7i_container_to_sandbox(const struct k7i_container *container, int ready, k7_sandbox **ret_sandbox,
                             k7_error **err);

/* Copies an id if it is one: 0, or -1. */
int k7i_container_keep_id(const char *id, char ret_id[K7I_CONTAINER_ID_SIZE]);

extern const struct k7i_plan k7i_docker_get_plan;

#endif
