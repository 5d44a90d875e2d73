/* fixture.h: what all tests against a real engine share: a client on the engine that tests/support/engine started, specs from JSON, and expectations. */
#ifndef DOCKER_FIXTURE_H
#define DOCKER_FIXTURE_H

#include "peer.h"

#include <check.h>
#include <k7sandbox/k7sandbox.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const char *namespace_; /* this program's own */
extern const char *image;      /* one that the engine has */
extern int engine_is_podman;
extern k7_client *client;

/* Runs the test case's tests, each with a client and an empty namespace; 77 without an engine. */
int run_suite(const char *name, TCase *(*make)(void));

k7_config *new_config(void);               /* endpoint and namespace are set */
k7_client *open_client(k7_config *config); /* frees the config */
k7_spec *new_spec(
    const char *name,
    const char *
        fields); /* fields: members of the API's JSON, without braces; "" or e.g. "\"egress_whitelist\":[]" */

/* Create, and the container's name; fails the test otherwise. */
const char *create(const char *name, const char *fields);
/* Create must fail with this code and these words in the message, and leave nothing behind. The error is the caller's. */
k7_error *create_fails(k7_client *on, const char *name, const char *fields, int code, const char *words);
const char *container_of(const char *name); /* static buffer, one of a few in turn */

#define assert_ok(call)                                                                                      \
    do {                                                                                                     \
        k7_error *err = NULL;                                                                                \
        int code_ = (call);                                                                                  \
        ck_assert_msg(code_ == 0, "%s: %s: %s", #call, k7_error_code_name(code_),                            \
                      k7_error_get_message(err));                                                            \
    } while (0)

#define assert_contains(text, words)                                                                         \
    do {                                                                                                     \
        const char *text_ = (text);                                                                          \
        ck_assert_msg(text_ &&strstr(text_, words), "\"%s\" lacks \"%s\"", text_, words);                    \
    } while (0)

#endif
