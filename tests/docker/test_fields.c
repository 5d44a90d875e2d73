/* test_fields.c: every field of the API's create, on the real container as the engine describes it and as the kernel enforces it; or refused by name. */
#include "fixture.h"

/* ---- limits ---- */

START_TEST(limits_are_in_the_cgroup)
{
    const char *container =
        create("limits", "\"egress_whitelist\":[],\"limits\":{\"cpu\":\"500m\",\"memory\":\"64Mi\"}");
    json_object *json = peer_inspect(container);

    ck_assert_int_eq(peer_int(json, "HostConfig|Memory"), 64 * 1024 * 1024);
    ck_assert_int_eq(peer_int(json, "HostConfig|MemorySwap"), 64 * 1024 * 1024);
    ck_assert_int_eq(peer_int(json, "HostConfig|NanoCpus"), 500000000);
    ck_assert_int_eq(peer_int(json, "HostConfig|PidsLimit"), 1024);
    json_object_put(json);
    /* cgroup v2, or v1 */
    ck_assert_str_eq(
        peer_exec(container,
                  "cd /sys/fs/cgroup; cat memory.max 2>/dev/null || cat memory/memory.limit_in_bytes", NULL),
        "67108864");
    ck_assert_str_eq(
        peer_exec(
            container,
            "cd /sys/fs/cgroup; cat memory.swap.max 2>/dev/null || cat memory/memory.memsw.limit_in_bytes",
            NULL),
        peer_exec(container, "cd /sys/fs/cgroup; [ -e memory.max ] && echo 0 || echo 67108864", NULL));
    ck_assert_str_eq(
        peer_exec(
            container,
            "cd /sys/fs/cgroup; cat cpu.max 2>/dev/null || echo $(cat cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us)",
            NULL),
        "50000 100000");
    ck_assert_str_eq(
        peer_exec(container, "cd /sys/fs/cgroup; cat pids.max 2>/dev/null || cat pids/pids.max", NULL),
        "1024");
}
END_TEST

START_TEST(more_memory_than_the_limit_kills)
{
    const char *container = create("oom", "\"egress_whitelist\":[],\"limits\":{\"memory\":\"32Mi\"}");
    int status;

    peer_exec(container, "head -c 200000000 /dev/zero | tail -n 1 >/dev/null", &status);
    ck_assert_int_ne(status, 0);
}
END_TEST

START_TEST(pids_limit_follows_the_configuration)
{
    k7_config *config = new_config();

    assert_ok(k7_config_set(config, "docker.pids_limit", "40", &err));
    k7_client_unref(client);
    client = open_client(config);
    const char *container = create("pids", "\"egress_whitelist\":[]");
    ck_assert_str_eq(
        peer_exec(container, "cd /sys/fs/cgroup; cat pids.max 2>/dev/null || cat pids/pids.max", NULL), "40");
}
END_TEST

/* ---- process 1 as the kernel sees it ---- */

static const char *status_line(const char *container, const char *key)
{
    char command[128];

    snprintf(command, sizeof command, "grep '^%s:' /proc/1/status", key);
    const char *line = peer_exec(container, command, NULL);
    const char *value = strchr(line, ':');
    ck_assert_msg(value != NULL, "no %s in /proc/1/status: %s", key, line);
    return value + 1 + strspn(value + 1, " \t");
}

START_TEST(nothing_is_privileged_by_default)
{
    const char *container = create("plain", "\"egress_whitelist\":[]");
    json_object *json = peer_inspect(container);

    ck_assert_str_eq(status_line(container, "CapBnd"), "0000000000000000");
    ck_assert_str_eq(status_line(container, "CapEff"), "0000000000000000");
    ck_assert_str_eq(status_line(container, "NoNewPrivs"), "1");
    ck_assert_str_eq(status_line(container, "Seccomp"), "2");
    ck_assert_str_eq(peer_text(json, "HostConfig|NetworkMode"), "none");
    ck_assert_str_eq(peer_text(json, "HostConfig|RestartPolicy|Name"), "no");
    /* podman calls it shareable: a container that were told to might join */
    ck_assert_str_eq(peer_text(json, "HostConfig|IpcMode"), engine_is_podman ? "shareable" : "private");
    ck_assert_str_ne(peer_text(json, "HostConfig|Privileged"), "true");
    ck_assert_uint_eq(json_object_array_length(peer_at(json, "Mounts")), 0);
    json_object_put(json);
}
END_TEST

START_TEST(non_root_is_65532)
{
    const char *pod = create("pod", "\"egress_whitelist\":[],\"pod_non_root\":true");
    ck_assert_str_eq(peer_exec(pod, "id -u; id -g", NULL), "65532\n65532");
    ck_assert_str_eq(status_line(pod, "Uid"), "65532\t65532\t65532\t65532");
    const char *container = create("container", "\"egress_whitelist\":[],\"container_non_root\":true");
    ck_assert_str_eq(status_line(container, "Uid"), "65532\t65532\t65532\t65532");
    const char *both =
        create("both", "\"egress_whitelist\":[],\"container_non_root\":true,\"pod_non_root\":true");
    ck_assert_str_eq(status_line(both, "Gid"), "65532\t65532\t65532\t65532");
}
END_TEST

