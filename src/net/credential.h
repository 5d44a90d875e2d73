/* credential.h: a bearer token that has to be fetched, cached until it expires, and fetched once more after a 401. Any thread. */
#ifndef K7I_NET_CREDENTIAL_H
#define K7I_NET_CREDENTIAL_H

#include <k7sandbox/error.h>
#include <stdint.h>

struct k7i_credential;

struct k7i_credential_source {
    /* Gives a token without "Bearer" as a secret (base/secret.h) and when it expires (-1: unknown, not cached). Calls are serialised. */
    int (*fetch)(void *user, char **ret_token, int64_t *ret_expires_unix, k7_error **err);
    void *user;
    void (*free_user)(void *user); /* may be NULL */
};

/* Runs free_user also when it fails. */
int k7i_credential_new(const struct k7i_credential_source *source, struct k7i_credential **ret_credential,
                       k7_error **err);
void k7i_credential_free(struct k7i_credential *credential);
/* *ret_token: a secret of the caller's. generation: in: the generation that was refused with 401 (0: none), out: that of *ret_token. */
int k7i_credential_get(struct k7i_credential *credential, uint64_t *generation, char **ret_token,
                       k7_error **err);

#endif
