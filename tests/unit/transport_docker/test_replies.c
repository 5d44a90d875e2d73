/* test_replies.c: what the recorded answers of both engines mean, and answers that they should not give. */
#include "fixture.h"

#include "plan/run.h"

static struct fixture f;

static void open_fixture(void)
{
    fixture_open(&f);
}

static void close_fixture(void)
{
    fixture_close(&f);
}

START_TEST(the_engine_is_known_by_its_information)
{
    for (enum engine engine = PODMAN; engine < ENGINES; engine++) {
        fixture_create(&f, "\"egress_whitelist\":[],\"limits\":{\"cpu\":\"2\",\"memory\":\"64Mi\"}");
        fixture_knows(&f, engine);
        struct k7i_engine known = k7i_docker_engine(&f.docker);
        ck_assert_int_eq(known.is_podman, engine == PODMAN);
        ck_assert(known.memory_limit && known.swap_limit && known.cpu_limit && known.pids_limit &&
                  known.seccomp);
        ck_assert_int_eq(known.cpu_count, 2);
        ck_assert_int_eq(fixture_begin(&f, "ask engine"), K7I_SKIP); /* once per client */
    }
}
END_TEST

/* Each of these engines cannot keep something that the spec, or isolation itself, asks for. */
static const struct {
    const char *fields, *info;
    int code;
    const char *words;
} weak[] = {
    { "", "{\"PidsLimit\":true,\"SecurityOptions\":[]}", K7_ERR_UNSUPPORTED_OPERATION, "seccomp" },
    { "", "{\"PidsLimit\":true,\"SecurityOptions\":[\"name=seccomp,profile=unconfined\"]}",
      K7_ERR_UNSUPPORTED_OPERATION, "seccomp" },
    { "", "{\"SecurityOptions\":[\"name=seccomp,profile=default\"]}", K7_ERR_UNSUPPORTED_OPERATION,
      "PidsLimit" },
    { "\"limits\":{\"memory\":\"64Mi\"}",
      "{\"PidsLimit\":true,\"SwapLimit\":true,\"SecurityOptions\":[\"name=seccomp\"]}",
      K7_ERR_UNSUPPORTED_ARGUMENT, "limits.memory" },
    { "\"limits\":{\"memory\":\"64Mi\"}",
      "{\"PidsLimit\":true,\"MemoryLimit\":true,\"SecurityOptions\":[\"name=seccomp\"]}",
      K7_ERR_UNSUPPORTED_ARGUMENT, "swap" },
    { "\"limits\":{\"cpu\":\"1\"}", "{\"PidsLimit\":true,\"SecurityOptions\":[\"name=seccomp\"]}",
      K7_ERR_UNSUPPORTED_ARGUMENT, "limits.cpu" },
    { "\"limits\":{\"cpu\":\"2001m\"}",
      "{\"PidsLimit\":true,\"CpuCfsQuota\":true,\"NCPU\":2,\"SecurityOptions\":[\"name=seccomp\"]}",
      K7_ERR_UNSUPPORTED_ARGUMENT, "2 CPUs" },
};

START_TEST(what_the_engine_cannot_keep_is_refused)
{
    fixture_create(&f, weak[_i].fields);
    fixture_fails(&f, "ask engine", 200, weak[_i].info, weak[_i].code, weak[_i].words);
}
END_TEST

START_TEST(garbage_is_a_protocol_error)
{
    static const char *const garbage[] = { "", "<html>", "{\"Id\":", "nul" };

    fixture_create(&f, "");
    for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++) {
        fixture_fails(&f, "ask engine", 200, garbage[i], K7_ERR_PROTOCOL, "not JSON");
        fixture_fails(&f, "create container", 201, garbage[i], K7_ERR_PROTOCOL, "not JSON");
        fixture_fails(&f, "result", 200, garbage[i], K7_ERR_PROTOCOL, "not JSON");
    }
    fixture_fails(&f, "create container", 201, "{\"Id\":\"../etc\"}", K7_ERR_PROTOCOL, "no id");
    fixture_fails(&f, "create container", 201, "[]", K7_ERR_PROTOCOL, "no id");
    fixture_fails(&f, "create container", 200, "{}", K7_ERR_PROTOCOL, "200");
}
END_TEST

