/* kube_api.h: tests/support/kube_api as a child of a test program, which is told of it by KUBECONFIG. */
#ifndef K7_TESTS_KUBE_API_H
#define K7_TESTS_KUBE_API_H

#include <stdio.h>
#include <sys/types.h>

struct kube_api {
    pid_t process;
    int input; /* its life */
    char kubeconfig[64];
};

/* program: the path of kube_api. 0, or -1 and a message. Sets KUBECONFIG: "kubernetes:" is the server from now on. */
int kube_api_start(struct kube_api *api, const char *program);
void kube_api_stop(struct kube_api *api);

#endif
