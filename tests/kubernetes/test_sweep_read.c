/* test_sweep_read.c: list and get, whatever happens to whichever of their requests: the truth, or an error; never a part of the truth. */
#include "k7.h"
#include "sweep.h"

static const char *const names[] = { "one", "two", "three" };

static int is_there(json_object *event, const void *name)
{
    return strcmp(peer_text(event, "type"), "DELETED") != 0 &&
           strcmp(peer_text(event, "object|metadata|labels|app"), name) == 0;
}

static void prepare(struct sweep_world *world)
{
    char path[200];

    snprintf(path, sizeof path, "/api/v1/namespaces/%s/pods", world->namespace_);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        k7_make(world->namespace_, names[i], K7_0_1);
        json_object_put(peer_await(path, is_there, names[i]));
    }
}

static int run_list(struct sweep_world *world, const k7_call *call, k7_error **err)
{
    k7_query *query = NULL;
    int code = k7_query_new(&query, err);

    if (code == 0)
        code = k7_query_set_namespace(query, world->namespace_, err);
    if (code == 0)
        code = k7_sandbox_list(world->client, query, call, &world->list, err);
    k7_query_free(query);
    return code;
}

static char *verify_sandbox(const k7_sandbox *sandbox, const char *objects)
{
    const char *status = k7_sandbox_get_status(sandbox), *uid = k7_sandbox_get_uid(sandbox);

    if (!status || strcmp(status, "No Pods") == 0)
        return sweep_complaint("%s has lost its pod", k7_sandbox_get_name(sandbox));
    if (!uid || !strstr(objects, uid))
        return sweep_complaint("%s has another uid", k7_sandbox_get_name(sandbox));
    return NULL;
}

static char *verify_list(struct sweep_world *world, int code, const k7_error *error, const char *objects)
{
    size_t count = k7_sandboxes_count(world->list);
    char *complaint = NULL;

    (void)error;
    if (code != 0)
        return world->list ? sweep_complaint("a list with an error") : NULL;
    if (count != sizeof names / sizeof names[0])
        return sweep_complaint("%zu sandboxes", count);
    for (size_t i = 0; i < count && !complaint; i++)
        complaint = verify_sandbox(k7_sandboxes_at(world->list, i), objects);
    return complaint;
}

static int run_get(struct sweep_world *world, const k7_call *call, k7_error **err)
{
    return k7_sandbox_get(world->client, world->namespace_, "two", call, &world->sandbox, err);
}

static char *verify_get(struct sweep_world *world, int code, const k7_error *error, const char *objects)
{
    (void)error;
    if (code != 0)
        return world->sandbox             ? sweep_complaint("a sandbox with an error")
               : code == K7_ERR_NOT_FOUND ? sweep_complaint("it is there")
                                          : NULL;
    return verify_sandbox(world->sandbox, objects);
}

static const struct sweep_operation reads[] = {
    { .name = "list",
      .prepare = prepare,
      .run = run_list,
      .verify = verify_list,
      .keeps_world = 1,
      .time_limit_ms = 700 },
    { .name = "get",
      .prepare = prepare,
      .run = run_get,
      .verify = verify_get,
      .keeps_world = 1,
      .time_limit_ms = 700 },
};

START_TEST(faults)
{
    sweep_faults(&reads[_i]);
}
END_TEST

START_TEST(stops)
{
    sweep_stops(&reads[_i]);
}
END_TEST

static TCase *tests(void)
{
    TCase *tests = tcase_create("read");

    tcase_add_loop_test(tests, faults, 0, 2);
    tcase_add_loop_test(tests, stops, 0, 2);
    return tests;
}

int main(void)
{
    return run_suite_on_any_node("sweep-read", 300, tests);
}
