/* sweep.c: runs every scenario with the first allocation (or interaction with the system) failing, then the second, and so on, until none is left to
 * fail: sweep memory|rest|kubernetes|kubernetes-protobuf allocations|exhaustion|system [SCENARIO [N]]. exhaustion: the n-th allocation fails, and every one after it.
 * Each run is a process of its own, so that a crash is found and the sweep goes on. */
#include "inject.h"
#include "scenarios.h"

#include "../conformance/gateway.h"
#include "../support/kube_api.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONGEST_S = 60 }; /* a run takes milliseconds: one that takes this long hangs */

/* How a run ended. */
enum { RUN_FAILED_WELL, RUN_SUCCEEDED, RUN_SPARED, RUN_NOT_REACHED, RUN_WRONG };

static struct gateway gateway;
static struct kube_api kube_api;
static const char *endpoint = "memory:";

static int is_prepared; /* the server is as the scenario begins, and comes back to that */
static int warming_up;  /* what libraries keep from their first use on is not there yet: that is no leak */

static void complain(const struct scenario *scenario, long n, const char *why)
{
    if (!warming_up)
        fprintf(stderr, "%s, %ld: %s\n    %s\n", scenario->name, n, why, inject_where());
}

/* Errors that the failure of one allocation, or of one system call, may lead to. */
static int is_plausible(enum inject_kind kind, int code, const struct scenario *scenario)
{
    int class = k7_error_code_class(code);

    if (code == K7_ERR_SCRIPT_FAILED)
        return strcmp(scenario->name, "create with a failing script") == 0;
    /* libcurl 7.88 reports a header line of more than 100 KiB as lack of memory: the library cannot always tell the one from the other. */
    if (kind != INJECT_SYSTEM)
        return class == K7_CLASS_RESOURCE || (code == K7_ERR_LIMIT && strstr(inject_where(), "libcurl"));
    return class == K7_CLASS_RESOURCE || class == K7_CLASS_NETWORK || code == K7_ERR_IO;
}

static int judge(const struct scenario *scenario, enum inject_kind kind, long n, struct world *world,
                 int code, const k7_error *error, enum inject_result injected)
{
    char text[1024];

    if (world->why[0] || scenario->verify(world, code, error) != 0) {
        complain(scenario, n, world->why);
        return RUN_WRONG;
    }
    if (code != k7_error_get_code(error)) {
        complain(scenario, n, "the error is not the one that was returned");
        return RUN_WRONG;
    }
    if (code != 0 && (injected != INJECT_FAILED || !is_plausible(kind, code, scenario)) &&
        !(code == K7_ERR_SCRIPT_FAILED && is_plausible(kind, code, scenario))) {
        snprintf(text, sizeof text, "%s: %s", k7_error_code_name(code), k7_error_get_message(error));
        complain(scenario, n, text);
        return RUN_WRONG;
    }
    if (injected == INJECT_NOT_REACHED)
        return RUN_NOT_REACHED;
    return injected == INJECT_SPARED ? RUN_SPARED : code == 0 ? RUN_SUCCEEDED : RUN_FAILED_WELL;
}

static int run_once(const struct scenario *scenario, enum inject_kind kind, long n)
{
    struct world world = { .endpoint = endpoint,
                           .api_key = gateway.process > 0 ? gateway.api_key : NULL,
                           .is_kept = is_prepared };
    k7_error *error = NULL;
    int descriptors = inject_open_descriptors();
    long outstanding = inject_outstanding();

    if ((is_prepared && kube_api_command(&kube_api, "back prepared") != 0) ||
        scenario->prepare(&world) != 0) {
        complain(scenario, n, "could not be prepared");
        return RUN_WRONG;
    }
    world.is_running = 1;
    inject_arm(kind, n);
    int code = scenario->run(&world, &error);
    enum inject_result injected = inject_disarm();
    world.is_running = 0;
    int end = judge(scenario, kind, n, &world, code, error, injected);
    k7_error_unref(error);
    world_close(&world);
    if (world.stray > 0 || world.frees != world.expected_frees) {
        complain(scenario, n, "a callback or a free function was not called as often as promised");
        end = RUN_WRONG;
    }
    if (inject_open_descriptors() != descriptors) {
        complain(scenario, n, "a descriptor is left open");
        end = RUN_WRONG;
    }
    if (inject_outstanding() != outstanding) {
        char text[64];

        snprintf(text, sizeof text, "%ld allocations are left", inject_outstanding() - outstanding);
        complain(scenario, n, text);
        end = RUN_WRONG;
    }
    return end;
}

