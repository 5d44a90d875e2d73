/* test_list.c: list and get, step by step, without a cluster: what is asked for, and servers that forget a list between its pages, speak one encoding only, repeat
 * themselves, or answer something else. */
#include "transport/kubernetes/list.h"
#include "transport/kubernetes/page.h"
#include "transport/kubernetes/plans.h"

#include "../starve.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

#define LABELS(name)                                                                                         \
    "\"labels\":{\"app\":\"" name "\",\"runtime\":\"kata\",\"katakate.org/sandbox\":\"" name                 \
    "\",\"pod-template-hash\":\"5d\"}"
#define DEPLOYMENT(name) "{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"demo\"," LABELS(name) "}}"
#define POD(name)                                                                                            \
    "{\"metadata\":{\"name\":\"" name "-5d-x\",\"namespace\":\"demo\"," LABELS(                              \
        name) ",\"ownerReferences\":[{\"kind\":\"ReplicaSet\",\"name\":\"" name                              \
              "-5d\",\"controller\":true}]},\"status\":{\"phase\":\"Running\"}}"
#define LIST(kind, meta, items) "{\"kind\":\"" kind "List\",\"metadata\":{" meta "},\"items\":[" items "]}"
#define NEXT(token)             "\"continue\":\"" token "\""
#define EXPIRED                                                                                              \
    "{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"the continue parameter is too old\",\"reason\":\"Expired\",\"code\":410}"

static struct k7i_kubernetes kubernetes;
static struct k7i_op *op, *child;
static char request[2048], accept_header[200]; /* of the last begin */

static void open_fixture(void)
{
    memset(&kubernetes, 0, sizeof kubernetes);
    pthread_mutex_init(&kubernetes.lock, NULL);
}

static void close_fixture(void)
{
    k7i_op_free(child);
    k7i_op_free(op);
    op = child = NULL;
    pthread_mutex_destroy(&kubernetes.lock);
}

static int prepare(const struct k7i_plan *plan, const char *namespace_, const char *name)
{
    const struct k7i_args args = { .namespace_ = namespace_, .name = name };

    close_fixture();
    open_fixture();
    k7_error *error = NULL;
    int code = k7i_op_new(plan, &kubernetes, &op, &error);
    if (!code)
        code = plan->prepare(op, &args, &error);
    k7_error_unref(error);
    return code;
}

/* The i-th child of the operation. */
static enum k7i_verdict fork_child(size_t i)
{
    k7i_op_free(child);
    child = NULL;
    return op->plan->steps[0]->child(op, i, &child);
}

static enum k7i_verdict begin(void)
{
    struct k7i_request built;

    k7i_request_init(&built);
    enum k7i_verdict verdict = child->plan->steps[0]->begin(child, &built);
    snprintf(request, sizeof request, "%s %s", built.method ? built.method : "", built.target.data);
    accept_header[0] = '\0';
    for (size_t at = 0; at < built.headers.len; at += strlen(built.headers.data + at) + 1)
        if (strncmp(built.headers.data + at, "Accept: ", 8) == 0)
            snprintf(accept_header, sizeof accept_header, "%s", built.headers.data + at + 8);
    if (verdict == K7I_SEND && k7i_request_failed(&built))
        verdict = K7I_FAIL;
    k7i_request_clear(&built);
    return verdict;
}

/* What the server answers to the child's request. */
static enum k7i_verdict answer(int status, const char *body)
{
    const struct k7i_step *step = child->plan->steps[0];
    const int chunked = step->chunk && status / 100 == 2;
    const struct k7i_response response = { .status = status,
                                           .body = chunked ? "" : body,
                                           .body_len = chunked ? 0 : strlen(body),
                                           .retry_after_ms = -1 };
    enum k7i_verdict verdict = chunked ? step->chunk(child, body, strlen(body)) : K7I_MORE;

    return verdict == K7I_MORE ? step->reply(child, &response) : verdict;
}

static enum k7i_verdict ask(int status, const char *body)
{
    ck_assert_int_eq(begin(), K7I_SEND);
    return answer(status, body);
}

