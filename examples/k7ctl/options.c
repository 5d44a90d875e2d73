/* options.c: from argv to struct options with getopt_long. Checks form only: which options go with which command, how many arguments, numbers.
 * What a value means is the library's to judge. */
#include "options.h"
#include "help.h"
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <k7sandbox/k7sandbox.h>

enum { MOST_ARGUMENTS = 3 }; /* the command and its own */

/* What getopt_long found, before the command is known. */
struct scan {
    const char *arguments[MOST_ARGUMENTS];
    int argument_count; /* may be more than fit */
    int help;
    int version;
};

int usage_error(const char *command, const char *format, ...)
{
    va_list arguments;
    fprintf(stderr, "k7ctl%s%s: ", command != NULL ? " " : "", command != NULL ? command : "");
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\ntry: k7ctl %s%s--help\n", command != NULL ? command : "", command != NULL ? " " : "");
    return STATUS_USAGE;
}

int options_has(const struct options *options, int option)
{
    for (size_t i = 0; i < options->given_count; i++)
        if (options->given[i].option == option)
            return 1;
    return 0;
}

void options_free(struct options *options)
{
    free(options->given);
    options->given = NULL;
    options->given_count = 0;
}

/* The tables in getopt's form. A leading '-' makes getopt hand over arguments in place, so that options may follow them whatever POSIXLY_CORRECT says. */
static void build_tables(struct option *longs, char *letters)
{
    size_t used = 0;
    letters[used++] = '-';
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        longs[i] =
            (struct option){ row->name, row->value != NULL ? required_argument : no_argument, NULL, row->id };
        if (row->id < 256) {
            letters[used++] = (char)row->id;
            if (row->value != NULL)
                letters[used++] = ':';
        }
    }
    longs[option_row_count] = (struct option){ NULL, 0, NULL, 0 };
    letters[used] = '\0';
}

static void add_argument(struct scan *scan, const char *argument)
{
    if (scan->argument_count < MOST_ARGUMENTS)
        scan->arguments[scan->argument_count] = argument;
    scan->argument_count++;
}

/* Seconds with an optional fraction; 1 ms … about 31 years. Returns 0 when it is no such number. */
static int64_t parse_seconds(const char *text)
{
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return 0;
    double seconds = strtod(text, &end);
    if (*end != '\0' || !(seconds >= 0.001) || seconds > 1e9)
        return 0;
    return (int64_t)(seconds * 1000.0 + 0.5);
}

/* Returns -1, or STATUS_USAGE. */
static int take_option(struct options *options, struct scan *scan, int id, const char *value)
{
    switch (id) {
    case 'h':
        scan->help = 1;
        break;
    case 'V':
        scan->version = 1;
        break;
    case 'f':
        options->file = value;
        break;
    case 'n':
        options->namespace_ = value;
        break;
    case 'A':
        options->all_namespaces = 1;
        break;
    case 'y':
        options->yes = 1;
        break;
    case 'o':
        if (strcmp(value, "json") != 0 && strcmp(value, "table") != 0)
            return usage_error(NULL, "--output: \"%s\" is neither table nor json", value);
        options->json = strcmp(value, "json") == 0;
        break;
    case OPTION_ENDPOINT:
        options->endpoint = value;
        break;
    case OPTION_API_KEY_FILE:
        options->api_key_file = value;
        break;
    case OPTION_API_KEY:
        return usage_error(NULL,
                           "--api-key: every user of this machine could read the key on the command line; "
                           "use --api-key-file or K7_API_KEY");
    case OPTION_CA:
        options->ca_file = value;
        break;
    case OPTION_TIMEOUT:
        options->timeout_ms = parse_seconds(value);
        if (options->timeout_ms == 0)
            return usage_error(NULL, "--timeout: \"%s\" is not a number of seconds from 0.001 on", value);
        break;
    case OPTION_TRACE:
        options->trace = 1;
        break;
    case OPTION_DRY_RUN:
        options->dry_run = 1;
        break;
    case OPTION_NAME:
        options->name = value;
        break;
    case OPTION_IMAGE:
        options->image = value;
        break;
    case OPTION_UID:
        options->uid = value;
        break;
    case OPTION_MUST_EXIST:
        options->must_exist = 1;
        break;
    case OPTION_NO_WAIT:
        options->no_wait = 1;
        break;
    default:
        options->given[options->given_count++] = (struct given){ id, value };
    }
    return -1;
}

