/* registry_auth.h: credentials of registries as the engine wants them: the header X-Registry-Auth. Knows nothing of requests. */
#ifndef K7I_DOCKER_REGISTRY_AUTH_H
#define K7I_DOCKER_REGISTRY_AUTH_H

#include "base/buf.h"
#include <k7sandbox/error.h>

struct k7i_registry_auth;

/* From {"HOST": {"username": …, "password": …}, "HOST": {"identitytoken": …}}; text NULL: no credentials, *ret_auth NULL. K7_ERR_INVALID_CONFIG never shows a value. */
int k7i_registry_auth_new(const char *text, struct k7i_registry_auth **ret_auth, k7_error **err);
struct k7i_registry_auth *k7i_registry_auth_free(struct k7i_registry_auth *auth); /* NULL */

/* The header's value for an image, or NULL: its registry has no credentials. Borrowed. */
const char *k7i_registry_auth_for(const struct k7i_registry_auth *auth, const char *image);

/* The registry in an image's name: "localhost:5000" of "localhost:5000/a/b:1"; "docker.io" when there is none. Returns its length; *ret_host is not terminated. */
size_t k7i_image_registry(const char *image, const char **ret_host);
/* Whether a name has a tag or a digest: without either, engines pull every tag. */
int k7i_image_has_version(const char *image);

#endif
