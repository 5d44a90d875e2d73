/* test_create_requests.c: the exact requests of every step of create, their bodies compared with the golden files; and what is refused before anything is sent. */
#include "create_fixture.h"

#define DEPLOYMENTS "/apis/apps/v1/namespaces/team-a/deployments"
#define POLICIES    "/apis/networking.k8s.io/v1/namespaces/team-a/networkpolicies"
#define SECRETS     "/api/v1/namespaces/team-a/secrets"

#define EVERYTHING                                                                                           \
    "\"before_script\":\"echo \\\"$(date) $$\\\" # 'done' &\",\"env\":{\"A\":\"1\"},"                        \
    "\"limits\":{\"cpu\":\"500m\",\"memory\":\"512Mi\",\"ephemeral-storage\":\"1Gi\"},"                      \
    "\"pod_non_root\":true,\"container_non_root\":true,\"cap_drop\":[\"net_raw\",\"CAP_MKNOD\"],"            \
    "\"cap_add\":[\"chown\"],\"node_name\":\"node1\",\"runtime_class_name\":\"kata\",\"backend\":\"kfd\""
#define NODE                                                                                                 \
    "{\"spec\":{\"taints\":["                                                                                \
    "{\"key\":\"k7.katakate.org/tenant\",\"value\":\"team-a\",\"effect\":\"NoSchedule\"},"                   \
    "{\"key\":\"k7.katakate.org/tenant\",\"value\":\"other\",\"effect\":\"NoExecute\"},"                     \
    "{\"key\":\"node.kubernetes.io/not-ready\",\"effect\":\"NoSchedule\"}]}}"

static const struct {
    const char *step, *fields, *request, *golden;
    enum k7i_kube_profile profile;
} bodies[] = {
    { "deployment", "", "POST " DEPLOYMENTS "?timeout=10s", "v0.1-deployment", K7I_PROFILE_V0_1 },
    { "deployment", "", "POST " DEPLOYMENTS "?timeout=10s", "v0.4-deployment", K7I_PROFILE_V0_4 },
    { "deployment", "\"before_script\":\" \\n\\t\"", "POST " DEPLOYMENTS "?timeout=10s", "v0.4-deployment",
      K7I_PROFILE_V0_4 },
    { "deployment", EVERYTHING, "POST " DEPLOYMENTS "?timeout=10s", "v0.1-everything", K7I_PROFILE_V0_1 },
    { "deployment", EVERYTHING, "POST " DEPLOYMENTS "?timeout=10s", "v0.4-everything", K7I_PROFILE_V0_4 },
    { "secret", "\"env\":{\"A\":\"1\",\"B_2\":\"x=\\\"y\\\"\\n'z'\",\"EMPTY\":\"\"}",
      "POST " SECRETS "?timeout=10s", "secret", K7I_PROFILE_V0_4 },
    { "ingress policy", "", "POST " POLICIES "?timeout=10s", "ingress-denied", K7I_PROFILE_V0_1 },
    { "ingress policy", "\"ingress_ports\":[8080]", "POST " POLICIES "?timeout=10s", "ingress-peers",
      K7I_PROFILE_V0_4 },
    { "ingress policy",
      "\"ingress_ports\":[80,443],\"ingress_from\":[\"sandbox:web\",\"namespace:tools\",\"cidr:10.1.2.3/16\"]",
      "POST " POLICIES "?timeout=10s", "ingress-sources", K7I_PROFILE_V0_4 },
    { "egress policy", "\"egress_whitelist\":[]", "POST " POLICIES "?timeout=10s", "egress-nothing",
      K7I_PROFILE_V0_1 },
    { "egress policy", "\"egress_whitelist\":[\"10.1.2.3/8\",\"192.0.2.7\",\"2001:db8::1/32\"]",
      "POST " POLICIES "?timeout=10s", "egress-list", K7I_PROFILE_V0_4 },
    { "egress policy", "\"egress_whitelist\":[],\"before_script\":\"true\",\"before_script_under_lock\":true",
      "POST " POLICIES "?timeout=10s", "egress-nothing", K7I_PROFILE_V0_4 },
    { "lock egress", "\"egress_whitelist\":[],\"before_script\":\"true\"", "POST " POLICIES "?timeout=10s",
      "egress-nothing", K7I_PROFILE_V0_4 },
};

