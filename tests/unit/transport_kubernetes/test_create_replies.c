/* test_create_replies.c: what the answers and the events of a create mean, and how it is taken back. */
#include "create_fixture.h"

#define STATUS(reason, message) "{\"kind\":\"Status\",\"reason\":\"" reason "\",\"message\":\"" message "\"}"
#define MADE                    "{\"metadata\":{\"uid\":\"" UID "\"}}"
#define OURS                                                                                                 \
    "{\"metadata\":{\"uid\":\"" UID "\",\"annotations\":{\"k7.katakate.org/create-id\":\"" CREATE_ID "\"}}}"
#define THEIRS "{\"metadata\":{\"uid\":\"" UID "\",\"annotations\":{\"k7.katakate.org/create-id\":\"00\"}}}"

static const char *const makers[] = { "ingress policy", "egress policy", "secret", "deployment",
                                      "lock egress" };
enum { MAKERS = 5 };

static unsigned char effect_of(const char *step)
{
    step_called(step);
    return op->run->effect[op->run->index];
}

static void set_effect(const char *step, enum k7i_effect effect)
{
    step_called(step);
    op->run->effect[op->run->index] = (unsigned char)effect;
}

static struct k7i_made *made_by(struct k7i_kube_create *create, const char *step)
{
    return &create->made[step_called(step)->subject];
}

/* ---- making ---- */

START_TEST(an_object_that_was_made_is_known_by_its_uid)
{
    struct k7i_kube_create *create = create_of("", K7I_PROFILE_V0_4);

    ck_assert_int_eq(reply(makers[_i], 201, MADE), K7I_NEXT);
    ck_assert_str_eq(made_by(create, makers[_i])->uid, UID);
}
END_TEST

START_TEST(what_is_in_the_way_is_named)
{
    static const char *const names[MAKERS] = { "NetworkPolicy team-a/demo-deny-ingress",
                                               "NetworkPolicy team-a/demo-netpol", "Secret team-a/demo-env",
                                               "Deployment team-a/demo", "NetworkPolicy team-a/demo-netpol" };

    create_of("", K7I_PROFILE_V0_4);
    ck_assert_int_eq(reply(makers[_i], 409, STATUS("AlreadyExists", "it already exists")), K7I_FAIL);
    assert_error(K7_ERR_ALREADY_EXISTS, names[_i]);
    ck_assert_int_eq(effect_of(makers[_i]), K7I_EFFECT_NONE);
}
END_TEST

START_TEST(a_missing_namespace_is_said)
{
    create_of("", K7I_PROFILE_V0_4);
    ck_assert_int_eq(reply("ingress policy", 404, STATUS("NotFound", "namespaces \\\"team-a\\\" not found")),
                     K7I_FAIL);
    assert_error(K7_ERR_NOT_FOUND, "namespaces \"team-a\" not found");
}
END_TEST

/* What is there, but which is not known, is looked up before it is gone on or taken back. */
START_TEST(a_success_that_cannot_be_read_is_looked_up)
{
    static const char *const answers[] = { "", "<html>", "{}", "{\"metadata\":{\"uid\":\"\"}}" };

    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        create_of("", K7I_PROFILE_V0_4);
        ck_assert_int_eq(reply(makers[_i], 201, answers[i]), K7I_FAIL);
        assert_error(K7_ERR_PROTOCOL, "");
        ck_assert_int_eq(effect_of(makers[_i]), K7I_EFFECT_UNKNOWN);
    }
}
END_TEST

START_TEST(only_our_own_is_adopted)
{
    struct k7i_kube_create *create = create_of("", K7I_PROFILE_V0_4);
    const struct k7i_step *settle = step_called(makers[_i])->settle;

    ck_assert_int_eq(reply_step(settle, 200, THEIRS), K7I_NONE);
    ck_assert_int_eq(reply_step(settle, 200, MADE), K7I_NONE);
    ck_assert_str_eq(made_by(create, makers[_i])->uid, "");
    ck_assert_int_eq(reply_step(settle, 200, OURS), K7I_NEXT);
    ck_assert_str_eq(made_by(create, makers[_i])->uid, UID);
}
END_TEST

