/* test_requests.c: the exact requests of every step, as JSON where they have a body. */
#include "fixture.h"

static struct fixture f;

static void open_fixture(void)
{
    fixture_open(&f);
}

static void close_fixture(void)
{
    fixture_close(&f);
}

#define ID        "4b95a796ce74228aba8cbea27ead12b039d746ff42789022d4579a683ae06832"
#define CREATED   "{\"Id\":\"" ID "\",\"Warnings\":[]}"
#define CREATE_ID "0123456789abcdef0123456789abcdef"
#define LABELS                                                                                               \
    "\"app\":\"demo\",\"runtime\":\"kata\",\"katakate.org/sandbox\":\"demo\",\"k7.katakate.org/image\":"     \
    "\"alpine:3\",\"k7.katakate.org/namespace\":\"team-a\",\"k7.katakate.org/create-id\":\"" CREATE_ID "\""
#define ISOLATION                                                                                            \
    "\"SecurityOpt\":[\"no-new-privileges\"],\"IpcMode\":\"private\",\"RestartPolicy\":{\"Name\":\"no\"},"   \
    "\"LogConfig\":{\"Type\":\"json-file\",\"Config\":{\"max-size\":\"10m\"}}"
#define NO_CHECK "\"Healthcheck\":{\"Test\":[\"NONE\"]}"

