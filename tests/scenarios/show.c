/* show.c: values, errors, sandboxes, lists and results as lines. The other languages' programs write the same. */
#include "show.h"

#include <string.h>

int full;

void show_text(FILE *out, const char *name, const char *value)
{
    fprintf(out, " %s=", name);
    if (!value || !*value)
        fputc('-', out);
    for (; value && *value; value++) {
        if (*value == '\n')
            fputs("\\n", out);
        else
            fputc(*value, out);
    }
}

static void show_number(FILE *out, const char *name, int64_t number, int64_t nothing)
{
    if (number == nothing)
        fprintf(out, " %s=-", name);
    else
        fprintf(out, " %s=%lld", name, (long long)number);
}

void show_error(FILE *out, const k7_error *error)
{
    static const char *const outcomes[] = { "not sent", "rejected", "unknown" };
    size_t leftovers = k7_error_leftover_count(error);

    fprintf(out, "%s:", k7_error_code_name(k7_error_get_code(error)));
    show_text(out, "class", k7_error_class_name(k7_error_get_class(error)));
    show_text(out, "outcome", outcomes[k7_error_get_outcome(error)]);
    show_text(out, "retryable", k7_error_is_retryable(error) ? "yes" : "no");
    show_text(out, "operation", k7_error_get_operation(error));
    fprintf(out, " leftovers=%zu", leftovers);
    if (full) {
        show_number(out, "http", k7_error_get_http_status(error), 0);
        show_number(out, "retry_after_ms", k7_error_get_retry_after_ms(error), -1);
        show_text(out, "reason", k7_error_get_reason(error));
        show_text(out, "step", k7_error_get_step(error));
        show_text(out, "message", k7_error_get_message(error));
        show_text(out, "server_text", k7_error_get_server_text(error));
        for (size_t i = 0; i < leftovers; i++)
            show_text(out, "leftover", k7_error_leftover_at(error, i));
    }
    fputc('\n', out);
}

static void show_all(FILE *out, const k7_sandbox *sandbox)
{
    char *json = NULL;

    show_text(out, "node", k7_sandbox_get_node(sandbox));
    show_text(out, "backend", k7_sandbox_get_backend(sandbox));
    show_text(out, "uid", k7_sandbox_get_uid(sandbox));
    show_text(out, "age", k7_sandbox_get_age_text(sandbox));
    show_number(out, "created", k7_sandbox_get_created_unix(sandbox), -1);
    for (size_t i = 0; i < k7_sandbox_node_port_count(sandbox); i++)
        show_number(out, "node_port", k7_sandbox_node_port_at(sandbox, i), -1);
    for (size_t i = 0; i < k7_sandbox_endpoint_count(sandbox); i++) {
        show_number(out, "port", k7_sandbox_endpoint_port_at(sandbox, i), -1);
        show_number(out, "at", k7_sandbox_endpoint_node_port_at(sandbox, i), -1);
        show_text(out, "url", k7_sandbox_endpoint_url_at(sandbox, i));
    }
    if (k7_sandbox_to_json(sandbox, &json, NULL) == 0)
        show_text(out, "json", json);
    k7_free(json);
}

void show_sandbox(FILE *out, const k7_sandbox *sandbox, int made)
{
    static const char *const answers[] = { "-", "no", "yes" };

    fprintf(out, "%s:", k7_sandbox_get_name(sandbox));
    show_text(out, "namespace", k7_sandbox_get_namespace(sandbox));
    show_text(out, "image", k7_sandbox_get_image(sandbox));
    if (!made || full) {
        show_text(out, "status", k7_sandbox_get_status(sandbox));
        show_text(out, "ready", answers[k7_sandbox_is_ready(sandbox) + 1]);
        show_number(out, "restarts", k7_sandbox_get_restarts(sandbox), -1);
        show_text(out, "reason", k7_sandbox_get_reason(sandbox));
        show_text(out, "error_message", k7_sandbox_get_error_message(sandbox));
    }
    if (full)
        show_all(out, sandbox);
    fputc('\n', out);
}

void show_list(FILE *out, const k7_sandboxes *list)
{
    fprintf(out, "%zu sandboxes\n", k7_sandboxes_count(list));
    for (size_t i = 0; i < k7_sandboxes_count(list); i++) {
        fputs("* ", out);
        show_sandbox(out, k7_sandboxes_at(list, i), 0);
    }
}

void show_results(FILE *out, const k7_results *results, int ordered)
{
    static const char *const outcomes[] = { "done", "failed", "not started", "unknown" };
    size_t count = k7_results_count(results);

    fprintf(out, "%zu results, %zu done\n", count, k7_results_count_of(results, K7_ITEM_DONE));
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "%s %s %s\n", ordered ? "-" : "*", k7_results_name_at(results, i),
                outcomes[k7_results_outcome_at(results, i)]);
        if (k7_results_sandbox_at(results, i)) {
            fputs("  ", out);
            show_sandbox(out, k7_results_sandbox_at(results, i), 1);
        }
        if (k7_results_error_at(results, i)) {
            fputs("  ", out);
            show_error(out, k7_results_error_at(results, i));
        }
    }
}