START_TEST(one_that_came_late_is_found_by_the_next_try)
{
    create_of("", K7I_PROFILE_V0_4);
    op->run->mode = K7I_MODE_SETTLE;
    ck_assert_int_eq(reply_step(step_called(makers[_i])->settle, 404, STATUS("NotFound", "")), K7I_NONE);
    op->run->mode = K7I_MODE_FORWARD;
    ck_assert_int_eq(reply(makers[_i], 409, STATUS("AlreadyExists", "there")), K7I_FAIL);
    ck_assert_int_eq(effect_of(makers[_i]), K7I_EFFECT_UNKNOWN);
}
END_TEST

START_TEST(taking_back_waits_until_nothing_can_come_any_more)
{
    struct k7i_kube_create *create = create_of("", K7I_PROFILE_V0_4);
    const struct k7i_step *settle = step_called(makers[_i])->settle;

    op->run->mode = K7I_MODE_ROLLBACK;
    ck_assert_int_eq(reply_step(settle, 404, STATUS("NotFound", "")), K7I_AGAIN);
    ck_assert_int_gt(op->run->pause_ms, 0);
    struct k7i_made *made = made_by(create, makers[_i]);
    ck_assert_int_gt(made->look_until_ms,
                     k7i_op_now_ms(op) + 9000); /* the server is told to give up after ten seconds */
    made->look_until_ms = k7i_op_now_ms(op);
    ck_assert_int_eq(reply_step(settle, 404, STATUS("NotFound", "")), K7I_NONE);
}
END_TEST

/* ---- waiting for a pod ---- */

#define DEPLOYMENT(status)                                                                                   \
    "{\"metadata\":{\"name\":\"demo\",\"namespace\":\"team-a\",\"uid\":\"" UID                               \
    "\"},\"spec\":{\"replicas\":1},\"status\":{" status "}}"
#define FAILURE(message)                                                                                                  \
    "\"conditions\":[{\"type\":\"ReplicaFailure\",\"status\":\"True\",\"reason\":\"FailedCreate\",\"message\":\"" message \
    "\"}]"
#define FORBIDDEN "pods \\\"demo-x\\\" is forbidden: "

static const struct {
    const char *type, *object;
    enum k7i_verdict verdict;
    int code;
    const char *words;
} deployments[] = {
    { "ADDED", DEPLOYMENT(""), K7I_MORE, 0, "" },
    { "MODIFIED", DEPLOYMENT("\"replicas\":1"), K7I_NEXT, 0, "" },
    { "MODIFIED", "{\"metadata\":{\"name\":\"demo\",\"uid\":\"other\"},\"status\":{\"replicas\":1}}",
      K7I_MORE, 0, "" },
    { "DELETED", "{\"metadata\":{\"name\":\"demo\",\"uid\":\"other\"}}", K7I_MORE, 0, "" },
    { "BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"7\"}}", K7I_MORE, 0, "" },
    { "ERROR", STATUS("Expired", "too old"), K7I_AGAIN, 0, "" },
    { "DELETED", DEPLOYMENT(""), K7I_FAIL, K7_ERR_CONFLICT, "somebody deleted the sandbox 'demo'" },
    { "MODIFIED", "{\"metadata\":{\"uid\":\"" UID "\",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"}}",
      K7I_FAIL, K7_ERR_CONFLICT, "somebody deleted" },
    { "MODIFIED", DEPLOYMENT(FAILURE(FORBIDDEN "exceeded quota: few, requested: pods=1")), K7I_FAIL,
      K7_ERR_QUOTA_EXCEEDED, "exceeded quota: few" },
    { "MODIFIED", DEPLOYMENT(FAILURE(FORBIDDEN "pod rejected: RuntimeClass \\\"kata\\\" not found")),
      K7I_FAIL, K7_ERR_REJECTED, "RuntimeClass \"kata\" not found" },
    { "MODIFIED", DEPLOYMENT(FAILURE(FORBIDDEN "violates PodSecurity")), K7I_FAIL, K7_ERR_REJECTED,
      "violates PodSecurity" },
    { "MODIFIED",
      DEPLOYMENT(FAILURE("Operation cannot be fulfilled on resourcequotas \\\"few\\\": the object has been "
                         "modified")),
      K7I_MORE, 0, "" },
    { "MODIFIED", DEPLOYMENT(FAILURE(FORBIDDEN "status unknown for quota: few")), K7I_MORE, 0, "" },
    { "MODIFIED", DEPLOYMENT(FAILURE("failed calling webhook \\\"check\\\": connection refused")), K7I_MORE,
      0, "" },
    { "MODIFIED", DEPLOYMENT(FAILURE("etcdserver: request timed out")), K7I_MORE, 0, "" },
    { "MODIFIED",
      DEPLOYMENT(FAILURE(
          FORBIDDEN
          "error looking up service account team-a/default: serviceaccount \\\"default\\\" not found")),
      K7I_MORE, 0, "" },
};

