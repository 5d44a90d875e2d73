/* dry.c: a call that shows its requests instead of sending them. */
#include "plan/run.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

int k7i_op_is_dry(const struct k7i_op *op)
{
    const struct k7_call *call = op->run->settings.call;

    return call && call->dry_run;
}

/* The braces of placeholders, which are percent-encoded like everything else. */
static void show_braces(char *url)
{
    char *to = url;

    for (const char *from = url; *from; to++) {
        int brace = strncmp(from, "%7B", 3) == 0 ? '{' : strncmp(from, "%7D", 3) == 0 ? '}' : 0;

        *to = brace ? (char)brace : *from;
        from += brace ? 3 : 1;
    }
    *to = '\0';
}

enum k7i_verdict k7i_run_assume(struct k7i_op_run *run)
{
    if (run->op->error) /* a child's */
        return K7I_FAIL;
    return run->active->assume ? run->active->assume(run->op) : K7I_NEXT;
}

void k7i_run_show(struct k7i_op_run *run)
{
    const struct k7_call *call = run->settings.call;
    const struct k7i_request *request = &run->request;
    k7_error *error = NULL;
    char *url = NULL;

    if (k7i_request_check(request, &error) == 0 &&
        !(url = k7i_sprintf("%s%s", k7i_peer_url(run->op->peer), request->target.data)))
        k7i_fail_memory(&error);
    if (error) {
        k7i_op_fail_with(run->op, error);
        k7i_run_give_verdict(run, K7I_FAIL);
        return;
    }
    show_braces(url);
    k7_dry_request shown = { .operation = run->op->plan->operation,
                             .step = run->active->name,
                             .method = request->method,
                             .url = url,
                             .content_type = request->content_type,
                             .body = request->content_type ? request->body.data : NULL,
                             .body_len = request->content_type ? request->body.len : 0 };
    call->dry_run(call->dry_run_user, &shown);
    k7i_free(url);
    k7i_run_give_verdict(run, k7i_run_assume(run));
}
