/* kube_api.c: see kube_api.h. */
#include "kube_api.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int spawn(struct kube_api *api, const char *program, int protobuf)
{
    int input[2], output[2];

    if (pipe2(input, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0)
        return -1;
    if ((api->process = fork()) == 0) {
        dup2(input[0], 0);
        dup2(output[1], 1);
        execl(program, program, protobuf ? "--protobuf" : (char *)NULL, (char *)NULL);
        _exit(127);
    }
    close(input[0]);
    close(output[1]);
    api->input = input[1];
    api->output = fdopen(output[0], "r");
    return api->process < 0 || !api->output ? -1 : 0;
}

static int write_kubeconfig(struct kube_api *api, int port)
{
    strcpy(api->kubeconfig, "/tmp/k7-kube-api-XXXXXX");
    int fd = mkstemp(api->kubeconfig);

    if (fd < 0 || dprintf(fd,
                          "apiVersion: v1\nkind: Config\n"
                          "clusters: [{name: a, cluster: {server: \"http://127.0.0.1:%d\"}}]\n"
                          "users: [{name: a, user: {}}]\n"
                          "contexts: [{name: a, context: {cluster: a, user: a}}]\n"
                          "current-context: a\n",
                          port) < 0)
        return -1;
    close(fd);
    return setenv("KUBECONFIG", api->kubeconfig, 1);
}

int kube_api_start(struct kube_api *api, const char *program, int protobuf)
{
    char line[16] = "";

    memset(api, 0, sizeof *api);
    if (spawn(api, program, protobuf) != 0 || !fgets(line, sizeof line, api->output) ||
        write_kubeconfig(api, atoi(line)) != 0) {
        fprintf(stderr, "%s does not start\n", program);
        return -1;
    }
    return 0;
}

int kube_api_command(struct kube_api *api, const char *words)
{
    char answer[16];

    return dprintf(api->input, "%s\n", words) > 0 && fgets(answer, sizeof answer, api->output) &&
                   strcmp(answer, "ok\n") == 0
               ? 0
               : -1;
}

void kube_api_stop(struct kube_api *api)
{
    close(api->input);
    fclose(api->output);
    waitpid(api->process, NULL, 0);
    unlink(api->kubeconfig);
}