static const char all_that_engines_give[] =
    "AUDIT_WRITE,CHOWN,DAC_OVERRIDE,FOWNER,FSETID,KILL,MKNOD,NET_BIND_SERVICE,NET_RAW,SETFCAP,SETGID,SETPCAP,"
    "SETUID,SYS_CHROOT";

START_TEST(what_the_engine_gives_by_itself_must_be_allowed_too)
{
    k7_error_unref(
        create_fails(client, "kept", "\"cap_drop\":[]", K7_ERR_UNSUPPORTED_ARGUMENT, "AUDIT_WRITE"));
    k7_error_unref(create_fails(client, "kept", "\"cap_drop\":[\"audit_write\",\"MKNOD\"]",
                                K7_ERR_UNSUPPORTED_ARGUMENT, "cap_drop: leaves NET_RAW"));
}
END_TEST

START_TEST(capabilities_are_what_was_asked_for)
{
    k7_config *config = new_config();

    assert_ok(k7_config_set(config, "docker.allow_caps", all_that_engines_give, &err));
    k7_client_unref(client);
    client = open_client(config);
    const char *added = create("added", "\"egress_whitelist\":[],\"cap_add\":[\"net_bind_service\"]");
    ck_assert_str_eq(status_line(added, "CapBnd"), "0000000000000400");
    const char *kept = create("kept", "\"egress_whitelist\":[],\"cap_drop\":[]");
    char with_all[64];
    snprintf(with_all, sizeof with_all, "%s", status_line(kept, "CapBnd"));
    ck_assert_str_ne(with_all, "0000000000000000");
    const char *some = create("some", "\"egress_whitelist\":[],\"cap_drop\":[\"CAP_CHOWN\"]");
    unsigned long long expected = strtoull(with_all, NULL, 16) & ~1ULL; /* CAP_CHOWN is bit 0 */
    ck_assert_uint_eq(strtoull(status_line(some, "CapBnd"), NULL, 16), expected);
}
END_TEST

/* ---- names, labels, variables ---- */

START_TEST(labels_are_those_of_k7)
{
    const char *container = create("labels", "\"egress_whitelist\":[],\"before_script\":\"true\"");
    json_object *json = peer_inspect(container);

    ck_assert_str_eq(peer_text(json, "Config|Labels|app"), "labels");
    ck_assert_str_eq(peer_text(json, "Config|Labels|runtime"), "kata");
    ck_assert_str_eq(peer_text(json, "Config|Labels|katakate.org/sandbox"), "labels");
    ck_assert_str_eq(peer_text(json, "Config|Labels|k7.katakate.org/namespace"), namespace_);
    ck_assert_str_eq(peer_text(json, "Config|Labels|k7.katakate.org/image"), image);
    ck_assert_str_eq(peer_text(json, "Config|Labels|k7.katakate.org/before-script"), "true");
    ck_assert_uint_eq(strlen(peer_text(json, "Config|Labels|k7.katakate.org/create-id")), 32);
    json_object_put(json);
}
END_TEST

START_TEST(variables_arrive_byte_for_byte)
{
    k7_spec *spec = new_spec("env", "\"egress_whitelist\":[]");

    assert_ok(k7_spec_add_env(spec, "PLAIN", "1", &err));
    assert_ok(k7_spec_add_env(spec, "TWICE", "first", &err));
    assert_ok(k7_spec_add_env(spec, "ODD", "a=b \"c\" 'd' $HOME `e` \\ ä\nsecond line", &err));
    assert_ok(k7_spec_add_env(spec, "TWICE", "second", &err));
    assert_ok(k7_spec_add_env(spec, "EMPTY", "", &err));
    assert_ok(k7_sandbox_create(client, spec, NULL, NULL, &err));
    k7_spec_free(spec);
    const char *container = container_of("env");
    ck_assert_str_eq(
        peer_exec(container, "printf '%s|%s|%s|%s' \"$PLAIN\" \"$TWICE\" \"${EMPTY-unset}\" \"$ODD\"", NULL),
        "1|second||a=b \"c\" 'd' $HOME `e` \\ ä\nsecond line");
    ck_assert_str_eq(peer_exec(container, "tr '\\0' '\\n' </proc/1/environ | grep -c TWICE=", NULL), "1");
}
END_TEST

