/* registry_auth.h: credentials of registries as the engine wants them: the header X-Registry-Auth. Knows nothing of requests. */
#ifndef K7I_DOCKER_REGISTRY_AUTH_H
#define K7I_DOCKER_REGISTRY_AUTH_H

#include "model/image.h"
#include <k7sandbox/error.h>

struct k7i_registry_auth;

/* From {"HOST": {"username": …, "password": …}, "HOST": {"identitytoken": …}}; text NULL: no credentials, *ret_auth NULL. K7_ERR_INVALID_CONFIG never shows a value. */
int k7i_registry_auth_new(const char *text, struct k7i_registry_auth **ret_auth, k7_error **err);
struct k7i_registry_auth *k7i_registry_auth_free(struct k7i_registry_auth *auth); /* NULL */

/* The header's value for an image, or NULL: its registry has no credentials. Borrowed. */
const char *k7i_registry_auth_for(const struct k7i_registry_auth *auth, const struct k7i_image *image);

#endif