/* --- a spec ---------------------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *field;
    const char *(*get)(const k7_spec *);
} texts[] = {
    { "name", k7_spec_get_name },
    { "image", k7_spec_get_image },
    { "namespace", k7_spec_get_namespace },
    { "env_file", k7_spec_get_env_file },
    { "before_script", k7_spec_get_before_script },
    { "backend", k7_spec_get_backend },
    { "runtime_class_name", k7_spec_get_runtime_class_name },
    { "root_disk_size", k7_spec_get_root_disk_size },
    { "sidecar", k7_spec_get_sidecar },
    { "node_name", k7_spec_get_node_name },
    { "docker_disk", k7_spec_get_docker_disk },
};

static const struct {
    const char *field;
    int (*get)(const k7_spec *);
} answers[] = {
    { "pod_non_root", k7_spec_get_pod_non_root },
    { "container_non_root", k7_spec_get_container_non_root },
    { "docker", k7_spec_get_docker },
    { "before_script_under_lock", k7_spec_get_before_script_under_lock },
};

static const struct {
    const char *field;
    size_t (*count)(const k7_spec *);
    const char *(*at)(const k7_spec *, size_t);
    int32_t (*port_at)(const k7_spec *, size_t);
} lists[] = {
    { "egress_whitelist", k7_spec_egress_count, k7_spec_egress_at, NULL },
    { "cap_drop", k7_spec_cap_drop_count, k7_spec_cap_drop_at, NULL },
    { "cap_add", k7_spec_cap_add_count, k7_spec_cap_add_at, NULL },
    { "entrypoint", k7_spec_entrypoint_count, k7_spec_entrypoint_at, NULL },
    { "cmd", k7_spec_cmd_count, k7_spec_cmd_at, NULL },
    { "ingress_from", k7_spec_ingress_from_count, k7_spec_ingress_from_at, NULL },
    { "ingress_ports", k7_spec_ingress_port_count, NULL, k7_spec_ingress_port_at },
    { "expose_ports", k7_spec_expose_port_count, NULL, k7_spec_expose_port_at },
};

#define COUNT(table) (sizeof table / sizeof table[0])

static void show_field(FILE *out, const k7_spec *spec, const char *field)
{
    for (size_t i = 0; i < COUNT(texts); i++)
        if (strcmp(texts[i].field, field) == 0)
            show_text(out, field, texts[i].get(spec));
    for (size_t i = 0; i < COUNT(answers); i++)
        if (strcmp(answers[i].field, field) == 0)
            show_text(out, field, answers[i].get(spec) ? "yes" : "no");
    for (size_t i = 0; i < COUNT(lists); i++) {
        if (strcmp(lists[i].field, field) != 0)
            continue;
        fprintf(out, " %s: %zu", field, lists[i].count(spec));
        for (size_t at = 0; at < lists[i].count(spec); at++) {
            if (lists[i].at)
                show_text(out, "item", lists[i].at(spec, at));
            else
                show_number(out, "item", lists[i].port_at(spec, at), 0);
        }
    }
    if (strcmp(field, "limits") == 0)
        for (size_t i = 0; i < k7_spec_limit_count(spec); i++)
            show_text(out, k7_spec_limit_key_at(spec, i),
                      k7_spec_get_limit(spec, k7_spec_limit_key_at(spec, i)));
    if (strcmp(field, "env") == 0)
        for (size_t i = 0; i < k7_spec_env_count(spec); i++)
            show_text(out, k7_spec_env_key_at(spec, i), k7_spec_env_value_at(spec, i));
}

/* Each field that is set, as its getter tells it. */
void show_fields(FILE *out, const k7_spec *spec)
{
    static const char *const modes[] = { "unset", "open", "blocked", "list" };

    for (size_t i = 0; i < k7_spec_field_count(); i++) {
        const char *field = k7_spec_field_at(i);

        if (k7_spec_is_set(spec, field) != 1)
            continue;
        fputs("field", out);
        show_field(out, spec, field);
        if (strcmp(field, "egress_whitelist") == 0)
            show_text(out, "mode", modes[k7_spec_get_egress_mode(spec)]);
        fputc('\n', out);
    }
}

void show_client(FILE *out, k7_client *client)
{
    fputs("client:", out);
    show_text(out, "endpoint", k7_client_get_endpoint(client));
    show_text(out, "transport", k7_client_get_transport(client));
    show_text(out, "namespace", k7_client_get_namespace(client));
    show_text(out, "warning", k7_client_get_warning(client));
    for (size_t i = 0; i < k7_operation_count(); i++) {
        int supported = 0;

        if (k7_client_supports(client, k7_operation_at(i), &supported, NULL) == 0)
            show_text(out, k7_operation_at(i), supported ? "yes" : "no");
    }
    fputc('\n', out);
}
