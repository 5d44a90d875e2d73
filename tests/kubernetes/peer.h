/* peer.h: the cluster seen past the library: its API through libcurl's easy interface and json-c, and kubectl. */
#ifndef KUBERNETES_PEER_H
#define KUBERNETES_PEER_H

#include "../support/peer_json.h"

#include <curl/curl.h>
#include <stddef.h>

/* One request, as the administrator. *ret_status (may be NULL) is the HTTP status. The answer as JSON, or NULL when it is none; json_object_put() it. Any thread. */
json_object *peer_call(const char *method, const char *path, const char *body, int *ret_status);
/* The object at a path; fails the test when it is not there. */
json_object *peer_get(const char *path);
/* Watches the objects of a collection ("/api/v1/namespaces/demo/pods", with a query or without) until one is as wanted; fails the test when none is within two
 * minutes. What is there already is shown first, as "ADDED". The event: {"type","object"}; json_object_put() it. */
json_object *peer_await(const char *collection, int (*wanted)(json_object *event, const void *user),
                        const void *user);
struct curl_slist *peer_authorization(void);             /* the administrator's header */
int peer_is_any(json_object *event, const void *unused); /* wanted: whatever comes first */

/* Runs kubectl in the test's namespace, with a time limit; the arguments are split by a shell. Its output (both streams) without white space at the end; valid for the
 * next fifteen calls. kubectl() fails the test when kubectl fails; kubectl_try() gives its exit status. */
const char *kubectl(const char *format, ...) __attribute__((format(printf, 1, 2)));
int kubectl_try(const char **ret_output, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same with a text for its standard input: kubectl_with(manifest, "apply -f -"). */
const char *kubectl_with(const char *input, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What a sandbox may consist of that is in a namespace, one line each: "Deployment demo UID", sorted by kind. *ret_count (may be NULL): how many. free() it. Any thread. */
char *peer_objects(const char *in_namespace, int *ret_count);

#endif