START_TEST(both_engines_refusals_are_understood)
{
    static const struct {
        const char *step, *file;
        int podman_status, dockerd_status, code;
        const char *words;
    } rows[] = {
        { "create container", "name-in-use.json", 500, 409, K7_ERR_ALREADY_EXISTS,
          "the sandbox 'demo' exists already in the namespace 'team-a'" },
        { "create container", "no-such-image.json", 404, 404, K7_ERR_IMAGE_PULL, "such image" },
        { "create container", "no-disk-limit.json", 500, 500, K7_ERR_UNSUPPORTED_ARGUMENT, "storage-opt" },
        { "start", "no-such-command.json", 500, 400, K7_ERR_START_FAILED, "/nothere" },
        { "result", "no-such-container.json", 404, 404, K7_ERR_NOT_FOUND, "o such container" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (enum engine engine = PODMAN; engine < ENGINES; engine++) {
            int status = engine == PODMAN ? rows[i].podman_status : rows[i].dockerd_status;

            fixture_create(&f, "");
            fixture_fails(&f, rows[i].step, status, recorded(engine, rows[i].file, NULL), rows[i].code,
                          rows[i].words);
            ck_assert_int_eq(k7_error_get_http_status(f.op->error), status);
            ck_assert_int_eq(k7_error_get_outcome(f.op->error), K7_OUTCOME_REJECTED);
            ck_assert_ptr_nonnull(k7_error_get_server_text(f.op->error));
        }
    }
}
END_TEST

/* As dockerd 20.10 says it. The other network is removed by whoever made it; one that stays is told. */
START_TEST(a_start_waits_until_its_network_is_the_only_one_of_the_name)
{
    static const char ambiguous[] =
        "{\"message\":\"network k7-sandboxes is ambiguous (2 matches found on name)\"}";

    fixture_create(&f, "");
    for (int i = 0; i < 50; i++)
        ck_assert_int_eq(fixture_reply(&f, "start", 400, ambiguous), K7I_AGAIN);
    fixture_fails(&f, "start", 400, ambiguous, K7_ERR_START_FAILED, "k7-sandboxes is ambiguous");
    fixture_create(&f, "");
    ck_assert_int_eq(fixture_reply(&f, "start", 400, ambiguous), K7I_AGAIN);
    ck_assert_int_eq(fixture_reply(&f, "start", 204, ""), K7I_NEXT);
}
END_TEST

START_TEST(a_warning_means_that_something_was_dropped)
{
    struct k7i_create *create = fixture_create(&f, "");

    fixture_fails(
        &f, "create container", 201,
        "{\"Id\":\"0123456789abcdef\",\"Warnings\":[\"Your kernel does not support swap limit capabilities\"]}",
        K7_ERR_UNSUPPORTED_ARGUMENT, "swap limit");
    ck_assert_str_eq(create->id, "0123456789abcdef"); /* to be removed */
    ck_assert_int_eq(
        fixture_reply(&f, "create container", 201, "{\"Id\":\"0123456789abcdef\",\"Warnings\":null}"),
        K7I_NEXT);
}
END_TEST

START_TEST(settling_adopts_only_what_this_call_made)
{
    struct k7i_create *create = fixture_create(&f, "");
    const struct k7i_step *settle = fixture_step(&f, "create container")->settle;

    ck_assert_int_eq(fixture_reply_step(&f, settle, 404, "{}"), K7I_NONE);
    for (enum engine engine = PODMAN; engine < ENGINES; engine++) {
        char *inspected = recorded(engine, "inspect-running.json", NULL);

        ck_assert_int_eq(fixture_reply_step(&f, settle, 200, inspected), K7I_NONE); /* another create's */
        ck_assert_str_eq(create->id, "");
        json_object *json = json_tokener_parse(inspected);
        json_object *labels = json_object_object_get(json_object_object_get(json, "Config"), "Labels");
        snprintf(create->create_id, sizeof create->create_id, "%s",
                 json_object_get_string(json_object_object_get(labels, "k7.katakate.org/create-id")));
        ck_assert_int_eq(fixture_reply_step(&f, settle, 200, inspected), K7I_NEXT);
        ck_assert_str_eq(create->id, json_object_get_string(json_object_object_get(json, "Id")));
        json_object_put(json);
        create = fixture_create(&f, "");
    }
}
END_TEST

/* A lost answer, a look that came too early, and then the name is taken: by the first request, or by somebody else. */
START_TEST(a_name_taken_after_a_lost_answer_is_settled)
{
    fixture_create(&f, "");
    const struct k7i_step *step = fixture_step(&f, "create container");
    struct k7i_op_run *run = f.op->run;

    run->mode = K7I_MODE_FORWARD;
    run->active = step;
    while (f.op->plan->steps[run->index] != step)
        run->index++;
    for (enum engine engine = PODMAN; engine < ENGINES; engine++) {
        int status = engine == PODMAN ? 500 : 409;

        ((struct k7i_create *)f.op->state)->looked_in_vain = 0;
        fixture_fails(&f, "create container", status, recorded(engine, "name-in-use.json", NULL),
                      K7_ERR_ALREADY_EXISTS, "exists");
        ck_assert_int_eq(run->effect[run->index], K7I_EFFECT_NONE);
        ck_assert_int_eq(fixture_reply_step(&f, step->settle, 404, "{}"), K7I_NONE);
        fixture_fails(&f, "create container", status, recorded(engine, "name-in-use.json", NULL),
                      K7_ERR_ALREADY_EXISTS, "exists");
        ck_assert_int_eq(run->effect[run->index], K7I_EFFECT_UNKNOWN);
    }
}
END_TEST

START_TEST(a_deletion_under_way_is_waited_for)
{
    fixture_create(&f, "");
    const struct k7i_step *undo = fixture_step(&f, "create container")->undo;
    ck_assert_int_eq(fixture_reply_step(&f, undo, 409,
                                        "{\"message\":\"removal of container 0123 is already in progress\"}"),
                     K7I_AGAIN);
    ck_assert_int_eq(fixture_reply_step(&f, undo, 204, ""), K7I_NEXT);
    ck_assert_int_eq(fixture_reply_step(&f, undo, 404, "{}"), K7I_NEXT);
    ck_assert_int_eq(fixture_reply_step(&f, undo, 500, "{\"message\":\"device busy\"}"), K7I_FAIL);
}
END_TEST

/* ---- pull ---- */

static enum k7i_verdict pull_chunk(const char *text)
{
    return fixture_step(&f, "pull image")->chunk(f.op, text, strlen(text));
}

START_TEST(a_pull_fails_inside_an_answer_of_200)
{
    fixture_create(&f, "");
    ck_assert_int_eq(fixture_begin(&f, "pull image"), K7I_SEND);
    ck_assert_int_eq(pull_chunk(recorded(PODMAN, "pull-failed.txt", NULL)), K7I_MORE);
    fixture_fails(&f, "pull image", 200, "", K7_ERR_IMAGE_PULL, "connection refused");
    ck_assert_int_eq(fixture_begin(&f, "pull image"), K7I_SEND);
    fixture_fails(&f, "pull image", 500, recorded(DOCKERD, "pull-failed.txt", NULL), K7_ERR_IMAGE_PULL,
                  "connection refused");
    ck_assert_int_eq(fixture_begin(&f, "pull image"), K7I_SEND);
    ck_assert_int_eq(
        pull_chunk("{\"status\":\"Pulling\"}\n{\"cause\":\"no space\",\"message\":\"no space left on "
                   "device\",\"response\":500}\n"),
        K7I_MORE);
    fixture_fails(&f, "pull image", 200, "", K7_ERR_IMAGE_PULL,
                  "could not be pulled: no space left on device");
    ck_assert_int_eq(fixture_begin(&f, "pull image"), K7I_SEND);
    ck_assert_int_eq(pull_chunk("{\"status\":\"Pulling\"}\r\n{\"status\":\"Done\"}"), K7I_MORE);
    ck_assert_int_eq(fixture_reply(&f, "pull image", 200, ""), K7I_NEXT);
    ck_assert_int_eq(fixture_begin(&f, "pull image"), K7I_SEND);
    ck_assert_int_eq(pull_chunk("<html>\n"), K7I_FAIL);
    ck_assert_int_eq(k7_error_get_code(f.op->error), K7_ERR_PROTOCOL);
}
END_TEST

START_TEST(pulling_never_means_never)
{
    ck_assert_int_eq(k7_config_set(f.docker.config, "docker.pull", "never", NULL), 0);
    fixture_create(&f, "");
    fixture_fails(&f, "look for image", 404, "{}", K7_ERR_IMAGE_PULL, "docker.pull");
}
END_TEST

/* ---- get, list, delete ---- */

START_TEST(inspections_become_sandboxes)
{
    static const struct {
        const char *file, *name, *status, *words;
        int ready;
        enum k7i_verdict verdict;
    } rows[] = {
        { "inspect-running.json", "demo", "Running", "", 1, K7I_NEXT },
        { "inspect-exited.json", "ended", "Failed", "ended by signal 15", 0, K7I_DONE },
    };

    for (enum engine engine = PODMAN; engine < ENGINES; engine++) {
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            const struct k7i_args args = { .namespace_ = "default", .name = rows[i].name };

            ck_assert_int_eq(fixture_prepare(&f, &k7i_docker_get_plan, &args, NULL), 0);
            ck_assert_int_eq(fixture_reply(&f, "inspect", 200, recorded(engine, rows[i].file, NULL)),
                             rows[i].verdict);
            if (rows[i].verdict == K7I_NEXT) { /* it has a script: is the mark there? */
                ck_assert_int_eq(fixture_begin(&f, "look for the mark"), K7I_SEND);
                ck_assert_int_eq(strncmp(f.request, "HEAD /containers/", 17), 0);
                ck_assert_ptr_nonnull(strstr(f.request, "/archive?path=%2Ftmp%2Fk7_before_done"));
                ck_assert_int_eq(fixture_reply(&f, "look for the mark", 404, ""), K7I_DONE);
                ck_assert_int_eq(k7_sandbox_is_ready(f.op->result), 0);
                ck_assert_int_eq(fixture_reply(&f, "look for the mark", 200, ""), K7I_DONE);
            }
            const k7_sandbox *sandbox = f.op->result;
            ck_assert_str_eq(k7_sandbox_get_name(sandbox), rows[i].name);
            ck_assert_str_eq(k7_sandbox_get_namespace(sandbox), "default");
            ck_assert_str_eq(k7_sandbox_get_image(sandbox), "localhost/k7-busybox:1");
            ck_assert_str_eq(k7_sandbox_get_status(sandbox), rows[i].status);
            ck_assert_str_eq(k7_sandbox_get_error_message(sandbox), rows[i].words);
            if (rows[i].verdict == K7I_DONE)
                ck_assert_str_eq(k7_sandbox_get_reason(sandbox), "exited");
            ck_assert_int_eq(k7_sandbox_is_ready(sandbox), rows[i].ready);
            ck_assert_int_eq(k7_sandbox_get_restarts(sandbox), 0);
            ck_assert_int_gt(k7_sandbox_get_created_unix(sandbox), 1000000000);
            ck_assert_uint_eq(strlen(k7_sandbox_get_uid(sandbox)), 64);
        }
    }
}
END_TEST

