/* fixture.c: see fixture.h. */
#include "fixture.h"

const char *namespace_, *image;
int engine_is_podman;
k7_client *client;

static const char *endpoint;

k7_config *new_config(void)
{
    k7_config *config;

    assert_ok(k7_config_new(&config, &err));
    assert_ok(k7_config_set(config, "endpoint", endpoint, &err));
    assert_ok(k7_config_set(config, "namespace", namespace_, &err));
    return config;
}

k7_client *open_client(k7_config *config)
{
    k7_client *opened;

    assert_ok(k7_client_open(config, &opened, &err));
    k7_config_free(config);
    return opened;
}

k7_spec *new_spec(const char *name, const char *fields)
{
    char text[160 * 1024];
    k7_spec *spec;

    snprintf(text, sizeof text, "{\"name\":\"%s\",\"image\":\"%s\"%s%s}", name, image, *fields ? "," : "",
             fields);
    assert_ok(k7_spec_from_json(text, strlen(text), &spec, &err));
    return spec;
}

const char *container_of(const char *name)
{
    static char names[8][128];
    static int at;
    char *room = names[at++ % 8];

    snprintf(room, sizeof names[0], "k7_%s_%s", namespace_, name);
    return room;
}

const char *create(const char *name, const char *fields)
{
    k7_spec *spec = new_spec(name, fields);

    assert_ok(k7_sandbox_create(client, spec, NULL, NULL, &err));
    k7_spec_free(spec);
    return container_of(name);
}

k7_error *create_fails(k7_client *on, const char *name, const char *fields, int code, const char *words)
{
    k7_spec *spec = new_spec(name, fields);
    k7_sandbox *sandbox = NULL;
    k7_error *error = NULL;
    int before = peer_count(namespace_);
    int result = k7_sandbox_create(on, spec, NULL, &sandbox, &error);

    ck_assert_msg(result == code, "%s: %s, not %s: %s", fields, k7_error_code_name(result),
                  k7_error_code_name(code), k7_error_get_message(error));
    ck_assert_ptr_null(sandbox);
    assert_contains(k7_error_get_message(error), words);
    ck_assert_int_eq(k7_error_get_code(error), code);
    ck_assert_uint_eq(k7_error_leftover_count(error), 0);
    ck_assert_int_eq(k7_error_get_outcome(error) == K7_OUTCOME_UNKNOWN, 0);
    ck_assert_int_eq(peer_count(namespace_), before);
    k7_spec_free(spec);
    return error;
}

static void set_up(void)
{
    peer_remove_all(namespace_); /* of a test that failed, whose tear-down did not run */
    client = open_client(new_config());
}

static void tear_down(void)
{
    k7_client_unref(client);
    peer_remove_all(namespace_);
}

int run_suite(const char *name, TCase *(*make)(void))
{
    const char *kind = getenv("K7_TEST_ENGINE_KIND");

    endpoint = getenv("K7_TEST_ENGINE");
    image = getenv("K7_TEST_IMAGE");
    if (!endpoint || !image || !kind) {
        puts("needs an engine: tests/support/engine run podman|dockerd -- meson test --suite docker");
        return 77;
    }
    namespace_ = name;
    engine_is_podman = strcmp(kind, "podman") == 0;
    peer_open(endpoint + strlen("docker://"));
    Suite *suite = suite_create(name);
    TCase *tests = make();
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 120);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    peer_remove_all(namespace_);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