/* The child has all: sorts, and is joined. */
static void join(size_t i)
{
    struct k7i_request unused;

    k7i_request_init(&unused);
    if (child->plan->step_count > 1)
        ck_assert_int_eq(child->plan->steps[1]->begin(child, &unused), K7I_DONE);
    op->plan->steps[0]->joined(op, i, child);
    k7i_request_clear(&unused);
}

static void begin_list(size_t i)
{
    ck_assert_int_eq(prepare(&k7i_kubernetes_list_plan, "demo", NULL), 0);
    ck_assert_int_eq(fork_child(i), K7I_NEXT);
}

static void fails(int code, const char *words)
{
    ck_assert_msg(k7_error_get_code(child->error) == code, "%s: %s",
                  k7_error_code_name(k7_error_get_code(child->error)), k7_error_get_message(child->error));
    ck_assert_msg(strstr(k7_error_get_message(child->error), words) != NULL, "\"%s\" lacks \"%s\"",
                  k7_error_get_message(child->error), words);
}

/* ---- what is asked for ---- */

START_TEST(two_lists_are_asked_for_at_the_same_time)
{
    struct k7i_request unused = { 0 };

    ck_assert_int_eq(prepare(&k7i_kubernetes_list_plan, "demo", NULL), 0);
    ck_assert_int_eq(op->plan->steps[0]->begin(op, &unused), K7I_FORK);
    ck_assert_int_eq(fork_child(0), K7I_NEXT);
    ck_assert_int_eq(begin(), K7I_SEND);
    ck_assert_str_eq(
        request,
        "GET /apis/apps/v1/namespaces/demo/deployments?labelSelector=katakate.org%2Fsandbox&limit=500");
    ck_assert_str_eq(accept_header, "application/vnd.kubernetes.protobuf, application/json");
    ck_assert_int_eq(fork_child(1), K7I_NEXT);
    ck_assert_int_eq(begin(), K7I_SEND);
    ck_assert_str_eq(request,
                     "GET /api/v1/namespaces/demo/pods?labelSelector=katakate.org%2Fsandbox&limit=500");
    ck_assert_int_eq(fork_child(2), K7I_DONE);
    ck_assert_int_eq(prepare(&k7i_kubernetes_list_plan, NULL, NULL), 0);
    ck_assert_int_eq(fork_child(1), K7I_NEXT);
    ck_assert_int_eq(begin(), K7I_SEND);
    ck_assert_str_eq(request, "GET /api/v1/pods?labelSelector=katakate.org%2Fsandbox&limit=500");
}
END_TEST

START_TEST(get_reads_the_deployment_and_lists_its_pods)
{
    ck_assert_int_eq(prepare(&k7i_kubernetes_get_plan, "demo", "web"), 0);
    ck_assert_int_eq(fork_child(0), K7I_NEXT);
    ck_assert_int_eq(begin(), K7I_SEND);
    ck_assert_str_eq(request, "GET /apis/apps/v1/namespaces/demo/deployments/web");
    ck_assert_int_eq(answer(200, DEPLOYMENT("web")), K7I_DONE);
    join(0);
    ck_assert_int_eq(fork_child(1), K7I_NEXT);
    ck_assert_int_eq(begin(), K7I_SEND);
    ck_assert_str_eq(request,
                     "GET /api/v1/namespaces/demo/pods?labelSelector=katakate.org%2Fsandbox%3Dweb&limit=500");
    ck_assert_int_eq(answer(200, LIST("Pod", "", POD("web"))), K7I_NEXT);
    join(1);
    ck_assert_int_eq(fork_child(2), K7I_DONE);
    ck_assert_int_eq(op->plan->steps[0]->reply(op, NULL), K7I_DONE);
    ck_assert_str_eq(k7_sandbox_get_name(op->result), "web");
    ck_assert_str_eq(k7_sandbox_get_status(op->result), "Running");
}
END_TEST

/* ---- pages ---- */

