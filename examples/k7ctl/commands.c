/* commands.c: the five operations, each as the library has it, between the command line and standard output. */
#include "commands.h"
#include "output.h"
#include "report.h"
#include "terminal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int command_create(struct session *session, const k7_spec *spec, const struct options *options)
{
    k7_error *err = NULL;
    k7_sandbox *sandbox = NULL;
    char subject[96];
    const char *name = k7_spec_get_name(spec);
    snprintf(subject, sizeof(subject), "creating %s", name != NULL ? name : "?");
    int status = terminal_progress_begin(session->call, subject, &err);
    if (status == 0)
        status = k7_sandbox_create(session->client, spec, session->call, &sandbox, &err);
    terminal_progress_end();
    int exit_status = status != 0        ? report_error("create", status, err)
                      : options->dry_run ? STATUS_DONE /* the requests have been printed */
                                         : output_created(sandbox, options->json);
    k7_sandbox_unref(sandbox);
    return exit_status;
}

/* --name shows one of them, as in K7: an empty list when it is not there. */
static int output_list(const k7_sandboxes *list, const struct options *options)
{
    size_t shown = 0;
    k7_sandbox **sandboxes = calloc(k7_sandboxes_count(list) + 1, sizeof(k7_sandbox *));
    if (sandboxes == NULL)
        return report_error("list", K7_ERR_NO_MEMORY, NULL);
    for (size_t i = 0; i < k7_sandboxes_count(list); i++) {
        k7_sandbox *sandbox = k7_sandboxes_at(list, i);
        const char *name = k7_sandbox_get_name(sandbox);
        if (options->name == NULL || (name != NULL && strcmp(options->name, name) == 0))
            sandboxes[shown++] = sandbox;
    }
    int status = output_sandboxes(sandboxes, shown, options->json);
    free(sandboxes);
    return status;
}

int command_list(struct session *session, const struct options *options)
{
    k7_error *err = NULL;
    k7_query *query = NULL;
    k7_sandboxes *list = NULL;
    int status = k7_query_new(&query, &err);
    if (status == 0)
        status = k7_query_set_all_namespaces(query, options->all_namespaces, &err);
    if (status == 0)
        status = k7_sandbox_list(session->client, query, session->call, &list, &err);
    k7_query_free(query);
    int exit_status = status == 0 ? output_list(list, options) : report_error("list", status, err);
    k7_sandboxes_unref(list);
    return exit_status;
}

int command_get(struct session *session, const struct options *options)
{
    k7_error *err = NULL;
    k7_sandbox *sandbox = NULL;
    int status = k7_sandbox_get(session->client, NULL, options->name, session->call, &sandbox, &err);
    int exit_status = status == 0 ? output_sandbox(sandbox, options->json) : report_error("get", status, err);
    k7_sandbox_unref(sandbox);
    return exit_status;
}

int command_delete(struct session *session, const struct options *options)
{
    k7_error *err = NULL;
    k7_delete_options *how = NULL;
    int status = k7_delete_options_new(&how, &err);
    if (status == 0 && options->uid != NULL)
        status = k7_delete_options_set_uid(how, options->uid, &err);
    if (status == 0)
        status = k7_delete_options_set_missing_is_error(how, options->must_exist, &err);
    if (status == 0)
        status = k7_delete_options_set_no_wait(how, options->no_wait, &err);
    if (status == 0)
        status = k7_sandbox_delete(session->client, NULL, options->name, how, session->call, &err);
    k7_delete_options_free(how);
    return status == 0 ? output_deleted(options->name, options->json) : report_error("delete", status, err);
}

/* STATUS_DONE: go on. */
static int confirm_delete_all(struct session *session)
{
    char question[512];
    snprintf(question, sizeof(question), "delete every sandbox of namespace %s at %s?",
             k7_client_get_namespace(session->client), k7_client_get_endpoint(session->client));
    int answer = terminal_confirm(question);
    if (answer < 0)
        return usage_error("delete-all", "there is no terminal to ask on; -y deletes without asking");
    if (terminal_caught_signal() != 0)
        return 128 + terminal_caught_signal();
    if (answer == 0) {
        fprintf(stderr, "nothing deleted\n");
        return STATUS_FAILED;
    }
    return STATUS_DONE;
}

int command_delete_all(struct session *session, const struct options *options)
{
    k7_error *err = NULL;
    k7_results *results = NULL;
    int exit_status = options->yes ? STATUS_DONE : confirm_delete_all(session);
    if (exit_status != STATUS_DONE)
        return exit_status;
    int status = k7_sandbox_delete_all(session->client, NULL, session->call, &results, &err);
    if (status != 0)
        return report_error("delete-all", status, err);
    exit_status = output_results(results, options->json);
    if (exit_status != STATUS_DONE && terminal_caught_signal() != 0)
        exit_status = 128 + terminal_caught_signal();
    k7_results_unref(results);
    return exit_status;
}
