/* terminal.c: see terminal.h. The state is the process's own: one terminal, one set of signal handlers. */
#include "terminal.h"
#include "text.h"
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
enum { SIGNAL_COUNT = sizeof(signals) / sizeof(signals[0]) };

static k7_cancel *volatile cancel_on_signal;
static volatile sig_atomic_t caught_signal;

static void on_signal(int signal_number)
{
    if (caught_signal == 0)
        caught_signal = signal_number;
    if (cancel_on_signal != NULL)
        k7_cancel_trigger(cancel_on_signal);
}

static void set_handler(int signal_number, void (*handler)(int))
{
    struct sigaction now, before;
    memset(&now, 0, sizeof(now));
    sigemptyset(&now.sa_mask);
    now.sa_handler = handler;
    if (sigaction(signal_number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(signal_number, &now, NULL);
}

void terminal_catch_signals(k7_cancel *cancel)
{
    void (*handler)(int) = cancel != NULL ? on_signal : SIG_DFL;
    if (cancel != NULL)
        cancel_on_signal = cancel;
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        set_handler(signals[i], handler);
    if (cancel == NULL)
        cancel_on_signal = NULL;
}

int terminal_caught_signal(void)
{
    return caught_signal;
}

/* Waits until there is something to read. The signals are blocked but while waiting, so that none is missed between the look and the wait. Returns 0 when one came. */
static int wait_for_input(void)
{
    struct pollfd input = { STDIN_FILENO, POLLIN, 0 };
    sigset_t caught, before;
    sigemptyset(&caught);
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        sigaddset(&caught, signals[i]);
    sigprocmask(SIG_BLOCK, &caught, &before);
    int ready = caught_signal == 0 ? ppoll(&input, 1, NULL, &before) : -1;
    sigprocmask(SIG_SETMASK, &before, NULL);
    return ready > 0;
}

int terminal_confirm(const char *question)
{
    char answer[16];
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
        return -1;
    text_print(stderr, question);
    fputs(" [y/N] ", stderr);
    if (!wait_for_input() || fgets(answer, sizeof(answer), stdin) == NULL) {
        fputc('\n', stderr);
        return 0;
    }
    return strcmp(answer, "y\n") == 0 || strcmp(answer, "Y\n") == 0 || strcmp(answer, "yes\n") == 0;
}

/* What the line shows. A copy: the library's texts end with the callback. */
static struct {
    int shown;
    unsigned turns;
    char subject[96];
    char step[64];
    char text[96];
    int64_t done, total;
    struct timespec begun;
} progress;

enum { TICK_US = 200000 }; /* microseconds between two turns of the spinner */

static size_t line_width(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
        return size.ws_col - 1u;
    return 79;
}

static void format_amount(char *buffer, size_t size, int64_t done, int64_t total)
{
    if (done < 0)
        buffer[0] = '\0';
    else if (total > 0)
        snprintf(buffer, size, " %.0f%% of %.1f MB", 100.0 * (double)done / (double)total,
                 (double)total / 1e6);
    else
        snprintf(buffer, size, " %.1f MB", (double)done / 1e6);
}

static void draw(void)
{
    char amount[64], line[512], safe[1024];
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    format_amount(amount, sizeof(amount), progress.done, progress.total);
    snprintf(line, sizeof(line), "%c %s%s%s%s%s%s (%lld s)", "|/-\\"[progress.turns % 4], progress.subject,
             progress.step[0] != '\0' ? ": " : "", progress.step, progress.text[0] != '\0' ? ": " : "",
             progress.text, amount, (long long)(now.tv_sec - progress.begun.tv_sec));
    text_clip(safe, sizeof(safe), line, line_width());
    fprintf(stderr, "\r%s\033[K", safe);
    progress.shown = 1;
}

static void copy(char *buffer, size_t size, const char *text)
{
    snprintf(buffer, size, "%s", text != NULL ? text : "");
}

static void on_progress(void *user, const k7_progress *report)
{
    (void)user;
    copy(progress.step, sizeof(progress.step), k7_progress_get_step(report));
    copy(progress.text, sizeof(progress.text), k7_progress_get_text(report));
    progress.done = k7_progress_get_done(report);
    progress.total = k7_progress_get_total(report);
    draw();
}

/* The clock interrupts the wait of the call, and the library tells: a spinner without a thread. */
static int on_interrupt(void *user)
{
    (void)user;
    progress.turns++;
    draw();
    return 0;
}

static void on_tick(int signal_number)
{
    (void)signal_number;
}

static void set_ticking(int us)
{
    struct itimerval every = { { 0, us }, { 0, us } };
    setitimer(ITIMER_REAL, &every, NULL);
}

int terminal_progress_begin(k7_call *call, const char *subject, k7_error **err)
{
    const char *kind = getenv("TERM");
    if (!isatty(STDERR_FILENO) || kind == NULL || strcmp(kind, "dumb") == 0)
        return 0;
    memset(&progress, 0, sizeof(progress));
    copy(progress.subject, sizeof(progress.subject), subject);
    progress.done = progress.total = -1;
    clock_gettime(CLOCK_MONOTONIC, &progress.begun);
    int status = k7_call_set_progress(call, on_progress, NULL, NULL, err);
    if (status == 0)
        status = k7_call_set_on_interrupt(call, on_interrupt, NULL, NULL, err);
    if (status == 0) {
        set_handler(SIGALRM, on_tick);
        set_ticking(TICK_US);
    }
    return status;
}

void terminal_progress_end(void)
{
    set_ticking(0);
    if (progress.shown)
        fputs("\r\033[K", stderr);
    progress.shown = 0;
}
