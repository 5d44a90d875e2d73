/* peer.h: the engine seen past the library: its API through libcurl's easy interface and json-c, nothing of ours in between. */
#ifndef DOCKER_PEER_H
#define DOCKER_PEER_H

#include "../support/peer_json.h"

void peer_open(const char *socket_path);
/* One request; *ret_status (may be NULL) is the HTTP status. The answer as JSON, or NULL when it is empty or not JSON; json_object_put() it. */
json_object *peer_call(const char *method, const char *path, const char *body, int *ret_status);

json_object *peer_inspect(const char *container); /* fails the test when it is not there */
/* Runs a shell command in a container; its output (both streams) in a static buffer, without white space at the end. *ret_exit may be NULL. */
const char *peer_exec(const char *container, const char *command, int *ret_exit);
int peer_count(
    const char *namespace_); /* containers labelled with the namespace, companions included, in any state */
void peer_remove_all(const char *namespace_);

#endif
