/* authentication.h: who a kubeconfig's user is to the API server: the headers and the credential of a peer. */
#ifndef K7I_KUBERNETES_AUTHENTICATION_H
#define K7I_KUBERNETES_AUTHENTICATION_H

#include "base/buf.h"
#include "net/credential.h"
#include "transport/kubernetes/kubeconfig.h"

struct k7i_authentication {
    struct k7i_buf header; /* "Authorization: …", or empty; a secret */
    char **lines;          /* impersonation, ending with NULL; NULL: none */
    size_t line_count;
    struct k7i_credential *credential; /* a token file or a program, or NULL: taken by the peer */
};

/* What the user says is checked as client-go does; nothing is run. */
int k7i_authentication_make(const struct k7i_kube_context *context,
                            struct k7i_authentication *ret_authentication, k7_error **err);
/* Whether a request carries something that must not be seen by others. */
int k7i_authentication_is_secret(const struct k7i_authentication *authentication);
/* A token without white space around it, as a secret. K7_ERR_PARSE: it is none; K7_ERR_NO_MEMORY. */
int k7i_plain_token(const char *text, char **ret_token);
void k7i_authentication_clear(struct k7i_authentication *authentication);

#endif