START_TEST(process_1_ends_on_term_and_reaps_orphans)
{
    const char *container = create("init", "\"egress_whitelist\":[]");
    char path[256];
    int status;

    /* The orphan's parent is process 1; when it has ended, nobody but process 1 can take its status. */
    peer_exec(container, "sh -c 'sleep 0 & exit'; while ps -o stat,comm | grep -q '^Z'; do sleep 0.01; done",
              &status);
    ck_assert_int_eq(status, 0);
    snprintf(path, sizeof path, "/containers/%s/stop?t=60", container);
    json_object_put(peer_call("POST", path, NULL, &status));
    ck_assert_int_eq(status, 204);
    json_object *json = peer_inspect(container);
    ck_assert_int_eq(peer_int(json, "State|ExitCode"), 143); /* not 137: nobody had to kill it */
    json_object_put(json);
}
END_TEST

/* ---- what cannot be done ---- */

static const struct {
    const char *fields, *words;
} refused[] = {
    { "\"egress_whitelist\":[\"10.0.0.0/8\"]", "egress_whitelist" },
    { "\"egress_whitelist\":[\"example.org\"]", "egress_whitelist" },
    { "\"env_file\":\"/etc/secrets.env\"", "env_file" },
    { "\"backend\":\"k7d\"", "backend" },
    { "\"node_name\":\"node-1\"", "node_name" },
    { "\"backend\":\"k7d\",\"docker\":true", "backend" },
    { "\"sidecar\":\"docker\"", "sidecar" },
    { "\"backend\":\"kql\",\"root_disk_size\":\"10Gi\"", "backend" },
    { "\"ingress_ports\":[80]", "ingress_ports" },
    { "\"ingress_ports\":[80],\"expose_ports\":[80]", "ingress_ports" },
    { "\"runtime_class_name\":\"kata\"", "runtime_class_name" },
    { "\"cap_add\":[\"SYS_ADMIN\"]", "SYS_ADMIN" },
    { "\"cap_add\":[\"ALL\"]", "ALL" },
    { "\"limits\":{\"memory\":\"1Mi\"}", "limits.memory" },
    { "\"limits\":{\"cpu\":\"1m\"}", "limits.cpu" },
    { "\"limits\":{\"cpu\":\"4096\"}", "limits.cpu" },
};

START_TEST(what_no_engine_can_do_is_refused_by_name)
{
    k7_error_unref(
        create_fails(client, "refused", refused[_i].fields, K7_ERR_UNSUPPORTED_ARGUMENT, refused[_i].words));
}
END_TEST

START_TEST(a_disk_limit_that_the_engine_cannot_keep_is_refused)
{
    k7_error_unref(create_fails(client, "disk",
                                "\"egress_whitelist\":[],\"limits\":{\"ephemeral-storage\":\"1Gi\"}",
                                K7_ERR_UNSUPPORTED_ARGUMENT, "storage"));
}
END_TEST

START_TEST(a_runtime_is_used_when_it_is_allowed)
{
    k7_config *config = new_config();

    assert_ok(k7_config_set(config, "docker.runtimes", "runc,nosuch", &err));
    k7_client_unref(client);
    client = open_client(config);
    if (engine_is_podman) {
        k7_error_unref(create_fails(client, "runtime",
                                    "\"egress_whitelist\":[],\"runtime_class_name\":\"runc\"",
                                    K7_ERR_UNSUPPORTED_ARGUMENT, "podman"));
        return;
    }
    json_object *json =
        peer_inspect(create("runtime", "\"egress_whitelist\":[],\"runtime_class_name\":\"runc\""));
    ck_assert_str_eq(peer_text(json, "HostConfig|Runtime"), "runc");
    json_object_put(json);
    k7_error_unref(create_fails(client, "nosuch", "\"egress_whitelist\":[],\"runtime_class_name\":\"nosuch\"",
                                K7_ERR_UNSUPPORTED_ARGUMENT, "nosuch"));
}
END_TEST

static TCase *make(void)
{
    TCase *tests = tcase_create("fields");

    tcase_add_test(tests, limits_are_in_the_cgroup);
    tcase_add_test(tests, more_memory_than_the_limit_kills);
    tcase_add_test(tests, pids_limit_follows_the_configuration);
    tcase_add_test(tests, nothing_is_privileged_by_default);
    tcase_add_test(tests, non_root_is_65532);
    tcase_add_test(tests, what_the_engine_gives_by_itself_must_be_allowed_too);
    tcase_add_test(tests, capabilities_are_what_was_asked_for);
    tcase_add_test(tests, labels_are_those_of_k7);
    tcase_add_test(tests, variables_arrive_byte_for_byte);
    tcase_add_test(tests, process_1_ends_on_term_and_reaps_orphans);
    tcase_add_loop_test(tests, what_no_engine_can_do_is_refused_by_name, 0,
                        (int)(sizeof refused / sizeof refused[0]));
    tcase_add_test(tests, a_disk_limit_that_the_engine_cannot_keep_is_refused);
    tcase_add_test(tests, a_runtime_is_used_when_it_is_allowed);
    return tests;
}

int main(void)
{
    return run_suite("docker-fields", make);
}