START_TEST(a_deployments_event_is_judged)
{
    struct k7i_kube_create *create = create_of("", K7I_PROFILE_V0_4);

    strcpy(create->made[K7I_WORKLOAD].uid, UID);
    begin("replica");
    ck_assert_int_eq(event("replica", deployments[_i].type, deployments[_i].object), deployments[_i].verdict);
    if (deployments[_i].code) {
        assert_error(deployments[_i].code, deployments[_i].words);
        if (strstr(deployments[_i].object, "FailedCreate"))
            ck_assert_str_eq(k7_error_get_reason(op->error), "FailedCreate");
    }
    ck_assert_int_eq(op->run->pause_ms > 0, deployments[_i].verdict == K7I_AGAIN);
}
END_TEST

START_TEST(what_a_pod_waits_for_is_told)
{
    struct k7i_kube_create *create = create_of("", K7I_PROFILE_V0_4);
    struct k7i_buf text;

    strcpy(create->made[K7I_WORKLOAD].uid, UID);
    begin("replica");
    event("replica", "MODIFIED", deployments[sizeof deployments / sizeof deployments[0] - 1].object);
    k7i_buf_init(&text, 4096);
    step_called("replica")->waiting_for(op, &text);
    ck_assert_ptr_nonnull(strstr(text.data, "serviceaccount \"default\" not found"));
    k7i_buf_clear(&text);
}
END_TEST

/* ---- waiting until it is ready ---- */

#define POD_META(more)                                                                                       \
    "\"metadata\":{\"name\":\"demo-1-a\",\"namespace\":\"team-a\",\"uid\":\"p1\",\"annotations\":"           \
    "{\"k7.katakate.org/create-id\":\"" CREATE_ID "\"}" more "}"
#define POD(status)                                                                                            \
    "{" POD_META(                                                                                              \
        "") ",\"spec\":{\"nodeName\":\"node1\",\"containers\":[{\"image\":\"alpine:3\"}]},\"status\":{" status \
            "}}"
#define CONTAINER(state) "\"phase\":\"Pending\",\"containerStatuses\":[{\"name\":\"sandbox\"," state "}]"
#define WAITING(reason, message)                                                                             \
    CONTAINER("\"state\":{\"waiting\":{\"reason\":\"" reason "\",\"message\":\"" message "\"}}")
#define ENDED(code, reason, message)                                                                         \
    "\"terminated\":{\"exitCode\":" code ",\"reason\":\"" reason "\",\"message\":\"" message "\"}"
#define UNSCHEDULED(message)                                                                                                                    \
    "\"phase\":\"Pending\",\"conditions\":[{\"type\":\"PodScheduled\",\"status\":\"False\",\"reason\":\"Unschedulable\",\"message\":\"" message \
    "\"}]"
#define READY    "\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]"
#define SCRIPT   "\"before_script\":\"x\""
#define NO_MATCH "node(s) didn't match Pod's node affinity/selector"

