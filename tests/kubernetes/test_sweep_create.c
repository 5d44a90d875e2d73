/* test_sweep_create.c: a create with everything, whatever happens to whichever of its requests, and cancelled at every moment. */
#include "sweep.h"

/* Egress is locked before the pod is there, or after its script. */
static int run_with(struct sweep_world *world, const k7_call *call, int under_lock, k7_error **err)
{
    k7_spec *spec = NULL;
    char text[1024];

    snprintf(text, sizeof text,
             "{\"name\":\"demo\",\"image\":\"%s\",\"namespace\":\"%s\",\"node_name\":\"node1\","
             "\"egress_whitelist\":[\"10.200.0.0/16\"],\"before_script\":\"true\","
             "\"before_script_under_lock\":%s,\"limits\":{\"memory\":\"256Mi\"}}",
             image, world->namespace_, under_lock ? "true" : "false");
    int code = k7_spec_from_json(text, strlen(text), &spec, err);
    if (code == 0)
        code = k7_spec_add_env(spec, "GREETING", "hello", err);
    if (code == 0)
        code = k7_sandbox_create(world->client, spec, call, &world->sandbox, err);
    k7_spec_free(spec);
    return code;
}

static int run_locked_first(struct sweep_world *world, const k7_call *call, k7_error **err)
{
    return run_with(world, call, 1, err);
}

static int run_locked_last(struct sweep_world *world, const k7_call *call, k7_error **err)
{
    return run_with(world, call, 0, err);
}

static int count_lines(const char *text)
{
    int count = 0;

    while ((text = strchr(text, '\n')) != NULL) {
        text++;
        count++;
    }
    return count;
}

/* Everything is there once, and is what the caller has. */
static char *verify_success(struct sweep_world *world, const char *objects)
{
    static const char *const kinds[] = { "Deployment demo ",           "NetworkPolicy demo-deny-ingress ",
                                         "NetworkPolicy demo-netpol ", "Pod demo-",
                                         "ReplicaSet demo-",           "Secret demo-env " };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (!strstr(objects, kinds[i]))
            return sweep_complaint("created without %s", kinds[i]);
    if (count_lines(objects) != sizeof kinds / sizeof kinds[0])
        return sweep_complaint("created with something more");
    if (k7_sandbox_is_ready(world->sandbox) != 1)
        return sweep_complaint("created, and not ready");
    if (!strstr(objects, k7_sandbox_get_uid(world->sandbox)))
        return sweep_complaint("another sandbox than that of the server");
    return NULL;
}

static char *verify(struct sweep_world *world, int code, const k7_error *error, const char *objects)
{
    if ((code == 0) != (world->sandbox != NULL))
        return sweep_complaint("a result with an error, or none without");
    return code == 0 ? verify_success(world, objects) : sweep_verify_leftovers(world, error, objects);
}

static char *verify_locked_first(struct sweep_world *world, int code, const k7_error *error,
                                 const char *objects)
{
    char *complaint = sweep_verify_policies(objects);

    return complaint ? complaint : verify(world, code, error, objects);
}

static const struct sweep_operation creates[] = {
    { .name = "create, egress locked first",
      .run = run_locked_first,
      .verify = verify_locked_first,
      .is_patient = 1,
      .time_limit_ms = 3000 },
    { .name = "create, egress locked last",
      .run = run_locked_last,
      .verify = verify,
      .only_last = 1,
      .is_patient = 1,
      .time_limit_ms = 3000 },
};

START_TEST(faults)
{
    sweep_faults(&creates[_i]);
}
END_TEST

START_TEST(stops)
{
    sweep_stops(&creates[_i]);
}
END_TEST

START_TEST(faults_of_undo)
{
    sweep_undo(&creates[0]);
}
END_TEST

static TCase *tests(void)
{
    TCase *tests = tcase_create("create");

    tcase_add_loop_test(tests, faults, 0, 2);
    tcase_add_loop_test(tests, stops, 0, 2);
    tcase_add_test(tests, faults_of_undo);
    return tests;
}

int main(void)
{
    return run_suite_on_any_node("sweep-create", 800, tests);
}
