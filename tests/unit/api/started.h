/* started.h: what the tests of started operations share: a loop, a client, and notes of what callbacks were told. */
#ifndef UNIT_API_STARTED_H
#define UNIT_API_STARTED_H

#include "../opened.h"

#include <poll.h>

static k7_loop *loop;
static k7_client *client;

static inline void open_all(const char *endpoint)
{
    ck_assert_int_eq(k7_loop_new(&loop, NULL), 0);
    client = open_client(endpoint, NULL);
}

static inline void close_all(void)
{
    k7_loop_free(loop);
    loop = NULL;
    client = k7_client_unref(client);
}

static inline k7_op *start_create(const char *name, const k7_call *call)
{
    k7_spec *spec = NULL;
    k7_op *op = NULL;

    ck_assert_int_eq(k7_spec_new(name, "alpine:latest", &spec, NULL), 0);
    ck_assert_int_eq(k7_sandbox_create_start(client, spec, call, loop, &op, NULL), 0);
    k7_spec_free(spec); /* it was copied */
    return op;
}

static inline k7_op *start_get(const char *name, const k7_call *call)
{
    k7_op *op = NULL;

    ck_assert_int_eq(k7_sandbox_get_start(client, NULL, name, call, loop, &op, NULL), 0);
    return op;
}

/* As a program's own event loop does it. */
static inline void run_by_poll(void)
{
    struct pollfd poller = { .fd = k7_loop_get_fd(loop), .events = POLLIN };

    ck_assert_int_ge(poll(&poller, 1, k7_loop_get_timeout_ms(loop)), 0);
    ck_assert_int_eq(k7_loop_process(loop, NULL), 0);
}

static inline void run_all(void)
{
    while (k7_loop_op_count(loop) > 0)
        run_by_poll();
}

/* --- what is noted of callbacks -------------------------------------------------------------------------------------------------- */

struct note {
    int told, freed, state, code, starting;
    int depth; /* of callbacks inside callbacks */
};

static inline void note_end(void *user, k7_op *op)
{
    struct note *note = user;

    note->told++;
    note->state = k7_op_get_state(op);
    note->code = k7_error_get_code(k7_op_get_error(op));
}

static inline void note_free(void *user)
{
    struct note *note = user;

    note->freed++;
}

static inline void watch(k7_op *op, struct note *note)
{
    ck_assert_int_eq(k7_op_set_on_done(op, note_end, note, note_free, NULL), 0);
}

static inline void expect_told(const struct note *note, int state, int code)
{
    ck_assert_int_eq(note->told, 1);
    ck_assert_int_eq(note->freed, 1);
    ck_assert_int_eq(note->state, state);
    ck_assert_int_eq(note->code, code);
}

#endif