static const struct {
    const char *fields, *object;
    enum k7i_verdict verdict;
    int code;
    const char *words, *reason;
} pods[] = {
    { "", POD(READY), K7I_NEXT, 0, "", NULL },
    { "", POD("\"phase\":\"Pending\""), K7I_MORE, 0, "", NULL },
    { "", POD(WAITING("ContainerCreating", "")), K7I_MORE, 0, "", NULL },
    { "", POD(WAITING("ErrImagePull", "not found")), K7I_MORE, 0, "", NULL },
    { "", "{\"metadata\":{\"uid\":\"p0\"},\"status\":{" READY "}}", K7I_MORE, 0, "", NULL },
    { "", "{\"metadata\":{\"uid\":\"p0\"},\"status\":{" WAITING("ImagePullBackOff", "") "}}", K7I_MORE, 0, "",
      NULL },
    { "", POD(WAITING("ImagePullBackOff", "Back-off pulling image \\\"nope\\\"")), K7I_FAIL,
      K7_ERR_IMAGE_PULL, "Back-off pulling image \"nope\"", "ImagePullBackOff" },
    { "", POD(WAITING("InvalidImageName", "bad")), K7I_FAIL, K7_ERR_IMAGE_PULL, "bad", "InvalidImageName" },
    { "", POD(WAITING("ErrImageNeverPull", "bad")), K7I_FAIL, K7_ERR_IMAGE_PULL, "bad", "ErrImageNeverPull" },
    { "", POD(WAITING("CreateContainerConfigError", "container has runAsNonRoot and image will run as root")),
      K7I_FAIL, K7_ERR_START_FAILED, "will run as root", "CreateContainerConfigError" },
    { "", POD(WAITING("CreateContainerConfigError", "failed to sync secret cache: timed out")), K7I_MORE, 0,
      "", NULL },
    { "", POD(WAITING("CreateContainerError", "no such thing")), K7I_FAIL, K7_ERR_START_FAILED,
      "no such thing", "CreateContainerError" },
    { "", POD(WAITING("CreateContainerError", "context deadline exceeded")), K7I_MORE, 0, "", NULL },
    { "", POD(WAITING("RunContainerError", "no such thing")), K7I_FAIL, K7_ERR_START_FAILED, "no such thing",
      "RunContainerError" },
    { "", POD(CONTAINER("\"state\":{" ENDED("1", "Error", "") "}")), K7I_FAIL, K7_ERR_START_FAILED,
      "exit code 1", "Error" },
    { "", POD(CONTAINER("\"state\":{\"running\":{}},\"lastState\":{" ENDED("2", "Error", "") "}")), K7I_FAIL,
      K7_ERR_START_FAILED, "Error: the container ended with exit code 2", "Error" },
    { "",
      POD(CONTAINER("\"state\":{\"waiting\":{\"reason\":\"CrashLoopBackOff\"}},\"lastState\":{" ENDED(
          "1", "Error", "oh") "}")),
      K7I_FAIL, K7_ERR_START_FAILED, "exit code 1: oh", "CrashLoopBackOff" },
    { SCRIPT, POD(CONTAINER("\"state\":{" ENDED("3", "Error", "one\\ntwo\\u0001\\n") "}")), K7I_FAIL,
      K7_ERR_SCRIPT_FAILED, "before_script: it ended with exit code 3; its output: one two", "Error" },
    { SCRIPT, POD(CONTAINER("\"state\":{" ENDED("137", "OOMKilled", "") "}")), K7I_FAIL, K7_ERR_SCRIPT_FAILED,
      "before_script: it ended with exit code 137: OOMKilled; its output: empty", "OOMKilled" },
    { SCRIPT, POD(CONTAINER("\"state\":{\"running\":{}},\"lastState\":{" ENDED("3", "Error", "one") "}")),
      K7I_FAIL, K7_ERR_SCRIPT_FAILED, "its output: one", "Error" },
    { SCRIPT, POD(CONTAINER("\"state\":{" ENDED("128", "StartError", "exec: /bin/sh: no such file") "}")),
      K7I_FAIL, K7_ERR_START_FAILED, "/bin/sh: no such file", "StartError" },
    { SCRIPT, POD(CONTAINER("\"state\":{" ENDED("0", "Completed", "") "}")), K7I_FAIL, K7_ERR_START_FAILED,
      "exit code 0", "Completed" },
    { "", POD(UNSCHEDULED("0/1 nodes are available: 1 " NO_MATCH ". preemption: no")), K7I_FAIL,
      K7_ERR_START_FAILED, NO_MATCH, "Unschedulable" },
    { "", POD(UNSCHEDULED("0/2 nodes are available: 1 " NO_MATCH ", 1 Insufficient memory.")), K7I_MORE, 0,
      "", NULL },
    { "", POD(UNSCHEDULED("0/1 nodes are available: 1 Insufficient memory.")), K7I_MORE, 0, "", NULL },
    { "",
      POD("\"phase\":\"Failed\",\"reason\":\"Evicted\",\"message\":\"low on memory\","
          "\"containerStatuses\":[{\"name\":\"sandbox\",\"state\":{" ENDED("137", "ContainerStatusUnknown",
                                                                           "") "}}]"),
      K7I_MORE, 0, "", NULL },
};

