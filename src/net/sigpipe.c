/* sigpipe.c: libcurl's own guard is process-wide and racy, and OpenSSL writes without MSG_NOSIGNAL: so block SIGPIPE per thread. */
#include "net/inside.h"

#include <time.h>

void k7i_sigpipe_block(struct k7i_sigpipe *sigpipe)
{
    sigset_t pipe_only;

    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &sigpipe->old);
    sigpipe->was_blocked = sigismember(&sigpipe->old, SIGPIPE) == 1;
}

void k7i_sigpipe_restore(const struct k7i_sigpipe *sigpipe)
{
    static const struct timespec no_wait = { 0, 0 };
    sigset_t pipe_only;

    if (sigpipe->was_blocked)
        return;
    /* What is pending now was not before: a signal that is not blocked does not wait. */
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigtimedwait(&pipe_only, NULL, &no_wait);
    pthread_sigmask(SIG_SETMASK, &sigpipe->old, NULL);
}
