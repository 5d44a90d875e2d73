/* scenarios.c: every operation, and the making of everything that operations take. */
#include "scenarios.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int world_wrong(struct world *world, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(world->why, sizeof world->why, format, args);
    va_end(args);
    return -1;
}

int world_open(struct world *world, k7_client **ret_client, k7_error **err)
{
    k7_config *config = NULL;
    int status = k7_config_new(&config, err);

    if (status == 0)
        status = k7_config_set(config, "endpoint", world->endpoint, err);
    if (status == 0 && world->api_key)
        status = k7_config_set(config, "rest.api_key", world->api_key, err);
    if (status == 0)
        status = k7_client_open(config, ret_client, err);
    k7_config_free(config);
    return status;
}

void world_close(struct world *world)
{
    if (world->witness && !world->is_kept) {
        k7_sandbox_delete_all(world->witness, NULL, NULL, NULL, NULL);
        k7_sandbox_delete(world->witness, NULL, "demo", NULL, NULL,
                          NULL); /* parts that make no sandbox, too */
        k7_sandbox_delete(world->witness, NULL, "other", NULL, NULL, NULL);
        k7_sandbox_delete(world->witness, NULL, "demo-2", NULL, NULL, NULL);
    }
    if (world->witness != world->client)
        k7_client_unref(world->witness);
    k7_client_unref(world->client);
    k7_spec_free(world->spec);
    k7_call_free(world->call);
}

/* --- what is there --------------------------------------------------------------------------------------------------------------- */

static void note_progress(void *user, const k7_progress *progress)
{
    struct world *world = user;

    (void)progress;
    world->stray += !world->is_running;
}

static void note_trace(void *user, const k7_trace *trace)
{
    struct world *world = user;

    (void)trace;
    world->stray += !world->is_running;
}

void world_note_free(void *user)
{
    ((struct world *)user)->frees++;
}

static int fill_spec(k7_spec *spec, k7_error **err)
{
    int status = k7_spec_set_limit(spec, "cpu", "500m", err);

    if (status == 0)
        status = k7_spec_set_limit(spec, "memory", "256Mi", err);
    if (status == 0)
        status = k7_spec_add_egress(spec, "10.0.0.5/32", err);
    if (status == 0)
        status = k7_spec_add_egress(spec, "2001:db8::/32", err);
    if (status == 0)
        status = k7_spec_set_before_script(spec, "true", err);
    if (status == 0)
        status = k7_spec_add_cap_drop(spec, "ALL", err);
    if (status == 0)
        status = k7_spec_add_cap_add(spec, "CHOWN", err);
    if (status == 0)
        status = k7_spec_set_pod_non_root(spec, 1, err);
    if (status == 0)
        status = k7_spec_add_env_text(spec, "A=1\nB=\"two words\"\n", 18, err);
    return status;
}

static int prepare_empty(struct world *world)
{
    int status = world_open(world, &world->client, NULL);

    if (status == 0 && strcmp(world->endpoint, "memory:") != 0)
        status = world_open(world, &world->witness, NULL);
    else
        world->witness = world->client;
    if (status == 0)
        status = k7_call_new(&world->call, NULL);
    if (status == 0)
        status = k7_call_set_progress(world->call, note_progress, world, world_note_free, NULL);
    if (status == 0)
        status = k7_call_set_trace(world->call, note_trace, world, world_note_free, NULL);
    if (status == 0)
        status = k7_call_set_timeout_ms(world->call, 10000, NULL);
    world->expected_frees = 2;
    if (status == 0)
        status = k7_spec_new("demo", "alpine:latest", &world->spec, NULL);
    return status == 0 ? fill_spec(world->spec, NULL) : status;
}

static int prepare_two(struct world *world)
{
    int status = prepare_empty(world);

    if (status != 0 || world->is_kept)
        return status;
    status = k7_sandbox_create(world->witness, world->spec, NULL, NULL, NULL);
    if (status == 0)
        status = k7_spec_set_name(world->spec, "other", NULL);
    if (status == 0)
        status = k7_sandbox_create(world->witness, world->spec, NULL, NULL, NULL);
    return status;
}

int world_exists(struct world *world, const char *name)
{
    k7_sandbox *sandbox = NULL;
    int status = k7_sandbox_get(world->witness, NULL, name, NULL, &sandbox, NULL);

    k7_sandbox_unref(sandbox);
    return status == 0;
}

/* --- create ---------------------------------------------------------------------------------------------------------------------- */

static int run_create(struct world *world, k7_error **err)
{
    k7_sandbox *sandbox = NULL;
    int status = k7_sandbox_create(world->client, world->spec, world->call, &sandbox, err);

    if (status == 0 && strcmp(k7_sandbox_get_name(sandbox), "demo") != 0)
        status = world_wrong(world, "created %s", k7_sandbox_get_name(sandbox));
    if (status != 0 && sandbox)
        world_wrong(world, "a failed create gave a sandbox");
    k7_sandbox_unref(sandbox);
    return status;
}

