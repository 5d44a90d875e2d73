/* libuv.c: a loop of this library under libuv's: a uv_poll_t for its descriptor and a uv_timer_t for its timeout. The program's own are a tick and SIGINT.
 *
 * usage: async-libuv    the endpoint from K7's environment variables, or its client file */
#include "work.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <uv.h>

/* --- the adapter ----------------------------------------------------------------------------------------------------------------- */

struct adapter {
    k7_loop *loop;
    uv_poll_t readable;
    uv_timer_t due;
    void (*after)(void *user); /* what ended may have been all */
    void *user;
};

static void process(struct adapter *adapter);

static void on_readable(uv_poll_t *handle, int status, int events)
{
    (void)status, (void)events;
    process(handle->data);
}

static void on_due(uv_timer_t *handle)
{
    process(handle->data);
}

static void process(struct adapter *adapter)
{
    k7_error *err = NULL;

    if (k7_loop_process(adapter->loop, &err) != 0)
        fprintf(stderr, "%s\n", k7_error_get_message(err));
    k7_error_unref(err);
    /* Only now can the timeout have changed: whatever is started or cancelled elsewhere makes the descriptor readable. */
    int timeout_ms = k7_loop_get_timeout_ms(adapter->loop);
    if (timeout_ms >= 0)
        uv_timer_start(&adapter->due, on_due, (uint64_t)timeout_ms, 0);
    else
        uv_timer_stop(&adapter->due);
    adapter->after(adapter->user);
}

static int adapter_open(struct adapter *adapter, uv_loop_t *uv, k7_loop *loop)
{
    adapter->loop = loop;
    adapter->readable.data = adapter->due.data = adapter;
    int status = uv_poll_init(uv, &adapter->readable, k7_loop_get_fd(loop));
    if (status == 0)
        status = uv_timer_init(uv, &adapter->due);
    return status == 0 ? uv_poll_start(&adapter->readable, UV_READABLE, on_readable) : status;
}

/* The loop may be freed when libuv has closed both; here that is when uv_run() has returned. */
static void adapter_close(struct adapter *adapter)
{
    uv_close((uv_handle_t *)&adapter->readable, NULL);
    uv_close((uv_handle_t *)&adapter->due, NULL);
}

/* --- the program ----------------------------------------------------------------------------------------------------------------- */

struct program {
    struct work work;
    struct adapter adapter;
    uv_timer_t ticks;
    uv_signal_t interrupts;
    int is_closed;
};

static void on_tick(uv_timer_t *handle)
{
    ((struct program *)handle->data)->work.ticks++;
}

static void on_interrupt(uv_signal_t *handle, int number)
{
    (void)number;
    work_stop(&((struct program *)handle->data)->work);
}

static void close_when_over(void *user)
{
    struct program *program = user;

    if (!work_is_over(&program->work) || program->is_closed++)
        return;
    adapter_close(&program->adapter);
    uv_close((uv_handle_t *)&program->ticks, NULL);
    uv_close((uv_handle_t *)&program->interrupts, NULL);
}

int main(void)
{
    struct program program = { .adapter = { .after = close_when_over, .user = &program } };
    uv_loop_t *uv = uv_default_loop();

    program.ticks.data = program.interrupts.data = &program;
    uv_signal_init(uv, &program.interrupts);
    uv_signal_start(&program.interrupts, on_interrupt, SIGINT);
    if (work_begin(&program.work) != 0 || adapter_open(&program.adapter, uv, program.work.loop) != 0)
        return 1;
    uv_timer_init(uv, &program.ticks);
    uv_timer_start(&program.ticks, on_tick, 1, 1);
    uv_run(uv, UV_RUN_DEFAULT); /* until nothing is left to serve */
    uv_loop_close(uv);
    return work_end(&program.work);
}
