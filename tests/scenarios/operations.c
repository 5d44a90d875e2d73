/* operations.c: calls and operations: those that block, and the same ones started on a loop. */
#include "scenario.h"
#include "show.h"

#include <stdlib.h>
#include <string.h>

static char uid[128]; /* of the sandbox that was read last */

/* --- calls ----------------------------------------------------------------------------------------------------------------------- */

static void on_progress(void *user, const k7_progress *progress)
{
    struct answer *answer = user;
    const char *step = k7_progress_get_step(progress);

    if (find(&settings, "abandon") && strncmp(step, "undo", 4) == 0) {
        if (answer->op)
            k7_op_cancel(answer->op);
        else
            k7_cancel_trigger(token);
    }
    if (!find(&settings, "progress"))
        return;
    if (k7_progress_get_total(progress) >= 0)
        fprintf(answer->out, "progress: %s: %s: %s: %lld of %lld\n", k7_progress_get_operation(progress),
                step, k7_progress_get_text(progress), (long long)k7_progress_get_done(progress),
                (long long)k7_progress_get_total(progress));
    else if (strcmp(answer->last, step) != 0)
        fprintf(answer->out, "progress: %s: %s\n", k7_progress_get_operation(progress), step);
    snprintf(answer->last, sizeof answer->last, "%s", step);
}

static void on_trace(void *user, const k7_trace *trace)
{
    struct answer *answer = user;

    fprintf(answer->out, "trace: %s: %s: %s %s attempt=%d http=%d error=%d\n", k7_trace_get_operation(trace),
            k7_trace_get_step(trace), k7_trace_get_method(trace), k7_trace_get_url(trace),
            k7_trace_get_attempt(trace), k7_trace_get_http_status(trace), k7_trace_get_error_code(trace));
}

static void on_dry_run(void *user, const k7_dry_request *request)
{
    struct answer *answer = user;

    fprintf(answer->out, "would: %s: %s: %s %s", k7_dry_request_get_operation(request),
            k7_dry_request_get_step(request), k7_dry_request_get_method(request),
            k7_dry_request_get_url(request));
    show_text(answer->out, "type", k7_dry_request_get_content_type(request));
    show_text(answer->out, "body", k7_dry_request_get_body(request));
    fputc('\n', answer->out);
}

/* The call that the last "call" describes. Errors are the answer's. */
static int make_call(struct answer *answer)
{
    const char *value;
    k7_error **err = &answer->error;
    int status = k7_call_new(&answer->call, err);

    if (status == 0 && (value = find(&settings, "timeout")))
        status = k7_call_set_timeout_ms(answer->call, number(value), err);
    if (status == 0 && (value = find(&settings, "cleanup")))
        status = k7_call_set_cleanup_timeout_ms(answer->call, number(value), err);
    if (status == 0 && (value = find(&settings, "traceparent")))
        status = k7_call_set_traceparent(answer->call, value, err);
    if (status == 0 && find(&settings, "token"))
        status = k7_call_set_cancel(answer->call, token, err);
    if (status == 0 && (find(&settings, "progress") || find(&settings, "abandon")))
        status = k7_call_set_progress(answer->call, on_progress, answer, NULL, err);
    if (status == 0 && find(&settings, "trace"))
        status = k7_call_set_trace(answer->call, on_trace, answer, NULL, err);
    if (status == 0 && find(&settings, "dry"))
        status = k7_call_set_dry_run(answer->call, on_dry_run, answer, NULL, err);
    return status;
}

/* --- operations ------------------------------------------------------------------------------------------------------------------ */

static int op_create(const struct words *words, struct answer *a)
{
    (void)words;
    return a->loop ? k7_sandbox_create_start(client, spec, a->call, a->loop, &a->op, &a->error)
                   : k7_sandbox_create(client, spec, a->call, &a->sandbox, &a->error);
}

static int op_get(const struct words *words, struct answer *a)
{
    const char *where = find(words, "namespace"), *name = words->word[1];

    return a->loop ? k7_sandbox_get_start(client, where, name, a->call, a->loop, &a->op, &a->error)
                   : k7_sandbox_get(client, where, name, a->call, &a->sandbox, &a->error);
}

static int op_list(const struct words *words, struct answer *a)
{
    k7_query *query = NULL;
    int status = k7_query_new(&query, &a->error);

    if (status == 0)
        status = k7_query_set_namespace(query, find(words, "namespace"), &a->error);
    if (status == 0)
        status = k7_query_set_all_namespaces(query, find(words, "all") != NULL, &a->error);
    if (status == 0)
        status = a->loop ? k7_sandbox_list_start(client, query, a->call, a->loop, &a->op, &a->error)
                         : k7_sandbox_list(client, query, a->call, &a->list, &a->error);
    k7_query_free(query);
    return status;
}

static int make_options(const struct words *words, k7_delete_options **options, k7_error **err)
{
    const char *wanted = find(words, "uid");
    int status = k7_delete_options_new(options, err);

    if (status == 0)
        status = k7_delete_options_set_uid(*options, wanted && !*wanted ? (*uid ? uid : NULL) : wanted, err);
    if (status == 0)
        status = k7_delete_options_set_missing_is_error(*options, find(words, "missing") != NULL, err);
    if (status == 0)
        status = k7_delete_options_set_no_wait(*options, find(words, "no_wait") != NULL, err);
    return status;
}

