/* test_pull.c: pulling an image that the engine does not have, from the little registry that the engine's start script serves beside it. */
#include "fixture.h"

static const char *registry, *private_registry;

static void use_image(const char *from, const char *name)
{
    static char full[256];
    char path[512];

    snprintf(full, sizeof full, "%s/%s", from, name);
    image = full;
    snprintf(path, sizeof path, "/images/%s?force=1", full);
    json_object_put(peer_call("DELETE", path, NULL, NULL)); /* of an earlier test */
}

static int engine_has_image(void)
{
    char path[512];
    int status;

    snprintf(path, sizeof path, "/images/%s/json", image);
    json_object_put(peer_call("GET", path, NULL, &status));
    return status == 200;
}

static void with_auth(const char *auth)
{
    k7_config *config = new_config();

    assert_ok(k7_config_set(config, "docker.registry_auth", auth, &err));
    k7_client_unref(client);
    client = open_client(config);
}

static int pulls_told;

static void on_progress(void *user, const k7_progress *progress)
{
    (void)user;
    if (strcmp(k7_progress_get_step(progress), "pull image") != 0 || !k7_progress_get_text(progress))
        return;
    if (k7_progress_get_total(progress) >= 0)
        ck_assert_int_le(k7_progress_get_done(progress), k7_progress_get_total(progress));
    pulls_told++;
}

START_TEST(a_missing_image_is_pulled_with_progress)
{
    k7_call *call;

    use_image(registry, "k7/busybox:1");
    ck_assert_int_eq(engine_has_image(), 0);
    k7_spec *spec = new_spec("pulled", "\"egress_whitelist\":[]");
    assert_ok(k7_call_new(&call, &err));
    assert_ok(k7_call_set_progress(call, on_progress, NULL, NULL, &err));
    assert_ok(k7_sandbox_create(client, spec, call, NULL, &err));
    k7_call_free(call);
    k7_spec_free(spec);
    ck_assert_int_gt(pulls_told, 0);
    ck_assert_str_eq(peer_exec(container_of("pulled"), "echo $((6 * 7))", NULL), "42");
    ck_assert_int_eq(engine_has_image(), 1);
}
END_TEST

START_TEST(a_pull_that_breaks_off_is_an_error)
{
    use_image(registry, "k7/broken:1");
    k7_error *error =
        create_fails(client, "broken", "\"egress_whitelist\":[]", K7_ERR_IMAGE_PULL, "k7/broken:1");
    ck_assert_str_eq(k7_error_get_step(error), "pull image");
    ck_assert_ptr_nonnull(k7_error_get_server_text(error));
    k7_error_unref(error);
}
END_TEST

START_TEST(an_image_that_no_registry_has_is_an_error)
{
    use_image(registry, "k7/nosuch:1");
    k7_error_unref(
        create_fails(client, "nosuch", "\"egress_whitelist\":[]", K7_ERR_IMAGE_PULL, "k7/nosuch:1"));
    use_image("127.0.0.1:1", "nowhere:1");
    k7_error_unref(create_fails(client, "nosuch", "\"egress_whitelist\":[]", K7_ERR_IMAGE_PULL, "refused"));
}
END_TEST

START_TEST(a_private_registry_gets_its_credentials)
{
    char auth[512];

    use_image(private_registry, "k7/busybox:1");
    k7_error_unref(
        create_fails(client, "private", "\"egress_whitelist\":[]", K7_ERR_IMAGE_PULL, "k7/busybox:1"));
    snprintf(auth, sizeof auth, "{\"%s\":{\"username\":\"k7\",\"password\":\"wrong-secret\"}}",
             private_registry);
    with_auth(auth);
    k7_error *error =
        create_fails(client, "private", "\"egress_whitelist\":[]", K7_ERR_IMAGE_PULL, "k7/busybox:1");
    ck_assert_ptr_null(strstr(k7_error_get_message(error), "wrong-secret"));
    k7_error_unref(error);
    snprintf(auth, sizeof auth, "{\"other.example\":{\"username\":\"k7\",\"password\":\"pull-secret\"}}");
    with_auth(auth);
    k7_error_unref(
        create_fails(client, "private", "\"egress_whitelist\":[]", K7_ERR_IMAGE_PULL, "k7/busybox:1"));
    snprintf(auth, sizeof auth, "{\"%s\":{\"username\":\"k7\",\"password\":\"pull-secret\"}}",
             private_registry);
    with_auth(auth);
    create("private", "\"egress_whitelist\":[]");
}
END_TEST

