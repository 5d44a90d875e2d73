/* work.h: what the event loops of these examples have to serve: eight sandboxes, all at once. */
#ifndef ASYNC_WORK_H
#define ASYNC_WORK_H

#include <k7sandbox/k7sandbox.h>

struct work {
    k7_client *client;
    k7_call *call;     /* of every operation */
    k7_cancel *cancel; /* in it: work_stop() */
    k7_loop *loop;     /* the event loop of the program has to serve this one */
    int deleted;       /* sandboxes that were there and are gone again */
    int ticks;         /* how often the program did something else meanwhile */
};

/* Opens the client that K7's environment variables name, and starts the work; 0, or what went wrong was said. */
int work_begin(struct work *work);
int work_is_over(const struct work *work);
void work_stop(struct work *work); /* also in a signal handler */
/* Says how it went; the exit status of the program. */
int work_end(struct work *work);

#endif
