/* help.c: every command and every option, once. The parser takes its tables from here, so help cannot differ from what is accepted. */
#include "help.h"
#include <string.h>

#define CREATE     COMMAND_CREATE
#define OPERATIONS (COMMAND_CREATE | COMMAND_LIST | COMMAND_GET | COMMAND_DELETE | COMMAND_DELETE_ALL)
#define ALL        (OPERATIONS | COMMAND_CONFIG | COMMAND_ERRORS)

const struct command_row command_rows[] = {
    { COMMAND_CREATE, "create", "[NAME [IMAGE]]", 0, 2, "create a sandbox",
      "Without -f, NAME and IMAGE are required, and a sandbox without --egress or --egress-open reaches\n"
      "nothing: egress is blocked. With -f, the file decides: where it has no egress_whitelist, egress is open.\n"
      "Flags override the file; a list given by flags replaces the file's list; limits and variables are merged.\n"
      "No file is read unless -f names it. Over http and https the sandbox may not be ready yet: see get.\n"
      "Ctrl-C takes back what was made; a second Ctrl-C stops that, too, and says what is left." },
    { COMMAND_LIST, "list", "", 0, 0, "list the sandboxes of a namespace, or of all",
      "Without -n and -A: those of the default namespace." },
    { COMMAND_GET, "get", "NAME", 1, 1, "show one sandbox", NULL },
    { COMMAND_DELETE, "delete", "NAME", 1, 1, "delete a sandbox",
      "A sandbox that is not there counts as deleted, unless --must-exist is given." },
    { COMMAND_DELETE_ALL, "delete-all", "", 0, 0, "delete every sandbox of one namespace",
      "Asks first; without a terminal it refuses unless -y is given. Exit status 1 when one of them could not\n"
      "be deleted." },
    { COMMAND_CONFIG, "config", "keys", 1, 1, "list the keys that --set accepts", NULL },
    { COMMAND_ERRORS, "errors", "", 0, 0, "list the errors of the library", NULL },
};
const size_t command_row_count = sizeof(command_rows) / sizeof(command_rows[0]);

const struct option_row option_rows[] = {
    { 'f', "file", "FILE", CREATE, "read the sandbox from a k7.yaml or a .json file; -: standard input" },
    { OPTION_NAME, "name", "NAME", CREATE | COMMAND_LIST, "create: the name; list: show only this sandbox" },
    { OPTION_IMAGE, "image", "IMAGE", CREATE, "the container image" },
    { OPTION_CPU, "cpu", "QUANTITY", CREATE, "CPU limit, e.g. 500m or 2" },
    { OPTION_MEMORY, "memory", "QUANTITY", CREATE, "memory limit, e.g. 512Mi" },
    { OPTION_STORAGE, "storage", "QUANTITY", CREATE, "limit of ephemeral storage, e.g. 2Gi" },
    { OPTION_ENV_FILE, "env-file", "PATH", CREATE, "a .env file on the API host" },
    { OPTION_ENV, "env", "KEY=VALUE", CREATE, "an environment variable; repeatable" },
    { OPTION_ENV_LOCAL, "env-local", "FILE", CREATE, "variables of a .env file on this machine; repeatable" },
    { OPTION_EGRESS, "egress", "DESTINATION", CREATE,
      "allow only this CIDR, address or domain name; repeatable" },
    { OPTION_EGRESS_OPEN, "egress-open", NULL, CREATE, "allow every destination" },
    { OPTION_EGRESS_NONE, "egress-none", NULL, CREATE, "allow none (the default without -f)" },
    { OPTION_INGRESS_PORT, "ingress-port", "PORT", CREATE, "a TCP port that may be reached; repeatable" },
    { OPTION_INGRESS_FROM, "ingress-from", "SOURCE", CREATE,
      "from where: sandbox:NAME, namespace:NAME or cidr:CIDR; repeatable" },
    { OPTION_EXPOSE_PORT, "expose-port", "PORT", CREATE,
      "an ingress port to expose on the nodes; repeatable" },
    { OPTION_BEFORE_SCRIPT, "before-script", "SCRIPT", CREATE,
      "shell commands to run before the sandbox is ready" },
    { OPTION_BEFORE_SCRIPT_UNDER_LOCK, "before-script-under-lock", NULL, CREATE,
      "let the egress rules hold for it, too" },
    { OPTION_POD_NON_ROOT, "pod-non-root", NULL, CREATE, "user, group and file group 65532" },
    { OPTION_NO_POD_NON_ROOT, "no-pod-non-root", NULL, CREATE, "as the image says, whatever the file says" },
    { OPTION_CONTAINER_NON_ROOT, "container-non-root", NULL, CREATE, "user 65532" },
    { OPTION_NO_CONTAINER_NON_ROOT, "no-container-non-root", NULL, CREATE,
      "as the image says, whatever the file says" },
    { OPTION_CAP_ADD, "cap-add", "CAPABILITY", CREATE, "a capability to add back; repeatable" },
    { OPTION_CAP_DROP, "cap-drop", "CAPABILITY", CREATE, "a capability to drop (default: ALL); repeatable" },
    { 'b', "backend", "BACKEND", CREATE, "kfd, kql, k7d, k7d-fc" },
    { OPTION_RUNTIME_CLASS, "runtime-class", "NAME", CREATE, "the runtime class" },
    { OPTION_ENTRYPOINT, "entrypoint", "ARGUMENT", CREATE, "the entry point, one argument each (kql only)" },
    { OPTION_CMD, "cmd", "ARGUMENT", CREATE, "the command, one argument each (kql only)" },
    { OPTION_ROOT_DISK_SIZE, "root-disk-size", "QUANTITY", CREATE, "size of the root disk (kql only)" },
    { OPTION_SIDECAR, "sidecar", "docker", CREATE, "K7's former way to say --docker" },
    { OPTION_DOCKER, "docker", NULL, CREATE, "a Docker engine inside the sandbox" },
    { OPTION_DOCKER_DISK, "docker-disk", "QUANTITY", CREATE, "size of its disk; with --docker" },
    { OPTION_NODE, "node", "NODE", CREATE, "run on this node" },
    { OPTION_DRY_RUN, "dry-run", NULL, CREATE, "print the requests, and send none" },
    { 'A', "all-namespaces", NULL, COMMAND_LIST, "list every namespace" },
    { OPTION_UID, "uid", "UID", COMMAND_DELETE, "only if the sandbox still has this uid" },
    { OPTION_MUST_EXIST, "must-exist", NULL, COMMAND_DELETE, "fail when it is not there" },
    { OPTION_NO_WAIT, "no-wait", NULL, COMMAND_DELETE, "do not wait until it is gone" },
    { 'y', "yes", NULL, COMMAND_DELETE_ALL, "do not ask" },
    { 'n', "namespace", "NAMESPACE", OPERATIONS, "the namespace" },
    { 'o', "output", "table|json", ALL, "how to print; json: the objects of the K7 API" },
    { OPTION_ENDPOINT, "endpoint", "URL", OPERATIONS, "https://HOST[:PORT], docker:, memory:, …" },
    { OPTION_ENDPOINT, "api-url", "URL", OPERATIONS, NULL },
    { OPTION_API_KEY_FILE, "api-key-file", "FILE", OPERATIONS, "the API key is the content of FILE" },
    { OPTION_API_KEY, "api-key", "KEY", OPERATIONS, NULL },
    { OPTION_CA, "ca", "FILE", OPERATIONS, "trust the certificate authorities in FILE, and no others" },
    { OPTION_CA, "api-ca", "FILE", OPERATIONS, NULL },
    { OPTION_TIMEOUT, "timeout", "SECONDS", OPERATIONS, "deadline of the whole command" },
    { OPTION_SET, "set", "KEY=VALUE", OPERATIONS, "a configuration key (see config keys); repeatable" },
    { OPTION_SET_FILE, "set-file", "KEY=FILE", OPERATIONS, "the same, the value being the content of FILE" },
    { OPTION_TRACE, "trace", NULL, OPERATIONS, "one line per request on standard error" },
    { 'h', "help", NULL, ALL, "this text" },
    { 'V', "version", NULL, ALL, "the version" },
};
_Static_assert(sizeof(option_rows) / sizeof(option_rows[0]) <= OPTION_ROWS_MOST, "raise OPTION_ROWS_MOST");
const size_t option_row_count = sizeof(option_rows) / sizeof(option_rows[0]);

