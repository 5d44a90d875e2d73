/* cancel.c: cancel tokens. Triggering is one atomic addition and one write: allowed in a signal handler. */
#include "plan/cancel.h"

#include "base/alloc.h"
#include "base/error.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct k7_cancel {
    atomic_int references, count;
    int fd; /* readable once triggered; each trigger is a new edge */
};

int k7_cancel_new(k7_cancel **ret_cancel, k7_error **err)
{
    if (err)
        *err = NULL;
    if (!ret_cancel)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "ret_cancel must not be NULL");
    *ret_cancel = NULL;
    k7_cancel *cancel = k7i_calloc(1, sizeof *cancel);
    if (!cancel)
        return k7i_fail_memory(err);
    cancel->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (cancel->fd < 0) {
        int problem = errno;

        k7i_free(cancel);
        return k7i_fail(err, K7_ERR_SYSTEM, "no event descriptor for a cancel token: %s", strerror(problem));
    }
    atomic_init(&cancel->references, 1);
    atomic_init(&cancel->count, 0);
    *ret_cancel = cancel;
    return 0;
}

k7_cancel *k7_cancel_ref(k7_cancel *cancel)
{
    if (cancel)
        atomic_fetch_add(&cancel->references, 1);
    return cancel;
}

k7_cancel *k7_cancel_unref(k7_cancel *cancel)
{
    if (cancel && atomic_fetch_sub(&cancel->references, 1) == 1) {
        close(cancel->fd);
        k7i_free(cancel);
    }
    return NULL;
}

void k7_cancel_trigger(k7_cancel *cancel)
{
    static const uint64_t one = 1;
    int problem = errno;

    if (!cancel)
        return;
    atomic_fetch_add(&cancel->count, 1);
    while (write(cancel->fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
    errno = problem;
}

int32_t k7_cancel_count(const k7_cancel *cancel)
{
    return cancel ? atomic_load(&cancel->count) : 0;
}

int k7i_cancel_fd(const k7_cancel *cancel)
{
    return cancel->fd;
}
