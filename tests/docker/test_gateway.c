/* test_gateway.c: what is asked of the gateway is what the engine runs: the documented fields by way of rest and gateway, on the real container. */
#include "../conformance/gateway.h"
#include "fixture.h"

#include <sys/stat.h>

static struct gateway gateway;

/* The test's client becomes one of the gateway. */
static void go_through_gateway(void)
{
    k7_config *config = new_config();

    assert_ok(k7_config_set(config, "endpoint", gateway.url, &err));
    assert_ok(k7_config_set(config, "rest.api_key", gateway.api_key, &err));
    k7_client_unref(client);
    client = open_client(config);
}

static void expect_status(const char *container, const char *key, const char *value)
{
    char command[128];

    snprintf(command, sizeof command, "sed -n 's/^%s:[[:space:]]*//p' /proc/1/status", key);
    ck_assert_str_eq(peer_exec(container, command, NULL), value);
}

START_TEST(every_field_arrives_at_the_container)
{
    go_through_gateway();
    const char *container =
        create("all", "\"limits\":{\"cpu\":\"500m\",\"memory\":\"64Mi\"},\"egress_whitelist\":[],"
                      "\"env_file\":\"greeting.env\",\"pod_non_root\":true,\"container_non_root\":true,"
                      "\"cap_drop\":[\"ALL\"],\"cap_add\":[\"CHOWN\"]");
    json_object *json = peer_inspect(container);

    ck_assert_int_eq(peer_int(json, "HostConfig|Memory"), 64 * 1024 * 1024);
    ck_assert_int_eq(peer_int(json, "HostConfig|MemorySwap"), 64 * 1024 * 1024);
    ck_assert_int_eq(peer_int(json, "HostConfig|NanoCpus"), 500000000);
    ck_assert_int_eq(peer_int(json, "HostConfig|PidsLimit"), 1024);
    ck_assert_str_eq(peer_text(json, "HostConfig|NetworkMode"), "none");
    ck_assert_str_eq(peer_text(json, "Config|Labels|katakate.org/sandbox"), "all");
    ck_assert_str_eq(peer_text(json, "Config|Labels|k7.katakate.org/namespace"), namespace_);
    ck_assert_str_eq(peer_text(json, "Config|Labels|k7.katakate.org/image"), image);
    json_object_put(json);
    expect_status(container, "Uid", "65532\t65532\t65532\t65532");
    expect_status(container, "Gid", "65532\t65532\t65532\t65532");
    expect_status(container, "CapBnd", "0000000000000001"); /* CAP_CHOWN is bit 0 */
    expect_status(container, "NoNewPrivs", "1");
    expect_status(container, "Seccomp", "2");
    ck_assert_str_eq(peer_exec(container, "printf '%s|%s' \"$GREETING\" \"$QUOTED\"", NULL),
                     "hello|two words");
}
END_TEST

START_TEST(the_script_runs_before_the_sandbox_is_locked)
{
    go_through_gateway();
    const char *container = create(
        "script", "\"egress_whitelist\":[],"
                  "\"before_script\":\"ip -o route | grep -c ^default >/tmp/routes; id -u >>/tmp/routes\"");

    ck_assert_str_eq(peer_exec(container, "cat /tmp/routes", NULL), "1\n0");
    ck_assert_str_eq(peer_exec(container, "ip -o route | grep -c ^default", NULL), "0");
}
END_TEST

START_TEST(a_failing_script_is_told_with_its_output_and_leaves_nothing)
{
    go_through_gateway();
    k7_error *error =
        create_fails(client, "fails", "\"egress_whitelist\":[],\"before_script\":\"echo no luck; exit 3\"",
                     K7_ERR_SCRIPT_FAILED, "no luck");
    k7_error_unref(error);
}
END_TEST

static const struct {
    const char *fields, *words;
} refused[] = {
    { "\"egress_whitelist\":[\"10.0.0.5/32\"]", "egress_whitelist" },
    { "\"limits\":{\"ephemeral-storage\":\"1Gi\"}", "storage" },
    { "\"cap_add\":[\"SYS_ADMIN\"]", "SYS_ADMIN" },
    { "\"cap_drop\":[]", "cap_drop" },
};

START_TEST(what_the_engine_cannot_do_is_refused_by_name)
{
    go_through_gateway();
    k7_error_unref(
        create_fails(client, "refused", refused[_i].fields, K7_ERR_UNSUPPORTED_ARGUMENT, refused[_i].words));
}
END_TEST

START_TEST(the_other_operations_see_the_containers)
{
    k7_sandboxes *listed;
    k7_sandbox *got;
    k7_results *results;

    go_through_gateway();
    create("one", "\"egress_whitelist\":[]");
    create("two", "\"egress_whitelist\":[]");
    create("three", "\"egress_whitelist\":[]");
    ck_assert_int_eq(peer_count(namespace_), 3);
    assert_ok(k7_sandbox_list(client, NULL, NULL, &listed, &err));
    ck_assert_uint_eq(k7_sandboxes_count(listed), 3);
    k7_sandboxes_unref(listed);
    assert_ok(k7_sandbox_get(client, NULL, "two", NULL, &got, &err));
    ck_assert_str_eq(k7_sandbox_get_status(got), "Running");
    ck_assert_str_eq(k7_sandbox_get_image(got), image);
    ck_assert_int_eq(k7_sandbox_is_ready(got), 1);
    k7_sandbox_unref(got);
    assert_ok(k7_sandbox_delete(client, NULL, "two", NULL, NULL, &err));
    ck_assert_int_eq(peer_count(namespace_), 2);
    assert_ok(k7_sandbox_delete_all(client, NULL, NULL, &results, &err));
    ck_assert_uint_eq(k7_results_count_of(results, K7_ITEM_DONE), 2);
    k7_results_unref(results);
    ck_assert_int_eq(peer_count(namespace_), 0);
}
END_TEST

static TCase *make(void)
{
    TCase *tests = tcase_create("gateway");

    tcase_add_test(tests, every_field_arrives_at_the_container);
    tcase_add_test(tests, the_script_runs_before_the_sandbox_is_locked);
    tcase_add_test(tests, a_failing_script_is_told_with_its_output_and_leaves_nothing);
    tcase_add_loop_test(tests, what_the_engine_cannot_do_is_refused_by_name, 0,
                        (int)(sizeof refused / sizeof refused[0]));
    tcase_add_test(tests, the_other_operations_see_the_containers);
    return tests;
}

/* A file of variables in the folder of this program's namespace. */
static int write_env_file(const char *name)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof path, "%s/env/%s", gateway.folder, name);
    if (mkdir(path, 0700) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/env/%s/greeting.env", gateway.folder, name);
    if (!(file = fopen(path, "w")))
        return -1;
    fputs("GREETING=hello\nQUOTED=\"two words\"\n", file);
    return fclose(file);
}

int main(void)
{
    const char *engine = getenv("K7_TEST_ENGINE");
    int status;

    if (!engine)
        return run_suite("docker-gateway", make); /* says what it needs */
    status = gateway_start(&gateway, engine);
    if (status == 0)
        status = write_env_file("docker-gateway") == 0 ? run_suite("docker-gateway", make) : 1;
    gateway_stop(&gateway);
    return status;
}
