/* spec.c: the file first, then the flags over it, each by one row of a table. What the values mean is checked by the library. */
#include "spec.h"
#include "file.h"
#include "report.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_LIMIT = 1 << 20 }; /* bytes: the library's own limit for a spec */

static int set_cpu(k7_spec *spec, const char *value, k7_error **err)
{
    return k7_spec_set_limit(spec, "cpu", value, err);
}

static int set_memory(k7_spec *spec, const char *value, k7_error **err)
{
    return k7_spec_set_limit(spec, "memory", value, err);
}

static int set_storage(k7_spec *spec, const char *value, k7_error **err)
{
    return k7_spec_set_limit(spec, "ephemeral-storage", value, err);
}

/* As K7's own command line does: --sidecar docker is --docker. Anything else is for the library to refuse. */
static int set_sidecar(k7_spec *spec, const char *value, k7_error **err)
{
    return strcmp(value, "docker") == 0 ? k7_spec_set_docker(spec, 1, err)
                                        : k7_spec_set_sidecar(spec, value, err);
}

static int add_env(k7_spec *spec, const char *value, k7_error **err)
{
    const char *equals = strchr(value, '=');
    char *key = strndup(value, equals != NULL ? (size_t)(equals - value) : strlen(value));
    if (key == NULL)
        return K7_ERR_NO_MEMORY;
    int status = k7_spec_add_env(spec, key, equals != NULL ? equals + 1 : "", err);
    free(key);
    return status;
}

struct flag {
    int option;
    const char *list; /* the field that the first such flag empties; NULL: no list */
    int (*set_text)(k7_spec *spec, const char *value, k7_error **err);
    int (*add_port)(k7_spec *spec, int32_t port, k7_error **err);
    int (*set_yes)(k7_spec *spec, int yes, k7_error **err);
    int yes;
    int (*set)(k7_spec *spec, k7_error **err);
};

static const struct flag flags[] = {
    { .option = OPTION_CPU, .set_text = set_cpu },
    { .option = OPTION_MEMORY, .set_text = set_memory },
    { .option = OPTION_STORAGE, .set_text = set_storage },
    { .option = OPTION_ENV_FILE, .set_text = k7_spec_set_env_file },
    { .option = OPTION_ENV, .set_text = add_env },
    { .option = OPTION_ENV_LOCAL, .set_text = k7_spec_add_env_local_file },
    { .option = OPTION_EGRESS, .list = "egress_whitelist", .set_text = k7_spec_add_egress },
    { .option = OPTION_EGRESS_OPEN, .set = k7_spec_set_egress_open },
    { .option = OPTION_EGRESS_NONE, .set = k7_spec_set_egress_blocked },
    { .option = OPTION_INGRESS_PORT, .list = "ingress_ports", .add_port = k7_spec_add_ingress_port },
    { .option = OPTION_INGRESS_FROM, .list = "ingress_from", .set_text = k7_spec_add_ingress_from },
    { .option = OPTION_EXPOSE_PORT, .list = "expose_ports", .add_port = k7_spec_add_expose_port },
    { .option = OPTION_BEFORE_SCRIPT, .set_text = k7_spec_set_before_script },
    { .option = OPTION_BEFORE_SCRIPT_UNDER_LOCK, .set_yes = k7_spec_set_before_script_under_lock, .yes = 1 },
    { .option = OPTION_POD_NON_ROOT, .set_yes = k7_spec_set_pod_non_root, .yes = 1 },
    { .option = OPTION_NO_POD_NON_ROOT, .set_yes = k7_spec_set_pod_non_root },
    { .option = OPTION_CONTAINER_NON_ROOT, .set_yes = k7_spec_set_container_non_root, .yes = 1 },
    { .option = OPTION_NO_CONTAINER_NON_ROOT, .set_yes = k7_spec_set_container_non_root },
    { .option = OPTION_CAP_ADD, .list = "cap_add", .set_text = k7_spec_add_cap_add },
    { .option = OPTION_CAP_DROP, .list = "cap_drop", .set_text = k7_spec_add_cap_drop },
    { .option = 'b', .set_text = k7_spec_set_backend },
    { .option = OPTION_RUNTIME_CLASS, .set_text = k7_spec_set_runtime_class_name },
    { .option = OPTION_ENTRYPOINT, .list = "entrypoint", .set_text = k7_spec_add_entrypoint },
    { .option = OPTION_CMD, .list = "cmd", .set_text = k7_spec_add_cmd },
    { .option = OPTION_ROOT_DISK_SIZE, .set_text = k7_spec_set_root_disk_size },
    { .option = OPTION_SIDECAR, .set_text = set_sidecar },
    { .option = OPTION_DOCKER, .set_yes = k7_spec_set_docker, .yes = 1 },
    { .option = OPTION_DOCKER_DISK, .set_text = k7_spec_set_docker_disk },
    { .option = OPTION_NODE, .set_text = k7_spec_set_node_name },
};
enum { FLAG_COUNT = sizeof(flags) / sizeof(flags[0]) };

