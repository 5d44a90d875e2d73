/* test_delete.c: which requests a delete makes, in which order, and how it goes on after each answer; without a loop running and without a cluster. tests/kubernetes has
 * the same on a real one. */
#include "../starve.h"

#include "plan/run.h"
#include "transport/kubernetes/kubernetes.h"
#include "transport/kubernetes/plans.h"

#include <json-c/json.h>
#include <pthread.h>

/* ---- a server that answers from a script ---- */

struct answer {
    const char *
        request; /* "METHOD target", its beginning; when it comes, this is the answer, once; "REHEARSE …": of a dry run, else 200 */
    int status;
    const char *body;
};

static struct k7i_kubernetes kubernetes;
static struct k7i_loop *loop;
static struct k7i_op *op;
static char said[16384]; /* the requests, a line each; a body's members of interest behind it */

static void set_up(void)
{
    memset(&kubernetes, 0, sizeof kubernetes);
    pthread_mutex_init(&kubernetes.lock, NULL);
    ck_assert_int_eq(k7i_loop_new(NULL, &loop, NULL), 0);
}

static void tear_down(void)
{
    k7i_op_free(op);
    op = NULL;
    k7i_loop_free(loop);
    pthread_mutex_destroy(&kubernetes.lock);
}

static void note(const struct k7i_request *request)
{
    size_t len = strlen(said);

    len += (size_t)snprintf(said + len, sizeof said - len, "%s %s", request->method, request->target.data);
    static const struct {
        const char *in_body, *shown;
    } marks[] = { { "\"dryRun\":[\"All\"]", " rehearsed" },
                  { "\"gracePeriodSeconds\":1", " in 1 s" },
                  { "\"Foreground\"", " foreground" },
                  { "\"uid\":\"", " by uid" } };
    for (size_t i = 0; request->content_type && i < sizeof marks / sizeof marks[0]; i++)
        if (strstr(request->body.data, marks[i].in_body))
            len += (size_t)snprintf(said + len, sizeof said - len, "%s", marks[i].shown);
    snprintf(said + len, sizeof said - len, "\n");
}

static int is_rehearsal(const struct k7i_request *request)
{
    return request->content_type && strstr(request->body.data, "\"dryRun\":[\"All\"]") != NULL;
}

static struct answer *find(struct answer *answers, const struct k7i_request *request)
{
    char text[1024];

    snprintf(text, sizeof text, "%s %s", is_rehearsal(request) ? "REHEARSE" : request->method,
             request->target.data);
    for (; answers->request; answers++)
        if (answers->status && strncmp(text, answers->request, strlen(answers->request)) == 0)
            return answers;
    return NULL;
}

/* One request and its answer; what nobody answers is not there. */
static enum k7i_verdict exchange(struct answer *answers)
{
    const struct k7i_step *step = op->run->active;
    const struct k7i_request *request = &op->run->request;
    struct k7i_response response = { .status = 404, .body = "", .retry_after_ms = -1 };
    struct answer *answer = find(answers, request);

    note(request);
    if (k7i_request_failed(request))
        return k7i_op_fail_memory(op);
    if (is_rehearsal(request))
        response.status = 200, response.body = "{}";
    if (answer) {
        response.status = answer->status;
        response.body = answer->body ? answer->body : "{}";
        answer->status = 0;
    }
    response.body_len = strlen(response.body);
    if (response.status < 300 && step->chunk) {
        enum k7i_verdict verdict = K7I_MORE;

        for (size_t i = 0; i < response.body_len && verdict == K7I_MORE; i += 100) /* in pieces */
            verdict =
                step->chunk(op, response.body + i, response.body_len - i < 100 ? response.body_len - i : 100);
        if (verdict != K7I_MORE)
            return verdict;
        response.body = "";
        response.body_len = 0;
    }
    return step->reply(op, &response);
}

