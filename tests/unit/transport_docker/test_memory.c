/* test_memory.c: every operation with the n-th request for memory refused, for every n: K7_ERR_NO_MEMORY and nothing else; and no secret in memory that was given
 * back. */
#include "../starve.h"

#include "fixture.h"

static struct fixture f;
static int code; /* of the scenario under way */

/* One step with the answer that it gets; steps after a failure do nothing. stream: the answer comes in chunks. */
static void go(const char *name, int status, const char *body, size_t len, int stream)
{
    struct k7i_request request;
    const struct k7i_response response = {
        .status = status, .body = stream ? "" : body, .body_len = stream ? 0 : len, .retry_after_ms = -1
    };

    if (code)
        return;
    const struct k7i_step *step = fixture_step(&f, name);
    k7i_request_init(&request);
    enum k7i_verdict verdict = step->begin(f.op, &request);
    if (verdict == K7I_SEND) {
        code = k7i_request_failed(&request);
        verdict = stream ? step->chunk(f.op, body, len) : K7I_MORE;
        if (!code && verdict == K7I_MORE)
            verdict = step->reply(f.op, &response);
    }
    k7i_request_clear(&request);
    if (!code && f.op->error)
        code = k7_error_get_code(f.op->error);
    ck_assert_int_eq(verdict == K7I_FAIL, f.op->error != NULL);
}

static void answer(const char *name, int status, const char *body)
{
    go(name, status, body, strlen(body), 0);
}

static int prepare(const struct k7i_plan *plan, const struct k7i_args *args)
{
    k7_error *error = NULL;

    k7i_op_free(f.op);
    f.op = NULL;
    if (k7i_op_new(plan, &f.docker, &f.op, &error) == 0)
        plan->prepare(f.op, args, &error);
    int result = k7_error_get_code(error);
    k7_error_unref(error);
    return result;
}

/* What the fixture holds was made before memory ran short. */
static char inspected[65536], listed[65536], information[65536];

/* A script that has failed, and whose output cannot be read: another code means that memory was short. */
static int fails_unread(void)
{
    static const char ended[] = "{\"State\":{\"Status\":\"exited\",\"ExitCode\":1}}";
    static const char unread[] = "{\"cause\":\"no such process\",\"message\":\"no log\",\"response\":500}";

    ((struct k7i_create *)f.op->state)->wait = K7I_WAIT_LOOK;
    go("before_script", 200, ended, sizeof ended - 1, 1);
    go("before_script", 200, unread, sizeof unread - 1, 1);
    if (code != K7_ERR_SCRIPT_FAILED)
        return code;
    f.op->error = k7_error_unref(f.op->error);
    return 0;
}

static int create(void *user)
{
    const struct k7i_args args = { .spec = f.spec, .namespace_ = "team-a", .name = "demo" };
    static const char pulled[] =
        "{\"status\":\"Downloading\",\"id\":\"a\",\"progressDetail\":{\"current\":1,\"total\":2}}\n";
    static const char log[] = "\2\0\0\0\0\0\0\5hello";

    (void)user;
    f.docker.engine.known = 0;
    code = prepare(&k7i_docker_create_plan, &args);
    answer("ask engine", 200, information);
    answer("look for image", 404, "{\"message\":\"no such image\"}");
    go("pull image", 200, pulled, sizeof pulled - 1, 1);
    answer("network", 200,
           "[{\"Name\":\"k7-sandboxes\",\"Id\":\"" NETWORK
           "\",\"Driver\":\"bridge\",\"Options\":{\"com.docker.network.bridge.enable_icc\":\"false\"}}]");
    answer("create companion", 201, "{\"Id\":\"" NETWORK "\"}");
    answer("start companion", 204, "");
    answer("create container", 201, "{\"Id\":\"" NETWORK "\"}");
    answer("start", 204, "");
    go("before_script", 200, log, sizeof log - 1, 1);
    if (!code)
        code = fails_unread();
    answer("lock egress", 204, "");
    answer("result", 200, inspected);
    k7i_op_free(f.op);
    f.op = NULL;
    return code;
}

