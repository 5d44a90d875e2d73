/* container.c: see container.h. */
#include "transport/docker/container.h"

#include "base/error.h"
#include "base/quote.h"
#include "model/quantity.h"
#include "transport/docker/script.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum {
    CAPABILITY_SIZE = 64,
    MEMORY_LEAST = 6 * 1024 * 1024, /* dockerd's least; runc needs as much to start */
    CPU_NANOS_LEAST =
        10 * 1000 * 1000, /* 0.01 CPU: the kernel's least quota (1 ms) of the engines' period (100 ms) */
    COMPANION_MEMORY = 32 * 1024 * 1024, /* a shell and sleep */
    COMPANION_PIDS = 16
};

static const char non_root[] = "65532"; /* K7 contract, section 0.4 */

/* ---- reading a spec ---- */

enum k7i_docker_egress k7i_spec_egress(const k7_spec *spec)
{
    if (spec->egress_mode != K7_EGRESS_BLOCKED)
        return K7I_EGRESS_ALL;
    return k7i_spec_has_script(spec) && spec->before_script_under_lock != 1 ? K7I_EGRESS_LOCKED
                                                                            : K7I_EGRESS_NOTHING;
}

static const char *limit_of(const k7_spec *spec, const char *key)
{
    for (size_t i = 0; i < spec->limits.count; i++)
        if (strcmp(spec->limits.items[i].key, key) == 0)
            return spec->limits.items[i].value;
    return NULL;
}

/* ---- what no engine can do ---- */

static int unsupported(const char *field, const char *why, k7_error **err)
{
    return k7i_fail(err, K7_ERR_UNSUPPORTED_ARGUMENT, "%s: not on the docker transport: %s", field, why);
}

static int check_fields(const k7_spec *spec, k7_error **err)
{
    const struct {
        const char *field;
        int given;
        const char *why;
    } fields[] = {
        { "backend", spec->backend != NULL,
          "engines run containers, not K7's backends; runtime_class_name chooses a runtime" },
        { "node_name", spec->node_name != NULL, "an engine is one machine" },
        { "docker", spec->docker == 1, "a sandbox gets no engine of its own" },
        { "docker_disk", spec->docker_disk != NULL, "a sandbox gets no engine of its own" },
        { "sidecar", spec->sidecar != NULL, "a sandbox is one container" },
        { "root_disk_size", spec->root_disk_size != NULL, "engines have no such disks" },
        { "entrypoint", spec->entrypoint.count > 0, "the sandbox runs its own process 1; use before_script" },
        { "cmd", spec->cmd.count > 0, "the sandbox runs its own process 1; use before_script" },
        { "ingress_ports", spec->ingress_ports.count > 0, "nothing can reach a sandbox" },
        { "ingress_from", spec->ingress_from.count > 0, "nothing can reach a sandbox" },
        { "expose_ports", spec->expose_ports.count > 0, "nothing can reach a sandbox" },
        { "env_file", spec->env_file != NULL,
          "it is a path on an API host, and there is none; give the variables themselves (env)" },
        { "egress_whitelist", spec->egress_mode == K7_EGRESS_LIST,
          "engines cannot enforce a list; give [] (nothing) or leave it out (everything)" },
    };

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (fields[i].given)
            return unsupported(fields[i].field, fields[i].why, err);
    return 0;
}

static int check_limits(const k7_spec *spec, k7_error **err)
{
    for (size_t i = 0; i < spec->limits.count; i++) {
        const char *key = spec->limits.items[i].key, *value = spec->limits.items[i].value;
        struct k7i_quantity quantity;
        char field[64];

        if (strcmp(key, "cpu") != 0 && strcmp(key, "memory") != 0 && strcmp(key, "ephemeral-storage") != 0)
            return k7i_fail(err, K7_ERR_UNSUPPORTED_ARGUMENT, "limits: %s: engines have no such limit",
                            K7I_QUOTE(key));
        strcpy(field, "limits.");
        strcat(field, key);
        int code = k7i_quantity_parse(field, value, &quantity, err);
        if (code)
            return code;
        int too_small = strcmp(key, "cpu") == 0      ? k7i_quantity_nanos(&quantity) < CPU_NANOS_LEAST
                        : strcmp(key, "memory") == 0 ? k7i_quantity_units(&quantity) < MEMORY_LEAST
                                                     : k7i_quantity_is_zero(&quantity);
        if (too_small)
            return k7i_fail(err, K7_ERR_UNSUPPORTED_ARGUMENT,
                            "%s: %s is less than an engine can enforce; the least are cpu 10m and memory 6Mi",
                            field, K7I_QUOTE(value));
    }
    return 0;
}

