/* kube_api.h: tests/support/kube_api as a child of a test program, which is told of it by KUBECONFIG. */
#ifndef K7_TESTS_KUBE_API_H
#define K7_TESTS_KUBE_API_H

#include <stdio.h>
#include <sys/types.h>

struct kube_api {
    pid_t process;
    int input; /* its life; takes commands */
    FILE *output;
    char kubeconfig[64];
};

/* program: the path of kube_api. protobuf: it lists in it. 0, or -1 and a message. Sets KUBECONFIG: "kubernetes:" is the server from now on. */
int kube_api_start(struct kube_api *api, const char *program, int protobuf);
/* "keep NAME", "back NAME": see kube_api. 0, or -1. Every client must be closed. */
int kube_api_command(struct kube_api *api, const char *words);
void kube_api_stop(struct kube_api *api);

#endif