START_TEST(get_sees_only_what_is_ours)
{
    const struct k7i_args args = { .namespace_ = "default", .name = "other" };

    ck_assert_int_eq(fixture_prepare(&f, &k7i_docker_get_plan, &args, NULL), 0);
    for (enum engine engine = PODMAN; engine < ENGINES; engine++) {
        fixture_fails(&f, "inspect", 200, recorded(engine, "inspect-running.json", NULL), K7_ERR_NOT_FOUND,
                      "not made as one");
        fixture_fails(&f, "inspect", 200, recorded(engine, "inspect-created.json", NULL), K7_ERR_NOT_FOUND,
                      "not made as one");
        fixture_fails(&f, "inspect", 404, recorded(engine, "no-such-container.json", NULL), K7_ERR_NOT_FOUND,
                      "'other'");
    }
}
END_TEST

START_TEST(a_list_asks_closer_only_where_it_must)
{
    for (enum engine engine = PODMAN; engine < ENGINES; engine++) {
        const struct k7i_args args = { .namespace_ = "default" };
        struct k7i_op *child;

        ck_assert_int_eq(fixture_prepare(&f, &k7i_docker_list_plan, &args, NULL), 0);
        ck_assert_int_eq(fixture_reply(&f, "list", 200, recorded(engine, "list.json", NULL)), K7I_NEXT);
        ck_assert_int_eq(fixture_begin(&f, "look closer"), K7I_FORK);
        const struct k7i_step *closer = fixture_step(&f, "look closer");
        /* demo has a script, ended has ended; plain runs; the companion is no sandbox */
        for (size_t i = 0; i < 2; i++) {
            ck_assert_int_eq(closer->child(f.op, i, &child), K7I_NEXT);
            struct k7i_op *parent = f.op;
            f.op = child;
            ck_assert_int_eq(
                fixture_reply(&f, "inspect", 200,
                              recorded(engine, i ? "inspect-exited.json" : "inspect-running.json", NULL)),
                i ? K7I_DONE : K7I_NEXT);
            if (i == 0)
                ck_assert_int_eq(fixture_reply(&f, "look for the mark", 200, ""), K7I_DONE);
            f.op = parent;
            closer->joined(f.op, i, child);
            k7i_op_free(child);
        }
        ck_assert_int_eq(closer->child(f.op, 2, &child), K7I_DONE);
        ck_assert_int_eq(fixture_begin(&f, "result"), K7I_DONE);
        const k7_sandboxes *sandboxes = f.op->result;
        ck_assert_uint_eq(k7_sandboxes_count(sandboxes), 3);
        ck_assert_str_eq(k7_sandbox_get_name(k7_sandboxes_at(sandboxes, 0)), "demo");
        ck_assert_str_eq(k7_sandbox_get_name(k7_sandboxes_at(sandboxes, 1)), "ended");
        ck_assert_str_eq(k7_sandbox_get_status(k7_sandboxes_at(sandboxes, 1)), "Failed");
        ck_assert_str_eq(k7_sandbox_get_name(k7_sandboxes_at(sandboxes, 2)), "plain");
        ck_assert_int_eq(k7_sandbox_is_ready(k7_sandboxes_at(sandboxes, 2)), 1);
    }
}
END_TEST