/* Runs the plan to its end; the error, or NULL. */
static const k7_error *run(struct answer *answers, const struct k7i_args *args)
{
    k7_error *error = NULL;

    said[0] = '\0';
    k7i_op_free(op);
    op = NULL;
    if (k7i_op_new(&k7i_kubernetes_delete_plan, &kubernetes, &op, &error) != 0) {
        k7_error_unref(error);
        return NULL;
    }
    op->run->loop = loop;
    op->run->mode = K7I_MODE_FORWARD;
    op->run->deadline_ms = INT64_MAX;
    if (op->plan->prepare(op, args, &error) != 0)
        k7i_op_fail_with(op, error);
    for (int i = 0, rounds = 0; !op->error && i < op->plan->step_count;) {
        op->run->active = op->plan->steps[i];
        op->run->index = i;
        k7i_request_reset(&op->run->request);
        enum k7i_verdict verdict = op->run->active->begin(op, &op->run->request);
        if (verdict == K7I_SEND)
            verdict = exchange(answers);
        ck_assert_int_lt(++rounds, 100);
        if (verdict == K7I_DONE)
            break;
        i += verdict == K7I_NEXT || verdict == K7I_SKIP;
    }
    return op->error;
}

#define NS   "/namespaces/team-a"
#define DEP  "/apis/apps/v1" NS "/deployments"
#define PODS "/api/v1" NS "/pods"
#define NP   "/apis/networking.k8s.io/v1" NS "/networkpolicies"

#define DEPLOYMENT(uid)                                                                                                 \
    "{\"metadata\":{\"name\":\"web\",\"namespace\":\"team-a\",\"uid\":\"" uid                                           \
    "\",\"resourceVersion\":\"7\",\"labels\":{\"app\":\"web\",\"runtime\":\"kata\",\"katakate.org/sandbox\":\"web\"}}," \
    "\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"sandbox\",\"envFrom\":[{\"secretRef\":{\"name\":"    \
    "\"web-env\"}}]}]}}}}"
#define POD(name, grace, more)                                                                                               \
    "{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"team-a\",\"uid\":\"uid-" name                                      \
    "\",\"resourceVersion\":\"9\"," more                                                                                     \
    "\"labels\":{\"app\":\"web\",\"katakate.org/sandbox\":\"web\",\"pod-template-hash\":\"abc\"},\"ownerReferences\":[{"     \
    "\"kind\":\"ReplicaSet\",\"name\":\"web-abc\",\"controller\":true}]},\"spec\":{\"terminationGracePeriodSeconds\":" grace \
    "}}"
#define ENDING              "\"deletionTimestamp\":\"2026-01-01T00:00:00Z\","
#define LIST(items)         "{\"metadata\":{\"resourceVersion\":\"8\"},\"items\":[" items "]}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define POLICY(labels)                                                                                       \
    "{\"metadata\":{\"name\":\"p\",\"uid\":\"uid-p\"},\"spec\":{\"podSelector\":{\"matchLabels\":{" labels   \
    "}}}}"
#define OURS "\"katakate.org/sandbox\":\"web\""

static const struct k7i_args plain = { .namespace_ = "team-a", .name = "web" };
static const struct k7i_args hurried = { .namespace_ = "team-a", .name = "web", .no_wait = 1 };