START_TEST(a_pods_event_is_judged)
{
    create_of(pods[_i].fields, K7I_PROFILE_V0_4);
    begin("ready");
    enum k7i_verdict verdict = event("ready", "MODIFIED", pods[_i].object);
    ck_assert_msg(verdict == pods[_i].verdict, "%d: %s", verdict, pods[_i].object);
    if (pods[_i].code) {
        assert_error(pods[_i].code, pods[_i].words);
        ck_assert_str_eq(k7_error_get_reason(op->error), pods[_i].reason);
    }
    if (verdict == K7I_NEXT) {
        ck_assert_str_eq(k7_sandbox_get_name(op->result), "demo");
        ck_assert_str_eq(k7_sandbox_get_node(op->result), "node1");
        ck_assert_str_eq(k7_sandbox_get_backend(op->result), "kata-firecracker-devmapper");
        ck_assert_int_eq(k7_sandbox_is_ready(op->result), 1);
    }
}
END_TEST

START_TEST(of_a_long_output_the_end_is_told)
{
    static char object[8000];
    char output[4001];

    memset(output, 'x', sizeof output - 1);
    output[sizeof output - 1] = '\0';
    memcpy(output, "FIRST", 5);
    memcpy(output + 1951, "\xC3\xA4", 2); /* cut in two by the limit */
    memcpy(output + sizeof output - 5, "LAST", 4);
    snprintf(object, sizeof object, POD(CONTAINER("\"state\":{" ENDED("1", "Error", "%s") "}")), output);
    create_of(SCRIPT, K7I_PROFILE_V0_4);
    begin("ready");
    ck_assert_int_eq(event("ready", "MODIFIED", object), K7I_FAIL);
    assert_error(K7_ERR_SCRIPT_FAILED, "xLAST");
    ck_assert_ptr_null(strstr(k7_error_get_message(op->error), "FIRST"));
    ck_assert_ptr_nonnull(strstr(k7_error_get_server_text(op->error), "FIRST"));
}
END_TEST

START_TEST(a_watch_that_ends_or_fails_is_begun_again)
{
    static const struct {
        int status;
        const char *text;
        enum k7i_verdict verdict;
    } rows[] = {
        { 200, "", K7I_AGAIN },
        { 410, STATUS("Expired", "too old"), K7I_AGAIN },
        { 502, "<html>", K7I_AGAIN },
        { 504, "", K7I_AGAIN },
        { 500, STATUS("InternalError", "etcdserver: request timed out"), K7I_AGAIN },
        { 403, STATUS("Forbidden", "User u cannot watch"), K7I_FAIL },
        { 400, STATUS("BadRequest", "no"), K7I_FAIL },
    };
    const char *step = _i ? "ready" : "replica";

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        create_of("", K7I_PROFILE_V0_4);
        begin(step);
        ck_assert_int_eq(reply(step, rows[i].status, rows[i].text), rows[i].verdict);
        ck_assert_int_eq(op->run->pause_ms > 0, rows[i].verdict == K7I_AGAIN); /* never at once */
    }
    struct k7i_kube_create *create = op->state;
    strcpy(create->made[K7I_WORKLOAD].uid, UID);
    ck_assert_int_eq(step_called(step)->chunk(op, NULL, 0), K7I_AGAIN); /* silence: is it still there? */
    ck_assert_int_eq(begin(step), K7I_SEND);
    ck_assert_str_eq(request, "GET /apis/apps/v1/namespaces/team-a/deployments/demo");
    ck_assert_int_eq(reply(step, 200, OURS), K7I_AGAIN);
    ck_assert_int_eq(begin(step), K7I_SEND);
    ck_assert_ptr_nonnull(strstr(request, "watch=1"));
    ck_assert_int_eq(event(step, "ERROR", STATUS("Expired", "too old")), K7I_AGAIN);
    ck_assert_int_eq(step_called(step)->is_patient, 1);
    ck_assert_int_eq(reply(step, 200, "garbage\n"), K7I_FAIL);
    assert_error(K7_ERR_PROTOCOL, "");
}
END_TEST