static int parse_port(const char *text, int32_t *ret_port)
{
    char *end;
    errno = 0;
    long port = strtol(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || port > 65535)
        return -1;
    *ret_port = (int32_t)port;
    return 0;
}

static int apply_flag(k7_spec *spec, const struct flag *flag, const struct given *given, int first)
{
    k7_error *err = NULL;
    int32_t port = 0;
    int status = 0;
    if (flag->add_port != NULL && parse_port(given->value, &port) < 0)
        return usage_error("create", "\"%s\" is not a TCP port", given->value);
    if (given->option == OPTION_ENV && strchr(given->value, '=') == NULL)
        return usage_error("create", "--env: \"%s\" is not KEY=VALUE", given->value);
    if (flag->list != NULL && first)
        status = k7_spec_unset(spec, flag->list, &err);
    if (status == 0) {
        if (flag->set_text != NULL)
            status = flag->set_text(spec, given->value, &err);
        else if (flag->add_port != NULL)
            status = flag->add_port(spec, port, &err);
        else if (flag->set_yes != NULL)
            status = flag->set_yes(spec, flag->yes, &err);
        else
            status = flag->set(spec, &err);
    }
    return status == 0 ? STATUS_DONE : report_error("create", status, err);
}

static int apply_flags(k7_spec *spec, const struct options *options)
{
    char used[FLAG_COUNT] = { 0 };
    for (size_t i = 0; i < options->given_count; i++)
        for (size_t j = 0; j < FLAG_COUNT; j++) {
            if (flags[j].option != options->given[i].option)
                continue;
            int status = apply_flag(spec, &flags[j], &options->given[i], !used[j]);
            if (status != STATUS_DONE)
                return status;
            used[j] = 1;
        }
    return STATUS_DONE;
}

static int is_json(const char *path, const char *text)
{
    size_t len = strlen(path);
    return (len > 5 && strcmp(path + len - 5, ".json") == 0) || text[strspn(text, " \t\r\n")] == '{';
}

static int from_file(const char *path, k7_spec **ret_spec)
{
    k7_error *err = NULL;
    char *text;
    size_t len = 0;
    if (file_read(path, FILE_LIMIT, &text, &len) < 0)
        return STATUS_FAILED;
    int status = is_json(path, text) ? k7_spec_from_json(text, len, ret_spec, &err)
                                     : k7_spec_from_yaml(text, len, ret_spec, &err);
    file_free(text, len);
    return status == 0 ? STATUS_DONE : report_error(path, status, err);
}

/* Name, image and namespace: not given leaves what the file says. */
static int apply_identity(k7_spec *spec, const struct options *options)
{
    k7_error *err = NULL;
    int status = 0;
    if (options->name != NULL)
        status = k7_spec_set_name(spec, options->name, &err);
    if (status == 0 && options->image != NULL)
        status = k7_spec_set_image(spec, options->image, &err);
    if (status == 0 && options->namespace_ != NULL)
        status = k7_spec_set_namespace(spec, options->namespace_, &err);
    /* K7's rule for a sandbox without a file; with one, the file decides. */
    if (status == 0 && options->file == NULL && !options_has(options, OPTION_EGRESS) &&
        !options_has(options, OPTION_EGRESS_OPEN))
        status = k7_spec_set_egress_blocked(spec, &err);
    return status == 0 ? STATUS_DONE : report_error("create", status, err);
}

/* What K7's own command line warns of: rules that protect less than they seem to. */
static void warn(const k7_spec *spec)
{
    for (size_t i = 0; i < k7_spec_ingress_from_count(spec); i++)
        if (strncmp(k7_spec_ingress_from_at(spec, i), "cidr:", 5) == 0) {
            fprintf(stderr,
                    "k7ctl create: warning: a cidr: source does not keep out peers inside the cluster\n");
            break;
        }
    if (k7_spec_expose_port_count(spec) > 0 && k7_spec_ingress_from_count(spec) == 0)
        fprintf(stderr,
                "k7ctl create: warning: the exposed ports are open to everyone; see --ingress-from\n");
}

int spec_from_options(const struct options *options, k7_spec **ret_spec)
{
    k7_error *err = NULL;
    k7_spec *spec = NULL;
    int status;
    if (options->file != NULL) {
        status = from_file(options->file, &spec);
    } else {
        status = k7_spec_new(NULL, NULL, &spec, &err);
        status = status == 0 ? STATUS_DONE : report_error("create", status, err);
    }
    if (status == STATUS_DONE)
        status = apply_identity(spec, options);
    if (status == STATUS_DONE)
        status = apply_flags(spec, options);
    if (status == STATUS_DONE && k7_spec_get_docker_disk(spec) != NULL && !k7_spec_get_docker(spec))
        status = usage_error("create", "--docker-disk requires --docker");
    if (status != STATUS_DONE) {
        k7_spec_free(spec);
        return status;
    }
    warn(spec);
    *ret_spec = spec;
    return STATUS_DONE;
}