/* K7's pods have 30 s: they are deleted first, after a rehearsal, and what comes in their place is waited for. */
START_TEST(slow_pods_are_deleted_before_the_deployment)
{
    struct answer answers[] = {
        { "GET " DEP "/web", 200, DEPLOYMENT("u1") },
        { "GET " PODS "?label", 200, LIST(POD("web-abc-1", "30", "")) },
        { "DELETE " PODS "/web-abc-1", 200, NULL },
        { "DELETE " DEP "/web", 200, NULL },
        { "GET " PODS "?watch", 200,
          EVENT("ADDED", POD("web-abc-2", "30", "")) EVENT("MODIFIED", POD("web-abc-2", "30", ENDING)) },
        { "DELETE " PODS "/web-abc-2", 200, NULL },
        { "GET " PODS "?watch", 200,
          EVENT("DELETED", POD("web-abc-2", "30", ENDING)) EVENT("DELETED", POD("web-abc-1", "30", ENDING)) },
        { "GET " DEP "/web", 200, DEPLOYMENT("u1") },
        { "GET " DEP "?watch", 200, EVENT("DELETED", DEPLOYMENT("u1")) },
        { "GET " PODS "?label", 200, LIST("") },
        { "GET /api/v1" NS "/secrets/web-env", 200, "{\"metadata\":{\"uid\":\"uid-s\"}}" },
        { "DELETE /api/v1" NS "/secrets/web-env", 200, NULL },
        { "GET " NP "/web-deny-ingress", 200, POLICY(OURS) },
        { "DELETE " NP "/web-deny-ingress", 200, NULL },
        { NULL, 0, NULL }
    };

    ck_assert_ptr_null(run(answers, &hurried));
    static const char wanted[] =
        "GET " DEP "/web\n"
        "GET " PODS "?labelSelector=katakate.org%2Fsandbox%3Dweb\n"
        "GET /api/v1" NS "/secrets/web-env\n"
        "DELETE " DEP "/web rehearsed foreground by uid\n"
        "DELETE /api/v1" NS "/secrets/web-env by uid\n"
        "DELETE " PODS "/web-abc-1 in 1 s by uid\n"
        "DELETE " DEP "/web foreground by uid\n"
        "GET " PODS "?watch=1&labelSelector=katakate.org%2Fsandbox%3Dweb&resourceVersion=8\n"
        "DELETE " PODS "/web-abc-2 in 1 s by uid\n"
        "GET " PODS "?watch=1&labelSelector=katakate.org%2Fsandbox%3Dweb&resourceVersion=9\n"
        "GET " DEP "/web\n"
        "GET " DEP "?watch=1&fieldSelector=metadata.name%3Dweb&resourceVersion=7\n"
        "GET " PODS "?labelSelector=katakate.org%2Fsandbox%3Dweb\n"

        "GET " NP "/web-deny-ingress\n"
        "DELETE " NP "/web-deny-ingress by uid\n"
        "GET " NP "/web-netpol\n"
        "GET /apis/cilium.io/v2" NS "/ciliumnetworkpolicies/web-egress\n"
        "GET /api/v1" NS "/services/web-expose\n";
    ck_assert_msg(strcmp(said, wanted) == 0, "%.3000s", said);
}
END_TEST

/* Ours have one second: the garbage collector does it all; without waiting, nobody looks whether the Deployment is gone. */
START_TEST(quick_pods_are_left_to_the_garbage_collector)
{
    for (int i = 0; i < 2; i++) {
        struct answer answers[] = { { "GET " DEP "/web", 200, DEPLOYMENT("u1") },
                                    { "GET " PODS "?label", 200, LIST(POD("web-abc-1", "1", "")) },
                                    { "DELETE " DEP "/web", 200, NULL },
                                    { "GET " PODS "?watch", 200,
                                      EVENT("MODIFIED", POD("web-abc-1", "1", ENDING))
                                          EVENT("DELETED", POD("web-abc-1", "1", ENDING)) },
                                    { NULL, 0, NULL } };

        ck_assert_ptr_null(run(answers, i ? &plain : &hurried));
        ck_assert_ptr_null(strstr(said, "DELETE " PODS));
        ck_assert_ptr_null(strstr(said, "rehearsed"));
        const char *second = strstr(strstr(said, "GET " DEP "/web\n") + 1, "GET " DEP "/web\n");
        ck_assert_int_eq(second != NULL, i);
    }
}
END_TEST

#define FINISHED(name, phase)                                                                                \
    "{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"team-a\",\"uid\":\"uid-" name                      \
    "\",\"labels\":{\"app\":\"web\",\"katakate.org/sandbox\":\"web\",\"pod-template-hash\":\"abc\"},"        \
    "\"ownerReferences\":[{\"kind\":\"ReplicaSet\",\"name\":\"web-abc\",\"controller\":true}]},\"status\":{" \
    "\"phase\":\"" phase "\"}}"

/* Nothing runs in them, and a node that is full may have left hundreds. */
START_TEST(finished_pods_go_with_their_deployment)
{
    struct answer answers[] = {
        { "GET " DEP "/web", 200, DEPLOYMENT("u1") },
        { "GET " PODS "?label", 200,
          LIST(FINISHED("web-abc-1", "Failed") "," FINISHED("web-abc-2", "Succeeded")) },
        { "DELETE " DEP "/web", 200, NULL },
        { "GET " PODS "?label", 200, LIST("") },
        { NULL, 0, NULL }
    };

    ck_assert_ptr_null(run(answers, &plain));
    ck_assert_ptr_null(strstr(said, "DELETE " PODS));
    ck_assert_ptr_null(strstr(said, "rehearsed"));
}
END_TEST