/* The wrapper is the same for all; as JSON. */
static const char *wrapper(void)
{
    static char text[8192];
    json_object *string = json_object_new_string(k7i_script_wrapper);

    snprintf(text, sizeof text, "%s", json_object_to_json_string_ext(string, JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(string);
    return text;
}

/* more: members before HostConfig; host: members of HostConfig besides the isolation. */
static const char *expected_body(const char *cmd, const char *more, const char *labels, const char *host)
{
    static char text[32768];

    snprintf(text, sizeof text,
             "{\"Image\":\"alpine:3\",\"Entrypoint\":[\"/bin/sh\",\"-c\",%s,\"k7\"],\"Cmd\":%s,%s" NO_CHECK
             ",\"Labels\":{" LABELS "%s},\"HostConfig\":{%s," ISOLATION "}}",
             wrapper(), cmd, more, labels, host);
    return text;
}

static const struct {
    enum engine engine;
    const char *fields, *cmd, *more, *labels, *host;
} bodies[] = {
    { PODMAN, "\"egress_whitelist\":[]", "[\"\",\"" CREATE_ID "\",\"\"]", "\"Env\":[],", "",
      "\"NetworkMode\":\"none\",\"CapDrop\":[\"ALL\"],\"CapAdd\":[],\"PidsLimit\":1024" },
    { PODMAN, "", "[\"\",\"" CREATE_ID "\",\"\"]", "\"Env\":[],", "",
      "\"NetworkMode\":\"slirp4netns\",\"CapDrop\":[\"ALL\"],\"CapAdd\":[],\"PidsLimit\":1024" },
    { DOCKERD, "\"egress_whitelist\":null", "[\"\",\"" CREATE_ID "\",\"\"]", "\"Env\":[],", "",
      "\"NetworkMode\":\"" NETWORK "\",\"CapDrop\":[\"ALL\"],\"CapAdd\":[],\"PidsLimit\":1024" },
    { DOCKERD,
      "\"egress_whitelist\":[],\"before_script\":\"echo \\\"hi\\\"\",\"limits\":{\"cpu\":\"1500m\",\"memory\":\"1Gi\","
      "\"ephemeral-storage\":\"2G\"}",
      "[\"echo \\\"hi\\\"\",\"" CREATE_ID "\",\"lock\"]", "\"Env\":[],",
      ",\"k7.katakate.org/before-script\":\"true\"",
      "\"NetworkMode\":\"" NETWORK "\",\"CapDrop\":[\"ALL\"],\"CapAdd\":[],\"NanoCpus\":1500000000,"
      "\"Memory\":1073741824,\"MemorySwap\":1073741824,\"StorageOpt\":{\"size\":\"2000000000\"},\"PidsLimit\":1024" },
    { DOCKERD,
      "\"egress_whitelist\":[],\"before_script\":\"true\",\"before_script_under_lock\":true,\"pod_non_root\":true,"
      "\"cap_drop\":[\"net_raw\",\"CAP_MKNOD\",\"audit_write\",\"setfcap\",\"setpcap\",\"sys_chroot\"],\"cap_add\":[\"CAP_CHOWN\"]",
      "[\"true\",\"" CREATE_ID "\",\"\"]", "\"User\":\"65532:65532\",\"Env\":[],",
      ",\"k7.katakate.org/before-script\":\"true\"",
      "\"NetworkMode\":\"none\",\"CapDrop\":[\"NET_RAW\",\"MKNOD\",\"AUDIT_WRITE\",\"SETFCAP\",\"SETPCAP\",\"SYS_CHROOT\"],\"CapAdd\":[\"CHOWN\"],\"PidsLimit\":1024" },
    { DOCKERD,
      "\"egress_whitelist\":[],\"before_script\":\" \\n\",\"container_non_root\":true,\"env\":{\"A\":\"1\",\"B\":\"x=y\"}",
      "[\"\",\"" CREATE_ID "\",\"\"]", "\"User\":\"65532\",\"Env\":[\"A=1\",\"B=x=y\"],", "",
      "\"NetworkMode\":\"none\",\"CapDrop\":[\"ALL\"],\"CapAdd\":[],\"PidsLimit\":1024" },
};

START_TEST(the_body_says_what_the_spec_says)
{
    fixture_create(&f, bodies[_i].fields);
    fixture_knows(&f, bodies[_i].engine);
    fixture_sends(&f, "create container", "POST /containers/create?name=k7_team-a_demo");
    assert_json_equal(f.body,
                      expected_body(bodies[_i].cmd, bodies[_i].more, bodies[_i].labels, bodies[_i].host));
}
END_TEST

START_TEST(settings_reach_the_body)
{
    ck_assert_int_eq(k7_config_set(f.docker.config, "docker.pids_limit", "7", NULL), 0);
    ck_assert_int_eq(k7_config_set(f.docker.config, "docker.runtimes", "gvisor", NULL), 0);
    ck_assert_int_eq(k7_config_set(f.docker.config, "docker.allow_caps", "SYS_PTRACE", NULL), 0);
    fixture_create(&f, "\"runtime_class_name\":\"gvisor\",\"cap_add\":[\"sys_ptrace\"]");
    fixture_knows(&f, DOCKERD);
    fixture_sends(&f, "create container", "POST /containers/create?name=k7_team-a_demo");
    assert_json_equal(f.body, expected_body("[\"\",\"" CREATE_ID "\",\"\"]", "\"Env\":[],", "",
                                            "\"NetworkMode\":\"" NETWORK
                                            "\",\"CapDrop\":[\"ALL\"],\"CapAdd\":[\"SYS_PTRACE\"],"
                                            "\"PidsLimit\":7,\"Runtime\":\"gvisor\""));
}
END_TEST

#define LOOK "GET /networks?filters=%7B%22name%22%3A%5B%22k7-sandboxes%22%5D%7D"

/* A network of that name, as an entry of a list. */
static const char *entry(const char *id, const char *created, const char *more)
{
    static char texts[4][512];
    static int at;
    char *text = texts[at++ % 4];

    snprintf(
        text, sizeof texts[0],
        "{\"Name\":\"k7-sandboxes\",\"Id\":\"%s\",\"Created\":\"%s\",\"Driver\":\"bridge\",\"EnableIPv6\":false,%s}",
        id, created, more);
    return text;
}

#define ISOLATES "\"Options\":{\"com.docker.network.bridge.enable_icc\":\"false\"}"
#define OURS     "bbbbbbbbbbbbbbbb"
#define OTHERS   "aaaaaaaaaaaaaaaa"

static const char *list_of(const char *one, const char *other)
{
    static char text[2048];

    snprintf(text, sizeof text, "[%s%s%s]", one, *other ? "," : "", other);
    return text;
}

START_TEST(dockerd_shares_one_isolating_bridge)
{
    static char text[70000];
    struct k7i_create *create = fixture_create(&f, "");

    fixture_knows(&f, DOCKERD);
    fixture_sends(&f, "network", LOOK);
    ck_assert_int_eq(fixture_reply(&f, "network", 200, "[]"), K7I_AGAIN);
    fixture_sends(&f, "network", "POST /networks/create");
    assert_json_equal(
        f.body,
        "{\"Name\":\"k7-sandboxes\",\"CheckDuplicate\":true,\"Driver\":\"bridge\",\"EnableIPv6\":false,"
        "\"Options\":{\"com.docker.network.bridge.enable_icc\":\"false\"},"
        "\"Labels\":{\"k7.katakate.org/network\":\"open-egress\"}}");
    ck_assert_int_eq(fixture_reply(&f, "network", 201, "{\"Id\":\"" NETWORK "\",\"Warning\":\"\"}"),
                     K7I_AGAIN);
    fixture_sends(&f, "network", LOOK);
    snprintf(text, sizeof text, "[%s]", recorded(DOCKERD, "network.json", NULL));
    ck_assert_int_eq(fixture_reply(&f, "network", 200, text), K7I_NEXT);
    ck_assert_str_eq(create->network_id, NETWORK);
}
END_TEST

/* dockerd checks for duplicates, but lets two that are made at once pass. */
START_TEST(of_two_bridges_made_at_once_the_first_is_used)
{
    static const struct {
        const char *ours, *others;
        int ours_first;
    } rows[] = {
        { "2026-11-22T04:51:27.85621207Z", "2026-11-22T04:51:27.9Z", 1 },
        { "2026-11-22T04:51:27.85Z", "2026-11-22T04:51:27.8Z", 0 },
        { "2026-11-22T04:51:28.1Z", "2026-11-22T04:51:27.9Z", 0 },
        { "2026-11-22T04:51:27Z", "2026-11-22T04:51:27Z", 0 }, /* then by id */
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct k7i_create *create = fixture_create(&f, "");

        fixture_knows(&f, DOCKERD);
        ck_assert_int_eq(fixture_reply(&f, "network", 200, "[]"), K7I_AGAIN);
        ck_assert_int_eq(fixture_reply(&f, "network", 201, "{\"Id\":\"" OURS "\"}"), K7I_AGAIN);
        ck_assert_int_eq(fixture_reply(&f, "network", 200,
                                       list_of(entry(OURS, rows[i].ours, ISOLATES),
                                               entry(OTHERS, rows[i].others, ISOLATES))),
                         rows[i].ours_first ? K7I_NEXT : K7I_AGAIN);
        ck_assert_str_eq(create->network_id, rows[i].ours_first ? OURS : OTHERS);
        if (!rows[i].ours_first) {
            fixture_sends(&f, "network", "DELETE /networks/" OURS);
            ck_assert_int_eq(fixture_reply(&f, "network", 403, "{}"), K7I_NEXT);
        }
    }
}
END_TEST

START_TEST(a_bridge_that_does_not_isolate_is_refused)
{
    static const char *const leaky[] = {
        "[{\"Name\":\"k7-sandboxes\",\"Id\":\"" OURS
        "\",\"Driver\":\"bridge\",\"EnableIPv6\":false,\"Options\":{}}]",
        "[{\"Name\":\"k7-sandboxes\",\"Id\":\"" OURS
        "\",\"Driver\":\"bridge\",\"EnableIPv6\":false,\"Options\":{\"com.docker.network.bridge.enable_icc\":\"true\"}}]",
        "[{\"Name\":\"k7-sandboxes\",\"Id\":\"" OURS "\",\"Driver\":\"bridge\",\"EnableIPv6\":true," ISOLATES
        "}]",
        "[{\"Name\":\"k7-sandboxes\",\"Id\":\"" OURS
        "\",\"Driver\":\"macvlan\",\"EnableIPv6\":false," ISOLATES "}]",
    };

    fixture_create(&f, "");
    fixture_knows(&f, DOCKERD);
    for (size_t i = 0; i < sizeof leaky / sizeof leaky[0]; i++)
        fixture_fails(&f, "network", 200, leaky[i], K7_ERR_CONFLICT, "k7-sandboxes");
    fixture_fails(&f, "network", 200, "{}", K7_ERR_PROTOCOL, "not a list");
    /* A name that only contains it is another network's. */
    ck_assert_int_eq(fixture_reply(&f, "network", 200, "[{\"Name\":\"k7-sandboxes-2\",\"Id\":\"" OURS "\"}]"),
                     K7I_AGAIN);
}
END_TEST

START_TEST(a_network_that_comes_and_goes_ends_somewhere)
{
    int looks = 0;

    fixture_create(&f, "");
    fixture_knows(&f, DOCKERD);
    while (fixture_reply(&f, "network", 200, "[]") == K7I_AGAIN && ++looks < 10)
        ck_assert_int_eq(fixture_reply(&f, "network", 409, "{}"), K7I_AGAIN);
    ck_assert_int_eq(looks, 3);
}
END_TEST

START_TEST(podman_locks_by_a_companion)
{
    struct k7i_create *create = fixture_create(&f, "\"egress_whitelist\":[],\"before_script\":\"true\"");

    fixture_knows(&f, PODMAN);
    ck_assert_int_eq(fixture_begin(&f, "network"), K7I_SKIP);
    fixture_sends(&f, "create companion", "POST /containers/create?name=k7_team-a_demo_net");
    json_object *body = json_tokener_parse(f.body), *host = json_object_object_get(body, "HostConfig");
    ck_assert_str_eq(json_object_get_string(json_object_object_get(host, "NetworkMode")), "slirp4netns");
    ck_assert_str_eq(
        json_object_to_json_string_ext(json_object_object_get(host, "CapDrop"), JSON_C_TO_STRING_PLAIN),
        "[\"ALL\"]");
    ck_assert_ptr_null(
        json_object_object_get(json_object_object_get(body, "Labels"), "katakate.org/sandbox"));
    json_object_put(body);
    ck_assert_int_eq(fixture_reply(&f, "create companion", 201, CREATED), K7I_NEXT);
    ck_assert_str_eq(create->companion_id, ID);
    fixture_sends(&f, "start companion", "POST /containers/" ID "/start");
    fixture_sends(&f, "create container", "POST /containers/create?name=k7_team-a_demo");
    body = json_tokener_parse(f.body);
    host = json_object_object_get(body, "HostConfig");
    ck_assert_str_eq(json_object_get_string(json_object_object_get(host, "NetworkMode")), "container:" ID);
    json_object_put(body);
    fixture_sends(&f, "lock egress", "POST /containers/" ID "/stop?t=0");
    ck_assert_int_eq(fixture_reply(&f, "lock egress", 204, ""), K7I_NEXT);
    ck_assert_int_eq(fixture_reply(&f, "lock egress", 304, ""), K7I_NEXT);
    ck_assert_int_eq(fixture_begin_step(&f, fixture_step(&f, "create companion")->undo), K7I_SEND);
    ck_assert_str_eq(f.request, "DELETE /containers/" ID "?force=1&v=1");
}
END_TEST

START_TEST(dockerd_locks_by_disconnecting)
{
    fixture_create(&f, "\"egress_whitelist\":[],\"before_script\":\"true\"");
    fixture_knows(&f, DOCKERD);
    ck_assert_int_eq(fixture_begin(&f, "create companion"), K7I_SKIP);
    ck_assert_int_eq(fixture_begin(&f, "start companion"), K7I_SKIP);
    ck_assert_int_eq(fixture_reply(&f, "create container", 201, CREATED), K7I_NEXT);
    fixture_sends(&f, "lock egress", "POST /networks/" NETWORK "/disconnect");
    assert_json_equal(f.body, "{\"Container\":\"" ID "\"}");
    ck_assert_int_eq(fixture_reply(&f, "lock egress", 200, ""), K7I_NEXT);
    fixture_fails(&f, "lock egress", 500, "{\"message\":\"no way\"}", K7_ERR_SERVER, "no way");
    ck_assert_int_eq(fixture_reply(&f, "lock egress", 500,
                                   "{\"message\":\"container x is not connected to network k7-sandboxes\"}"),
                     K7I_NEXT);
}
END_TEST

START_TEST(without_a_lock_these_steps_have_nothing_to_do)
{
    static const char *const specs[] = {
        "", "\"before_script\":\"true\"", "\"egress_whitelist\":[]",
        "\"egress_whitelist\":[],\"before_script\":\"true\",\"before_script_under_lock\":true"
    };
    static const char *const skipped[] = { "create companion", "start companion", "before_script",
                                           "lock egress" };

    for (enum engine engine = PODMAN; engine < ENGINES; engine++) {
        for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
            fixture_create(&f, specs[i]);
            fixture_knows(&f, engine);
            for (size_t k = 0; k < sizeof skipped / sizeof skipped[0]; k++)
                ck_assert_msg(fixture_begin(&f, skipped[k]) == K7I_SKIP, "%s: %s", specs[i], skipped[k]);
        }
    }
}
END_TEST

START_TEST(a_missing_image_is_pulled_with_its_tag)
{
    static const struct {
        const char *image, *look, *pull;
    } images[] = {
        { "alpine", "GET /images/alpine/json", "POST /images/create?fromImage=alpine&tag=latest" },
        { "alpine:3", "GET /images/alpine%3A3/json", "POST /images/create?fromImage=alpine%3A3" },
        { "localhost:5000/a/b", "GET /images/localhost%3A5000%2Fa%2Fb/json",
          "POST /images/create?fromImage=localhost%3A5000%2Fa%2Fb&tag=latest" },
        { "a/b@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
          "GET /images/a%2Fb%40sha256%3A0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/json",
          "POST /images/create?fromImage=a%2Fb%40sha256%3A0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" },
    };

    for (size_t i = 0; i < sizeof images / sizeof images[0]; i++) {
        struct k7i_create *create = fixture_create(&f, "");

        ck_assert_int_eq(k7_spec_set_image(create->spec, images[i].image, NULL), 0);
        fixture_sends(&f, "look for image", images[i].look);
        ck_assert_int_eq(fixture_reply(&f, "look for image", 404, "{\"message\":\"no such image\"}"),
                         K7I_NEXT);
        fixture_sends(&f, "pull image", images[i].pull);
        ck_assert_int_eq(fixture_reply(&f, "look for image", 200, "{}"), K7I_NEXT);
        ck_assert_int_eq(fixture_begin(&f, "pull image"), K7I_SKIP);
    }
}
END_TEST

START_TEST(lists_and_looks_are_by_label)
{
    const struct k7i_args in_namespace = { .namespace_ = "team-a" }, in_all = { 0 };
    const struct k7i_args one = { .namespace_ = "team-a", .name = "demo" };

    ck_assert_int_eq(fixture_prepare(&f, &k7i_docker_list_plan, &in_namespace, NULL), 0);
    fixture_sends(
        &f, "list",
        "GET /containers/json?all=1&filters=%7B%22label%22%3A%5B%22runtime%3Dkata%22%2C%22katakate.org%2Fsandbox"
        "%22%2C%22k7.katakate.org%2Fnamespace%3Dteam-a%22%5D%7D");
    ck_assert_int_eq(fixture_prepare(&f, &k7i_docker_list_plan, &in_all, NULL), 0);
    fixture_sends(
        &f, "list",
        "GET /containers/json?all=1&filters=%7B%22label%22%3A%5B%22runtime%3Dkata%22%2C%22katakate.org%2Fsandbox"
        "%22%2C%22k7.katakate.org%2Fnamespace%22%5D%7D");
    ck_assert_int_eq(fixture_prepare(&f, &k7i_docker_get_plan, &one, NULL), 0);
    fixture_sends(&f, "inspect", "GET /containers/k7_team-a_demo/json");
    ck_assert_int_eq(fixture_prepare(&f, &k7i_docker_delete_plan, &one, NULL), 0);
    fixture_sends(
        &f, "look",
        "GET /containers/json?all=1&filters=%7B%22label%22%3A%5B%22app%3Ddemo%22%2C%22k7.katakate.org%2Fnamespace%3Dteam-a%22%5D%7D");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transport/docker requests");
    TCase *tests = tcase_create("requests");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, the_body_says_what_the_spec_says, 0, (int)(sizeof bodies / sizeof bodies[0]));
    tcase_add_test(tests, settings_reach_the_body);
    tcase_add_test(tests, dockerd_shares_one_isolating_bridge);
    tcase_add_test(tests, of_two_bridges_made_at_once_the_first_is_used);
    tcase_add_test(tests, a_bridge_that_does_not_isolate_is_refused);
    tcase_add_test(tests, a_network_that_comes_and_goes_ends_somewhere);
    tcase_add_test(tests, podman_locks_by_a_companion);
    tcase_add_test(tests, dockerd_locks_by_disconnecting);
    tcase_add_test(tests, without_a_lock_these_steps_have_nothing_to_do);
    tcase_add_test(tests, a_missing_image_is_pulled_with_its_tag);
    tcase_add_test(tests, lists_and_looks_are_by_label);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
