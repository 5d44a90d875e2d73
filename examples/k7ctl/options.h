/* options.h: the command line as data: what was asked for, checked for form only. Opens nothing, reads no file. */
#ifndef K7CTL_OPTIONS_H
#define K7CTL_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

/* Exit status. A command ended by a signal gives 128 + its number: 130 for Ctrl-C. */
#define STATUS_DONE   0
#define STATUS_FAILED 1
#define STATUS_USAGE  2

/* Bits: an option says with which commands it goes. */
enum command {
    COMMAND_CREATE = 1,
    COMMAND_LIST = 2,
    COMMAND_GET = 4,
    COMMAND_DELETE = 8,
    COMMAND_DELETE_ALL = 16,
    COMMAND_CONFIG = 32,
    COMMAND_ERRORS = 64,
};

/* Options that have no letter. */
enum option_id {
    OPTION_ENDPOINT = 256,
    OPTION_API_KEY,
    OPTION_API_KEY_FILE,
    OPTION_CA,
    OPTION_TIMEOUT,
    OPTION_SET,
    OPTION_SET_FILE,
    OPTION_TRACE,
    OPTION_DRY_RUN,
    OPTION_NAME,
    OPTION_IMAGE,
    OPTION_CPU,
    OPTION_MEMORY,
    OPTION_STORAGE,
    OPTION_ENV_FILE,
    OPTION_ENV,
    OPTION_ENV_LOCAL,
    OPTION_EGRESS,
    OPTION_EGRESS_OPEN,
    OPTION_EGRESS_NONE,
    OPTION_INGRESS_PORT,
    OPTION_INGRESS_FROM,
    OPTION_EXPOSE_PORT,
    OPTION_BEFORE_SCRIPT,
    OPTION_BEFORE_SCRIPT_UNDER_LOCK,
    OPTION_POD_NON_ROOT,
    OPTION_NO_POD_NON_ROOT,
    OPTION_CONTAINER_NON_ROOT,
    OPTION_NO_CONTAINER_NON_ROOT,
    OPTION_CAP_ADD,
    OPTION_CAP_DROP,
    OPTION_RUNTIME_CLASS,
    OPTION_ENTRYPOINT,
    OPTION_CMD,
    OPTION_ROOT_DISK_SIZE,
    OPTION_SIDECAR,
    OPTION_DOCKER,
    OPTION_DOCKER_DISK,
    OPTION_NODE,
    OPTION_UID,
    OPTION_MUST_EXIST,
    OPTION_NO_WAIT,
};

/* An option as it was given; value NULL where it takes none. */
struct given {
    int option;
    const char *value;
};

/* All text is borrowed from argv. */
struct options {
    enum command command;
    const char *command_name;
    const char *name;  /* of the sandbox; for list: the only one to show; NULL: not given */
    const char *image; /* NULL: not given */
    const char *endpoint;
    const char *api_key_file;
    const char *ca_file;
    const char *namespace_;
    const char *file;   /* -f */
    const char *uid;    /* delete */
    int64_t timeout_ms; /* 0: not given */
    int json;
    int trace;
    int dry_run;
    int all_namespaces;
    int yes;
    int must_exist;
    int no_wait;
    struct given *given; /* --set, --set-file, and what describes the sandbox, in the order given */
    size_t given_count;
};

/* Returns -1 to go on, or the exit status: --help, --version and wrong usage have been dealt with. options_free() in any case. */
int options_parse(int argc, char **argv, struct options *options);
void options_free(struct options *options);

/* Whether an option was given, and its last value. */
int options_has(const struct options *options, int option);

/* Says on stderr what is wrong with the command line, and where help is; returns STATUS_USAGE. command NULL: not known yet. */
int usage_error(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
