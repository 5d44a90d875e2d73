/* specs.c: the commands that build a spec. */
#include "scenario.h"
#include "show.h"

#include <string.h>

static void do_new(const struct words *words)
{
    k7_error *error = NULL;

    k7_spec_free(spec);
    spec = NULL;
    done(k7_spec_new(words->word[1], image, &spec, &error), &error);
}

static const struct {
    const char *field;
    int (*set)(k7_spec *, const char *, k7_error **);
    int (*set_answer)(k7_spec *, int, k7_error **);
    int (*set_port)(k7_spec *, int32_t, k7_error **);
} fields[] = {
    { "name", k7_spec_set_name, NULL, NULL },
    { "image", k7_spec_set_image, NULL, NULL },
    { "namespace", k7_spec_set_namespace, NULL, NULL },
    { "env_file", k7_spec_set_env_file, NULL, NULL },
    { "before_script", k7_spec_set_before_script, NULL, NULL },
    { "backend", k7_spec_set_backend, NULL, NULL },
    { "runtime_class_name", k7_spec_set_runtime_class_name, NULL, NULL },
    { "root_disk_size", k7_spec_set_root_disk_size, NULL, NULL },
    { "sidecar", k7_spec_set_sidecar, NULL, NULL },
    { "node_name", k7_spec_set_node_name, NULL, NULL },
    { "docker_disk", k7_spec_set_docker_disk, NULL, NULL },
    { "pod_non_root", NULL, k7_spec_set_pod_non_root, NULL },
    { "container_non_root", NULL, k7_spec_set_container_non_root, NULL },
    { "docker", NULL, k7_spec_set_docker, NULL },
    { "before_script_under_lock", NULL, k7_spec_set_before_script_under_lock, NULL },
    { "egress_whitelist", k7_spec_add_egress, NULL, NULL },
    { "cap_drop", k7_spec_add_cap_drop, NULL, NULL },
    { "cap_add", k7_spec_add_cap_add, NULL, NULL },
    { "entrypoint", k7_spec_add_entrypoint, NULL, NULL },
    { "cmd", k7_spec_add_cmd, NULL, NULL },
    { "ingress_from", k7_spec_add_ingress_from, NULL, NULL },
    { "ingress_ports", NULL, NULL, k7_spec_add_ingress_port },
    { "expose_ports", NULL, NULL, k7_spec_add_expose_port },
};

/* set FIELD VALUE; of a list: one more item. */
static void do_set(const struct words *words)
{
    const char *field = words->word[1], *value = words->value;
    k7_error *error = NULL;

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (strcmp(fields[i].field, field) != 0)
            continue;
        if (fields[i].set)
            done(fields[i].set(spec, value, &error), &error);
        else if (fields[i].set_answer)
            done(fields[i].set_answer(spec, strcmp(value, "yes") == 0, &error), &error);
        else
            done(fields[i].set_port(spec, number(value), &error), &error);
        return;
    }
    give_up(field, NULL);
}

/* limit KEY QUANTITY; env KEY VALUE. */
static void do_limit(const struct words *words)
{
    k7_error *error = NULL;

    done(k7_spec_set_limit(spec, words->word[1], *words->value ? words->value : NULL, &error), &error);
}

static void do_env(const struct words *words)
{
    k7_error *error = NULL;

    done(k7_spec_add_env(spec, words->word[1], words->value, &error), &error);
}

static void do_env_text(const struct words *words)
{
    k7_error *error = NULL;

    done(k7_spec_add_env_text(spec, words->rest, strlen(words->rest), &error), &error);
}

static void do_egress(const struct words *words)
{
    k7_error *error = NULL;

    done(strcmp(words->rest, "open") == 0 ? k7_spec_set_egress_open(spec, &error)
                                          : k7_spec_set_egress_blocked(spec, &error),
         &error);
}

static void do_keep_capabilities(const struct words *words)
{
    k7_error *error = NULL;

    (void)words;
    done(k7_spec_set_cap_drop_none(spec, &error), &error);
}

static void do_unset(const struct words *words)
{
    k7_error *error = NULL;

    done(k7_spec_unset(spec, words->word[1], &error), &error);
}

static void do_fields(const struct words *words)
{
    (void)words;
    show_fields(stdout, spec);
}

static void do_validate(const struct words *words)
{
    k7_error *error = NULL;

    (void)words;
    if (done(k7_spec_validate(spec, &error), &error))
        puts("valid");
}

/* Writes the spec, and reads what it wrote. */
static void write_and_read(const char *name, int (*to)(const k7_spec *, char **, k7_error **),
                           int (*from)(const char *, size_t, k7_spec **, k7_error **))
{
    char *text = NULL, *again = NULL;
    k7_spec *copy = NULL;
    k7_error *error = NULL;

    if (done(to(spec, &text, &error), &error) && done(from(text, strlen(text), &copy, &error), &error) &&
        done(to(copy, &again, &error), &error)) {
        fputs("spec:", stdout);
        show_text(stdout, name, text);
        puts(strcmp(text, again) == 0 ? " equal" : " different");
    }
    k7_free(text);
    k7_free(again);
    k7_spec_free(copy);
}

static void do_json(const struct words *words)
{
    (void)words;
    write_and_read("json", k7_spec_to_json, k7_spec_from_json);
}

static void do_yaml(const struct words *words)
{
    (void)words;
    write_and_read("yaml", k7_spec_to_yaml, k7_spec_from_yaml);
}

static void read_spec(const char *text, int (*from)(const char *, size_t, k7_spec **, k7_error **))
{
    k7_spec *read = NULL;
    k7_error *error = NULL;

    if (done(from(text, strlen(text), &read, &error), &error)) {
        k7_spec_free(spec);
        spec = read;
    }
}

static void do_from_json(const struct words *words)
{
    read_spec(words->rest, k7_spec_from_json);
}

static void do_from_yaml(const struct words *words)
{
    read_spec(words->rest, k7_spec_from_yaml);
}

static const struct {
    const char *name;
    void (*run)(const struct words *words);
} commands[] = {
    { "new", do_new },
    { "set", do_set },
    { "limit", do_limit },
    { "env", do_env },
    { "env_text", do_env_text },
    { "egress", do_egress },
    { "keep_capabilities", do_keep_capabilities },
    { "unset", do_unset },
    { "fields", do_fields },
    { "validate", do_validate },
    { "json", do_json },
    { "yaml", do_yaml },
    { "from_json", do_from_json },
    { "from_yaml", do_from_yaml },
};

int obey_spec(const struct words *words)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, words->word[0]) == 0) {
            commands[i].run(words);
            return 1;
        }
    }
    return 0;
}