static int check_capabilities(const k7_config *config, const k7_spec *spec, k7_error **err)
{
    for (size_t i = 0; i < spec->cap_add.count; i++) {
        char name[CAPABILITY_SIZE];

        if (k7i_spec_capability(spec->cap_add.items[i], name, sizeof name) != 0)
            return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "cap_add: no capability is called %s",
                            K7I_QUOTE(spec->cap_add.items[i]));
        if (!k7i_config_list_has(config, "docker.allow_caps", name))
            return k7i_fail(err, K7_ERR_UNSUPPORTED_ARGUMENT,
                            "cap_add: %s is not among the capabilities that docker.allow_caps allows", name);
    }
    return 0;
}

/* What dockerd gives a container that drops nothing (Docker's documentation, "Runtime privilege and Linux capabilities"); podman gives some fewer. */
static const char *const engine_default_caps[] = {
    "AUDIT_WRITE",      "CHOWN",   "DAC_OVERRIDE", "FOWNER", "FSETID",  "KILL",   "MKNOD",
    "NET_BIND_SERVICE", "NET_RAW", "SETFCAP",      "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
};

static int is_dropped(const k7_spec *spec, const char *capability)
{
    if (!spec->cap_drop.given)
        return 1;
    for (size_t i = 0; i < spec->cap_drop.count; i++) {
        char name[CAPABILITY_SIZE];

        if (k7i_spec_capability(spec->cap_drop.items[i], name, sizeof name) == 0 &&
            (strcmp(name, "ALL") == 0 || strcmp(name, capability) == 0))
            return 1;
    }
    return 0;
}

/* A cap_drop that leaves out what the engine gives by itself would go around docker.allow_caps. */
static int check_kept_capabilities(const k7_config *config, const k7_spec *spec, k7_error **err)
{
    for (size_t i = 0; i < sizeof engine_default_caps / sizeof engine_default_caps[0]; i++) {
        const char *name = engine_default_caps[i];

        if (!is_dropped(spec, name) && !k7i_config_list_has(config, "docker.allow_caps", name))
            return k7i_fail(
                err, K7_ERR_UNSUPPORTED_ARGUMENT,
                "cap_drop: leaves %s, which engines give by themselves and docker.allow_caps does not "
                "allow; drop ALL and add what is needed (cap_add)",
                name);
    }
    return 0;
}

int k7i_container_check(const k7_config *config, const k7_spec *spec, k7_error **err)
{
    int code = check_fields(spec, err);

    if (!code)
        code = check_limits(spec, err);
    if (!code)
        code = check_capabilities(config, spec, err);
    if (!code)
        code = check_kept_capabilities(config, spec, err);
    if (code)
        return code;
    if (k7i_spec_egress(spec) != K7I_EGRESS_NOTHING && !k7i_config_bool(config, "docker.allow_open_egress"))
        return k7i_fail(
            err, K7_ERR_UNSUPPORTED_ARGUMENT,
            spec->egress_mode == K7_EGRESS_BLOCKED
                ? "before_script: would run with open egress, which docker.allow_open_egress forbids; "
                  "set before_script_under_lock"
                : "egress_whitelist: open egress is forbidden by docker.allow_open_egress; give []");
    if (spec->runtime_class_name && !k7i_config_list_has(config, "docker.runtimes", spec->runtime_class_name))
        return k7i_fail(err, K7_ERR_UNSUPPORTED_ARGUMENT,
                        "runtime_class_name: %s is not among the runtimes that docker.runtimes allows",
                        K7I_QUOTE(spec->runtime_class_name));
    if (spec->before_script && strlen(spec->before_script) > K7I_SCRIPT_MAX)
        return k7i_fail(err, K7_ERR_UNSUPPORTED_ARGUMENT,
                        "before_script: longer than %d bytes, which Linux does not take as an argument",
                        K7I_SCRIPT_MAX);
    return 0;
}

/* ---- what this engine cannot do ---- */

int k7i_container_check_engine(const struct k7i_engine *engine, const k7_spec *spec, k7_error **err)
{
    const char *cpu = limit_of(spec, "cpu");
    struct k7i_quantity quantity;

    if (!engine->seccomp)
        return k7i_fail(err, K7_ERR_UNSUPPORTED_OPERATION,
                        "the engine runs containers without a seccomp profile: not fit for untrusted code");
    if (!engine->pids_limit)
        return k7i_fail(err, K7_ERR_UNSUPPORTED_OPERATION,
                        "the engine cannot limit the number of processes (PidsLimit in its information is "
                        "false): not fit for untrusted code");
    if (limit_of(spec, "memory") && !(engine->memory_limit && engine->swap_limit))
        return unsupported("limits.memory",
                           engine->memory_limit
                               ? "this engine limits memory, but not swap (SwapLimit is false); the kernel "
                                 "option swapaccount=1 changes that"
                               : "this engine cannot limit memory (MemoryLimit is false)",
                           err);
    if (cpu) {
        int code = k7i_quantity_parse("limits.cpu", cpu, &quantity, err);

        if (code)
            return code;
        if (!engine->cpu_limit)
            return unsupported("limits.cpu", "this engine cannot limit CPU time (CpuCfsQuota is false)", err);
        if (engine->cpu_count > 0 && k7i_quantity_nanos(&quantity) > engine->cpu_count * INT64_C(1000000000))
            return k7i_fail(err, K7_ERR_UNSUPPORTED_ARGUMENT,
                            "limits.cpu: %s is more than the %d CPUs that the engine has", K7I_QUOTE(cpu),
                            engine->cpu_count);
    }
    /* podman's Docker-compatible API takes any runtime and ignores it. */
    if (spec->runtime_class_name && engine->is_podman)
        return unsupported("runtime_class_name",
                           "podman ignores it in this API; make the runtime podman's default instead", err);
    return 0;
}

