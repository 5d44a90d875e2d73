/* identify.c: as whom a request goes out. Where a program tells, it runs under the loop of one call, within its deadline; the others that need it wait for that, unless it is another
 * loop that may stand still. */
#include "plan/process.h"
#include "plan/run.h"

#include "base/error.h"
#include "base/quote.h"

static struct k7i_credential *credential_of(const struct k7i_op_run *run)
{
    return k7i_peer_credential(run->op->peer);
}

static void on_ended(void *user)
{
    struct k7i_op_run *run = user;
    k7_error *failure = NULL, *error = NULL;
    const char *output;
    size_t len;

    k7i_process_output(run->process, &output, &len, &failure);
    k7i_credential_ran(credential_of(run), output, len, failure, &run->identity, &error);
    k7_error_unref(failure);
    k7i_process_free(run->process);
    run->process = NULL;
    k7i_run_send_identified(run, error);
}

static void wake(void *loop)
{
    k7i_loop_wake(loop);
}

int k7i_run_identify(struct k7i_op_run *run, k7_error **err)
{
    struct k7i_credential *credential = credential_of(run);
    const struct k7i_program *program;
    k7_error *failure = NULL;

    run->identity = k7i_identity_unref(run->identity);
    if (!credential)
        return 1;
    run->waiter.wake = wake;
    run->waiter.user = run->loop;
    run->waiter.is_driven = !run->settings.stops;
    int code = k7i_credential_get(credential, run->refused, &run->waiter, &run->identity, &program, err);
    if (!code && program &&
        k7i_process_start(run->loop, program, on_ended, run, &run->process, &failure) != 0) {
        code = k7i_credential_ran(credential, NULL, 0, failure, &run->identity, err);
        k7_error_unref(failure);
    }
    if (code || run->identity)
        return code ? code : 1;
    run->waiting = K7I_FOR_CREDENTIAL;
    k7i_run_update_timer(run);
    return 0;
}

void k7i_run_stop_identifying(struct k7i_op_run *run)
{
    if (run->waiting != K7I_FOR_CREDENTIAL)
        return;
    k7i_process_free(run->process);
    run->process = NULL;
    k7i_credential_leave(credential_of(run), &run->waiter);
    run->waiting = K7I_FOR_NOTHING;
}

void k7i_run_say_credential(const struct k7i_op_run *run, struct k7i_buf *text)
{
    if (run->waiting == K7I_FOR_CREDENTIAL)
        k7i_buf_printf(text, "the program %s for the credential has not ended%s",
                       K7I_QUOTE(k7i_credential_program(credential_of(run))),
                       run->process ? "" : " (another call runs it)");
}