START_TEST(an_expired_watch_looks_anew)
{
    struct answer answers[] = { { "GET " DEP "/web", 200, DEPLOYMENT("u1") },
                                { "GET " PODS "?label", 200, LIST(POD("web-abc-1", "1", "")) },
                                { "DELETE " DEP "/web", 200, NULL },
                                { "GET " PODS "?watch", 200,
                                  EVENT("ERROR",
                                        "{\"kind\":\"Status\",\"reason\":\"Expired\",\"code\":410}") },
                                { "GET " PODS "?label", 200, LIST(POD("web-abc-1", "1", ENDING)) },
                                { "GET " PODS "?watch", 410, "{}" },
                                { "GET " PODS "?label", 200, LIST("") },
                                { NULL, 0, NULL } };

    ck_assert_ptr_null(run(answers, &plain));
    ck_assert_ptr_nonnull(strstr(said, "services/web-expose"));
}
END_TEST

START_TEST(without_the_right_to_watch_it_looks_again_and_again)
{
    struct answer answers[] = { { "GET " DEP "/web", 200, DEPLOYMENT("u1") },
                                { "GET " PODS "?label", 200, LIST(POD("web-abc-1", "1", "")) },
                                { "DELETE " DEP "/web", 200, NULL },
                                { "GET " PODS "?watch", 403, "{}" },
                                { "GET " PODS "?label", 200, LIST(POD("web-abc-1", "1", ENDING)) },
                                { "GET " PODS "?label", 200, LIST("") },
                                { "GET " DEP "/web", 200, DEPLOYMENT("u1") },
                                { "GET " PODS "?label", 200, LIST("") },
                                { NULL, 0, NULL } };

    ck_assert_ptr_null(run(answers, &plain));
    ck_assert_ptr_null(strstr(strstr(said, "?watch=1") + 1, "?watch=1"));
}
END_TEST

/* Somebody deletes it and makes another: at whatever moment, nothing of the other one is touched. */
START_TEST(another_deployment_of_the_name_is_left_alone)
{
    struct answer answers[][6] = {
        { { "GET " DEP "/web", 200, DEPLOYMENT("u1") },
          { "GET " PODS "?label", 200, LIST(POD("web-abc-1", "1", "")) },
          { "DELETE " DEP "/web", 409, "{}" } },
        { { "GET " DEP "/web", 200, DEPLOYMENT("u1") },
          { "GET " PODS "?label", 200, LIST(POD("web-abc-1", "30", "")) },
          { "REHEARSE " DEP "/web", 409, "{}" } },
        { { "GET " PODS "?label", 200, LIST(POD("web-abc-1", "30", "")) },
          { "GET " DEP "/web", 404, "" },
          { "GET " DEP "/web", 200, DEPLOYMENT("u2") } },
        { { "GET " DEP "/web", 200, DEPLOYMENT("u1") },
          { "GET " PODS "?label", 200, LIST("") },
          { "DELETE " DEP "/web", 200, NULL },
          { "GET " DEP "/web", 200, DEPLOYMENT("u2") } },
    };

    ck_assert_ptr_null(run(answers[_i], &plain));
    ck_assert_ptr_null(strstr(said, NP));
    ck_assert_ptr_null(strstr(said, "DELETE /api/v1" NS "/secrets"));
    ck_assert_ptr_null(strstr(said, "DELETE " PODS));
}
END_TEST

START_TEST(foreign_deployments_and_other_uids_are_refused)
{
    static const struct k7i_args of_uid = { .namespace_ = "team-a", .name = "web", .uid = "u2" };
    struct answer foreign[] = { { "GET " DEP "/web", 200,
                                  "{\"metadata\":{\"name\":\"web\",\"uid\":\"u1\"}}" },
                                { NULL, 0, NULL } },
                  other[] = { { "GET " DEP "/web", 200, DEPLOYMENT("u1") }, { NULL, 0, NULL } };
    const k7_error *error = run(foreign, &plain);

    ck_assert_int_eq(k7_error_get_code(error), K7_ERR_CONFLICT);
    ck_assert_str_eq(k7_error_get_message(error),
                     "the Deployment team-a/web is no sandbox: nothing was deleted");
    error = run(other, &of_uid);
    ck_assert_int_eq(k7_error_get_code(error), K7_ERR_CONFLICT);
    ck_assert_str_eq(said, "GET " DEP "/web\n");
}
END_TEST

