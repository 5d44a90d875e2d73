/* create.h: the state of a create, shared by the files that hold its steps: image.c, bridge.c, network.c, ready.c, and create.c with the plan itself. */
#ifndef K7I_DOCKER_CREATE_H
#define K7I_DOCKER_CREATE_H

#include "transport/docker/container.h"
#include "transport/docker/inspect.h"
#include "transport/docker/pull.h"
#include "transport/docker/script.h"

#define K7I_COMPANION_SUFFIX "_net"

struct k7i_create {
    k7_spec *spec;
    char *namespace_, *container, *companion; /* container names */
    char create_id[K7I_CREATE_ID_LEN + 1];
    enum k7i_docker_egress egress;
    struct k7i_engine engine;
    int image_is_there;
    struct k7i_pull pull;
    enum k7i_create_bridge {
        K7I_BRIDGE_LOOK,
        K7I_BRIDGE_MAKE,
        K7I_BRIDGE_REMOVE
    } bridge; /* what to do next */
    int bridge_tries;
    int ambiguous_starts; /* how often two networks of its name kept the container from starting */
    char network_id[K7I_CONTAINER_ID_SIZE];      /* dockerd's bridge */
    char made_network_id[K7I_CONTAINER_ID_SIZE]; /* "": it was there */
    /* What undoing needs lies here, not in memory that could run out. "": not made, or not known yet. */
    char id[K7I_CONTAINER_ID_SIZE], companion_id[K7I_CONTAINER_ID_SIZE];
    int looked_in_vain; /* after an answer was lost; the engine may have been at it still */
    struct k7i_log log;
    int silences,
        troubles; /* how often the log was silent; could not be read, or the container not looked at */
    enum k7i_create_wait {
        K7I_WAIT_LOG,  /* follow the log until the words come */
        K7I_WAIT_LOOK, /* it ended without them: look at the container */
        K7I_WAIT_READ  /* it has ended, too: now its log is complete */
    } wait;
    struct k7i_buf inspected; /* what the look found */
};

/* image.c */
extern const struct k7i_step k7i_create_look_for_image, k7i_create_pull_image;
/* bridge.c */
extern const struct k7i_step k7i_create_network;
/* network.c */
extern const struct k7i_step k7i_create_companion, k7i_create_start_companion, k7i_create_lock_egress;
/* ready.c */
extern const struct k7i_step k7i_create_before_script, k7i_create_ready;

/* create.c: for the two containers that a create may make. */
enum k7i_verdict k7i_create_made(struct k7i_op *op, const struct k7i_response *response, const char *name,
                                 char ret_id[K7I_CONTAINER_ID_SIZE]);
enum k7i_verdict k7i_create_settle(struct k7i_op *op, const struct k7i_response *response,
                                   char ret_id[K7I_CONTAINER_ID_SIZE]);
enum k7i_verdict k7i_create_started(struct k7i_op *op, const struct k7i_response *response);
enum k7i_verdict k7i_create_has_started(struct k7i_op *op, const struct k7i_response *response);
enum k7i_verdict k7i_docker_delete_begin(struct k7i_request *request, const char *id);
enum k7i_verdict k7i_docker_delete_reply(struct k7i_op *op, const struct k7i_response *response,
                                         const char *name);
/* ready.c: fails with why the container does not run: its script's status and output, or what the engine says. */
enum k7i_verdict k7i_create_fail_why(struct k7i_op *op, const struct k7i_container *container);

extern const struct k7i_plan k7i_docker_create_plan;

#endif