/* What stays after a failure is named, or the outcome is unknown. */
static int verify_create(struct world *world, int code, const k7_error *error)
{
    int there = world_exists(world, "demo");

    if (code == 0)
        return there ? 0 : world_wrong(world, "created, and not there");
    if (there && k7_error_get_outcome(error) != K7_OUTCOME_UNKNOWN && k7_error_leftover_count(error) == 0)
        return world_wrong(world, "failed, and there, and the error does not say so");
    return 0;
}

static int prepare_failing_script(struct world *world)
{
    int status = prepare_empty(world);

    return status ? status : k7_spec_set_before_script(world->spec, "exit 3", NULL);
}

/* --- list and get ---------------------------------------------------------------------------------------------------------------- */

static int run_list(struct world *world, k7_error **err)
{
    k7_sandboxes *list = NULL;
    int status = k7_sandbox_list(world->client, NULL, world->call, &list, err);

    if (status == 0 && k7_sandboxes_count(list) != 2)
        world_wrong(world, "a list of %zu instead of 2", k7_sandboxes_count(list));
    for (size_t i = 0; i < k7_sandboxes_count(list); i++) {
        const k7_sandbox *sandbox = k7_sandboxes_at(list, i);

        if (!k7_sandbox_get_name(sandbox) || !k7_sandbox_get_image(sandbox) ||
            !k7_sandbox_get_status(sandbox))
            world_wrong(world, "a sandbox lacks a member");
    }
    k7_sandboxes_unref(list);
    return status;
}

static int run_get(struct world *world, k7_error **err)
{
    k7_sandbox *sandbox = NULL;
    char *text = NULL;
    int status = k7_sandbox_get(world->client, NULL, "demo", world->call, &sandbox, err);

    if (status == 0) {
        if (strcmp(k7_sandbox_get_image(sandbox), "alpine:latest") != 0 || k7_sandbox_is_ready(sandbox) != 1)
            world_wrong(world, "a sandbox lacks a member");
        status = k7_sandbox_to_json(sandbox, &text, err);
        if (status == 0 && !strstr(text, "\"error_message\""))
            world_wrong(world, "an object lacks a member: %s", text);
    }
    k7_free(text);
    k7_sandbox_unref(sandbox);
    return status;
}

static int verify_both_there(struct world *world, int code, const k7_error *error)
{
    (void)code, (void)error;
    return world_exists(world, "demo") && world_exists(world, "other")
               ? 0
               : world_wrong(world, "reading deleted something");
}

/* --- delete ---------------------------------------------------------------------------------------------------------------------- */

static int run_delete(struct world *world, k7_error **err)
{
    return k7_sandbox_delete(world->client, NULL, "demo", NULL, world->call, err);
}

static int verify_delete(struct world *world, int code, const k7_error *error)
{
    int there = world_exists(world, "demo");

    if (!world_exists(world, "other"))
        return world_wrong(world, "another sandbox is gone");
    if (code == 0)
        return there ? world_wrong(world, "deleted, and there") : 0;
    if (!there && k7_error_get_outcome(error) != K7_OUTCOME_UNKNOWN)
        return world_wrong(world, "failed, and gone, and the error does not say so");
    return 0;
}

static int check_item(struct world *world, const k7_results *results, size_t i)
{
    int outcome = k7_results_outcome_at(results, i),
        there = world_exists(world, k7_results_name_at(results, i));

    if (outcome == K7_ITEM_DONE && there)
        return world_wrong(world, "item %zu is done, and there", i);
    if ((outcome == K7_ITEM_NOT_STARTED || outcome == K7_ITEM_FAILED) && !there)
        return world_wrong(world, "item %zu is not done, and gone", i);
    return 0;
}

static int run_delete_all(struct world *world, k7_error **err)
{
    return k7_sandbox_delete_all(world->client, NULL, world->call, &world->results, err);
}

static int verify_delete_all(struct world *world, int code, const k7_error *error)
{
    int status = 0;

    (void)error;
    if (code != 0)
        return verify_both_there(world, code, error);
    if (k7_results_count(world->results) != 2)
        status = world_wrong(world, "%zu results instead of 2", k7_results_count(world->results));
    for (size_t i = 0; i < k7_results_count(world->results) && status == 0; i++)
        status = check_item(world, world->results, i);
    world->results = k7_results_unref(world->results);
    return status;
}

/* --- making things --------------------------------------------------------------------------------------------------------------- */

static int prepare_nothing(struct world *world)
{
    (void)world;
    return 0;
}