START_TEST(an_object_is_as_the_contract_has_it)
{
    create_of(bodies[_i].fields, bodies[_i].profile);
    if (strstr(bodies[_i].fields, "node_name")) {
        ck_assert_int_eq(begin("node"), K7I_SEND);
        ck_assert_str_eq(request, "GET /api/v1/nodes/node1");
        ck_assert_int_eq(reply("node", 200, NODE), K7I_NEXT);
    }
    ck_assert_int_eq(begin(bodies[_i].step), K7I_SEND);
    ck_assert_str_eq(request, bodies[_i].request);
    assert_body_is(bodies[_i].golden);
}
END_TEST

static const struct {
    const char *fields, *drop, *add;
} capabilities[] = {
    { "\"cap_drop\":[]", NULL, NULL },
    { "\"cap_drop\":[],\"cap_add\":[\"ALL\"]", NULL, "[ \"ALL\" ]" },
    { "\"cap_add\":[\"cap_sys_ptrace\",\"KILL\"]", "[ \"ALL\" ]", "[ \"SYS_PTRACE\", \"KILL\" ]" },
};

START_TEST(capabilities_are_dropped_unless_the_spec_says_none)
{
    json_object *at, *drop = NULL, *add = NULL;

    create_of(capabilities[_i].fields, K7I_PROFILE_V0_4);
    ck_assert_int_eq(begin("deployment"), K7I_SEND);
    json_object *got = json_tokener_parse(body);
    ck_assert_int_eq(
        json_pointer_get(got, "/spec/template/spec/containers/0/securityContext/capabilities", &at), 0);
    json_object_object_get_ex(at, "drop", &drop);
    json_object_object_get_ex(at, "add", &add);
    ck_assert_pstr_eq(drop ? json_object_to_json_string(drop) : NULL, capabilities[_i].drop);
    ck_assert_pstr_eq(add ? json_object_to_json_string(add) : NULL, capabilities[_i].add);
    json_object_put(got);
}
END_TEST

START_TEST(what_there_is_nothing_for_is_skipped)
{
    create_of("", K7I_PROFILE_V0_4);
    ck_assert_int_eq(begin("node"), K7I_SKIP);
    ck_assert_int_eq(begin("egress policy"), K7I_SKIP);
    ck_assert_int_eq(begin("secret"), K7I_SKIP);
    ck_assert_int_eq(begin("lock egress"), K7I_SKIP);
    create_of("\"egress_whitelist\":[],\"before_script\":\"true\"", K7I_PROFILE_V0_4);
    ck_assert_int_eq(begin("egress policy"), K7I_SKIP); /* the script needs the network */
    create_of("\"egress_whitelist\":[]", K7I_PROFILE_V0_4);
    ck_assert_int_eq(begin("lock egress"), K7I_SKIP);
    create_of("\"egress_whitelist\":null,\"before_script\":\"true\"", K7I_PROFILE_V0_4);
    ck_assert_int_eq(begin("lock egress"), K7I_SKIP);
}
END_TEST

START_TEST(the_watches_begin_with_what_is_there)
{
    create_of("", K7I_PROFILE_V0_4);
    ck_assert_int_eq(begin("replica"), K7I_SEND);
    ck_assert_str_eq(request, "GET " DEPLOYMENTS "?watch=1&fieldSelector=metadata.name%3Ddemo");
    ck_assert_int_eq(begin("ready"), K7I_SEND);
    ck_assert_str_eq(
        request, "GET /api/v1/namespaces/team-a/pods?watch=1&labelSelector=katakate.org%2Fsandbox%3Ddemo");
}
END_TEST

START_TEST(a_secret_is_looked_for_without_its_values)
{
    create_of("\"env\":{\"A\":\"1\"}", K7I_PROFILE_V0_4);
    ck_assert_int_eq(begin_step(step_called("secret")->settle), K7I_SEND);
    ck_assert_str_eq(request, "GET " SECRETS "/demo-env");
    ck_assert_ptr_nonnull(strstr(accept_header, "as=PartialObjectMetadata"));
}
END_TEST

/* ---- the profile ---- */

#define LABELLED                                                                                             \
    "GET /api/v1/nodes?labelSelector=k7.katakate.org%2Fbackend-kata-firecracker-devmapper%3Dtrue&limit=1"