static int run_in_child(const struct scenario *scenario, enum inject_kind kind, long n)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        alarm(LONGEST_S);
        status = run_once(scenario, kind, n);
        fflush(stderr);
        _exit(status);
    }
    waitpid(child, &status, 0);
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    fprintf(stderr, "%s, %ld: killed by signal %d\n", scenario->name, n, WTERMSIG(status));
    return RUN_WRONG;
}

/* 0, or how often something was wrong. */
static int sweep(const struct scenario *scenario, enum inject_kind kind)
{
    int ends[RUN_WRONG + 1] = { 0 };
    long n = -1;
    int end;

    do {
        ends[end = run_in_child(scenario, kind, ++n)]++;
    } while (end != RUN_NOT_REACHED && ends[RUN_WRONG] < 20);
    printf("%s: %ld places: %d failed cleanly, %d succeeded all the same, %d spared, %d wrong\n",
           scenario->name, n, ends[RUN_FAILED_WELL], ends[RUN_SUCCEEDED], ends[RUN_SPARED], ends[RUN_WRONG]);
    fflush(stdout);
    return ends[RUN_WRONG];
}

/* Once, where doing so for each run would take most of the time. 0, or -1. */
static int prepare_server(const struct scenario *scenario)
{
    struct world world = { .endpoint = endpoint };

    if (kube_api_command(&kube_api, "back empty") != 0 || scenario->prepare(&world) != 0) {
        complain(scenario, 0, "could not be prepared");
        return -1;
    }
    world.is_kept = 1;
    world_close(&world);
    is_prepared = 1;
    return kube_api_command(&kube_api, "keep prepared");
}

/* How often something was wrong. n: this run only; or NULL: all. */
static int play(const struct scenario *scenario, enum inject_kind kind, const char *n)
{
    is_prepared = 0;
    if (kube_api.process > 0 && prepare_server(scenario) != 0)
        return 1;
    warming_up = 1;
    run_once(scenario, kind, LONG_MAX);
    warming_up = 0;
    return n ? run_once(scenario, kind, atol(n)) == RUN_WRONG : sweep(scenario, kind);
}

static int start_kube_api(int protobuf)
{
    endpoint = "kubernetes:";
    return kube_api_start(&kube_api, getenv("K7_KUBE_API"), protobuf) == 0
               ? kube_api_command(&kube_api, "keep empty")
               : -1;
}

static void *do_nothing(void *user)
{
    return user;
}

/* The C library keeps the stack of a thread for the next one. libcurl looks up an address with a thread when it lacks the memory to see that it is one. */
static void warm_up_threads(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, do_nothing, NULL) == 0)
        pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fputs(
            "usage: sweep memory|rest|kubernetes|kubernetes-protobuf allocations|exhaustion|system [SCENARIO [N]]\n",
            stderr);
        return 2;
    }
    enum inject_kind kind = strcmp(argv[2], "system") == 0       ? INJECT_SYSTEM
                            : strcmp(argv[2], "exhaustion") == 0 ? INJECT_ALLOCATIONS
                                                                 : INJECT_ALLOCATION;
    int status = 0, wrong = 0;

    if (strcmp(argv[1], "rest") == 0) {
        status = gateway_start(&gateway, "memory:");
        endpoint = gateway.url;
    } else if (strncmp(argv[1], "kubernetes", strlen("kubernetes")) == 0) {
        status = start_kube_api(strcmp(argv[1], "kubernetes-protobuf") == 0);
    }
    warm_up_threads();
    for (int i = 0; status == 0 && i < scenario_count; i++)
        if (argc < 4 || strcmp(argv[3], scenarios[i].name) == 0)
            wrong += play(&scenarios[i], kind, argc > 4 ? argv[4] : NULL);
    gateway_stop(&gateway);
    if (kube_api.process > 0)
        kube_api_stop(&kube_api);
    return status ? status : wrong > 0;
}