/* ---- bodies ---- */

static void put(struct k7i_json_writer *json, const char *key, const char *value)
{
    k7i_json_key(json, key);
    k7i_json_put_string(json, value);
}

static void put_int(struct k7i_json_writer *json, const char *key, int64_t value)
{
    k7i_json_key(json, key);
    k7i_json_put_int(json, value);
}

static void put_texts(struct k7i_json_writer *json, const char *key, const char *const *texts, size_t count)
{
    k7i_json_key(json, key);
    k7i_json_open(json, '[');
    for (size_t i = 0; i < count; i++)
        k7i_json_put_string(json, texts[i]);
    k7i_json_close(json, ']');
}

static void put_capabilities(struct k7i_json_writer *json, const char *key, const struct k7i_strings *names)
{
    k7i_json_key(json, key);
    k7i_json_open(json, '[');
    for (size_t i = 0; i < names->count; i++) {
        char name[CAPABILITY_SIZE];

        if (k7i_spec_capability(names->items[i], name, sizeof name) == 0)
            k7i_json_put_string(json, name);
    }
    k7i_json_close(json, ']');
}

static void put_labels(struct k7i_json_writer *json, const struct k7i_container_plan *plan, int is_sandbox)
{
    const k7_spec *spec = plan->spec;

    k7i_json_key(json, "Labels");
    k7i_json_open(json, '{');
    put(json, K7I_LABEL_APP, spec->name);
    if (is_sandbox) {
        put(json, K7I_LABEL_RUNTIME, "kata"); /* K7's tools know sandboxes by it, whatever runs them */
        put(json, K7I_LABEL_SANDBOX, spec->name);
        put(json, K7I_LABEL_IMAGE, spec->image);
        if (k7i_spec_has_script(spec))
            put(json, K7I_LABEL_SCRIPT, "true");
    }
    put(json, K7I_LABEL_NAMESPACE, plan->namespace_);
    put(json, K7I_LABEL_CREATE_ID, plan->create_id);
    k7i_json_close(json, '}');
}

/* An image may bring one, which the engine would run again and again beside the sandboxed code. */
static void put_no_health_check(struct k7i_json_writer *json)
{
    static const char *const none[] = { "NONE" };

    k7i_json_key(json, "Healthcheck");
    k7i_json_open(json, '{');
    put_texts(json, "Test", none, 1);
    k7i_json_close(json, '}');
}

/* What every container of ours has; inside HostConfig. */
static void put_isolation(struct k7i_json_writer *json)
{
    static const char *const security[] = { "no-new-privileges" }; /* seccomp: the engine's default */

    put_texts(json, "SecurityOpt", security, 1);
    put(json, "IpcMode", "private");
    k7i_json_key(json, "RestartPolicy");
    k7i_json_open(json, '{');
    put(json, "Name", "no");
    k7i_json_close(json, '}');
    /* A log that sandboxed code cannot fill the host's disk with, and that can be read back whatever the engine's default is. */
    k7i_json_key(json, "LogConfig");
    k7i_json_open(json, '{');
    put(json, "Type", "json-file");
    k7i_json_key(json, "Config");
    k7i_json_open(json, '{');
    put(json, "max-size", "10m");
    k7i_json_close(json, '}');
    k7i_json_close(json, '}');
}

