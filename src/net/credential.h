/* credential.h: who a client is to its server: a bearer token, a client certificate, or both. Fetched when needed, kept until it expires, fetched once more after a
 * 401. Any thread. */
#ifndef K7I_NET_CREDENTIAL_H
#define K7I_NET_CREDENTIAL_H

#include <k7sandbox/error.h>
#include <stdatomic.h>
#include <stdint.h>

/* What requests authenticate with. Does not change once a credential has it; counted references. */
struct k7i_identity {
    char *token;              /* without "Bearer"; a secret (base/secret.h), as all of these; NULL: none */
    char *cert_pem, *key_pem; /* both, or none */
    int64_t expires_unix;     /* -1: unknown, never used twice; INT64_MAX: until it is refused */
    /* the credential's: */
    char *authorization; /* the header line, or NULL */
    uint64_t generation;
    atomic_int references;
};

/* A program that writes an identity to its standard output. Everything is copied. */
struct k7i_program {
    const char *const
        *argv; /* ends with NULL; run without a shell; the first is searched in PATH unless it has a slash */
    /* "NAME=value", for the program only: beside what this process has when the credential is made, and before it; of a repeated name the last. Ends with NULL; NULL:
     * nothing */
    const char *const *environment;
    const char *install_hint; /* for the error when there is no such program; or NULL */
    /* It may ask the user: standard input and error are those of this process. Else it reads nothing, and the end of what it complains about goes into the
     * error. */
    int is_interactive;
};

/* Where identities come from: one of fetch and program. fetch and read fill in an identity that is zeroed but for expires_unix (-1); what is in it belongs to the
 * credential afterwards, also when they fail. */
struct k7i_credential_source {
    /* Gives it at once. Calls are serialised. */
    int (*fetch)(void *user, struct k7i_identity *identity, k7_error **err);
    /* Runs on the loop of the call that needs it, once for all that need it at the same time: at most once per loop, since nobody waits for a loop that may stand
     * still. */
    const struct k7i_program *program;
    /* What the program wrote (at most 1 MiB, NUL-terminated). Its errors never show it. */
    int (*read)(void *user, const char *output, size_t len, struct k7i_identity *identity, k7_error **err);
    void *user;
    void (*free_user)(void *user); /* may be NULL */
};

struct k7i_credential;

/* Runs free_user also when it fails. */
int k7i_credential_new(const struct k7i_credential_source *source, struct k7i_credential **ret_credential,
                       k7_error **err);
void k7i_credential_free(struct k7i_credential *credential); /* when nobody asks or waits any more */

/* Somebody who asks. Zeroed but for the first three, and in its place until it has got an answer, or left. */
struct k7i_credential_waiter {
    void (*wake)(void *user); /* from any thread: time to ask again */
    void *user;               /* the same for all of a loop */
    int is_driven; /* its loop does not stand still before it has got an answer, or left: others may wait for it */
    /* the credential's: */
    struct k7i_credential_waiter *next;
    struct k7i_identity *identity;
    int failure, is_waiting;
};

/* refused: the generation of the identity that was refused with 401; 0: none. With 0, one of three:
 *   *ret_identity   here it is, a reference of the caller's
 *   *ret_program    the caller is the one to run it, and to call k7i_credential_ran() or k7i_credential_leave()
 *   neither         somebody else runs it: ask again when woken, or leave */
int k7i_credential_get(struct k7i_credential *credential, uint64_t refused,
                       struct k7i_credential_waiter *waiter, struct k7i_identity **ret_identity,
                       const struct k7i_program **ret_program, k7_error **err);
/* The program has ended: failure (borrowed), or NULL and its output. Those who wait get the same answer. */
int k7i_credential_ran(struct k7i_credential *credential, const char *output, size_t len,
                       const k7_error *failure, struct k7i_identity **ret_identity, k7_error **err);
/* It is needed no longer by this one: if it was to run the program, those who wait ask again. Nothing happens when it neither waits nor runs. */
void k7i_credential_leave(struct k7i_credential *credential, struct k7i_credential_waiter *waiter);

const char *k7i_credential_program(const struct k7i_credential *credential); /* its name; or NULL */

struct k7i_identity *k7i_identity_ref(struct k7i_identity *identity);
struct k7i_identity *k7i_identity_unref(struct k7i_identity *identity); /* NULL */

#endif
