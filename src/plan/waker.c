/* waker.c: how another thread completes an operation: a mark behind a mutex, and a wake-up of the loop. */
#include "plan/run.h"

#include "base/alloc.h"

#include <pthread.h>
#include <stdatomic.h>

struct k7i_waker {
    atomic_int references;
    pthread_mutex_t mutex;
    struct k7i_loop *loop; /* NULL once the operation is over */
    int woken;
};

struct k7i_waker *k7i_op_waker(struct k7i_op *op)
{
    struct k7i_op_run *run = op->run;

    if (!run->waker) {
        struct k7i_waker *waker = k7i_calloc(1, sizeof *waker);

        if (!waker)
            return NULL;
        atomic_init(&waker->references, 1);
        pthread_mutex_init(&waker->mutex, NULL);
        waker->loop = run->loop;
        run->waker = waker;
    }
    atomic_fetch_add(&run->waker->references, 1);
    return run->waker;
}

struct k7i_waker *k7i_waker_unref(struct k7i_waker *waker)
{
    if (waker && atomic_fetch_sub(&waker->references, 1) == 1) {
        pthread_mutex_destroy(&waker->mutex);
        k7i_free(waker);
    }
    return NULL;
}

void k7i_waker_wake(struct k7i_waker *waker)
{
    pthread_mutex_lock(&waker->mutex);
    waker->woken = 1;
    if (waker->loop)
        k7i_loop_wake(waker->loop);
    pthread_mutex_unlock(&waker->mutex);
}

void k7i_waker_detach(struct k7i_waker *waker)
{
    if (!waker)
        return;
    pthread_mutex_lock(&waker->mutex);
    waker->loop = NULL;
    pthread_mutex_unlock(&waker->mutex);
    k7i_waker_unref(waker);
}

int k7i_waker_take(struct k7i_waker *waker)
{
    int woken = 0;

    if (waker) {
        pthread_mutex_lock(&waker->mutex);
        woken = waker->woken;
        waker->woken = 0;
        pthread_mutex_unlock(&waker->mutex);
    }
    return woken;
}