START_TEST(what_vanished_while_listing_is_not_listed)
{
    const struct k7i_args args = { .namespace_ = "default" };
    struct k7i_op *child;

    ck_assert_int_eq(fixture_prepare(&f, &k7i_docker_list_plan, &args, NULL), 0);
    ck_assert_int_eq(fixture_reply(&f, "list", 200, recorded(PODMAN, "list.json", NULL)), K7I_NEXT);
    const struct k7i_step *closer = fixture_step(&f, "look closer");
    for (size_t i = 0; closer->child(f.op, i, &child) == K7I_NEXT; i++) {
        k7i_op_fail(child, K7_ERR_NOT_FOUND, "gone");
        closer->joined(f.op, i, child);
        k7i_op_free(child);
    }
    ck_assert_ptr_null(f.op->error);
    ck_assert_int_eq(fixture_begin(&f, "result"), K7I_DONE);
    ck_assert_uint_eq(k7_sandboxes_count(f.op->result), 1);
}
END_TEST

START_TEST(a_failed_list_is_never_an_empty_one)
{
    static const struct {
        int status;
        const char *body;
        int code;
    } rows[] = { { 500, "{\"message\":\"x\"}", K7_ERR_SERVER },
                 { 404, "{\"message\":\"page not found\"}", K7_ERR_PROTOCOL },
                 { 200, "null", K7_ERR_PROTOCOL },
                 { 200, "{}", K7_ERR_PROTOCOL },
                 { 200, "", K7_ERR_PROTOCOL },
                 { 301, "", K7_ERR_PROTOCOL },
                 { 400, "{\"message\":\"client version 1.41 is too new\"}", K7_ERR_REJECTED } };
    const struct k7i_args args = { .namespace_ = "default" };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_int_eq(fixture_prepare(&f, &k7i_docker_list_plan, &args, NULL), 0);
        fixture_fails(&f, "list", rows[i].status, rows[i].body, rows[i].code, "");
        const struct k7i_args one = { .namespace_ = "default", .name = "demo" };
        ck_assert_int_eq(fixture_prepare(&f, &k7i_docker_delete_plan, &one, NULL), 0);
        fixture_fails(&f, "look", rows[i].status, rows[i].body, rows[i].code, "");
    }
}
END_TEST

