/* sweep_identity.c: a request whose credential comes from a program, with the first allocation (or interaction with the system) failing, then the second, and so on:
 * sweep_identity allocations|exhaustion|system. There is no server: with nothing failing, the connection is refused. */
#include "inject.h"

#include "base/secret.h"
#include "net/peer.h"
#include "plan/loop.h"
#include "plan/op.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int read_output(void *user, const char *output, size_t len, struct k7i_identity *identity,
                       k7_error **err)
{
    (void)user, (void)len, (void)err;
    identity->token = k7i_secret_dup(output);
    identity->expires_unix = INT64_MAX;
    return identity->token ? 0 : K7_ERR_NO_MEMORY;
}

static enum k7i_verdict get_begin(struct k7i_op *op, struct k7i_request *request)
{
    (void)op;
    k7i_buf_text(&request->target, "/thing");
    return K7I_SEND;
}

static const struct k7i_step get = { .name = "get", .begin = get_begin };
static const struct k7i_step *const steps[] = { &get };
static const struct k7i_plan plan = {
    .operation = "get", .only_reads = 1, .steps = steps, .step_count = 1, .state_size = 1
};

/* Everything from the credential to the request. The code of what failed. */
static int run(void)
{
    static const char *const argv[] = { "/bin/echo", "-n", "token", NULL };
    static const char *const environment[] = { "A=b", NULL };
    static const struct k7i_program program = { .argv = argv,
                                                .environment = environment,
                                                .install_hint = "it is part of the system" };
    const struct k7i_run settings = { .timeout_ms = 20000, .attempts = 1 };
    struct k7i_credential *credential = NULL;
    struct k7i_peer *peer = NULL;
    struct k7i_loop *loop = NULL;
    struct k7i_op *op = NULL;
    k7_error *error = NULL;
    int code = k7i_credential_new(&(struct k7i_credential_source){ .program = &program, .read = read_output },
                                  &credential, &error);

    if (!code)
        code = k7i_peer_new(&(struct k7i_peer_settings){ .url = "http://127.0.0.1:1",
                                                         .credential = credential,
                                                         .response_limit = 1000 },
                            &peer, &error);
    if (!code)
        code = k7i_loop_new(NULL, &loop, &error);
    if (!code)
        code = k7i_op_new(&plan, NULL, &op, &error);
    if (!code) {
        op->peer = peer;
        code = k7i_op_run_blocking(op, loop, &settings, &error);
        if (!code)
            code = k7_error_get_code(op->error);
    }
    k7i_op_free(op);
    k7i_loop_free(loop);
    k7i_peer_free(peer);
    k7_error_unref(error);
    return code;
}

/* RESOLVE: libcurl looks up an address like a name when it lacks the memory to see that it is one. */
static int is_plausible(int code)
{
    return code == K7_ERR_CONNECT || code == K7_ERR_RESOLVE || k7_error_code_class(code) == K7_CLASS_RESOURCE;
}

static void *do_nothing(void *user)
{
    return user;
}

/* What libraries keep from their first use on, and the stack of a thread, are there afterwards. */
static int warm_up(enum inject_kind kind)
{
    pthread_t thread;

    inject_arm(kind, LONG_MAX);
    int code = run();
    inject_disarm();
    if (pthread_create(&thread, NULL, do_nothing, NULL) == 0)
        pthread_join(thread, NULL);
    return code;
}

int main(int argc, char **argv)
{
    enum inject_kind kind = argc < 2                             ? INJECT_ALLOCATION
                            : strcmp(argv[1], "system") == 0     ? INJECT_SYSTEM
                            : strcmp(argv[1], "exhaustion") == 0 ? INJECT_ALLOCATIONS
                                                                 : INJECT_ALLOCATION;
    int wrong = 0, failed = 0;
    long n = 0;

    if (warm_up(kind) != K7_ERR_CONNECT) {
        fputs("it fails with nothing failing\n", stderr);
        return 1;
    }
    for (enum inject_result result = INJECT_FAILED; result != INJECT_NOT_REACHED && wrong < 20; n++) {
        int descriptors = inject_open_descriptors();
        long outstanding = inject_outstanding();
        alarm(60);
        inject_arm(kind, n);
        int code = run();
        result = inject_disarm();
        failed += code != K7_ERR_CONNECT;
        int child = waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD;
        if (is_plausible(code) && inject_open_descriptors() == descriptors &&
            inject_outstanding() == outstanding && !child)
            continue;
        wrong++;
        fprintf(stderr, "%ld: %s, %d descriptors and %ld allocations more%s\n    %s\n", n,
                k7_error_code_name(code), inject_open_descriptors() - descriptors,
                inject_outstanding() - outstanding, child ? ", a child is left" : "", inject_where());
    }
    printf("%ld places: %d failed cleanly, %d wrong\n", n - 1, failed - wrong, wrong);
    return wrong > 0;
}
