/* threads.h: what the tests with several threads share. */
#ifndef THREADS_THREADS_H
#define THREADS_THREADS_H

#include "../conformance/delegate.h"
#include "../conformance/gateway.h"
#include "../support/kube_api.h"

#include <check.h>
#include <k7sandbox/k7sandbox.h>
#include <stdint.h>

TCase *threads_async(void);
TCase *threads_clients(void);
TCase *threads_cancel(void);
TCase *threads_fork(void);

extern struct gateway threads_gateway;   /* process 0: there is none, and nothing is tested over rest */
extern struct kube_api threads_kube_api; /* likewise */

int threads_has(const char *endpoint);
/* Opens a client of memory: (parameters may be added), rest:, kubernetes:, or delegate: over memory. */
k7_client *threads_open(const char *endpoint);
void threads_close(k7_client *client);
k7_spec *threads_spec(const char *name);
size_t threads_count(k7_client *client); /* sandboxes in the default namespace */
void threads_spin_us(int64_t us);        /* passes the time without sleeping */

#endif
