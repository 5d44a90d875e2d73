/* fixture.c: see fixture.h. */
#include "fixture.h"

#include <unistd.h>

enum { NAMESPACES_MAX = 24 };

const char *namespace_, *image;
int nodes_are_labelled;
k7_client *client;

static const char *suite_name;
static char namespaces[NAMESPACES_MAX][64];
static size_t namespace_count;

k7_config *new_config(void)
{
    k7_config *config;

    assert_ok(k7_config_new(&config, &err));
    assert_ok(k7_config_set(config, "endpoint", "kubernetes:", &err));
    assert_ok(k7_config_set(config, "namespace", namespace_, &err));
    /* Undoing is not to depend on how busy the machine is. */
    assert_ok(k7_config_set(config, "cleanup_timeout_ms", "60000", &err));
    return config;
}

k7_client *open_client(k7_config *config)
{
    k7_client *opened;

    assert_ok(k7_client_open(config, &opened, &err));
    k7_config_free(config);
    return opened;
}

k7_client *open_with(const char *kubeconfig)
{
    k7_config *config = new_config();

    assert_ok(k7_config_set(config, "kubernetes.kubeconfig", kubeconfig, &err));
    return open_client(config);
}

k7_spec *new_spec(const char *name, const char *fields)
{
    char text[160 * 1024];
    k7_spec *spec;

    snprintf(text, sizeof text, "{\"name\":\"%s\",\"image\":\"%s\",\"namespace\":\"%s\"%s%s}", name, image,
             namespace_, *fields ? "," : "", fields);
    assert_ok(k7_spec_from_json(text, strlen(text), &spec, &err));
    return spec;
}

void create(const char *name, const char *fields)
{
    k7_spec *spec = new_spec(name, fields);

    assert_ok(k7_sandbox_create(client, spec, NULL, NULL, &err));
    k7_spec_free(spec);
}

k7_error *create_fails(k7_client *on, const char *name, const char *fields, int code, const char *words)
{
    k7_spec *spec = new_spec(name, fields);
    k7_sandbox *sandbox = NULL;
    k7_error *error = NULL;
    char *before = peer_objects(namespace_, NULL);
    int result = k7_sandbox_create(on, spec, NULL, &sandbox, &error);
    char *after = peer_objects(namespace_, NULL);

    ck_assert_msg(result == code, "%s: %s, not %s: %s", fields, k7_error_code_name(result),
                  k7_error_code_name(code), k7_error_get_message(error));
    ck_assert_ptr_null(sandbox);
    assert_contains(k7_error_get_message(error), words);
    ck_assert_int_eq(k7_error_get_code(error), code);
    ck_assert_uint_eq(k7_error_leftover_count(error), 0);
    ck_assert_int_ne(k7_error_get_outcome(error), K7_OUTCOME_UNKNOWN);
    ck_assert_msg(strcmp(before, after) == 0, "%s: before:\n%safter:\n%s", k7_error_get_message(error),
                  before, after);
    free(before);
    free(after);
    k7_spec_free(spec);
    return error;
}

void assert_nothing_left(void)
{
    int count;
    char *objects = peer_objects(namespace_, &count);

    ck_assert_msg(count == 0, "left:\n%s", objects);
    free(objects);
}

void control(const char *words)
{
    char command[300], line[300] = "";

    snprintf(command, sizeof command, "cluster-control %s 2>&1", words);
    FILE *pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    while (fgets(line, sizeof line, pipe))
        ;
    ck_assert_msg(pclose(pipe) == 0, "%s: %s", command, line);
}

/* --- namespaces ------------------------------------------------------------------------------------------------------------------ */

const char *another_namespace(void)
{
    ck_assert_uint_lt(namespace_count, NAMESPACES_MAX);
    char *name = namespaces[namespace_count], body[200], path[200];
    int status;

    /* Each test runs in a process of its own; those of earlier ones may still be on their way out under another number. */
    snprintf(name, sizeof namespaces[0], "%s-%d-%zu", suite_name, (int)getpid(), namespace_count);
    namespace_count++;
    snprintf(body, sizeof body, "{\"metadata\":{\"name\":\"%s\"}}", name);
    json_object *made = peer_call("POST", "/api/v1/namespaces", body, &status);
    ck_assert_msg(status == 201, "%s: %d: %s", name, status, json_object_to_json_string(made));
    json_object_put(made);
    if (strcmp(getenv("K7_TEST_CLUSTER_PARTS"), "api") == 0)
        return name;
    /* No pod is admitted before its service account is there. */
    snprintf(path, sizeof path,
             "/api/v1/namespaces/%s/serviceaccounts?fieldSelector=metadata.name%%3Ddefault", name);
    json_object_put(peer_await(path, peer_is_any, NULL));
    return name;
}

static void set_up(void)
{
    namespace_ = another_namespace();
    client = open_client(new_config());
}

static void tear_down(void)
{
    k7_client_unref(client);
    for (size_t i = 0; i < namespace_count; i++) {
        char path[100];

        snprintf(path, sizeof path, "/api/v1/namespaces/%.63s", namespaces[i]);
        json_object_put(peer_call("DELETE", path, NULL, NULL));
    }
}

/* also: parts of a cluster that do beside "node" */
static int run(const char *name, int time_limit_s, TCase *(*make)(void), const char *also)
{
    const char *parts = getenv("K7_TEST_CLUSTER_PARTS"), *profile = getenv("K7_TEST_CLUSTER_PROFILE");

    image = getenv("K7_TEST_IMAGE");
    if (!getenv("KUBECONFIG") || !profile || !parts ||
        (strcmp(parts, "node") != 0 && strcmp(parts, also) != 0)) {
        puts("needs a cluster: tests/cluster/run -- meson test -C build --suite kubernetes");
        return 77;
    }
    suite_name = name;
    nodes_are_labelled = strcmp(profile, "labelled") == 0;
    Suite *suite = suite_create(name);
    TCase *tests = make();
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, time_limit_s > 0 ? time_limit_s : 120);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int run_suite(const char *name, int time_limit_s, TCase *(*make)(void))
{
    return run(name, time_limit_s, make, "node");
}

int run_suite_on_any_node(const char *name, int time_limit_s, TCase *(*make)(void))
{
    return run(name, time_limit_s, make, "scripted-node");
}

int run_suite_without_pods(const char *name, int time_limit_s, TCase *(*make)(void))
{
    return run(name, time_limit_s, make, "api");
}