START_TEST(delete_finds_a_sandbox_and_its_companion)
{
    for (enum engine engine = PODMAN; engine < ENGINES; engine++) {
        const struct k7i_args args = { .namespace_ = "default", .name = "demo" };
        const struct k7i_args other = { .namespace_ = "default", .name = "demo", .uid = "0123" };
        const struct k7i_args missing = { .namespace_ = "default", .name = "nosuch", .missing_is_error = 1 };
        char *list = recorded(engine, "list.json", NULL);

        ck_assert_int_eq(fixture_prepare(&f, &k7i_docker_delete_plan, &args, NULL), 0);
        ck_assert_int_eq(fixture_reply(&f, "look", 200, list), K7I_NEXT);
        ck_assert_int_eq(fixture_begin(&f, "delete container"), K7I_SEND);
        ck_assert_int_eq(strncmp(f.request, "DELETE /containers/", 19), 0);
        ck_assert_uint_eq(strspn(f.request + 19, "0123456789abcdef"), 64); /* by id, never by name */
        ck_assert_int_eq(fixture_begin(&f, "delete companion"), engine == PODMAN ? K7I_SEND : K7I_SKIP);
        ck_assert_int_eq(fixture_prepare(&f, &k7i_docker_delete_plan, &other, NULL), 0);
        fixture_fails(&f, "look", 200, list, K7_ERR_CONFLICT, "0123");
        ck_assert_int_eq(fixture_prepare(&f, &k7i_docker_delete_plan, &missing, NULL), 0);
        fixture_fails(&f, "look", 200, list, K7_ERR_NOT_FOUND, "nosuch");
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transport/docker replies");
    TCase *tests = tcase_create("replies");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, the_engine_is_known_by_its_information);
    tcase_add_loop_test(tests, what_the_engine_cannot_keep_is_refused, 0,
                        (int)(sizeof weak / sizeof weak[0]));
    tcase_add_test(tests, garbage_is_a_protocol_error);
    tcase_add_test(tests, both_engines_refusals_are_understood);
    tcase_add_test(tests, a_start_waits_until_its_network_is_the_only_one_of_the_name);
    tcase_add_test(tests, a_warning_means_that_something_was_dropped);
    tcase_add_test(tests, settling_adopts_only_what_this_call_made);
    tcase_add_test(tests, a_name_taken_after_a_lost_answer_is_settled);
    tcase_add_test(tests, a_deletion_under_way_is_waited_for);
    tcase_add_test(tests, a_pull_fails_inside_an_answer_of_200);
    tcase_add_test(tests, pulling_never_means_never);
    tcase_add_test(tests, inspections_become_sandboxes);
    tcase_add_test(tests, get_sees_only_what_is_ours);
    tcase_add_test(tests, a_list_asks_closer_only_where_it_must);
    tcase_add_test(tests, what_vanished_while_listing_is_not_listed);
    tcase_add_test(tests, a_failed_list_is_never_an_empty_one);
    tcase_add_test(tests, delete_finds_a_sandbox_and_its_companion);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
