/* secret.c: see secret.h. */
#include "base/secret.h"

#include "base/alloc.h"

#include <string.h>

char *k7i_secret_dup(const char *text)
{
    return k7i_strdup(text);
}

void k7i_secret_free(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    k7i_free(secret);
}
