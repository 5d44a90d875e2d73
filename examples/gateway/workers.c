/* workers.c: the threads and their queue, first in, first out. */
#include "workers.h"

#include <pthread.h>
#include <stdlib.h>

struct workers {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    void (*run)(struct request *request);
    struct request *first;
    struct request *last;
    size_t waiting;
    bool ending;
    size_t count;
    pthread_t threads[];
};

static void *work(void *user)
{
    struct workers *workers = user;
    pthread_mutex_lock(&workers->lock);
    for (;;) {
        while (workers->first == NULL && !workers->ending) {
            pthread_cond_wait(&workers->changed, &workers->lock);
        }
        struct request *request = workers->first;
        if (request == NULL) {
            break;
        }
        workers->first = request->next;
        workers->waiting--;
        pthread_mutex_unlock(&workers->lock);
        workers->run(request); /* the request is gone afterwards */
        pthread_mutex_lock(&workers->lock);
    }
    pthread_mutex_unlock(&workers->lock);
    return NULL;
}

struct workers *workers_new(size_t threads, void (*run)(struct request *request))
{
    struct workers *workers = calloc(1, sizeof *workers + threads * sizeof workers->threads[0]);
    if (workers == NULL) {
        return NULL;
    }
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->changed, NULL);
    workers->run = run;
    for (size_t i = 0; i < threads; i++) {
        if (pthread_create(&workers->threads[i], NULL, work, workers) != 0) {
            workers_free(workers);
            return NULL;
        }
        workers->count++;
    }
    return workers;
}

void workers_stop(struct workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    workers->ending = true;
    pthread_cond_broadcast(&workers->changed);
    pthread_mutex_unlock(&workers->lock);
    for (size_t i = 0; i < workers->count; i++) {
        pthread_join(workers->threads[i], NULL);
    }
    workers->count = 0;
}

void workers_free(struct workers *workers)
{
    if (workers != NULL) {
        workers_stop(workers);
        pthread_cond_destroy(&workers->changed);
        pthread_mutex_destroy(&workers->lock);
        free(workers);
    }
}

size_t workers_waiting(struct workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    size_t waiting = workers->waiting;
    pthread_mutex_unlock(&workers->lock);
    return waiting;
}

bool workers_submit(struct workers *workers, struct request *request)
{
    pthread_mutex_lock(&workers->lock);
    if (workers->ending) {
        pthread_mutex_unlock(&workers->lock);
        return false;
    }
    request->next = NULL;
    if (workers->first == NULL) {
        workers->first = request;
    } else {
        workers->last->next = request;
    }
    workers->last = request;
    workers->waiting++;
    pthread_cond_signal(&workers->changed);
    pthread_mutex_unlock(&workers->lock);
    return true;
}
