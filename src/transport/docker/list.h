/* list.h: the plan of list. */
#ifndef K7I_DOCKER_LIST_H
#define K7I_DOCKER_LIST_H

#include "transport/docker/engine.h"

extern const struct k7i_plan k7i_docker_list_plan;

#endif
