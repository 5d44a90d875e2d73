/* env.h: environment variables and K7's .env format (K7 contract, section 2.1.1). */
#ifndef K7I_MODEL_ENV_H
#define K7I_MODEL_ENV_H

#include <k7sandbox/error.h>
#include <stddef.h>

int k7i_env_check_key(const char *key, k7_error **err);
/* Calls fn for every variable in order. Errors: K7_ERR_PARSE with the line (not UTF-8, NUL, a key that is no variable name), or fn's. No variable at all is
 * an error, too: "empty or invalid". */
int k7i_env_parse(const char *text, size_t len,
                  int (*fn)(void *user, const char *key, const char *value, k7_error **err), void *user,
                  k7_error **err);

#endif