static void print_option(FILE *out, const struct option_row *row)
{
    char shown[64];
    int letter = row->id < 256;
    snprintf(shown, sizeof(shown), "%c%c%s--%s%s%s", letter ? '-' : ' ', letter ? row->id : ' ',
             letter ? ", " : "  ", row->name, row->value != NULL ? " " : "",
             row->value != NULL ? row->value : "");
    fprintf(out, "  %-31s %s\n", shown, row->help);
}

/* An option of every command, or of every command that talks to a server. */
static int is_general(const struct option_row *row)
{
    return row->commands == OPERATIONS || row->commands == ALL;
}

static void print_options(FILE *out, unsigned commands, int general)
{
    int any = 0;
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        if (row->help == NULL || (row->commands & commands) == 0 || is_general(row) != general)
            continue;
        if (!any)
            fprintf(out, "\n%s:\n", general ? "general options" : "options");
        any = 1;
        print_option(out, row);
    }
}

static void print_program(FILE *out)
{
    fprintf(
        out,
        "usage: k7ctl [OPTION]... COMMAND [ARGUMENT]...\n"
        "\nSandboxes of a K7 server, or of any other endpoint. Options may stand anywhere.\n\ncommands:\n");
    for (size_t i = 0; i < command_row_count; i++) {
        char shown[64];
        snprintf(shown, sizeof(shown), "%s %s", command_rows[i].name, command_rows[i].arguments);
        fprintf(out, "  %-31s %s\n", shown, command_rows[i].summary);
    }
    print_options(out, ALL, 1);
    fprintf(
        out,
        "\nWithout --endpoint, --api-key-file and --ca: K7_API_URL, K7_API_KEY and K7_API_CA of the environment, then\n"
        "section [api] of K7's config.toml, then the cluster that kubectl would use. \"k7ctl COMMAND --help\" shows\n"
        "the options of a command.\n"
        "\nexit status: 0 done, 1 failed, 2 wrong usage: the command line or a value was refused before anything was\n"
        "sent; 130 cancelled by Ctrl-C.\n");
}

void help_print(FILE *out, const struct command_row *command)
{
    if (command == NULL) {
        print_program(out);
        return;
    }
    fprintf(out, "usage: k7ctl %s%s%s [OPTION]...\n\n%s\n", command->name,
            command->arguments[0] != '\0' ? " " : "", command->arguments, command->summary);
    print_options(out, command->command, 0);
    print_options(out, command->command, 1);
    if (command->notes != NULL)
        fprintf(out, "\n%s\n", command->notes);
}
