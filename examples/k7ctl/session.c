/* session.c: from options to a configuration: flags first, then what K7's environment and client file say of the rest. */
#include "session.h"
#include "file.h"
#include "report.h"
#include "terminal.h"
#include "text.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_LIMIT = 64 << 10 }; /* bytes of a file that holds one value */

static int set_key(k7_config *config, const char *key, const char *value)
{
    k7_error *err = NULL;
    int status = k7_config_set(config, key, value, &err);
    return status == 0 ? STATUS_DONE : report_error("configuration", status, err);
}

/* The content of a file, without white space at its end. */
static int set_key_from_file(k7_config *config, const char *key, const char *path)
{
    char *text;
    size_t len = 0;
    if (file_read(path, VALUE_LIMIT, &text, &len) < 0)
        return STATUS_FAILED;
    size_t end = len;
    while (end > 0 && isspace((unsigned char)text[end - 1]))
        text[--end] = '\0';
    int status;
    if (strlen(text) != end) {
        fprintf(stderr, "k7ctl: %s: a zero byte in a text\n", path);
        status = STATUS_FAILED;
    } else {
        status = set_key(config, key, text);
    }
    file_free(text, len);
    return status;
}

static int is_secret(const char *key)
{
    for (size_t i = 0; i < k7_config_key_count(); i++)
        if (strcmp(k7_config_key_get_name(k7_config_key_at(i)), key) == 0)
            return k7_config_key_is_secret(k7_config_key_at(i));
    return 0;
}

/* --set KEY=VALUE and --set-file KEY=FILE. */
static int set_given(k7_config *config, const struct options *options, const struct given *given)
{
    const char *option = given->option == OPTION_SET ? "--set" : "--set-file";
    const char *equals = strchr(given->value, '=');
    if (equals == NULL)
        return usage_error(options->command_name, "%s: \"%s\" has no \"=\"", option, given->value);
    char *key = strndup(given->value, (size_t)(equals - given->value));
    if (key == NULL)
        return report_error(options->command_name, K7_ERR_NO_MEMORY, NULL);
    int status;
    if (given->option == OPTION_SET_FILE)
        status = set_key_from_file(config, key, equals + 1);
    else if (is_secret(key))
        status =
            usage_error(options->command_name,
                        "--set %s: every user of this machine could read the value; use --set-file", key);
    else
        status = set_key(config, key, equals + 1);
    free(key);
    return status;
}

static int is_rest(const char *endpoint)
{
    return strncmp(endpoint, "http://", 7) == 0 || strncmp(endpoint, "https://", 8) == 0;
}

/* K7's environment and client file name a K7 server and its key: of no use to, and none of the business of, an endpoint of another kind. */
static int load_default(k7_config *config)
{
    k7_error *err = NULL;
    const char *endpoint = k7_config_get(config, "endpoint");
    if (endpoint != NULL && !is_rest(endpoint))
        return STATUS_DONE;
    int status = k7_config_load_default(config, &err);
    return status == 0 ? STATUS_DONE : report_error("configuration", status, err);
}

static int configure(k7_config *config, const struct options *options)
{
    int status = STATUS_DONE;
    for (size_t i = 0; status == STATUS_DONE && i < options->given_count; i++)
        if (options->given[i].option == OPTION_SET || options->given[i].option == OPTION_SET_FILE)
            status = set_given(config, options, &options->given[i]);
    if (status == STATUS_DONE && options->endpoint != NULL)
        status = set_key(config, "endpoint", options->endpoint);
    if (status == STATUS_DONE && options->namespace_ != NULL)
        status = set_key(config, "namespace", options->namespace_);
    if (status == STATUS_DONE && options->ca_file != NULL)
        status = set_key(config, "rest.ca_file", options->ca_file);
    if (status == STATUS_DONE && options->api_key_file != NULL)
        status = set_key(config, "rest.api_key_file", options->api_key_file);
    return status == STATUS_DONE ? load_default(config) : status;
}

static int open_client(struct session *session, const struct options *options)
{
    k7_error *err = NULL;
    k7_config *config = NULL;
    int status = k7_config_new(&config, &err);
    if (status != 0)
        return report_error("configuration", status, err);
    int exit_status = configure(config, options);
    if (exit_status == STATUS_DONE) {
        status = k7_client_open(config, &session->client, &err);
        if (status != 0)
            exit_status = report_error("configuration", status, err);
        else if (k7_client_get_warning(session->client))
            fprintf(stderr, "k7ctl: warning: %s\n", k7_client_get_warning(session->client));
    }
    k7_config_free(config);
    return exit_status;
}

static void on_trace(void *user, const k7_trace *trace)
{
    (void)user;
    fputs("k7ctl: ", stderr);
    text_print(stderr, k7_trace_get_method(trace));
    fputc(' ', stderr);
    text_print(stderr, k7_trace_get_url(trace));
    if (k7_trace_get_http_status(trace) != 0)
        fprintf(stderr, " -> %d", k7_trace_get_http_status(trace));
    else
        fprintf(stderr, " -> %s", k7_error_code_name(k7_trace_get_error_code(trace)));
    fprintf(stderr, " (%.1f ms%s)\n", (double)k7_trace_get_duration_us(trace) / 1000.0,
            k7_trace_is_connection_reused(trace) ? ", reused connection" : "");
}

static void on_dry_run(void *user, const k7_dry_request *request)
{
    (void)user;
    text_print(stdout, k7_dry_request_get_method(request));
    putchar(' ');
    text_print(stdout, k7_dry_request_get_url(request));
    putchar('\n');
    if (k7_dry_request_get_body(request) != NULL) {
        text_print_json_value(stdout, k7_dry_request_get_body(request));
        putchar('\n');
    }
}

static int open_call(struct session *session, const struct options *options, k7_error **err)
{
    int status = k7_call_new(&session->call, err);
    if (status == 0)
        status = k7_cancel_new(&session->cancel, err);
    if (status == 0)
        status = k7_call_set_cancel(session->call, session->cancel, err);
    if (status == 0 && options->timeout_ms > 0)
        status = k7_call_set_timeout_ms(session->call, options->timeout_ms, err);
    if (status == 0 && options->dry_run)
        status = k7_call_set_dry_run(session->call, on_dry_run, NULL, NULL, err);
    if (status == 0 && options->trace)
        status = k7_call_set_trace(session->call, on_trace, NULL, NULL, err);
    return status;
}

int session_open(struct session *session, const struct options *options)
{
    k7_error *err = NULL;
    memset(session, 0, sizeof(*session));
    int exit_status = open_client(session, options);
    if (exit_status != STATUS_DONE)
        return exit_status;
    int status = open_call(session, options, &err);
    if (status != 0)
        return report_error(options->command_name, status, err);
    terminal_catch_signals(session->cancel);
    return STATUS_DONE;
}

void session_close(struct session *session)
{
    terminal_catch_signals(NULL);
    k7_call_free(session->call);
    k7_cancel_unref(session->cancel);
    k7_client_unref(session->client);
}