/* Also from a server that did not select; the first two are no labelled nodes. */
static const char *const nodes[] = {
    "{\"items\":[]}",
    "{\"items\":[{\"metadata\":{\"name\":\"n\",\"labels\":{\"a\":\"b\"}}}]}",
    "{\"items\":[{\"metadata\":{\"labels\":{\"k7.katakate.org/backend-kata-firecracker-devmapper\":\"true\"}}}]}",
};
enum { NODES = sizeof nodes / sizeof nodes[0] };

START_TEST(the_profile_is_asked_for_once)
{
    enum k7i_kube_profile profile = _i == NODES - 1 ? K7I_PROFILE_V0_4 : K7I_PROFILE_V0_1;
    struct k7i_kube_create *create = create_of("", K7I_PROFILE_UNKNOWN);

    ck_assert_int_eq(begin("profile"), K7I_SEND);
    ck_assert_str_eq(request, LABELLED);
    ck_assert_int_eq(reply("profile", 200, nodes[_i]), K7I_NEXT);
    ck_assert_int_eq(create->profile, profile);
    create = create_of("", K7I_PROFILE_UNKNOWN);
    ck_assert_int_eq(begin("profile"), K7I_SKIP);
    ck_assert_int_eq(create->profile, profile);
}
END_TEST

/* A cluster whose first node is labelled after the client has looked; a label, once seen, is not asked for again. */
START_TEST(that_no_node_has_the_label_is_not_believed_for_long)
{
    struct k7i_kube_create *create = create_of("", K7I_PROFILE_UNKNOWN);

    ck_assert_int_eq(reply("profile", 200, nodes[0]), K7I_NEXT);
    ck_assert_int_gt(kubernetes.profile_until_ms, k7i_op_now_ms(op));
    ck_assert_int_le(kubernetes.profile_until_ms, k7i_op_now_ms(op) + 60000);
    kubernetes.profile_until_ms = k7i_op_now_ms(op); /* it is over */
    create = create_of("", K7I_PROFILE_UNKNOWN);
    ck_assert_int_eq(begin("profile"), K7I_SEND);
    ck_assert_int_eq(reply("profile", 200, nodes[NODES - 1]), K7I_NEXT);
    ck_assert_int_eq(create->profile, K7I_PROFILE_V0_4);
    ck_assert_int_eq(kubernetes.profile_until_ms, 0);
    create_of("", K7I_PROFILE_UNKNOWN);
    ck_assert_int_eq(begin("profile"), K7I_SKIP);
}
END_TEST

START_TEST(without_the_right_to_list_nodes_the_key_is_named)
{
    create_of("", K7I_PROFILE_UNKNOWN);
    ck_assert_int_eq(
        reply(
            "profile", 403,
            "{\"kind\":\"Status\",\"reason\":\"Forbidden\",\"message\":\"nodes is forbidden: User \\\"u\\\" cannot list\"}"),
        K7I_FAIL);
    assert_error(K7_ERR_FORBIDDEN, "needs list on nodes, or set kubernetes.profile");
    ck_assert_int_eq(k7_error_get_http_status(op->error), 403);
}
END_TEST

START_TEST(katas_least_memory_is_asked_for_where_kata_is)
{
    kubernetes.profile = _i ? K7I_PROFILE_V0_4 : K7I_PROFILE_V0_1;
    create_of("\"limits\":{\"memory\":\"255Mi\"}", K7I_PROFILE_UNKNOWN);
    ck_assert_int_eq(begin("profile"), _i ? K7I_FAIL : K7I_SKIP);
    if (_i)
        assert_error(K7_ERR_INVALID_ARGUMENT, "limits.memory: \"255Mi\" is below Kata's minimum of 256Mi");
    create_of("\"limits\":{\"memory\":\"256M\"}", K7I_PROFILE_UNKNOWN); /* 244.1 MiB */
    ck_assert_int_eq(begin("profile"), _i ? K7I_FAIL : K7I_SKIP);
    create_of("\"limits\":{\"memory\":\"267911169\"}", K7I_PROFILE_UNKNOWN); /* a byte more than 255.5 MiB */
    ck_assert_int_eq(begin("profile"), K7I_SKIP);
    ck_assert_int_eq(begin("deployment"), K7I_SEND);
    ck_assert_int_eq(strstr(body, "default_memory\":\"256\"") != NULL, _i);
}
END_TEST

