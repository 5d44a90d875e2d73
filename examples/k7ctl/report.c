/* report.c: see report.h. Everything that a server wrote is made safe before it is shown. */
#include "report.h"
#include "options.h"
#include "terminal.h"
#include "text.h"
#include <errno.h>
#include <string.h>

static void print_hint(const char *label, const char *text)
{
    fprintf(stderr, "  %s: ", label);
    text_print(stderr, text);
    fputc('\n', stderr);
}

void report_hints(const k7_error *err)
{
    if (k7_error_get_reason(err) != NULL)
        print_hint("reason", k7_error_get_reason(err));
    const char *step = k7_error_get_step(err), *message = k7_error_get_message(err);
    if (step != NULL && (message == NULL || strstr(message, step) == NULL))
        print_hint("step", step);
    if (k7_error_get_outcome(err) == K7_OUTCOME_UNKNOWN)
        print_hint("effect", "unknown: it may have been done; look with get or list");
    for (size_t i = 0; i < k7_error_leftover_count(err); i++)
        print_hint("left behind", k7_error_leftover_at(err, i));
    int64_t after_ms = k7_error_get_retry_after_ms(err);
    if (after_ms >= 0)
        fprintf(stderr, "  retry after: %lld.%03d s\n", (long long)(after_ms / 1000), (int)(after_ms % 1000));
    else if (k7_error_is_retryable(err))
        print_hint("retry", "the same command may succeed later");
}

int report_error(const char *what, int code, k7_error *err)
{
    const char *message = err != NULL ? k7_error_get_message(err) : k7_error_code_meaning(code);
    fputs("k7ctl ", stderr);
    text_print(stderr, what);
    fputs(": ", stderr);
    text_print(stderr, message != NULL ? message : "failed");
    fputc('\n', stderr);
    report_hints(err);
    k7_error_unref(err);
    if (code == K7_ERR_CANCELLED && terminal_caught_signal() != 0)
        return 128 + terminal_caught_signal();
    return code == K7_ERR_INVALID_ARGUMENT || code == K7_ERR_INVALID_CONFIG ? STATUS_USAGE : STATUS_FAILED;
}

int report_output(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr, "k7ctl: standard output: %s\n", strerror(errno));
    return STATUS_FAILED;
}