START_TEST(pages_follow_each_other_and_are_joined)
{
    static const char deployments[] = LIST(
        "Deployment", "",
        DEPLOYMENT("c") "," DEPLOYMENT(
            "a") ",{\"metadata\":{\"name\":\"x\",\"namespace\":\"demo\",\"labels\":{\"katakate.org/sandbox\":\"a\"}}}");

    begin_list(1);
    ck_assert_int_eq(ask(200, LIST("Pod", NEXT("t/1+="), POD("c"))), K7I_AGAIN);
    ck_assert_int_eq(begin(), K7I_SEND);
    ck_assert_ptr_nonnull(strstr(request, "&limit=500&continue=t%2F1%2B%3D"));
    ck_assert_int_eq(answer(200, LIST("Pod", NEXT("t2"), "")),
                     K7I_AGAIN); /* a page without objects is no end */
    ck_assert_int_eq(ask(200, LIST("Pod", NEXT(""), POD("b"))), K7I_NEXT);
    join(1);
    ck_assert_int_eq(fork_child(0), K7I_NEXT);
    ck_assert_int_eq(ask(200, deployments), K7I_NEXT);
    join(0);
    ck_assert_int_eq(op->plan->steps[0]->reply(op, NULL), K7I_DONE);
    ck_assert_uint_eq(k7_sandboxes_count(op->result), 2); /* x is somebody else's */
    ck_assert_str_eq(k7_sandbox_get_name(k7_sandboxes_at(op->result, 0)), "a");
    ck_assert_str_eq(k7_sandbox_get_status(k7_sandboxes_at(op->result, 0)), "No Pods");
    ck_assert_str_eq(k7_sandbox_get_name(k7_sandboxes_at(op->result, 1)), "c");
    ck_assert_str_eq(k7_sandbox_get_status(k7_sandboxes_at(op->result, 1)), "Running");
}
END_TEST

static size_t count_found(void)
{
    struct k7i_collection taken = { 0 };

    k7i_listing_take(op, child, &taken);
    size_t count = taken.count;
    k7i_collection_clear(&taken);
    return count;
}

START_TEST(a_page_that_was_lost_counts_once)
{
    begin_list(1);
    ck_assert_int_eq(ask(200, LIST("Pod", NEXT("1"), POD("a"))), K7I_AGAIN);
    ck_assert_int_eq(begin(), K7I_SEND);
    static const char half[] = "{\"kind\":\"PodList\",\"items\":[" POD("b") "," POD("c") ",";
    ck_assert_int_eq(child->plan->steps[0]->chunk(child, half, sizeof half - 1),
                     K7I_MORE); /* and the connection is gone */
    ck_assert_int_eq(ask(200, LIST("Pod", "", POD("b") "," POD("c"))), K7I_NEXT);
    ck_assert_ptr_nonnull(strstr(request, "continue=1"));
    ck_assert_uint_eq(count_found(), 3);
}
END_TEST

START_TEST(a_list_that_expired_begins_anew_and_not_for_ever)
{
    begin_list(1);
    ck_assert_int_eq(ask(200, LIST("Pod", NEXT("1"), POD("a"))), K7I_AGAIN);
    ck_assert_int_eq(ask(410, EXPIRED), K7I_AGAIN);
    ck_assert_int_eq(begin(), K7I_SEND);
    ck_assert_ptr_null(strstr(request, "continue"));
    ck_assert_int_eq(answer(200, LIST("Pod", "", POD("a"))), K7I_NEXT);
    ck_assert_uint_eq(count_found(), 1);

    begin_list(1);
    enum k7i_verdict verdict;
    int times = 0;
    do {
        ck_assert_int_eq(ask(200, LIST("Pod", NEXT("1"), POD("a"))), K7I_AGAIN);
        verdict = ask(410, EXPIRED);
    } while (verdict == K7I_AGAIN && ++times < 100);
    ck_assert_int_eq(verdict, K7I_FAIL);
    ck_assert_int_eq(times, 3);
    fails(k7_error_get_code(child->error), "too old");
    ck_assert_str_eq(k7_error_get_reason(child->error), "Expired");
    begin_list(1);
    ck_assert_int_eq(ask(410, EXPIRED), K7I_FAIL); /* there was no list yet that could expire */
}
END_TEST

