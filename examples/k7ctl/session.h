/* session.h: what every operation needs: a client for the endpoint, and a call with the deadline, the signals and the trace. */
#ifndef K7CTL_SESSION_H
#define K7CTL_SESSION_H

#include <k7sandbox/k7sandbox.h>
#include "options.h"

struct session {
    k7_client *client;
    k7_call *call;
    k7_cancel *cancel;
};

/* Returns STATUS_DONE; or another exit status after saying on stderr what is wrong. session_close() in any case. */
int session_open(struct session *session, const struct options *options);
void session_close(struct session *session);

#endif