START_TEST(pulling_can_be_forbidden)
{
    k7_config *config = new_config();

    use_image(registry, "k7/busybox:1");
    peer_remove_all(namespace_);
    assert_ok(k7_config_set(config, "docker.pull", "never", &err));
    k7_client_unref(client);
    client = open_client(config);
    k7_error_unref(
        create_fails(client, "never", "\"egress_whitelist\":[]", K7_ERR_IMAGE_PULL, "docker.pull"));
    ck_assert_int_eq(engine_has_image(), 0);
}
END_TEST

static void cancel_when_told(void *user, const k7_progress *progress)
{
    if (strcmp(k7_progress_get_step(progress), "pull image") == 0 && k7_progress_get_text(progress))
        k7_cancel_trigger(user);
}

/* This image's last layer never ends. */
START_TEST(a_pull_can_be_cancelled)
{
    k7_call *call;
    k7_cancel *cancel;
    k7_error *error = NULL;

    use_image(registry, "k7/slow:1");
    k7_spec *spec = new_spec("slow", "\"egress_whitelist\":[]");
    assert_ok(k7_cancel_new(&cancel, &err));
    assert_ok(k7_call_new(&call, &err));
    assert_ok(k7_call_set_cancel(call, cancel, &err));
    assert_ok(k7_call_set_progress(call, cancel_when_told, cancel, NULL, &err));
    ck_assert_int_eq(k7_sandbox_create(client, spec, call, NULL, &error), K7_ERR_CANCELLED);
    ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_NOT_SENT);
    ck_assert_uint_eq(k7_error_leftover_count(error), 0);
    ck_assert_int_eq(peer_count(namespace_), 0);
    k7_error_unref(error);
    k7_call_free(call);
    k7_cancel_unref(cancel);
    k7_spec_free(spec);
}
END_TEST

START_TEST(a_pull_ends_at_the_deadline)
{
    k7_call *call;
    k7_error *error = NULL;

    use_image(registry, "k7/slow:1");
    k7_spec *spec = new_spec("slow", "\"egress_whitelist\":[]");
    assert_ok(k7_call_new(&call, &err));
    assert_ok(k7_call_set_timeout_ms(call, 1500, &err));
    ck_assert_int_eq(k7_sandbox_create(client, spec, call, NULL, &error), K7_ERR_TIMEOUT);
    ck_assert_int_eq(peer_count(namespace_), 0);
    k7_error_unref(error);
    k7_call_free(call);
    k7_spec_free(spec);
}
END_TEST

static TCase *make(void)
{
    TCase *tests = tcase_create("pull");

    tcase_add_test(tests, a_missing_image_is_pulled_with_progress);
    tcase_add_test(tests, a_pull_that_breaks_off_is_an_error);
    tcase_add_test(tests, an_image_that_no_registry_has_is_an_error);
    tcase_add_test(tests, a_private_registry_gets_its_credentials);
    tcase_add_test(tests, pulling_can_be_forbidden);
    tcase_add_test(tests, a_pull_can_be_cancelled);
    tcase_add_test(tests, a_pull_ends_at_the_deadline);
    return tests;
}

int main(void)
{
    registry = getenv("K7_TEST_REGISTRY");
    private_registry = getenv("K7_TEST_PRIVATE_REGISTRY");
    if (!registry || !private_registry) {
        puts("needs the registry beside the engine: tests/support/engine run");
        return 77;
    }
    return run_suite("docker-pull", make);
}
