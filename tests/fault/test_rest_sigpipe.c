/* test_rest_sigpipe.c: SIGPIPE does not reach the host program, whatever the libraries below do. That libcurl and OpenSSL of today mostly write without raising
 * it is their affair: here each write of the client's thread breaks the pipe for good. */
#include "rest_fixture.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- writes that raise SIGPIPE: these definitions stand in for the C library's in libcurl and OpenSSL, too --- */

static pthread_t breaking; /* the thread whose writes break */
static int breaks, broken;

static int breaks_here(int fd)
{
    int type;
    socklen_t len = sizeof type;

    if (!breaks || !pthread_equal(pthread_self(), breaking) ||
        getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0)
        return 0;
    broken++;
    raise(SIGPIPE);
    errno = EPIPE;
    return 1;
}

#pragma GCC visibility push(default)
ssize_t send(int fd, const void *data, size_t len, int flags)
{
    static ssize_t (*real)(int, const void *, size_t, int);

    if (breaks_here(fd))
        return -1;
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "send");
    return real(fd, data, len, flags);
}

ssize_t write(int fd, const void *data, size_t len)
{
    static ssize_t (*real)(int, const void *, size_t);

    if (breaks_here(fd))
        return -1;
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "write");
    return real(fd, data, len);
}
#pragma GCC visibility pop

/* --- the tests --- */

static sigset_t mask_before;

static void start(int is_tls)
{
    static char cert[512], key[512];
    k7_config *config;

    snprintf(cert, sizeof cert, "%s", certificate("server.pem"));
    snprintf(key, sizeof key, "%s", certificate("server.key"));
    server =
        scripted_server_start(is_tls ? &(struct scripted_tls){ .cert_file = cert, .key_file = key } : NULL);
    scripted_server_answer_always(server, 200, NULL, LIST_OF_ONE);
    config = new_config(scripted_server_url(server));
    if (is_tls)
        set_key(config, "rest.ca_file", certificate("ca.pem"));
    set_key(config, "retry_attempts", "2");
    open_client(config);
    expect_success(list()); /* a warm connection */
    signal(SIGPIPE, SIG_DFL);
    pthread_sigmask(SIG_SETMASK, NULL, &mask_before);
    breaking = pthread_self();
    breaks = 1;
}

static int is_pending(void)
{
    sigset_t pending;

    sigpending(&pending);
    return sigismember(&pending, SIGPIPE);
}

/* This test's process is alive; nothing waits to end it later; its mask is as it was. */
static void expect_undisturbed(void)
{
    sigset_t mask;

    breaks = 0;
    ck_assert_int_gt(broken, 0);
    ck_assert_int_eq(is_pending(), 0);
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    for (int number = 1; number < NSIG; number++)
        ck_assert_int_eq(sigismember(&mask, number), sigismember(&mask_before, number));
    signal(SIGPIPE, SIG_IGN); /* the server's threads */
}

START_TEST(a_broken_pipe_ends_the_call_and_not_the_program)
{
    start(_i);
    ck_assert_int_lt(list(), 0);
    ck_assert_int_eq(k7_error_get_class(err), K7_CLASS_NETWORK);
    expect_undisturbed();
}
END_TEST

START_TEST(a_pipe_that_breaks_when_closing_does_no_harm)
{
    start(1); /* TLS says good-bye */
    close_client();
    expect_undisturbed();
}
END_TEST

/* A host that blocks SIGPIPE and has one pending of its own finds it as it was. */
START_TEST(a_signal_of_the_host_stays_pending)
{
    sigset_t pipe_only;

    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, NULL);
    start(_i);
    raise(SIGPIPE);
    ck_assert_int_lt(list(), 0);
    ck_assert_int_eq(is_pending(), 1);
    signal(SIGPIPE, SIG_IGN); /* takes it away */
    expect_undisturbed();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rest sigpipe");
    TCase *tests = tcase_create("sigpipe");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_loop_test(tests, a_broken_pipe_ends_the_call_and_not_the_program, 0, 2);
    tcase_add_test(tests, a_pipe_that_breaks_when_closing_does_no_harm);
    tcase_add_loop_test(tests, a_signal_of_the_host_stays_pending, 0, 2);
    suite_add_tcase(suite, tests);
    return run(suite);
}
