/* test_isolation.c: what a sandbox reaches and who reaches it, probed from inside and from a neighbour, from its first moment to its last. Limits, users, capabilities and seccomp are
 * looked at from inside, too. */
#include "fixture.h"

static const char *const peers[] = { "first", "second" };
static char addresses[2][64];

static int has_begun(json_object *event, const void *name)
{
    return strcmp(peer_text(event, "object|metadata|name"), name) == 0 &&
           strcmp(peer_text(event, "object|status|phase"), "Running") == 0;
}

/* Two pods outside every policy that answer on port 8080 and note who called. */
static void make_peers(void)
{
    char manifest[1024], path[200];

    for (int i = 0; i < 2; i++) {
        snprintf(
            manifest, sizeof manifest,
            "---\n{apiVersion: v1, kind: Pod, metadata: {name: %s}, spec: {terminationGracePeriodSeconds: 0,"
            " containers: [{name: c, image: '%s',"
            " command: [nc, -ll, -p, '8080', -e, sh, -c, 'echo call >>/tmp/calls; echo hello']}]}}\n",
            peers[i], image);
        kubectl_with(manifest, "apply -f -");
    }
    snprintf(path, sizeof path, "/api/v1/namespaces/%s/pods", namespace_);
    for (int i = 0; i < 2; i++) {
        json_object *event = peer_await(path, has_begun, peers[i]);

        snprintf(addresses[i], sizeof addresses[i], "%s", peer_text(event, "object|status|podIP"));
        json_object_put(event);
    }
}

/* How long to wait for an answer: where one must come, and where none may. */
enum { PATIENCE_S = 60, SILENCE_S = 3 };

static void assert_reaches(const char *sandbox, int peer, int expected)
{
    const char *output;
    int status = kubectl_try(&output, "exec deploy/%s -- nc -w %d %s 8080", sandbox,
                             expected ? PATIENCE_S : SILENCE_S, addresses[peer]);

    ck_assert_msg((status == 0) == expected && strstr(output, expected ? "hello" : "timed out"),
                  "%s, %s: %d: %s", sandbox, peers[peer], status, output);
}

static int calls(int peer)
{
    return atoi(kubectl("exec %s -- sh -c 'cat /tmp/calls 2>/dev/null | wc -l'", peers[peer]));
}

START_TEST(egress_is_what_was_asked_for)
{
    char list[200];

    make_peers();
    snprintf(list, sizeof list, "\"egress_whitelist\":[\"%s/32\"]", addresses[0]);
    create("open", "");
    create("blocked", "\"egress_whitelist\":[]");
    create("listed", list);
    assert_reaches("open", 0, 1);
    assert_reaches("open", 1, 1);
    assert_reaches("listed", 0, 1);
    ck_assert_int_eq(calls(0), 2);
    assert_reaches("listed", 1, 0);
    assert_reaches("blocked", 0, 0);
    assert_reaches("blocked", 1, 0);
    ck_assert_int_eq(calls(1), 1);
}
END_TEST

START_TEST(nobody_reaches_a_sandbox)
{
    const char *output;
    char address[64];

    make_peers();
    create("open", "");
    create("blocked", "\"egress_whitelist\":[]");
    snprintf(address, sizeof address, "%s",
             kubectl("get pod -l app=blocked -o 'jsonpath={.items[0].status.podIP}'"));
    /* From inside it answers, so that silence means a policy. */
    ck_assert_str_eq(kubectl("exec deploy/blocked -- sh -c 'nc -ll -p 8080 -e echo hello >/dev/null 2>&1 & "
                             "until nc -w 60 127.0.0.1 8080 2>/dev/null; do :; done'"),
                     "hello");
    ck_assert_int_ne(kubectl_try(&output, "exec first -- nc -w 3 %s 8080", address), 0);
    ck_assert_int_ne(kubectl_try(&output, "exec deploy/open -- nc -w 3 %s 8080", address), 0);
}
END_TEST

/* The script is the first that runs; under the lock it reaches nothing, at once. */
START_TEST(policies_hold_from_the_first_moment)
{
    char fields[600];

    make_peers();
    snprintf(fields, sizeof fields,
             "\"egress_whitelist\":[],\"before_script_under_lock\":true,"
             "\"before_script\":\"for i in 1 2 3; do echo | nc -w 1 %s 8080 && exit 9; done; true\"",
             addresses[0]);
    create("demo", fields);
    ck_assert_int_eq(calls(0), 0);
}
END_TEST