/* Marks in seen which rows of option_rows were given. */
static int scan_arguments(int argc, char **argv, struct options *options, struct scan *scan, char *seen)
{
    struct option longs[OPTION_ROWS_MOST + 1];
    char letters[2 * OPTION_ROWS_MOST + 2];
    build_tables(longs, letters);
    for (;;) {
        int row = -1;
        int id = getopt_long(argc, argv, letters, longs, &row);
        if (id == -1)
            break;
        if (id == 1) {
            add_argument(scan, optarg);
            continue;
        }
        if (id == '?') {
            fprintf(stderr, "try: k7ctl --help\n");
            return STATUS_USAGE;
        }
        for (size_t i = 0; row < 0 && i < option_row_count; i++)
            if (option_rows[i].id == id)
                row = (int)i;
        seen[row] = 1;
        int status = take_option(options, scan, id, optarg);
        if (status >= 0)
            return status;
    }
    while (optind < argc)
        add_argument(scan, argv[optind++]);
    return -1;
}

static const struct command_row *find_command(const char *name)
{
    for (size_t i = 0; i < command_row_count; i++)
        if (strcmp(command_rows[i].name, name) == 0)
            return &command_rows[i];
    return NULL;
}

static int check_fit(const struct command_row *command, const struct scan *scan, const char *seen)
{
    for (size_t i = 0; i < option_row_count; i++)
        if (seen[i] && (option_rows[i].commands & command->command) == 0)
            return usage_error(command->name, "--%s does not go with this command", option_rows[i].name);
    int count = scan->argument_count - 1;
    if (count < command->least)
        return usage_error(command->name, "%s is missing", command->arguments);
    if (count > command->most)
        return usage_error(command->name, "%d %s too many", count - command->most,
                           count - command->most == 1 ? "argument" : "arguments");
    return -1;
}

/* The arguments after the command. */
static int take_arguments(struct options *options, const struct scan *scan)
{
    if (options->command == COMMAND_CONFIG) {
        if (strcmp(scan->arguments[1], "keys") != 0)
            return usage_error("config", "\"%s\" is unknown; there is: config keys", scan->arguments[1]);
        return -1;
    }
    if (scan->argument_count > 1) {
        if (options->name != NULL)
            return usage_error(options->command_name, "NAME is given twice");
        options->name = scan->arguments[1];
    }
    if (scan->argument_count > 2) {
        if (options->image != NULL)
            return usage_error(options->command_name, "IMAGE is given twice");
        options->image = scan->arguments[2];
    }
    return -1;
}

static int check_exclusions(const struct options *options)
{
    if (options_has(options, OPTION_EGRESS) + options_has(options, OPTION_EGRESS_OPEN) +
            options_has(options, OPTION_EGRESS_NONE) >
        1)
        return usage_error("create", "--egress, --egress-open and --egress-none exclude each other");
    if (options->command == COMMAND_CREATE && options->file == NULL) {
        if (options->name == NULL)
            return usage_error("create", "NAME is missing");
        if (options->image == NULL)
            return usage_error("create", "IMAGE is missing");
    }
    if (options->all_namespaces && options->namespace_ != NULL)
        return usage_error("list", "--all-namespaces and --namespace exclude each other");
    return -1;
}

int options_parse(int argc, char **argv, struct options *options)
{
    struct scan scan = { { NULL }, 0, 0, 0 };
    char seen[OPTION_ROWS_MOST] = { 0 };
    memset(options, 0, sizeof(*options));
    options->given = calloc((size_t)argc + 1, sizeof(*options->given));
    if (options->given == NULL) {
        fprintf(stderr, "k7ctl: out of memory\n");
        return STATUS_FAILED;
    }
    int status = scan_arguments(argc, argv, options, &scan, seen);
    if (status >= 0)
        return status;
    if (scan.version) {
        printf("k7ctl %s\n", k7_version());
        return STATUS_DONE;
    }
    const struct command_row *command = NULL;
    if (scan.argument_count > 0) {
        command = find_command(scan.arguments[0]);
        if (command == NULL)
            return usage_error(NULL, "\"%s\" is not a command", scan.arguments[0]);
    }
    if (scan.help) {
        help_print(stdout, command);
        return STATUS_DONE;
    }
    if (command == NULL)
        return usage_error(NULL,
                           "COMMAND is missing: create, list, get, delete, delete-all, config or errors");
    options->command = command->command;
    options->command_name = command->name;
    status = check_fit(command, &scan, seen);
    if (status < 0)
        status = take_arguments(options, &scan);
    return status < 0 ? check_exclusions(options) : status;
}