static void put_limits(struct k7i_json_writer *json, const struct k7i_container_plan *plan)
{
    const char *cpu = limit_of(plan->spec, "cpu"), *memory = limit_of(plan->spec, "memory"),
               *storage = limit_of(plan->spec, "ephemeral-storage");
    struct k7i_quantity quantity;

    if (cpu && k7i_quantity_parse("limits.cpu", cpu, &quantity, NULL) == 0)
        put_int(json, "NanoCpus", k7i_quantity_nanos(&quantity));
    if (memory && k7i_quantity_parse("limits.memory", memory, &quantity, NULL) == 0) {
        put_int(json, "Memory", k7i_quantity_units(&quantity));
        put_int(json, "MemorySwap", k7i_quantity_units(&quantity)); /* memory and swap together: no swap */
    }
    if (storage && k7i_quantity_parse("limits.ephemeral-storage", storage, &quantity, NULL) == 0) {
        char size[32];

        snprintf(size, sizeof size, "%lld", (long long)k7i_quantity_units(&quantity));
        k7i_json_key(json, "StorageOpt");
        k7i_json_open(json, '{');
        put(json, "size", size);
        k7i_json_close(json, '}');
    }
    put_int(json, "PidsLimit", k7i_config_int(plan->config, "docker.pids_limit"));
}

/* A spec has no key twice, on which engines would disagree. */
static void put_env(struct k7i_json_writer *json, const struct k7i_pairs *env)
{
    k7i_json_key(json, "Env");
    k7i_json_open(json, '[');
    for (size_t i = 0; i < env->count; i++) {
        struct k7i_buf text;

        k7i_buf_init(&text, SIZE_MAX / 4);
        k7i_buf_reserve(&text, strlen(env->items[i].key) + strlen(env->items[i].value) + 1);
        k7i_buf_text(&text, env->items[i].key);
        k7i_buf_char(&text, '=');
        k7i_buf_text(&text, env->items[i].value);
        if (text.failed)
            json->buf->failed = text.failed;
        else
            k7i_json_put_string(json, text.data);
        k7i_buf_wipe(&text);
    }
    k7i_json_close(json, ']');
}

void k7i_container_body(const struct k7i_container_plan *plan, struct k7i_buf *body)
{
    static const char *const all[] = { "ALL" };
    const k7_spec *spec = plan->spec;
    const char *const entrypoint[] = { "/bin/sh", "-c", k7i_script_wrapper, "k7" };
    const char *const arguments[] = { k7i_spec_has_script(spec) ? spec->before_script : "", plan->create_id,
                                      k7i_spec_egress(spec) == K7I_EGRESS_LOCKED ? "lock" : "" };
    struct k7i_json_writer json;

    k7i_json_begin(&json, body);
    k7i_json_open(&json, '{');
    put(&json, "Image", spec->image);
    put_texts(&json, "Entrypoint", entrypoint, sizeof entrypoint / sizeof entrypoint[0]);
    put_texts(&json, "Cmd", arguments, sizeof arguments / sizeof arguments[0]);
    if (spec->pod_non_root == 1) {
        char user[32];

        snprintf(user, sizeof user, "%s:%s", non_root, non_root);
        put(&json, "User", user);
    } else if (spec->container_non_root == 1) {
        put(&json, "User", non_root);
    }
    put_env(&json, &spec->env);
    put_no_health_check(&json);
    put_labels(&json, plan, 1);
    k7i_json_key(&json, "HostConfig");
    k7i_json_open(&json, '{');
    put(&json, "NetworkMode", plan->network_mode);
    if (spec->cap_drop.given)
        put_capabilities(&json, "CapDrop", &spec->cap_drop);
    else
        put_texts(&json, "CapDrop", all, 1);
    put_capabilities(&json, "CapAdd", &spec->cap_add);
    put_isolation(&json);
    put_limits(&json, plan);
    if (spec->runtime_class_name)
        put(&json, "Runtime", spec->runtime_class_name);
    k7i_json_close(&json, '}');
    k7i_json_close(&json, '}');
}

void k7i_companion_body(const struct k7i_container_plan *plan, struct k7i_buf *body)
{
    static const char *const all[] = { "ALL" };
    const char *const entrypoint[] = { "/bin/sh", "-c", k7i_script_companion };
    struct k7i_json_writer json;

    k7i_json_begin(&json, body);
    k7i_json_open(&json, '{');
    put(&json, "Image", plan->spec->image);
    put_texts(&json, "Entrypoint", entrypoint, sizeof entrypoint / sizeof entrypoint[0]);
    put_texts(&json, "Cmd", NULL, 0);
    put_no_health_check(&json);
    put(&json, "User", "0"); /* writes its mark to its own root; all capabilities are dropped */
    put_labels(&json, plan, 0);
    k7i_json_key(&json, "HostConfig");
    k7i_json_open(&json, '{');
    put(&json, "NetworkMode", plan->network_mode);
    put_texts(&json, "CapDrop", all, 1);
    put_isolation(&json);
    if (plan->engine->memory_limit && plan->engine->swap_limit) {
        put_int(&json, "Memory", COMPANION_MEMORY);
        put_int(&json, "MemorySwap", COMPANION_MEMORY);
    }
    put_int(&json, "PidsLimit", COMPANION_PIDS);
    k7i_json_close(&json, '}');
    k7i_json_close(&json, '}');
}