static int op_delete(const struct words *words, struct answer *a)
{
    const char *where = find(words, "namespace"), *name = words->word[1];
    k7_delete_options *options = NULL;
    int status = make_options(words, &options, &a->error);

    if (status == 0)
        status = a->loop ? k7_sandbox_delete_start(client, where, name, options, a->call, a->loop, &a->op,
                                                   &a->error)
                         : k7_sandbox_delete(client, where, name, options, a->call, &a->error);
    k7_delete_options_free(options);
    return status;
}

static int op_delete_all(const struct words *words, struct answer *a)
{
    const char *where = find(words, "namespace");

    return a->loop ? k7_sandbox_delete_all_start(client, where, a->call, a->loop, &a->op, &a->error)
                   : k7_sandbox_delete_all(client, where, a->call, &a->results, &a->error);
}

static int make_batch(k7_batch **batch, k7_error **err)
{
    const char *value;
    int status = k7_batch_new(batch, err);

    if (status == 0 && (value = find(&pace, "at_once")))
        status = k7_batch_set_at_once(*batch, number(value), err);
    if (status == 0 && (value = find(&pace, "starts_per_second")))
        status = k7_batch_set_starts_per_second(*batch, number(value), err);
    for (int i = 0; i < item_count && status == 0; i++)
        status = item_specs[i] ? k7_batch_add_spec(*batch, item_specs[i], err)
                               : k7_batch_add_name(*batch, NULL, item_names[i], err);
    return status;
}

static int op_create_many(const struct words *words, struct answer *a)
{
    k7_batch *batch = NULL;
    int status = make_batch(&batch, &a->error);

    (void)words;
    if (status == 0)
        status = a->loop ? k7_sandbox_create_many_start(client, batch, a->call, a->loop, &a->op, &a->error)
                         : k7_sandbox_create_many(client, batch, a->call, &a->results, &a->error);
    k7_batch_free(batch);
    return status;
}

static int op_get_many(const struct words *words, struct answer *a)
{
    k7_batch *batch = NULL;
    int status = make_batch(&batch, &a->error);

    (void)words;
    if (status == 0)
        status = a->loop ? k7_sandbox_get_many_start(client, batch, a->call, a->loop, &a->op, &a->error)
                         : k7_sandbox_get_many(client, batch, a->call, &a->results, &a->error);
    k7_batch_free(batch);
    return status;
}

static int op_delete_many(const struct words *words, struct answer *a)
{
    k7_batch *batch = NULL;
    k7_delete_options *options = NULL;
    int status = make_batch(&batch, &a->error);

    if (status == 0)
        status = make_options(words, &options, &a->error);
    if (status == 0)
        status = a->loop ? k7_sandbox_delete_many_start(client, batch, options, a->call, a->loop, &a->op,
                                                        &a->error)
                         : k7_sandbox_delete_many(client, batch, options, a->call, &a->results, &a->error);
    k7_delete_options_free(options);
    k7_batch_free(batch);
    return status;
}

static const struct {
    const char *name;
    int (*run)(const struct words *words, struct answer *answer);
    char kind;
} operations[] = {
    { "create", op_create, 'm' },
    { "get", op_get, 's' },
    { "list", op_list, 'l' },
    { "delete", op_delete, 0 },
    { "delete_all", op_delete_all, 'u' },
    { "create_many", op_create_many, 'r' },
    { "get_many", op_get_many, 'r' },
    { "delete_many", op_delete_many, 'r' },
};
enum { OPERATIONS = sizeof operations / sizeof operations[0] };

int operation_of(const char *name)
{
    for (int i = 0; i < OPERATIONS; i++)
        if (strcmp(operations[i].name, name) == 0)
            return i;
    return -1;
}

struct answer *run(const struct words *words, k7_loop *on)
{
    struct answer *answer = calloc(1, sizeof *answer);
    int operation = operation_of(words->word[0]);

    if (!answer || operation < 0)
        give_up(words->word[0], NULL);
    answer->out = open_memstream(&answer->text, &answer->len);
    answer->kind = operations[operation].kind;
    answer->loop = on;
    if (make_call(answer) == 0)
        operations[operation].run(words, answer);
    return answer;
}

static void take(struct answer *a)
{
    k7_error *error = NULL;

    if (k7_op_wait(a->op, &error) != 0)
        give_up("wait", error);
    switch (a->kind) {
    case 'm':
    case 's':
        k7_op_take_sandbox(a->op, &a->sandbox, &a->error);
        break;
    case 'l':
        k7_op_take_sandboxes(a->op, &a->list, &a->error);
        break;
    case 'u':
    case 'r':
        k7_op_take_results(a->op, &a->results, &a->error);
        break;
    default:
        k7_op_take_error(a->op, &a->error);
    }
    k7_op_free(a->op);
    a->op = NULL;
}

void end(struct answer *a, const char *mark)
{
    if (a->op)
        take(a);
    if (a->error)
        show_error(a->out, a->error);
    else if (a->sandbox)
        show_sandbox(a->out, a->sandbox, a->kind == 'm');
    else if (a->results)
        show_results(a->out, a->results, a->kind == 'r');
    else if (a->list && !find(&settings, "dry"))
        show_list(a->out, a->list);
    else
        fputs("done\n", a->out);
    if (a->kind == 's' && a->sandbox)
        snprintf(uid, sizeof uid, "%s", k7_sandbox_get_uid(a->sandbox) ? k7_sandbox_get_uid(a->sandbox) : "");
    fclose(a->out);
    printf("%s%s", mark, a->text);
    free(a->text);
    k7_error_unref(a->error);
    k7_sandbox_unref(a->sandbox);
    k7_sandboxes_unref(a->list);
    k7_results_unref(a->results);
    k7_call_free(a->call);
    free(a);
}
