/* engine.h: what all operations of the docker transport share: the instance, what is learnt about the engine, paths, labels, and the errors of both dialects
 * (dockerd and podman). It knows nothing of single operations. */
#ifndef K7I_DOCKER_ENGINE_H
#define K7I_DOCKER_ENGINE_H

#include "format/json.h"
#include "transport/docker/registry_auth.h"
#include "transport/table.h"

#include <pthread.h>

/* Engine API version in every path: the newest that podman 4.3 and dockerd 20.10 both speak. */
#define K7I_DOCKER_API "/v1.41"

/* Labels. The first three are K7's own (K7 contract, section 0.4); the others are this transport's. */
#define K7I_LABEL_APP       "app"
#define K7I_LABEL_RUNTIME   "runtime"
#define K7I_LABEL_SANDBOX   "katakate.org/sandbox"
#define K7I_LABEL_NAMESPACE "k7.katakate.org/namespace"
#define K7I_LABEL_CREATE_ID "k7.katakate.org/create-id"
#define K7I_LABEL_IMAGE     "k7.katakate.org/image"         /* as it was asked for */
#define K7I_LABEL_SCRIPT    "k7.katakate.org/before-script" /* "true": there is one */

/* What the engine says of itself in GET /info. */
struct k7i_engine {
    int known;
    int is_podman;
    int memory_limit, swap_limit, cpu_limit, pids_limit, seccomp;
    int cpu_count; /* 0: not said */
};

struct k7i_docker {
    struct k7i_peer *peer;
    k7_config *config; /* a copy of the keys */
    struct k7i_registry_auth *auth;
    pthread_mutex_t lock; /* over engine */
    struct k7i_engine engine;
};

struct k7i_engine k7i_docker_engine(struct k7i_docker *docker);
/* Reads GET /info and remembers it; 0, or K7_ERR_PROTOCOL. */
int k7i_docker_learn(struct k7i_docker *docker, const struct k7i_response *response, k7_error **err);
void k7i_engine_read(const struct k7i_json_value *info, struct k7i_engine *ret_engine);

/* "k7_<namespace>_<name>": neither can contain an underscore, so that it is unambiguous. NULL: out of memory. */
char *k7i_docker_container_name(const char *namespace_, const char *name);

/* Starts a request: method and API path; segments and a query are appended to request->target. */
void k7i_docker_request(struct k7i_request *request, const char *method, const char *path,
                        enum k7i_repeat repeat);
/* "/containers/ID_OR_NAME" and what follows, e.g. "/start". */
void k7i_docker_container(struct k7i_request *request, const char *method, const char *container,
                          const char *rest, enum k7i_repeat repeat);
/* The query filters={"label":[…]} for all of the labels. */
void k7i_docker_label_filter(struct k7i_request *request, const char *const *labels, size_t count);
/* "LABEL=VALUE", for the above. NULL: out of memory. */
char *k7i_docker_label(const char *label, const char *value);

/* The body as JSON, or an error K7_ERR_PROTOCOL that says what it should have been. */
int k7i_docker_parse(const struct k7i_response *response, const char *what, struct k7i_json **ret_json,
                     k7_error **err);

/* Appends words of the engine's on one line, the first of them, at most about 1000 bytes. */
void k7i_docker_words(struct k7i_buf *text, const char *words);
/* Fails the operation with what the engine answered: `code` (0: by the HTTP status), the text, then the engine's own words. */
enum k7i_verdict k7i_docker_refused(struct k7i_op *op, const struct k7i_response *response, int code,
                                    const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Whether the answer is an error whose text contains `words`: podman's cause or message, dockerd's message. */
int k7i_docker_says(const struct k7i_response *response, const char *words);

#endif