START_TEST(policies_that_select_others_stay)
{
    static const char *const foreign[] = { POLICY("\"katakate.org/sandbox\":\"other\""),
                                           POLICY(OURS ",\"app\":\"x\""), POLICY(""),
                                           "{\"metadata\":{\"uid\":\"uid-p\"},\"spec\":{\"podSelector\":{}}}",
                                           "{}" };
    struct answer answers[] = { { "GET " PODS "?label", 200, LIST("") },
                                { "GET " NP "/web-netpol", 200, foreign[_i] },
                                { NULL, 0, NULL } };

    ck_assert_ptr_null(run(answers, &plain));
    ck_assert_ptr_null(strstr(said, "DELETE"));
}
END_TEST

/* The next sandbox of the name begins with its policies, as soon as ours have made room. */
START_TEST(policies_of_another_create_stay)
{
    struct answer answers[] = {
        { "GET " DEP "/web", 200, DEPLOYMENT("u1") },
        { "GET " PODS "?label", 200, LIST("") },
        { "DELETE " DEP "/web", 200, NULL },
        { "GET " PODS "?label", 200, LIST("") },
        { "GET " NP "/web-netpol", 200,
          "{\"metadata\":{\"name\":\"p\",\"uid\":\"uid-p\",\"annotations\":{\"k7.katakate.org/create-id\":\"next\"}},"
          "\"spec\":{\"podSelector\":{\"matchLabels\":{" OURS "}}}}" },
        { NULL, 0, NULL }
    };

    ck_assert_ptr_null(run(answers, &plain));
    ck_assert_ptr_nonnull(strstr(said, "GET " NP "/web-netpol\n"));
    ck_assert_ptr_null(strstr(said, "DELETE " NP));
}
END_TEST

START_TEST(a_refused_secret_is_named_also_when_another_sandbox_has_the_name)
{
    struct answer answers[] = {
        { "GET " DEP "/web", 200, DEPLOYMENT("u1") },          { "GET " PODS "?label", 200, LIST("") },
        { "GET /api/v1" NS "/secrets/web-env", 403, "{}" }, /* then by name */
        { "DELETE /api/v1" NS "/secrets/web-env", 403, "{}" }, { "DELETE " DEP "/web", 200, NULL },
        { "GET " DEP "/web", 200, DEPLOYMENT("u2") },          { NULL, 0, NULL }
    };
    const k7_error *error = run(answers, &plain);

    ck_assert_int_eq(k7_error_get_code(error), K7_ERR_FORBIDDEN);
    ck_assert_uint_eq(k7_error_leftover_count(error), 1);
    ck_assert_str_eq(k7_error_leftover_at(error, 0), "Secret team-a/web-env");
    ck_assert_ptr_null(strstr(said, NP));
}
END_TEST

START_TEST(the_secret_stays_when_the_deployment_may_not_be_deleted)
{
    struct answer answers[] = { { "GET " DEP "/web", 200, DEPLOYMENT("u1") },
                                { "GET " PODS "?label", 200, LIST("") },
                                { "GET /api/v1" NS "/secrets/web-env", 200,
                                  "{\"metadata\":{\"uid\":\"s\"}}" },
                                { "REHEARSE " DEP "/web", 403, "{}" },
                                { NULL, 0, NULL } };

    ck_assert_int_eq(k7_error_get_code(run(answers, &plain)), K7_ERR_FORBIDDEN);
    ck_assert_ptr_null(strstr(said, "DELETE /api/v1"));
}
END_TEST

