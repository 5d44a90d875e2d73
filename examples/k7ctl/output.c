/* output.c: see output.h. The columns are the members of K7's list, in its order. */
#include "output.h"
#include "options.h"
#include "report.h"
#include "table.h"
#include "text.h"
#include <inttypes.h>
#include <string.h>

static const char *const titles[] = { "NAME",  "NAMESPACE", "STATUS", "READY",      "RESTARTS", "AGE",
                                      "IMAGE", "BACKEND",   "NODE",   "NODE PORTS", "ERROR" };
enum { COLUMN_COUNT = sizeof(titles) / sizeof(titles[0]), ALWAYS_COLUMNS = 7 };

static const char *format_ready(const k7_sandbox *sandbox)
{
    int ready = k7_sandbox_is_ready(sandbox);
    return ready < 0 ? NULL : ready ? "True" : "False";
}

static const char *format_restarts(const k7_sandbox *sandbox, char scratch[TABLE_SCRATCH])
{
    if (k7_sandbox_get_restarts(sandbox) < 0)
        return NULL;
    snprintf(scratch, TABLE_SCRATCH, "%" PRId64, k7_sandbox_get_restarts(sandbox));
    return scratch;
}

/* K7's servers append microseconds. */
static const char *format_age(const k7_sandbox *sandbox, char scratch[TABLE_SCRATCH])
{
    const char *age = k7_sandbox_get_age_text(sandbox);
    if (age == NULL)
        return NULL;
    snprintf(scratch, TABLE_SCRATCH, "%.*s", (int)strcspn(age, "."), age);
    return scratch;
}

static const char *format_node_ports(const k7_sandbox *sandbox, char scratch[TABLE_SCRATCH])
{
    size_t used = 0;
    scratch[0] = '\0';
    for (size_t i = 0; i < k7_sandbox_node_port_count(sandbox) && used < TABLE_SCRATCH; i++)
        used += (size_t)snprintf(scratch + used, TABLE_SCRATCH - used, "%s%" PRId32, i > 0 ? "," : "",
                                 k7_sandbox_node_port_at(sandbox, i));
    return scratch;
}

static const char *cell(const void *data, size_t row, size_t column, char scratch[TABLE_SCRATCH])
{
    const k7_sandbox *sandbox = ((k7_sandbox *const *)data)[row];
    switch (column) {
    case 0:
        return k7_sandbox_get_name(sandbox);
    case 1:
        return k7_sandbox_get_namespace(sandbox);
    case 2:
        return k7_sandbox_get_status(sandbox);
    case 3:
        return format_ready(sandbox);
    case 4:
        return format_restarts(sandbox, scratch);
    case 5:
        return format_age(sandbox, scratch);
    case 6:
        return k7_sandbox_get_image(sandbox);
    case 7:
        return k7_sandbox_get_backend(sandbox);
    case 8:
        return k7_sandbox_get_node(sandbox);
    case 9:
        return format_node_ports(sandbox, scratch);
    default:
        return k7_sandbox_get_error_message(sandbox);
    }
}

/* Returns the exit status. */
static int print_object(const k7_sandbox *sandbox)
{
    k7_error *err = NULL;
    char *text = NULL;
    int status = k7_sandbox_to_json(sandbox, &text, &err);
    if (status != 0)
        return report_error("output", status, err);
    text_print_json_value(stdout, text);
    k7_free(text);
    return STATUS_DONE;
}

int output_sandbox(k7_sandbox *sandbox, int json)
{
    if (!json)
        return output_sandboxes(&sandbox, 1, 0);
    int status = print_object(sandbox);
    putchar('\n');
    return status;
}

int output_sandboxes(k7_sandbox *const *sandboxes, size_t count, int json)
{
    if (!json) {
        struct table table = { titles, COLUMN_COUNT, ALWAYS_COLUMNS, count, cell, sandboxes };
        table_print(stdout, &table);
        return STATUS_DONE;
    }
    int status = STATUS_DONE;
    putchar('[');
    for (size_t i = 0; status == STATUS_DONE && i < count; i++) {
        fputs(i > 0 ? ",\n " : "", stdout);
        status = print_object(sandboxes[i]);
    }
    puts("]");
    return status;
}

int output_created(const k7_sandbox *sandbox, int json)
{
    if (json) {
        int status = print_object(sandbox);
        putchar('\n');
        return status;
    }
    fputs("created ", stdout);
    text_print(stdout, k7_sandbox_get_name(sandbox));
    if (k7_sandbox_get_namespace(sandbox) != NULL) {
        fputs(" in namespace ", stdout);
        text_print(stdout, k7_sandbox_get_namespace(sandbox));
    }
    putchar('\n');
    for (size_t i = 0; i < k7_sandbox_endpoint_count(sandbox); i++) {
        printf("port %" PRId32 ": ", k7_sandbox_endpoint_port_at(sandbox, i));
        text_print(stdout, k7_sandbox_endpoint_url_at(sandbox, i));
        putchar('\n');
    }
    return STATUS_DONE;
}

int output_deleted(const char *name, int json)
{
    if (json)
        printf("{\"message\":\"Sandbox %s deleted successfully\"}\n",
               name); /* the library accepted the name: [a-z0-9.-] */
    else
        printf("deleted %s\n", name);
    return STATUS_DONE;
}

static const char *outcome_text(int outcome)
{
    switch (outcome) {
    case K7_ITEM_DONE:
        return "deleted";
    case K7_ITEM_FAILED:
        return "not deleted";
    case K7_ITEM_NOT_STARTED:
        return "not tried";
    default:
        return "unknown whether deleted";
    }
}

static void print_result_json(const k7_results *results, size_t i)
{
    int done = k7_results_outcome_at(results, i) == K7_ITEM_DONE;
    const k7_error *error = k7_results_error_at(results, i);
    fputs("{\"name\":", stdout);
    text_print_json(stdout, k7_results_name_at(results, i));
    printf(",\"success\":%s,\"error\":", done ? "true" : "false");
    text_print_json(stdout, done            ? NULL
                            : error != NULL ? k7_error_get_message(error)
                                            : outcome_text(k7_results_outcome_at(results, i)));
    putchar('}');
}

/* K7's own answer: {"message": …, "results": [{"name", "success", "error"}]}. */
static void print_results_json(const k7_results *results, size_t failed)
{
    size_t count = k7_results_count(results);
    printf("{\"message\":\"%s %zu sandboxes\",\"results\":[", failed > 0 ? "Failed to delete" : "Deleted",
           failed > 0 ? failed : count);
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? ",\n " : "", stdout);
        print_result_json(results, i);
    }
    puts("]}");
}

int output_results(const k7_results *results, int json)
{
    size_t count = k7_results_count(results);
    size_t failed = count - k7_results_count_of(results, K7_ITEM_DONE);
    if (json)
        print_results_json(results, failed);
    for (size_t i = 0; !json && i < count; i++) {
        const k7_error *error = k7_results_error_at(results, i);
        printf("%s ", outcome_text(k7_results_outcome_at(results, i)));
        text_print(stdout, k7_results_name_at(results, i));
        if (error != NULL) {
            fputs(": ", stdout);
            text_print(stdout, k7_error_get_message(error));
        }
        putchar('\n');
        fflush(stdout);
        report_hints(error);
    }
    if (!json && count == 0)
        puts("nothing to delete");
    return failed > 0 ? STATUS_FAILED : STATUS_DONE;
}
