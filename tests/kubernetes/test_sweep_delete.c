/* test_sweep_delete.c: delete and delete-all, whatever happens to whichever of their requests: all is gone, or the error says that it is not; and no pod outlives its
 * policies. */
#include "k7.h"
#include "sweep.h"

static int has_pod(json_object *event, const void *name)
{
    return strcmp(peer_text(event, "object|metadata|labels|app"), name) == 0;
}

static void make(struct sweep_world *world, const char *name)
{
    char path[200];

    snprintf(path, sizeof path, "/api/v1/namespaces/%s/pods", world->namespace_);
    k7_make(world->namespace_, name, K7_0_1);
    json_object_put(peer_await(path, has_pod, name));
}

static void prepare_one(struct sweep_world *world)
{
    make(world, "demo");
}

static int run_delete(struct sweep_world *world, const k7_call *call, k7_error **err)
{
    return k7_sandbox_delete(world->client, world->namespace_, "demo", NULL, call, err);
}

static char *verify_delete(struct sweep_world *world, int code, const k7_error *error, const char *objects)
{
    static const char *const all[] = { "Deployment demo ", "Secret demo-env ",
                                       "NetworkPolicy demo-deny-ingress ", "NetworkPolicy demo-netpol " };

    (void)world;
    if (code == 0)
        return *objects ? sweep_complaint("deleted, and still there") : NULL;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (k7_error_get_outcome(error) == K7_OUTCOME_NOT_SENT && !strstr(objects, all[i]))
            return sweep_complaint("nothing was sent, and %sis gone", all[i]);
    return sweep_verify_policies(objects);
}

static void prepare_two(struct sweep_world *world)
{
    make(world, "demo");
    make(world, "other");
}

static int run_delete_all(struct sweep_world *world, const k7_call *call, k7_error **err)
{
    return k7_sandbox_delete_all(world->client, world->namespace_, call, &world->results, err);
}

/* Of one sandbox: whether anything is left of it, and its pod has its policies. */
static char *verify_item(const char *name, int is_done, const char *objects)
{
    char deployment[64], pod[64], ingress[64], egress[64];

    snprintf(deployment, sizeof deployment, " %s ", name);
    snprintf(pod, sizeof pod, "Pod %s-", name);
    snprintf(ingress, sizeof ingress, " %s-deny-ingress ", name);
    snprintf(egress, sizeof egress, " %s-netpol ", name);
    if (is_done && (strstr(objects, deployment) || strstr(objects, ingress) || strstr(objects, egress)))
        return sweep_complaint("%s: done, and still there", name);
    if (strstr(objects, pod) && (!strstr(objects, ingress) || !strstr(objects, egress)))
        return sweep_complaint("%s: its pod is there without its policies", name);
    return NULL;
}

static char *verify_delete_all(struct sweep_world *world, int code, const k7_error *error,
                               const char *objects)
{
    char *complaint = NULL;

    (void)error;
    if (code != 0)
        return world->results ? sweep_complaint("results with an error") : NULL;
    if (k7_results_count(world->results) != 2)
        return sweep_complaint("%zu results", k7_results_count(world->results));
    for (size_t i = 0; i < 2 && !complaint; i++)
        complaint = verify_item(k7_results_name_at(world->results, i),
                                k7_results_outcome_at(world->results, i) == K7_ITEM_DONE, objects);
    return complaint;
}

static const struct sweep_operation deletes[] = {
    { .name = "delete",
      .prepare = prepare_one,
      .run = run_delete,
      .verify = verify_delete,
      .is_long = 1,
      .is_patient = 1,
      .time_limit_ms = 3000 },
    { .name = "delete-all",
      .prepare = prepare_two,
      .run = run_delete_all,
      .verify = verify_delete_all,
      .is_long = 1,
      .has_twins = 1,
      .is_patient = 1,
      .time_limit_ms = 3000 },
};

START_TEST(faults)
{
    sweep_faults(&deletes[_i]);
}
END_TEST

START_TEST(stops)
{
    sweep_stops(&deletes[_i]);
}
END_TEST

static TCase *tests(void)
{
    TCase *tests = tcase_create("delete");

    tcase_add_loop_test(tests, faults, 0, 2);
    tcase_add_loop_test(tests, stops, 0, 2);
    return tests;
}

int main(void)
{
    return run_suite_on_any_node("sweep-delete", 800, tests);
}
