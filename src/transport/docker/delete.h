/* delete.h: the plan of delete. */
#ifndef K7I_DOCKER_DELETE_H
#define K7I_DOCKER_DELETE_H

#include "transport/docker/engine.h"

extern const struct k7i_plan k7i_docker_delete_plan;

#endif
