/* test_credential.c: a token is fetched once, again when it expires or was refused, and by one thread at a time. */
#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"
#include "net/credential.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct source {
    int fetched, freed, fail;
    int64_t lifetime_s; /* -1: unknown */
};

static int fetch(void *user, struct k7i_identity *identity, k7_error **err)
{
    struct source *source = user;
    char text[32];

    if (source->fail)
        return k7i_fail(err, K7_ERR_CREDENTIAL, "no token");
    snprintf(text, sizeof text, "token-%d", ++source->fetched);
    identity->token = k7i_secret_dup(text);
    identity->expires_unix = source->lifetime_s < 0 ? -1 : k7i_now_unix() + source->lifetime_s;
    return 0;
}

static void count_free(void *user)
{
    ((struct source *)user)->freed++;
}

static struct k7i_credential *new_credential(struct source *source)
{
    struct k7i_credential_source description = { .fetch = fetch, .user = source, .free_user = count_free };
    struct k7i_credential *credential;

    ck_assert_int_eq(k7i_credential_new(&description, &credential, NULL), 0);
    return credential;
}

static int get(struct k7i_credential *credential, uint64_t refused, struct k7i_identity **ret_identity,
               k7_error **err)
{
    struct k7i_credential_waiter waiter = { 0 };
    const struct k7i_program *program;

    return k7i_credential_get(credential, refused, &waiter, ret_identity, &program, err);
}

/* generation: in: the refused one; out: that of what was got */
static void expect(struct k7i_credential *credential, uint64_t *generation, const char *token)
{
    struct k7i_identity *identity;

    ck_assert_int_eq(get(credential, *generation, &identity, NULL), 0);
    ck_assert_str_eq(identity->token, token);
    *generation = identity->generation;
    k7i_identity_unref(identity);
}

START_TEST(a_token_is_kept_until_it_expires)
{
    struct source source = { .lifetime_s = 3600 };
    struct k7i_credential *credential = new_credential(&source);
    uint64_t generation = 0;

    expect(credential, &generation, "token-1");
    generation = 0;
    expect(credential, &generation, "token-1");
    k7i_credential_free(credential);
    ck_assert_int_eq(source.freed, 1);
}
END_TEST

START_TEST(a_token_that_is_about_to_expire_or_of_unknown_life_is_fetched_anew)
{
    struct source source = { .lifetime_s = _i ? -1 : 5 };
    struct k7i_credential *credential = new_credential(&source);
    uint64_t generation = 0;

    expect(credential, &generation, "token-1");
    generation = 0;
    expect(credential, &generation, "token-2");
    k7i_credential_free(credential);
}
END_TEST

START_TEST(a_refused_token_is_replaced_once_for_all_who_had_it)
{
    struct source source = { .lifetime_s = 3600 };
    struct k7i_credential *credential = new_credential(&source);
    uint64_t first = 0, second = 0;

    expect(credential, &first, "token-1");
    expect(credential, &second, "token-1");
    expect(credential, &first, "token-2");
    expect(credential, &second, "token-2");
    k7i_credential_free(credential);
}
END_TEST

START_TEST(a_failure_is_told_and_the_next_call_tries_again)
{
    struct source source = { .fail = 1, .lifetime_s = 3600 };
    struct k7i_credential *credential = new_credential(&source);
    uint64_t generation = 0;
    k7_error *error = NULL;
    struct k7i_identity *identity;

    ck_assert_int_eq(get(credential, 0, &identity, &error), K7_ERR_CREDENTIAL);
    ck_assert_ptr_null(identity);
    k7_error_unref(error);
    source.fail = 0;
    expect(credential, &generation, "token-1");
    k7i_credential_free(credential);
}
END_TEST

static void *get_once(void *credential)
{
    struct k7i_identity *identity;

    ck_assert_int_eq(get(credential, 0, &identity, NULL), 0);
    k7i_identity_unref(identity);
    return NULL;
}

START_TEST(many_threads_fetch_once)
{
    struct source source = { .lifetime_s = 3600 };
    struct k7i_credential *credential = new_credential(&source);
    pthread_t threads[8];

    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, get_once, credential);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(source.fetched, 1);
    k7i_credential_free(credential);
}
END_TEST

/* ---- from a program ---- */

static int read_token(void *user, const char *output, size_t len, struct k7i_identity *identity,
                      k7_error **err)
{
    (void)user, (void)len, (void)err;
    identity->token = k7i_secret_dup(output);
    identity->expires_unix = INT64_MAX;
    return 0;
}

