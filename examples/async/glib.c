/* glib.c: a loop of this library as a source of GLib's main loop. The program's own are a tick and SIGINT.
 *
 * usage: async-glib    the endpoint from K7's environment variables, or its client file */
#include "work.h"

#include <glib-unix.h>
#include <glib.h>
#include <signal.h>
#include <stdio.h>

/* --- the adapter ----------------------------------------------------------------------------------------------------------------- */

struct adapter {
    GSource source; /* first, as GLib wants it */
    k7_loop *loop;
    gpointer tag; /* of the descriptor */
};

static gboolean prepare(GSource *source, gint *ret_timeout_ms)
{
    *ret_timeout_ms = k7_loop_get_timeout_ms(((struct adapter *)source)->loop);
    return *ret_timeout_ms == 0;
}

static gboolean check(GSource *source)
{
    struct adapter *adapter = (struct adapter *)source;

    return g_source_query_unix_fd(source, adapter->tag) != 0 || k7_loop_get_timeout_ms(adapter->loop) == 0;
}

static gboolean dispatch(GSource *source, GSourceFunc after, gpointer user)
{
    k7_error *err = NULL;

    if (k7_loop_process(((struct adapter *)source)->loop, &err) != 0)
        fprintf(stderr, "%s\n", k7_error_get_message(err));
    k7_error_unref(err);
    return after == NULL ? G_SOURCE_CONTINUE : after(user); /* what ended may have been all */
}

static GSourceFuncs functions = { .prepare = prepare, .check = check, .dispatch = dispatch };

/* Destroyed before the loop is freed. */
static GSource *adapter_new(k7_loop *loop)
{
    GSource *source = g_source_new(&functions, sizeof(struct adapter));
    struct adapter *adapter = (struct adapter *)source;

    adapter->loop = loop;
    adapter->tag = g_source_add_unix_fd(source, k7_loop_get_fd(loop), G_IO_IN);
    return source;
}

/* --- the program ----------------------------------------------------------------------------------------------------------------- */

struct program {
    struct work work;
    GMainLoop *main_loop;
};

static gboolean on_tick(gpointer user)
{
    ((struct program *)user)->work.ticks++;
    return G_SOURCE_CONTINUE;
}

static gboolean on_interrupt(gpointer user)
{
    work_stop(&((struct program *)user)->work);
    return G_SOURCE_CONTINUE;
}

static gboolean quit_when_over(gpointer user)
{
    struct program *program = user;

    if (work_is_over(&program->work))
        g_main_loop_quit(program->main_loop);
    return G_SOURCE_CONTINUE;
}

int main(void)
{
    struct program program = { .main_loop = g_main_loop_new(NULL, FALSE) };

    guint interrupts = g_unix_signal_add(SIGINT, on_interrupt, &program);
    if (work_begin(&program.work) != 0)
        return 1;
    GSource *source = adapter_new(program.work.loop);
    g_source_set_callback(source, quit_when_over, &program, NULL);
    g_source_attach(source, NULL);
    guint ticks = g_timeout_add(1, on_tick, &program);
    g_main_loop_run(program.main_loop);
    g_source_remove(ticks);
    g_source_remove(interrupts);
    g_source_destroy(source);
    g_source_unref(source);
    g_main_loop_unref(program.main_loop);
    return work_end(&program.work);
}