static int verify_nothing(struct world *world, int code, const k7_error *error)
{
    (void)world, (void)code, (void)error;
    return 0;
}

static int run_open(struct world *world, k7_error **err)
{
    return world_open(world, &world->client, err);
}

static int compare_specs(struct world *world, const char *before, const char *after)
{
    return strcmp(before, after) == 0 ? 0 : world_wrong(world, "%s became %s", before, after);
}

static int run_spec(struct world *world, k7_error **err)
{
    char *text = NULL, *yaml = NULL, *again = NULL;
    k7_spec *read = NULL, *copy = NULL;
    int status = k7_spec_new("demo", "alpine:latest", &world->spec, err);

    if (status == 0)
        status = fill_spec(world->spec, err);
    if (status == 0)
        status = k7_spec_validate(world->spec, err);
    if (status == 0)
        status = k7_spec_to_json(world->spec, &text, err);
    if (status == 0)
        status = k7_spec_from_json(text, strlen(text), &read, err);
    if (status == 0)
        status = k7_spec_dup(read, &copy, err);
    if (status == 0)
        status = k7_spec_to_json(copy, &again, err);
    if (status == 0)
        status = compare_specs(world, text, again);
    if (status == 0 && k7_has_feature("yaml")) {
        k7_spec_free(read);
        read = NULL;
        status = k7_spec_to_yaml(world->spec, &yaml, err);
        if (status == 0)
            status = k7_spec_from_yaml(yaml, strlen(yaml), &read, err);
    }
    k7_spec_free(read);
    k7_spec_free(copy);
    k7_free(text);
    k7_free(yaml);
    k7_free(again);
    return status;
}

static int no_token(void *user, k7_token *token)
{
    (void)user;
    k7_token_set_error(token, "none today");
    return 1;
}

static int not_interrupted(void *user)
{
    (void)user;
    return 0;
}

static void never_asked(void *user, const k7_request *request, k7_reply *reply)
{
    (void)user, (void)request;
    k7_reply_error(reply, K7_ERR_SERVER, NULL);
}

/* Every free function runs exactly once, also when registering fails. */
static int run_callbacks(struct world *world, k7_error **err)
{
    k7_transport *transport = NULL;
    k7_config *config = NULL;
    k7_cancel *cancel = NULL;
    int status = k7_call_new(&world->call, err);

    world->expected_frees = 0;
    if (status == 0) {
        world->expected_frees++;
        status = k7_call_set_progress(world->call, note_progress, world, world_note_free, err);
    }
    if (status == 0) {
        world->expected_frees++;
        status = k7_call_set_trace(world->call, note_trace, world, world_note_free, err);
    }
    if (status == 0) {
        world->expected_frees++;
        status = k7_call_set_on_interrupt(world->call, not_interrupted, world, world_note_free, err);
    }
    if (status == 0)
        status = k7_cancel_new(&cancel, err);
    if (status == 0)
        status = k7_call_set_cancel(world->call, cancel, err);
    if (status == 0)
        status = k7_config_new(&config, err);
    if (status == 0) {
        world->expected_frees++;
        status = k7_config_set_token_provider(config, no_token, world, world_note_free, err);
    }
    if (status == 0) {
        world->expected_frees++;
        status = k7_transport_new("mine", world, world_note_free, &transport, err);
    }
    if (status == 0)
        status = k7_transport_on(transport, "get", never_asked, err);
    if (status == 0)
        status = k7_config_add_transport(config, transport, err);
    k7_transport_unref(transport);
    k7_config_free(config);
    k7_cancel_unref(cancel);
    return status;
}

const struct scenario scenarios[] = {
    { "spec", prepare_nothing, run_spec, verify_nothing },
    { "callbacks", prepare_nothing, run_callbacks, verify_nothing },
    { "open", prepare_nothing, run_open, verify_nothing },
    { "create", prepare_empty, run_create, verify_create },
    { "create with a failing script", prepare_failing_script, run_create, verify_create },
    { "list", prepare_two, run_list, verify_both_there },
    { "get", prepare_two, run_get, verify_both_there },
    { "delete", prepare_two, run_delete, verify_delete },
    { "delete_all", prepare_two, run_delete_all, verify_delete_all },
    { "create started", prepare_empty, run_create_start, verify_create },
    { "list started", prepare_two, run_list_start, verify_both_there },
    { "get started", prepare_two, run_get_start, verify_both_there },
    { "delete started", prepare_two, run_delete_start, verify_delete },
    { "delete_all started", prepare_two, run_delete_all_start, verify_delete_all },
    { "loop freed", prepare_two, run_abandoned, verify_nothing },
    { "create_many", prepare_empty, run_create_many, verify_create_many },
    { "delete_many started", prepare_two, run_delete_many_start, verify_delete_all },
};
const int scenario_count = sizeof scenarios / sizeof scenarios[0];
