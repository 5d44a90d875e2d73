/* credential.c: see credential.h. One mutex serialises fetching, so that many threads ask the source once. */
#include "net/credential.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"

#include <pthread.h>
#include <string.h>

enum { EXPIRY_MARGIN_S = 10 }; /* a token that ends during the request is of no use */

struct k7i_credential {
    struct k7i_credential_source source;
    pthread_mutex_t mutex;
    char *token;
    int64_t expires_unix;
    uint64_t generation;
};

int k7i_credential_new(const struct k7i_credential_source *source, struct k7i_credential **ret_credential,
                       k7_error **err)
{
    struct k7i_credential *credential = k7i_calloc(1, sizeof *credential);

    *ret_credential = NULL;
    if (!credential) {
        if (source->free_user)
            source->free_user(source->user);
        return k7i_fail_memory(err);
    }
    credential->source = *source;
    pthread_mutex_init(&credential->mutex, NULL);
    *ret_credential = credential;
    return 0;
}

void k7i_credential_free(struct k7i_credential *credential)
{
    if (!credential)
        return;
    if (credential->source.free_user)
        credential->source.free_user(credential->source.user);
    pthread_mutex_destroy(&credential->mutex);
    k7i_secret_free(credential->token);
    k7i_free(credential);
}

static int fetch(struct k7i_credential *credential, k7_error **err)
{
    char *token = NULL;
    int64_t expires_unix = -1;
    int code = credential->source.fetch(credential->source.user, &token, &expires_unix, err);

    if (code)
        return code;
    k7i_secret_free(credential->token);
    credential->token = token;
    credential->expires_unix = expires_unix;
    credential->generation++;
    return 0;
}

int k7i_credential_get(struct k7i_credential *credential, uint64_t *generation, char **ret_token,
                       k7_error **err)
{
    int code = 0;

    *ret_token = NULL;
    pthread_mutex_lock(&credential->mutex);
    if (!credential->token || credential->generation <= *generation || credential->expires_unix < 0 ||
        credential->expires_unix - EXPIRY_MARGIN_S <= k7i_now_unix())
        code = fetch(credential, err);
    if (!code) {
        *generation = credential->generation;
        *ret_token = k7i_secret_dup(credential->token);
        if (!*ret_token)
            code = k7i_fail_memory(err);
    }
    pthread_mutex_unlock(&credential->mutex);
    return code;
}