START_TEST(what_is_refused_is_named_and_the_rest_goes)
{
    struct answer answers[] = {
        { "GET " PODS "?label", 200, LIST("") },
        { "GET " NP "/web-deny-ingress", 200, POLICY(OURS) },
        { "DELETE " NP "/web-deny-ingress", 403,
          "{\"kind\":\"Status\",\"message\":\"User \\\"u\\\" cannot delete it\",\"reason\":\"Forbidden\"}" },
        { "GET " NP "/web-netpol", 500, "{\"kind\":\"Status\",\"message\":\"boom\"}" },
        { "GET /api/v1" NS "/services/web-expose", 403, "{}" },
        { NULL, 0, NULL }
    };
    const k7_error *error = run(answers, &plain);

    ck_assert_int_eq(k7_error_get_code(error), K7_ERR_FORBIDDEN);
    ck_assert_uint_eq(k7_error_leftover_count(error), 2);
    ck_assert_str_eq(k7_error_leftover_at(error, 0), "NetworkPolicy team-a/web-deny-ingress");
    ck_assert_str_eq(k7_error_leftover_at(error, 1), "NetworkPolicy team-a/web-netpol, if it is there");
    ck_assert_ptr_nonnull(strstr(said, "services/web-expose"));
}
END_TEST

START_TEST(nonsense_is_a_protocol_error)
{
    struct answer answers[][4] = {
        { { "GET " DEP "/web", 200, "<html>" } },
        { { "GET " DEP "/web", 200, "[]" } },
        { { "GET " PODS "?label", 200, "<html>" } },
        { { "GET " DEP "/web", 200, DEPLOYMENT("u1") },
          { "GET " PODS "?label", 200, LIST(POD("web-abc-1", "1", "")) },
          { "DELETE " DEP "/web", 200, NULL },
          { "GET " PODS "?watch", 200, "no event\n" } },
    };
    struct answer with_end[5] = { 0 };

    memcpy(with_end, answers[_i], sizeof answers[_i]);
    ck_assert_int_eq(k7_error_get_code(run(with_end, &plain)), K7_ERR_PROTOCOL);
}
END_TEST

static int starved(void *unused)
{
    struct answer answers[] = {
        { "GET " DEP "/web", 200, DEPLOYMENT("u1") },
        { "GET " PODS "?label", 200,
          LIST(POD("web-abc-1", "30", "") "," POD("web-abc-2", "1", "") "," POD("web-abc-3", "1", "")) },
        { "DELETE " DEP "/web", 200, NULL },
        { "DELETE " PODS "/web-abc-1", 403, "{}" },
        { "DELETE " DEP "/web", 200, NULL },
        { "GET " PODS "?watch", 200,
          EVENT("DELETED", POD("web-abc-1", "30", ENDING)) EVENT("DELETED", POD("web-abc-2", "1", ENDING))
              EVENT("DELETED", POD("web-abc-3", "1", ENDING)) },
        { "GET " NP "/web-deny-ingress", 200, POLICY(OURS) },
        { NULL, 0, NULL }
    };

    (void)unused;
    const k7_error *error = run(answers, &plain);
    return op ? k7_error_get_code(error) : K7_ERR_NO_MEMORY;
}

START_TEST(running_out_of_memory_is_an_error_like_others)
{
    starve_each(starved, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transport_kubernetes/delete");
    TCase *tests = tcase_create("delete");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, slow_pods_are_deleted_before_the_deployment);
    tcase_add_test(tests, quick_pods_are_left_to_the_garbage_collector);
    tcase_add_test(tests, finished_pods_go_with_their_deployment);
    tcase_add_test(tests, an_expired_watch_looks_anew);
    tcase_add_test(tests, policies_of_another_create_stay);
    tcase_add_test(tests, the_secret_stays_when_the_deployment_may_not_be_deleted);
    tcase_add_test(tests, a_refused_secret_is_named_also_when_another_sandbox_has_the_name);
    tcase_add_test(tests, without_the_right_to_watch_it_looks_again_and_again);
    tcase_add_loop_test(tests, another_deployment_of_the_name_is_left_alone, 0, 4);
    tcase_add_test(tests, foreign_deployments_and_other_uids_are_refused);
    tcase_add_loop_test(tests, policies_that_select_others_stay, 0, 5);
    tcase_add_test(tests, what_is_refused_is_named_and_the_rest_goes);
    tcase_add_loop_test(tests, nonsense_is_a_protocol_error, 0, 4);
    tcase_add_test(tests, running_out_of_memory_is_an_error_like_others);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