/* K7's order: the script may need the network, what comes after it must not have it. */
START_TEST(a_script_has_the_network_and_the_sandbox_has_not)
{
    char fields[600];

    make_peers();
    snprintf(fields, sizeof fields,
             "\"egress_whitelist\":[],\"before_script\":\"test x$(nc -w 60 %s 8080 </dev/null) = xhello\"",
             addresses[0]);
    create("demo", fields);
    ck_assert_int_eq(calls(0), 1);
    assert_reaches("demo", 0, 0);
    ck_assert_int_eq(calls(0), 1);
}
END_TEST

/* Something inside that does not want to end tries all the time while the sandbox is deleted. */
START_TEST(policies_hold_to_the_last_moment)
{
    make_peers();
    create("demo", "\"egress_whitelist\":[]");
    kubectl("exec deploy/demo -- sh -c \"trap '' TERM HUP; "
            "(while :; do nc -w 1 %s 8080 </dev/null; done) >/dev/null 2>&1 &\"",
            addresses[0]);
    assert_ok(k7_sandbox_delete(client, NULL, "demo", NULL, NULL, &err));
    ck_assert_int_eq(calls(0), 0);
    ck_assert_str_eq(kubectl("get networkpolicy,deployment,pod -l katakate.org/sandbox=demo -o name"), "");
}
END_TEST

/* One line of /proc/1/status. */
static const char *status_of(const char *sandbox, const char *key)
{
    return kubectl("exec deploy/%s -- awk '/^%s:/ { print $2 }' /proc/1/status", sandbox, key);
}

START_TEST(process_1_is_confined)
{
    create("plain", "\"egress_whitelist\":[]");
    ck_assert_str_eq(status_of("plain", "CapEff"), "0000000000000000");
    ck_assert_str_eq(status_of("plain", "CapBnd"), "0000000000000000");
    ck_assert_str_eq(status_of("plain", "NoNewPrivs"), "1");
    ck_assert_str_eq(status_of("plain", "Seccomp"), "2");
    ck_assert_str_eq(status_of("plain", "Uid"), "0");
    ck_assert_str_eq(kubectl("exec deploy/plain -- sh -c 'ls /var/run/secrets 2>/dev/null | wc -l'"), "0");
    create("user", "\"egress_whitelist\":[],\"pod_non_root\":true,\"cap_add\":[\"CHOWN\"]");
    ck_assert_str_eq(status_of("user", "Uid"), "65532");
    ck_assert_str_eq(status_of("user", "Gid"), "65532");
    ck_assert_str_eq(status_of("user", "CapBnd"), "0000000000000001");
}
END_TEST

START_TEST(limits_are_those_of_the_control_group)
{
    create("demo", "\"egress_whitelist\":[],\"limits\":{\"memory\":\"256Mi\",\"cpu\":\"500m\"}");
    ck_assert_str_eq(kubectl("exec deploy/demo -- sh -c 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes "
                             "2>/dev/null || cat /sys/fs/cgroup/memory.max'"),
                     "268435456");
    assert_contains(kubectl("exec deploy/demo -- sh -c 'cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us "
                            "2>/dev/null || cat /sys/fs/cgroup/cpu.max'"),
                    "50000");
    /* More than that ends whoever wants it; the sandbox lives on. */
    const char *output;
    ck_assert_int_ne(kubectl_try(&output, "exec deploy/demo -- sh -c 'tail -c 400000000 /dev/zero'"), 0);
    k7_sandbox *sandbox;
    assert_ok(k7_sandbox_get(client, NULL, "demo", NULL, &sandbox, &err));
    ck_assert_str_eq(k7_sandbox_get_status(sandbox), "Running");
    k7_sandbox_unref(sandbox);
}
END_TEST

static TCase *tests(void)
{
    TCase *tests = tcase_create("isolation");

    tcase_add_test(tests, egress_is_what_was_asked_for);
    tcase_add_test(tests, nobody_reaches_a_sandbox);
    tcase_add_test(tests, policies_hold_from_the_first_moment);
    tcase_add_test(tests, a_script_has_the_network_and_the_sandbox_has_not);
    tcase_add_test(tests, policies_hold_to_the_last_moment);
    tcase_add_test(tests, process_1_is_confined);
    tcase_add_test(tests, limits_are_those_of_the_control_group);
    return tests;
}

int main(void)
{
    return run_suite("isolation", 400, tests);
}