START_TEST(a_pod_that_goes_makes_us_look_for_the_deployment)
{
    static const char *const going[] = { "{" POD_META(",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"") "}",
                                         POD(READY) };
    struct k7i_kube_create *create = create_of("", K7I_PROFILE_V0_4);

    strcpy(create->made[K7I_WORKLOAD].uid, UID);
    for (int i = 0; i < 2; i++) {
        begin("ready");
        ck_assert_int_eq(event("ready", i ? "DELETED" : "MODIFIED", going[i]), K7I_AGAIN);
        ck_assert_int_gt(op->run->pause_ms, 0);
        ck_assert_int_eq(begin("ready"), K7I_SEND);
        ck_assert_str_eq(request, "GET /apis/apps/v1/namespaces/team-a/deployments/demo");
        ck_assert_int_eq(reply("ready", 200, OURS), K7I_AGAIN); /* it makes another */
    }
    begin("ready");
    ck_assert_int_eq(event("ready", "MODIFIED", going[0]), K7I_MORE); /* it ends slowly: asked once */
    ck_assert_int_eq(event("ready", "MODIFIED", POD(READY)), K7I_NEXT);
    static const char *const gone[] = { "{\"metadata\":{\"uid\":\"other\"}}",
                                        "{\"metadata\":{\"uid\":\"" UID
                                        "\",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"}}",
                                        STATUS("NotFound", "") };
    for (int i = 0; i < 3; i++) {
        begin("ready");
        event("ready", "DELETED", POD(READY));
        begin("ready");
        ck_assert_int_eq(reply("ready", i == 2 ? 404 : 200, gone[i]), K7I_FAIL);
        assert_error(K7_ERR_CONFLICT, "somebody deleted the sandbox 'demo' in the namespace 'team-a'");
        create->is_doubtful = 0;
    }
}
END_TEST

/* ---- taking back ---- */

#define BY_UID "\"preconditions\":{\"uid\":\"" UID "\"}"

START_TEST(what_restricts_goes_last_and_by_uid)
{
    struct k7i_kube_create *create = create_of("", K7I_PROFILE_V0_4);

    for (int i = 0; i < K7I_SUBJECTS; i++)
        strcpy(create->made[i].uid, UID);
    set_effect("deployment", K7I_EFFECT_DONE);
    set_effect(makers[_i], K7I_EFFECT_DONE);
    op->run->mode = K7I_MODE_ROLLBACK;
    const struct k7i_step *undo = step_called(makers[_i])->undo;
    if (strcmp(makers[_i], "secret") != 0) { /* that restricts nothing */
        ck_assert_int_eq(begin_step(undo), K7I_SEND);
        ck_assert_str_eq(request,
                         "GET /api/v1/namespaces/team-a/pods?labelSelector=katakate.org%2Fsandbox%3Ddemo");
        ck_assert_int_eq(reply_step(undo, 200, "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[]}"),
                         K7I_AGAIN);
        ck_assert_int_eq(begin_step(undo), K7I_SEND);
        ck_assert_str_eq(request, "DELETE /apis/apps/v1/namespaces/team-a/deployments/demo");
        ck_assert_ptr_nonnull(strstr(body, BY_UID));
        ck_assert_ptr_nonnull(strstr(body, "Foreground"));
        ck_assert_int_eq(reply_step(undo, 404, STATUS("NotFound", "")), K7I_AGAIN);
        for (int looks = 0; looks < 2; looks++) { /* what it made last */
            ck_assert_int_eq(begin_step(undo), K7I_SEND);
            ck_assert_int_eq(strncmp(request, "GET /api/v1/namespaces/team-a/pods?", 35), 0);
            ck_assert_int_eq(reply_step(undo, 200, "{\"metadata\":{\"resourceVersion\":\"8\"},\"items\":[]}"),
                             K7I_AGAIN);
        }
    }
    if (strcmp(makers[_i], "deployment") == 0) {
        ck_assert_int_eq(begin_step(undo), K7I_SKIP);
        return;
    }
    ck_assert_int_eq(begin_step(undo), K7I_SEND);
    ck_assert_int_eq(strncmp(request, "DELETE ", 7), 0);
    ck_assert_ptr_nonnull(strstr(request, create->made[undo->subject].name));
    ck_assert_ptr_nonnull(strstr(body, BY_UID));
    ck_assert_int_eq(reply_step(undo, 200, MADE), K7I_NEXT);
    ck_assert_int_eq(reply_step(undo, 404, STATUS("NotFound", "")), K7I_NEXT);
    ck_assert_int_eq(reply_step(undo, 409, STATUS("Conflict", "the UID in the precondition")), K7I_NEXT);
    ck_assert_int_eq(reply_step(undo, 504, ""), K7I_AGAIN);
    ck_assert_int_eq(reply_step(undo, 403, STATUS("Forbidden", "cannot delete")), K7I_FAIL);
}
END_TEST

