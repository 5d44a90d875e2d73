/* fixture.h: what all tests against a real cluster share. A test file of this folder is a program of its own:
 *
 *   - tests/cluster/run gives it a cluster (KUBECONFIG, K7_TEST_CLUSTER_…); without one it says skipped;
 *   - each of its tests has a namespace of its own, `namespace_`, empty at its start and removed at its end, and a client of that namespace, `client`;
 *   - the cluster is looked at past the library, with kubectl and the API: peer.h;
 *   - test_NAME.c is added to the list in meson.build. Tests run beside each other: what is not in a namespace (nodes, RuntimeClasses) is not changed.
 *     What kills, freezes or rotates parts of the cluster is for a program that meson runs alone.
 */
#ifndef KUBERNETES_FIXTURE_H
#define KUBERNETES_FIXTURE_H

#include "peer.h"

#include <check.h>
#include <k7sandbox/k7sandbox.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const char *namespace_; /* the running test's own */
extern const char *image;      /* one that the node has: busybox */
extern int nodes_are_labelled; /* with K7's label for the default backend */
extern k7_client *client;

/* Runs the test case's tests; 77 without a cluster. time_limit_s: of a single test; 0: two minutes. name: short, for the names of namespaces. */
int run_suite(const char *name, int time_limit_s, TCase *(*make)(void));
/* The same for tests that do not look into pods: also where the node is a scripted one (scripted_node). */
int run_suite_on_any_node(const char *name, int time_limit_s, TCase *(*make)(void));
/* The same for tests that need an API server only: also where there are no controllers. `image` may be NULL. */
int run_suite_without_pods(const char *name, int time_limit_s, TCase *(*make)(void));

k7_config *new_config(void);                  /* endpoint "kubernetes:" and the test's namespace are set */
k7_client *open_client(k7_config *config);    /* frees the config */
k7_client *open_with(const char *kubeconfig); /* a file */
/* fields: members of the API's JSON, without braces; "" or e.g. "\"egress_whitelist\":[]" */
k7_spec *new_spec(const char *name, const char *fields);
void create(const char *name, const char *fields); /* with `client` */
/* Create must fail with this code and these words in the message, and leave the namespace as it was. The error is the caller's. */
k7_error *create_fails(k7_client *on, const char *name, const char *fields, int code, const char *words);
void assert_nothing_left(void); /* no Deployment, ReplicaSet, Pod, Secret, NetworkPolicy or Service */

/* A namespace for what needs more than one; removed with the test's. The name is valid until the test ends. */
const char *another_namespace(void);

/* cluster-control of tests/cluster: "restart kube-apiserver", … */
void control(const char *words);

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