START_TEST(a_node_that_is_not_there_is_named)
{
    create_of("\"node_name\":\"node9\"", K7I_PROFILE_V0_4);
    ck_assert_int_eq(
        reply("node", 404,
              "{\"kind\":\"Status\",\"reason\":\"NotFound\",\"message\":\"nodes \\\"node9\\\" not found\"}"),
        K7I_FAIL);
    assert_error(K7_ERR_NOT_FOUND, "node9");
}
END_TEST

/* ---- what is refused ---- */

static const struct {
    const char *fields, *words;
} refused[] = {
    { "\"backend\":\"kql\"", "backend: \"kql\"" },
    { "\"backend\":\"k7d\"", "backend: \"k7d\"" },
    { "\"docker\":true", "docker: " },
    { "\"docker\":true,\"docker_disk\":\"20Gi\"", "docker: " },
    { "\"sidecar\":\"docker\"", "sidecar: " },
    { "\"root_disk_size\":\"10Gi\"", "root_disk_size: " },
    { "\"entrypoint\":[\"a\"]", "entrypoint: " },
    { "\"cmd\":[\"a\"]", "cmd: " },
    { "\"ingress_ports\":[80],\"expose_ports\":[80]", "expose_ports: " },
    { "\"env_file\":\"/etc/env\"", "env_file: " },
    { "\"egress_whitelist\":[\"10.0.0.0/8\",\"example.org\"]", "egress_whitelist: \"example.org\"" },
};

START_TEST(what_is_not_made_here_is_refused)
{
    k7_error *error = NULL;

    ck_assert_int_eq(prepare(refused[_i].fields, &error), K7_ERR_UNSUPPORTED_ARGUMENT);
    ck_assert_msg(strstr(k7_error_get_message(error), refused[_i].words) != NULL, "%s",
                  k7_error_get_message(error));
    k7_error_unref(error);
}
END_TEST

START_TEST(the_default_backend_may_be_named)
{
    create_of("\"backend\":\"kata-firecracker-devmapper\"", K7I_PROFILE_V0_4);
    create_of("\"backend\":\"kfd\"", K7I_PROFILE_V0_4);
}
END_TEST

START_TEST(a_script_has_a_limit)
{
    static char fields[140000];
    k7_error *error = NULL;

    for (int more = 0; more < 2; more++) {
        int len = snprintf(fields, sizeof fields, "\"before_script\":\"");
        memset(fields + len, '$', (size_t)(K7I_SCRIPT_BYTES + more));
        strcpy(fields + len + K7I_SCRIPT_BYTES + more, "\"");
        ck_assert_int_eq(prepare(fields, &error), more ? K7_ERR_UNSUPPORTED_ARGUMENT : 0);
        if (!more)
            ck_assert_int_eq(begin("deployment"), K7I_SEND);
    }
    k7_error_unref(error);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof(table)[0])

int main(void)
{
    TCase *tests = tcase_create("requests");

    tcase_add_loop_test(tests, an_object_is_as_the_contract_has_it, 0, ROWS(bodies));
    tcase_add_loop_test(tests, capabilities_are_dropped_unless_the_spec_says_none, 0, ROWS(capabilities));
    tcase_add_test(tests, what_there_is_nothing_for_is_skipped);
    tcase_add_test(tests, the_watches_begin_with_what_is_there);
    tcase_add_test(tests, a_secret_is_looked_for_without_its_values);
    tcase_add_loop_test(tests, the_profile_is_asked_for_once, 0, NODES);
    tcase_add_test(tests, that_no_node_has_the_label_is_not_believed_for_long);
    tcase_add_test(tests, without_the_right_to_list_nodes_the_key_is_named);
    tcase_add_loop_test(tests, katas_least_memory_is_asked_for_where_kata_is, 0, 2);
    tcase_add_test(tests, a_node_that_is_not_there_is_named);
    tcase_add_loop_test(tests, what_is_not_made_here_is_refused, 0, ROWS(refused));
    tcase_add_test(tests, the_default_backend_may_be_named);
    tcase_add_test(tests, a_script_has_a_limit);
    return run_case("transport_kubernetes/create_requests", tests);
}