/* It may run, and be found by nobody: then it had better stay locked in. */
START_TEST(policies_stay_with_a_deployment_that_cannot_be_told)
{
    struct k7i_kube_create *create = create_of("", K7I_PROFILE_V0_4);

    strcpy(create->made[K7I_INGRESS].uid, UID);
    set_effect("deployment", K7I_EFFECT_UNKNOWN);
    op->run->mode = K7I_MODE_ROLLBACK;
    ck_assert_int_eq(begin_step(step_called("ingress policy")->undo), K7I_FAIL);
    set_effect("deployment", K7I_EFFECT_NONE);
    ck_assert_int_eq(begin_step(step_called("ingress policy")->undo), K7I_SEND);
}
END_TEST

START_TEST(what_is_left_has_kind_name_and_uid)
{
    struct k7i_kube_create *create = create_of("", K7I_PROFILE_V0_4);
    struct k7i_buf text;

    k7i_buf_init(&text, 4096);
    op->run->active = step_called("secret");
    op->run->active->leftover(op, &text);
    ck_assert_str_eq(text.data, "Secret team-a/demo-env (uid unknown)");
    k7i_buf_reset(&text);
    strcpy(create->made[K7I_WORKLOAD].uid, UID);
    op->run->active = step_called("deployment");
    op->run->active->leftover(op, &text);
    ck_assert_str_eq(text.data, "Deployment team-a/demo (uid " UID ")");
    k7i_buf_clear(&text);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof(table)[0])

int main(void)
{
    TCase *tests = tcase_create("replies");

    tcase_add_loop_test(tests, an_object_that_was_made_is_known_by_its_uid, 0, MAKERS);
    tcase_add_loop_test(tests, what_is_in_the_way_is_named, 0, MAKERS);
    tcase_add_test(tests, a_missing_namespace_is_said);
    tcase_add_loop_test(tests, a_success_that_cannot_be_read_is_looked_up, 0, MAKERS);
    tcase_add_loop_test(tests, only_our_own_is_adopted, 0, MAKERS);
    tcase_add_loop_test(tests, one_that_came_late_is_found_by_the_next_try, 0, MAKERS);
    tcase_add_loop_test(tests, taking_back_waits_until_nothing_can_come_any_more, 0, MAKERS);
    tcase_add_loop_test(tests, a_deployments_event_is_judged, 0, ROWS(deployments));
    tcase_add_test(tests, what_a_pod_waits_for_is_told);
    tcase_add_loop_test(tests, a_pods_event_is_judged, 0, ROWS(pods));
    tcase_add_test(tests, of_a_long_output_the_end_is_told);
    tcase_add_loop_test(tests, a_watch_that_ends_or_fails_is_begun_again, 0, 2);
    tcase_add_test(tests, a_pod_that_goes_makes_us_look_for_the_deployment);
    tcase_add_loop_test(tests, what_restricts_goes_last_and_by_uid, 0, MAKERS);
    tcase_add_test(tests, policies_stay_with_a_deployment_that_cannot_be_told);
    tcase_add_test(tests, what_is_left_has_kind_name_and_uid);
    return run_case("transport_kubernetes/create_replies", tests);
}
