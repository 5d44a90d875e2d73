/* workers.h: a fixed number of threads that carry requests out.
 *
 * A call of the library blocks for as long as a sandbox takes to start, so it may not run on the thread that serves HTTP. One thread per connection would
 * be simpler, but then 1,000 silent connections would be 1,000 threads. So one thread serves all connections with epoll, suspends the one whose
 * request is complete, and a worker resumes it with the answer: idle connections cost no thread, and the number of calls at once is bounded. */
#ifndef GATEWAY_WORKERS_H
#define GATEWAY_WORKERS_H

#include <stdbool.h>
#include <stddef.h>

#include "request.h"

/* run is called on a worker for every request submitted. NULL: failed. */
struct workers *workers_new(size_t threads, void (*run)(struct request *request));
/* Accepts nothing more and waits until everything submitted was carried out. */
void workers_stop(struct workers *workers);
void workers_free(struct workers *workers);
/* How many wait for a thread. */
size_t workers_waiting(struct workers *workers);
/* Returns false when the workers were stopped; the request is still the caller's then. */
bool workers_submit(struct workers *workers, struct request *request);

#endif
