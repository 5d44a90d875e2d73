/* delegate.h: a custom transport, scheme "delegate:", that asks another client, answering from threads of its own. */
#ifndef CONFORMANCE_DELEGATE_H
#define CONFORMANCE_DELEGATE_H

#include <k7sandbox/k7sandbox.h>

struct delegate;

struct delegate *delegate_new(k7_client *inner); /* takes the client; NULL: no memory */
k7_transport *delegate_transport(struct delegate *delegate);
void delegate_free(
    struct delegate *delegate); /* waits for its threads; after the client of the transport is gone */

#endif