static int get_list_delete(void *user)
{
    const struct k7i_args one = { .namespace_ = "default", .name = "demo" },
                          all = { .namespace_ = "default" };
    struct k7i_op *child = NULL;

    (void)user;
    code = prepare(&k7i_docker_get_plan, &one);
    answer("inspect", 200, inspected);
    answer("look for the mark", 200, "");
    if (!code)
        code = prepare(&k7i_docker_list_plan, &all);
    answer("list", 200, listed);
    if (!code && fixture_step(&f, "look closer")->child(f.op, 0, &child) != K7I_NEXT)
        code = k7_error_get_code(f.op->error);
    k7i_op_free(child);
    if (!code && fixture_begin(&f, "result") == K7I_FAIL)
        code = k7_error_get_code(f.op->error);
    if (!code)
        code = prepare(&k7i_docker_delete_plan, &one);
    answer("look", 200, listed);
    answer("delete container", 204, "");
    k7i_op_free(f.op);
    f.op = NULL;
    return code;
}

static int read_credentials(void *user)
{
    struct k7i_registry_auth *auth;
    k7_error *error = NULL;
    int result = k7i_registry_auth_new(
        "{\"a\":{\"username\":\"u\",\"password\":\"s3cret\"},\"b\":{\"identitytoken\":\"s3cret\"}}", &auth,
        &error);

    (void)user;
    ck_assert_int_eq(result, k7_error_get_code(error));
    k7_error_unref(error);
    k7i_registry_auth_free(auth);
    return result;
}

static int open_endpoint(void *user)
{
    k7_error *error = NULL;
    void *instance = NULL;
    int result = k7i_transport_docker.open(f.docker.config, user, &instance, &error);

    ck_assert_int_eq(result, k7_error_get_code(error));
    ck_assert_int_eq(result == 0, instance != NULL);
    k7_error_unref(error);
    if (instance)
        k7i_transport_docker.close(instance);
    return result;
}

static void open_fixture(void)
{
    static char long_value[20000];

    fixture_open(&f);
    strcpy(information, recorded(PODMAN, "info.json", NULL));
    strcpy(inspected, recorded(PODMAN, "inspect-running.json", NULL));
    strcpy(listed, recorded(PODMAN, "list.json", NULL));
    ck_assert_int_eq(
        fixture_create_spec(
            &f,
            "\"egress_whitelist\":[],\"before_script\":\"true\",\"limits\":{\"cpu\":\"1\",\"memory\":\"64Mi\"}",
            NULL),
        0);
    memset(long_value, 'x', sizeof long_value - 1);
    memcpy(long_value + 10000, "s3cret", 6);
    ck_assert_int_eq(k7_spec_add_env(f.spec, "LONG", long_value, NULL), 0);
    ck_assert_int_eq(k7_spec_add_env(f.spec, "QUOTED", "\"\n\x01 s3cret", NULL), 0);
}

static void close_fixture(void)
{
    fixture_close(&f);
}

START_TEST(creating_survives_any_lack_of_memory)
{
    strcpy(information, recorded((enum engine)_i, "info.json", NULL));
    starve_secret = "s3cret";
    starve_each(create, NULL);
    ck_assert_int_eq(starve_leaks, 0);
}
END_TEST

START_TEST(looking_and_deleting_survive_any_lack_of_memory)
{
    strcpy(inspected, recorded((enum engine)_i, "inspect-running.json", NULL));
    strcpy(listed, recorded((enum engine)_i, "list.json", NULL));
    starve_each(get_list_delete, NULL);
}
END_TEST

START_TEST(credentials_are_wiped_whatever_happens)
{
    starve_secret = "s3cret";
    starve_each(read_credentials, NULL);
    ck_assert_int_eq(starve_leaks, 0);
}
END_TEST

START_TEST(opening_survives_any_lack_of_memory)
{
    struct k7i_endpoint *endpoint;

    ck_assert_int_eq(k7i_endpoint_parse("docker:///run/engine.sock", &endpoint, NULL), 0);
    starve_each(open_endpoint, endpoint);
    k7i_endpoint_free(endpoint);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transport/docker memory");
    TCase *tests = tcase_create("memory");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, creating_survives_any_lack_of_memory, 0, ENGINES);
    tcase_add_loop_test(tests, looking_and_deleting_survive_any_lack_of_memory, 0, ENGINES);
    tcase_add_test(tests, credentials_are_wiped_whatever_happens);
    tcase_add_test(tests, opening_survives_any_lack_of_memory);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
