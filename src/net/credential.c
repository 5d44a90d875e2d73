/* credential.c: see credential.h. One mutex over everything: fetching is serialised by it, so that many threads ask the source once; a program runs outside it. */
#include "net/credential.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/quote.h"
#include "base/secret.h"
#include "base/text.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

enum { EXPIRY_MARGIN_S = 10 }; /* what ends during the request is of no use */

struct k7i_credential {
    struct k7i_credential_source source;
    struct k7i_program program; /* texts of ours */
    pthread_mutex_t mutex;
    struct k7i_identity *current;
    uint64_t generation;
    struct k7i_credential_waiter *runners; /* of the program */
    struct k7i_credential_waiter *waiters;
    char *failure; /* of the last run, for those who waited for it */
};

/* ---- identities ---- */

const char *k7i_credential_program(const struct k7i_credential *credential)
{
    return credential->source.program ? credential->program.argv[0] : NULL;
}

struct k7i_identity *k7i_identity_ref(struct k7i_identity *identity)
{
    if (identity)
        atomic_fetch_add(&identity->references, 1);
    return identity;
}

struct k7i_identity *k7i_identity_unref(struct k7i_identity *identity)
{
    if (identity && atomic_fetch_sub(&identity->references, 1) == 1) {
        k7i_secret_free(identity->token);
        k7i_secret_free(identity->cert_pem);
        k7i_secret_free(identity->key_pem);
        k7i_secret_free(identity->authorization);
        k7i_free(identity);
    }
    return NULL;
}

static struct k7i_identity *new_identity(void)
{
    struct k7i_identity *identity = k7i_calloc(1, sizeof *identity);

    if (identity) {
        atomic_init(&identity->references, 1);
        identity->expires_unix = -1;
    }
    return identity;
}

static int check(struct k7i_identity *identity, k7_error **err)
{
    if (!identity->token && !identity->cert_pem)
        return k7i_fail(err, K7_ERR_CREDENTIAL, "there is neither a token nor a client certificate in it");
    if (!identity->cert_pem != !identity->key_pem)
        return k7i_fail(err, K7_ERR_CREDENTIAL, "a client certificate and its key must come together");
    if (identity->token && (!identity->token[0] || k7i_text_has_control(identity->token)))
        return k7i_fail(err, K7_ERR_CREDENTIAL, "the token is empty, or has control characters in it");
    if (identity->token &&
        !(identity->authorization = k7i_sprintf("Authorization: Bearer %s", identity->token)))
        return k7i_fail_memory(err);
    return 0;
}

/* ---- lists of texts ---- */

static void free_list(const char *const *list)
{
    for (size_t i = 0; list && list[i]; i++)
        k7i_secret_free((char *)list[i]);
    k7i_free((void *)list);
}

static int is_overridden(const char *entry, const char *const *by)
{
    size_t len = strcspn(entry, "=") + 1;

    for (; by && *by; by++)
        if (strncmp(entry, *by, len) == 0)
            return 1;
    return 0;
}

/* Copies of what is in `first`, of a repeated name the last; then of all in `second` whose name is not in `first`. */
static const char *const *copy_lists(const char *const *first, const char *const *second)
{
    size_t count = 0, n = 0;

    for (const char *const *p = first; p && *p; p++)
        count++;
    for (const char *const *p = second; p && *p; p++)
        count++;
    char **list = k7i_calloc(count + 1, sizeof *list);
    for (const char *const *p = first; list && p && *p; p++)
        if (!is_overridden(*p, p + 1) && !(list[n++] = k7i_strdup(*p)))
            goto fail;
    for (const char *const *p = second; list && p && *p; p++)
        if (!is_overridden(*p, first) && !(list[n++] = k7i_strdup(*p)))
            goto fail;
    return (const char *const *)list;
fail:
    free_list((const char *const *)list);
    return NULL;
}

static int copy_program(struct k7i_program *to, const struct k7i_program *from, k7_error **err)
{
    to->is_interactive = from->is_interactive;
    to->argv = copy_lists(NULL, from->argv);
    to->environment = copy_lists(from->environment, (const char *const *)environ);
    to->install_hint = from->install_hint ? k7i_strdup(from->install_hint) : NULL;
    return to->argv && to->environment && (to->install_hint || !from->install_hint) ? 0
                                                                                    : k7i_fail_memory(err);
}

/* ---- the credential ---- */

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
    credential->source.program = NULL;
    pthread_mutex_init(&credential->mutex, NULL);
    if (source->program) {
        int code = copy_program(&credential->program, source->program, err);

        if (code) {
            k7i_credential_free(credential);
            return code;
        }
        credential->source.program = &credential->program;
    }
    *ret_credential = credential;
    return 0;
}

void k7i_credential_free(struct k7i_credential *credential)
{
    if (!credential)
        return;
    if (credential->source.free_user)
        credential->source.free_user(credential->source.user);
    free_list(credential->program.argv);
    free_list(credential->program.environment);
    k7i_free((char *)credential->program.install_hint);
    pthread_mutex_destroy(&credential->mutex);
    k7i_identity_unref(credential->current);
    k7i_free(credential->failure);
    k7i_free(credential);
}

/* With the mutex. Takes the identity, also when it is no good. */
static int accept_identity(struct k7i_credential *credential, struct k7i_identity *identity, int code,
                           k7_error **err)
{
    if (!code)
        code = check(identity, err);
    if (code) {
        k7i_identity_unref(identity);
        return code;
    }
    identity->generation = ++credential->generation;
    k7i_identity_unref(credential->current);
    credential->current = identity;
    return 0;
}

