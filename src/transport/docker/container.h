/* container.h: what a spec means for a container: which fields an engine can honour, and the bodies of POST /containers/create. Pure. */
#ifndef K7I_DOCKER_CONTAINER_H
#define K7I_DOCKER_CONTAINER_H

#include "transport/docker/engine.h"

/* How a sandbox's egress is done. */
enum k7i_docker_egress {
    K7I_EGRESS_NOTHING, /* network mode "none" from the start */
    K7I_EGRESS_ALL,     /* open for as long as it lives */
    K7I_EGRESS_LOCKED   /* open for before_script, then taken away: K7's order */
};

/* Refuses what no engine can honour or the configuration does not allow: K7_ERR_UNSUPPORTED_ARGUMENT naming the field. Needs no engine. */
int k7i_container_check(const k7_config *config, const k7_spec *spec, k7_error **err);
/* Refuses what this engine cannot honour. */
int k7i_container_check_engine(const struct k7i_engine *engine, const k7_spec *spec, k7_error **err);

enum k7i_docker_egress k7i_spec_egress(const k7_spec *spec);

struct k7i_container_plan {
    const k7_spec *spec;
    const k7_config *config;
    const struct k7i_engine *engine;
    const char *namespace_, *create_id;
    const char *network_mode;
};

void k7i_container_body(const struct k7i_container_plan *plan, struct k7i_buf *body);
/* podman only: the companion container whose network before_script uses until the lock. */
void k7i_companion_body(const struct k7i_container_plan *plan, struct k7i_buf *body);

#endif