START_TEST(a_list_that_goes_round_in_circles_is_refused)
{
    begin_list(1);
    ck_assert_int_eq(ask(200, LIST("Pod", NEXT("1"), "")), K7I_AGAIN);
    ck_assert_int_eq(ask(200, LIST("Pod", NEXT("1"), "")), K7I_FAIL);
    fails(K7_ERR_PROTOCOL, "circles");
}
END_TEST

START_TEST(a_list_without_end_is_refused)
{
    enum k7i_verdict verdict;
    int pages = 0;

    begin_list(1);
    do {
        char body[200];

        snprintf(body, sizeof body, LIST("Pod", NEXT("%d"), ""), ++pages);
        verdict = ask(200, body);
    } while (verdict == K7I_AGAIN && pages < 1000000);
    ck_assert_int_eq(verdict, K7I_FAIL);
    fails(K7_ERR_LIMIT, "too large");
}
END_TEST

/* ---- encodings ---- */

START_TEST(a_server_without_protobuf_is_asked_for_json_from_then_on)
{
    begin_list(1);
    ck_assert_int_eq(ask(406, "only JSON here"), K7I_AGAIN);
    ck_assert_int_eq(begin(), K7I_SEND);
    ck_assert_str_eq(accept_header, "application/json");
    ck_assert_int_eq(answer(200, LIST("Pod", "", "")), K7I_NEXT);
    ck_assert_int_eq(kubernetes.json_only, 1);
    ck_assert_int_eq(fork_child(0), K7I_NEXT);
    ck_assert_int_eq(ask(406, "not even JSON"), K7I_FAIL);
    ck_assert_str_eq(accept_header, "application/json");
    fails(K7_ERR_REJECTED, "not even JSON");
}
END_TEST

static const char *const wrong[] = {
    "",
    "k",
    "k8s",
    "k8sx",
    "<!DOCTYPE html><title>502 Bad Gateway</title>",
    LIST("Deployment", "", ""),
    "{\"kind\":\"PodList\",\"items\":[" POD("a") ",",
    "{\"kind\":\"Status\",\"status\":\"Success\"}",
    "PodList",
};

START_TEST(what_is_no_list_is_refused)
{
    begin_list(1);
    ck_assert_int_eq(ask(200, wrong[_i]), K7I_FAIL);
    fails(K7_ERR_PROTOCOL, "the API server's list of Pods is not a PodList");
    join(1);
    ck_assert_int_eq(op->plan->steps[0]->reply(op, NULL), K7I_FAIL);
    ck_assert_int_eq(k7_error_get_code(op->error), K7_ERR_PROTOCOL);
}
END_TEST

/* ---- get ---- */

static const struct {
    int status;
    const char *body;
    int code;
    const char *words;
} refused[] = {
    { 404, "{\"kind\":\"Status\",\"message\":\"namespaces \\\"demo\\\" not found\",\"reason\":\"NotFound\"}",
      K7_ERR_NOT_FOUND, "no sandbox 'web' in the namespace 'demo'" },
    { 200, "{\"metadata\":{\"name\":\"web\",\"namespace\":\"demo\",\"labels\":{\"app\":\"web\"}}}",
      K7_ERR_NOT_FOUND, "was not made as one" },
    { 200,
      "{\"metadata\":{\"name\":\"web\",\"namespace\":\"demo\",\"labels\":{\"runtime\":\"kata\",\"katakate.org/sandbox\":\"x\"}}}",
      K7_ERR_NOT_FOUND, "was not made as one" },
    { 200, "{}", K7_ERR_PROTOCOL, "is no Deployment" },
    { 200, "<html>", K7_ERR_PROTOCOL, "is not JSON" },
    { 403,
      "{\"kind\":\"Status\",\"message\":\"deployments.apps \\\"web\\\" is forbidden: User \\\"u\\\" cannot get resource\",\"reason\":\"Forbidden\"}",
      K7_ERR_FORBIDDEN, "forbidden: needs get on deployments.apps in the namespace demo" },
};