static int is_good(const struct k7i_identity *identity, uint64_t refused)
{
    return identity && identity->generation > refused && identity->expires_unix >= 0 &&
           identity->expires_unix - EXPIRY_MARGIN_S > k7i_now_unix();
}

static int fetch(struct k7i_credential *credential, k7_error **err)
{
    struct k7i_identity *identity = new_identity();

    if (!identity)
        return k7i_fail_memory(err);
    return accept_identity(credential, identity,
                           credential->source.fetch(credential->source.user, identity, err), err);
}

/* With the mutex. Whether the program is run by one who is sure to get on while this one waits. */
static int is_run_for(const struct k7i_credential *credential, const struct k7i_credential_waiter *waiter)
{
    const struct k7i_credential_waiter *runner = credential->runners;

    while (runner && !runner->is_driven && runner->user != waiter->user)
        runner = runner->next;
    return runner != NULL;
}

static void put(struct k7i_credential_waiter **list, struct k7i_credential_waiter *waiter)
{
    waiter->next = *list;
    *list = waiter;
}

static int take_off(struct k7i_credential_waiter **list, const struct k7i_credential_waiter *waiter)
{
    for (; *list; list = &(*list)->next) {
        if (*list == waiter) {
            *list = waiter->next;
            return 1;
        }
    }
    return 0;
}

/* With the mutex. A run is over: all who wait get its identity or failure; with neither, they ask again. */
static void end_run(struct k7i_credential *credential, struct k7i_identity *identity, int failure)
{
    struct k7i_credential_waiter *waiter = credential->waiters;

    credential->waiters = NULL;
    while (waiter) {
        struct k7i_credential_waiter *next = waiter->next;

        waiter->is_waiting = 0;
        waiter->failure = failure;
        waiter->identity = k7i_identity_ref(identity);
        waiter->wake(waiter->user);
        waiter = next;
    }
}

/* With the mutex: the failure of the last run. */
static int fail_again(const struct k7i_credential *credential, int code, k7_error **err)
{
    return credential->failure && code != K7_ERR_NO_MEMORY ? k7i_fail(err, code, "%s", credential->failure)
                                                           : k7i_fail_memory(err);
}

int k7i_credential_get(struct k7i_credential *credential, uint64_t refused,
                       struct k7i_credential_waiter *waiter, struct k7i_identity **ret_identity,
                       const struct k7i_program **ret_program, k7_error **err)
{
    int code = 0;

    *ret_identity = NULL;
    *ret_program = NULL;
    pthread_mutex_lock(&credential->mutex);
    int failure = waiter->failure;
    waiter->failure = 0;
    if (waiter->identity) {
        *ret_identity = waiter->identity;
        waiter->identity = NULL;
    } else if (failure && (credential->failure || failure == K7_ERR_NO_MEMORY)) { /* else it was mended */
        code = fail_again(credential, failure, err);
    } else if (is_good(credential->current, refused)) {
        *ret_identity = k7i_identity_ref(credential->current);
    } else if (!credential->source.program) {
        if ((code = fetch(credential, err)) == 0)
            *ret_identity = k7i_identity_ref(credential->current);
    } else if (!is_run_for(credential, waiter)) {
        put(&credential->runners, waiter);
        *ret_program = credential->source.program;
    } else if (!waiter->is_waiting) {
        waiter->is_waiting = 1;
        put(&credential->waiters, waiter);
    }
    pthread_mutex_unlock(&credential->mutex);
    return code;
}

int k7i_credential_ran(struct k7i_credential *credential, const char *output, size_t len,
                       const k7_error *failure, struct k7i_identity **ret_identity, k7_error **err)
{
    struct k7i_identity *identity = failure ? NULL : new_identity();
    k7_error *error = NULL;
    int code = k7_error_get_code(failure);

    *ret_identity = NULL;
    if (!failure)
        code = identity ? credential->source.read(credential->source.user, output, len, identity, &error)
                        : k7i_fail_memory(&error);
    pthread_mutex_lock(&credential->mutex);
    if (identity)
        code = accept_identity(credential, identity, code, &error);
    k7i_free(credential->failure);
    credential->failure =
        failure ? k7i_strdup(k7_error_get_message(failure))
        : code ? k7i_sprintf("the program %s gives no credential: %s", K7I_QUOTE(credential->program.argv[0]),
                             k7_error_get_message(error))
               : NULL;
    k7_error_unref(error);
    if (code)
        code = fail_again(credential, code, err);
    else
        *ret_identity = k7i_identity_ref(credential->current);
    credential->runners = NULL; /* nobody waits for the others any more */
    end_run(credential, *ret_identity, code);
    pthread_mutex_unlock(&credential->mutex);
    return code;
}

void k7i_credential_leave(struct k7i_credential *credential, struct k7i_credential_waiter *waiter)
{
    pthread_mutex_lock(&credential->mutex);
    if (take_off(&credential->runners, waiter))
        end_run(credential, NULL, 0);
    take_off(&credential->waiters, waiter);
    waiter->is_waiting = waiter->failure = 0;
    waiter->identity = k7i_identity_unref(waiter->identity);
    pthread_mutex_unlock(&credential->mutex);
}
