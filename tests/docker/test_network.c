/* test_network.c: what sandboxes can reach: nothing when they are told so, never each other, and the same after another one was deleted. */
#include "fixture.h"

#define SERVE                                                                                                \
    "nc -ll -p 8080 -e echo served >/dev/null 2>&1 & until nc -w 2 127.0.0.1 8080 </dev/null | grep -q served; do sleep 0.1; done"

/* The addresses that a sandbox has, its loopback apart, one per line. */
static void addresses_of(const char *container, char *text, size_t size)
{
    snprintf(text, size, "%s",
             peer_exec(container,
                       "ip -o addr | grep -v ' lo ' | sed -n 's/.*inet6\\{0,1\\} \\([^/ ]*\\).*/\\1/p'",
                       NULL));
}

static const char *ask(const char *container, const char *address)
{
    char command[256];

    snprintf(command, sizeof command, "nc -w 2 %s 8080 </dev/null 2>&1", address);
    return peer_exec(container, command, NULL);
}

/* `from` reaches none of the addresses of `to`, where a server runs that `to` itself does reach. */
static void assert_isolated(const char *from, const char *to)
{
    char addresses[512], own[512], *rest = addresses, *address;
    int asked = 0;

    addresses_of(to, addresses, sizeof addresses);
    addresses_of(from, own, sizeof own);
    while ((address = strsep(&rest, "\n")) != NULL) {
        if (!*address || strncmp(address, "fe80", 4) == 0)
            continue;
        ck_assert_msg(strstr(ask(to, address), "served") != NULL, "the server of %s does not answer at %s",
                      to, address);
        ck_assert_msg(strstr(ask(from, address), "served") == NULL, "%s reaches %s at %s", from, to, address);
        asked++;
    }
    ck_assert_int_gt(asked, 0);
}

START_TEST(sandboxes_cannot_reach_each_other)
{
    const char *a = create("a", "\"before_script\":\"" SERVE "\"");
    const char *b = create("b", "");
    const char *c = create("c", "");

    assert_isolated(b, a);
    assert_isolated(c, a);
    assert_ok(k7_sandbox_delete(client, NULL, "c", NULL, NULL, &err));
    assert_isolated(b, a);
    /* A network is removed, too: podman's isolation of bridges breaks by that. */
    create("d", "\"egress_whitelist\":[],\"before_script\":\"true\"");
    assert_ok(k7_sandbox_delete(client, NULL, "d", NULL, NULL, &err));
    assert_isolated(b, a);
}
END_TEST

START_TEST(a_sandbox_being_locked_cannot_be_reached_either)
{
    const char *a = create("a", "\"before_script\":\"" SERVE "\"");
    char addresses[512], fields[1024];

    addresses_of(a, addresses, sizeof addresses);
    addresses[strcspn(addresses, "\n")] = '\0';
    snprintf(
        fields, sizeof fields,
        "\"egress_whitelist\":[],\"before_script\":\"nc -w 2 %s 8080 </dev/null >/tmp/answer 2>&1 || true\"",
        addresses);
    const char *b = create("b", fields);
    ck_assert_ptr_null(strstr(peer_exec(b, "cat /tmp/answer", NULL), "served"));
}
END_TEST

START_TEST(blocked_egress_is_no_network_at_all)
{
    const char *container = create("blocked", "\"egress_whitelist\":[]");
    json_object *json = peer_inspect(container);
    char addresses[512];

    ck_assert_str_eq(peer_text(json, "HostConfig|NetworkMode"), "none");
    json_object_put(json);
    addresses_of(container, addresses, sizeof addresses);
    ck_assert_str_eq(addresses, "");
    ck_assert_str_eq(peer_exec(container, "grep -c . /proc/net/route", NULL), "1"); /* the header */
}
END_TEST

START_TEST(open_egress_has_a_way_out)
{
    const char *unset = create("unset", "");
    const char *null = create("null", "\"egress_whitelist\":null");
    json_object *json = peer_inspect(unset);

    if (engine_is_podman) {
        ck_assert_str_eq(peer_text(json, "HostConfig|NetworkMode"), "slirp4netns");
    } else {
        json_object *network = peer_call("GET", "/networks/k7-sandboxes", NULL, NULL);

        ck_assert_str_eq(peer_text(json, "HostConfig|NetworkMode"), peer_text(network, "Id"));
        ck_assert_str_eq(peer_text(network, "Options|com.docker.network.bridge.enable_icc"), "false");
        json_object_put(network);
    }
    json_object_put(json);
    ck_assert_str_ne(peer_exec(unset, "ip route | grep ^default", NULL), "");
    ck_assert_str_ne(peer_exec(null, "ip route | grep ^default", NULL), "");
}
END_TEST

START_TEST(open_egress_can_be_forbidden)
{
    k7_config *config = new_config();

    assert_ok(k7_config_set(config, "docker.allow_open_egress", "false", &err));
    k7_client *strict = open_client(config);
    k7_error_unref(create_fails(strict, "open", "", K7_ERR_UNSUPPORTED_ARGUMENT, "egress_whitelist"));
    k7_error_unref(create_fails(strict, "script", "\"egress_whitelist\":[],\"before_script\":\"true\"",
                                K7_ERR_UNSUPPORTED_ARGUMENT, "before_script_under_lock"));
    k7_spec *spec = new_spec(
        "ok", "\"egress_whitelist\":[],\"before_script\":\"true\",\"before_script_under_lock\":true");
    assert_ok(k7_sandbox_create(strict, spec, NULL, NULL, &err));
    k7_spec_free(spec);
    k7_client_unref(strict);
}
END_TEST

START_TEST(a_network_that_does_not_isolate_is_not_used)
{
    int status;

    if (engine_is_podman) /* no bridge is used there */
        return;
    json_object_put(
        peer_call("POST", "/networks/create", "{\"Name\":\"k7-leaky\",\"Driver\":\"bridge\"}", &status));
    ck_assert_int_eq(status, 201);
    k7_config *config = new_config();
    assert_ok(k7_config_set(config, "docker.network", "k7-leaky", &err));
    k7_client *leaky = open_client(config);
    k7_error_unref(create_fails(leaky, "leaky", "", K7_ERR_CONFLICT, "k7-leaky"));
    k7_client_unref(leaky);
    json_object_put(peer_call("DELETE", "/networks/k7-leaky", NULL, &status));
    ck_assert_int_eq(status, 204);
}
END_TEST

static TCase *make(void)
{
    TCase *tests = tcase_create("network");

    tcase_add_test(tests, sandboxes_cannot_reach_each_other);
    tcase_add_test(tests, a_sandbox_being_locked_cannot_be_reached_either);
    tcase_add_test(tests, blocked_egress_is_no_network_at_all);
    tcase_add_test(tests, open_egress_has_a_way_out);
    tcase_add_test(tests, open_egress_can_be_forbidden);
    tcase_add_test(tests, a_network_that_does_not_isolate_is_not_used);
    return tests;
}

int main(void)
{
    return run_suite("docker-network", make);
}