START_TEST(get_tells_what_is_wrong)
{
    ck_assert_int_eq(prepare(&k7i_kubernetes_get_plan, "demo", "web"), 0);
    ck_assert_int_eq(fork_child(1), K7I_NEXT);
    ck_assert_int_eq(ask(200, "garbage"), K7I_FAIL); /* the pods, too: what is said of the sandbox counts */
    join(1);
    ck_assert_int_eq(fork_child(0), K7I_NEXT);
    ck_assert_int_eq(ask(refused[_i].status, refused[_i].body), K7I_FAIL);
    fails(refused[_i].code, refused[_i].words);
    join(0);
    ck_assert_int_eq(op->plan->steps[0]->reply(op, NULL), K7I_FAIL);
    ck_assert_int_eq(k7_error_get_code(op->error), refused[_i].code);
}
END_TEST

/* ---- lack of memory ---- */

static int code; /* of the scenario under way */

static void step_once(size_t i, int status, const char *body)
{
    struct k7i_request unused;

    if (code)
        return;
    if (fork_child(i) != K7I_NEXT) {
        code = k7_error_get_code(op->error);
        return;
    }
    enum k7i_verdict verdict = begin();
    if (verdict == K7I_FAIL && !child->error) {
        code = K7_ERR_NO_MEMORY; /* the request */
        return;
    }
    if (verdict == K7I_SEND)
        verdict = answer(status, body);
    ck_assert_int_eq(verdict == K7I_FAIL, child->error != NULL);
    k7i_request_init(&unused);
    if (verdict == K7I_NEXT)
        child->plan->steps[1]->begin(child, &unused);
    k7i_request_clear(&unused);
    op->plan->steps[0]->joined(op, i, child);
    code = k7_error_get_code(op->error);
}

static int list_and_get(void *user)
{
    (void)user;
    code = prepare(&k7i_kubernetes_list_plan, "demo", NULL);
    step_once(0, 200, LIST("Deployment", "", DEPLOYMENT("b") "," DEPLOYMENT("a")));
    step_once(1, 200, LIST("Pod", "", POD("a")));
    if (!code && op->plan->steps[0]->reply(op, NULL) == K7I_FAIL)
        code = k7_error_get_code(op->error);
    if (!code)
        code = prepare(&k7i_kubernetes_get_plan, "demo", "a");
    step_once(0, 200, DEPLOYMENT("a"));
    step_once(1, 200, LIST("Pod", "", POD("a")));
    if (!code && op->plan->steps[0]->reply(op, NULL) == K7I_FAIL)
        code = k7_error_get_code(op->error);
    return code;
}

START_TEST(reading_survives_any_lack_of_memory)
{
    starve_each(list_and_get, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transport/kubernetes list");
    TCase *tests = tcase_create("list");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, two_lists_are_asked_for_at_the_same_time);
    tcase_add_test(tests, get_reads_the_deployment_and_lists_its_pods);
    tcase_add_test(tests, pages_follow_each_other_and_are_joined);
    tcase_add_test(tests, a_page_that_was_lost_counts_once);
    tcase_add_test(tests, a_list_that_expired_begins_anew_and_not_for_ever);
    tcase_add_test(tests, a_list_that_goes_round_in_circles_is_refused);
    tcase_add_test(tests, a_list_without_end_is_refused);
    tcase_add_test(tests, a_server_without_protobuf_is_asked_for_json_from_then_on);
    tcase_add_loop_test(tests, what_is_no_list_is_refused, 0, sizeof wrong / sizeof wrong[0]);
    tcase_add_loop_test(tests, get_tells_what_is_wrong, 0, sizeof refused / sizeof refused[0]);
    tcase_add_test(tests, reading_survives_any_lack_of_memory);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