static struct k7i_credential *new_program(void)
{
    static const char *const argv[] = { "login", NULL };
    static const struct k7i_program program = { .argv = argv };
    struct k7i_credential_source description = { .program = &program, .read = read_token };
    struct k7i_credential *credential;

    ck_assert_int_eq(k7i_credential_new(&description, &credential, NULL), 0);
    return credential;
}

static void count_wake(void *user)
{
    ++*(int *)user;
}

/* What the waiter is told: "run", "wait", or the token. */
static const char *ask(struct k7i_credential *credential, struct k7i_credential_waiter *waiter)
{
    static char token[32];
    struct k7i_identity *identity;
    const struct k7i_program *program;
    k7_error *error = NULL;

    int code = k7i_credential_get(credential, 0, waiter, &identity, &program, &error);
    ck_assert_msg(code == 0, "%s", k7_error_get_message(error));
    if (!identity)
        return program ? "run" : "wait";
    snprintf(token, sizeof token, "%s", identity->token);
    k7i_identity_unref(identity);
    return token;
}

static void end_program(struct k7i_credential *credential, const char *token)
{
    struct k7i_identity *identity;

    ck_assert_int_eq(k7i_credential_ran(credential, token, strlen(token), NULL, &identity, NULL), 0);
    k7i_identity_unref(identity);
}

START_TEST(who_runs_it_in_vain_may_leave)
{
    struct k7i_credential *credential = new_program();
    int still = 0, driven = 0; /* how often the loops were woken */
    struct k7i_credential_waiter first = { .wake = count_wake, .user = &still }, second = first,
                                 blocking = { .wake = count_wake, .user = &driven, .is_driven = 1 };

    ck_assert_str_eq(ask(credential, &first), "run");
    ck_assert_str_eq(ask(credential, &second), "wait");
    ck_assert_str_eq(ask(credential, &blocking), "run");
    k7i_credential_leave(credential, &first);
    ck_assert_int_eq(still, 1);
    ck_assert_str_eq(ask(credential, &second), "wait");
    if (_i) { /* the other, too: then the one that is left has to run it */
        k7i_credential_leave(credential, &blocking);
        ck_assert_str_eq(ask(credential, &second), "run");
    }
    end_program(credential, "token");
    ck_assert_int_eq(still, 2);
    ck_assert_int_eq(driven, 0);
    ck_assert_str_eq(ask(credential, &second), "token");
    k7i_credential_leave(credential, &blocking);
    k7i_credential_free(credential);
}
END_TEST

/* The text of a failure is kept for those who waited, until the program has run again: then they take what it gave. */
START_TEST(a_failure_that_a_later_run_mended_is_none)
{
    struct k7i_credential *credential = new_program();
    int woken = 0;
    struct k7i_credential_waiter first = { .wake = count_wake, .user = &woken }, second = first;
    k7_error *failure = NULL, *error = NULL;
    struct k7i_identity *identity;

    ck_assert_str_eq(ask(credential, &first), "run");
    ck_assert_str_eq(ask(credential, &second), "wait");
    k7i_fail(&failure, K7_ERR_CREDENTIAL, "no");
    ck_assert_int_eq(k7i_credential_ran(credential, NULL, 0, failure, &identity, &error), K7_ERR_CREDENTIAL);
    ck_assert_int_eq(woken, 1);
    ck_assert_str_eq(ask(credential, &first), "run");
    end_program(credential, "token");
    ck_assert_str_eq(ask(credential, &second), "token");
    k7_error_unref(failure);
    k7_error_unref(error);
    k7i_credential_free(credential);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net/credential");
    TCase *tests = tcase_create("credential");

    tcase_add_test(tests, a_token_is_kept_until_it_expires);
    tcase_add_loop_test(tests, a_token_that_is_about_to_expire_or_of_unknown_life_is_fetched_anew, 0, 2);
    tcase_add_test(tests, a_refused_token_is_replaced_once_for_all_who_had_it);
    tcase_add_test(tests, a_failure_is_told_and_the_next_call_tries_again);
    tcase_add_test(tests, many_threads_fetch_once);
    tcase_add_loop_test(tests, who_runs_it_in_vain_may_leave, 0, 2);
    tcase_add_test(tests, a_failure_that_a_later_run_mended_is_none);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
