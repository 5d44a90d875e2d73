/* test_record.c: Deployments and Pods: what is read of them, and what it means. */
#include "transport/kubernetes/record.h"

#include "../starve.h"

#include "base/alloc.h"

#include <string.h>

/* What was read is borrowed from these. */
static struct k7i_json *documents[8];
static size_t document_count;

static const struct k7i_json_value *parse(const char *text)
{
    k7_error *err = NULL;

    ck_assert_uint_lt(document_count, sizeof documents / sizeof documents[0]);
    ck_assert_msg(k7i_json_parse(text, strlen(text), &documents[document_count], &err) == 0, "%s: %s",
                  k7_error_get_message(err), text);
    return k7i_json_root(documents[document_count++]);
}

static void forget(void)
{
    while (document_count)
        k7i_json_free(documents[--document_count]);
}

static struct k7i_deployment deployment(const char *text)
{
    struct k7i_deployment read;

    k7i_deployment_read_json(parse(text), &read);
    return read;
}

static struct k7i_pod pod(const char *text)
{
    struct k7i_pod read;

    k7i_pod_read_json(parse(text), &read);
    return read;
}

#define DEPLOYMENT(more)                                                                                                          \
    "{\"metadata\":{\"name\":\"web\",\"namespace\":\"demo\",\"uid\":\"u-1\",\"creationTimestamp\":\"2026-11-22T03:34:51Z\","      \
    "\"labels\":{\"app\":\"web\",\"runtime\":\"kata\",\"katakate.org/sandbox\":\"web\"},"                                         \
    "\"annotations\":{\"k7.katakate.org/backend\":\"k7d\",\"k7.katakate.org/create-id\":\"c-1\"},\"resourceVersion\":\"7\"}" more \
    "}"
#define POD(meta, more)                                                                                                      \
    "{\"metadata\":{\"name\":\"web-5d-x\",\"namespace\":\"demo\",\"creationTimestamp\":\"2026-11-22T03:35:00Z\",\"labels\":" \
    "{\"app\":\"web\",\"katakate.org/sandbox\":\"web\",\"pod-template-hash\":\"5d\"},\"ownerReferences\":"                   \
    "[{\"kind\":\"Node\",\"name\":\"n\"},{\"kind\":\"ReplicaSet\",\"name\":\"web-5d\",\"controller\":true}]" meta            \
    "}" more "}"

START_TEST(reads_a_deployment)
{
    struct k7i_deployment read = deployment(DEPLOYMENT(
        ",\"spec\":{\"replicas\":2,\"template\":{\"spec\":{\"runtimeClassName\":\"kata\",\"containers\":["
        "{\"name\":\"other\",\"image\":\"o\"},{\"name\":\"sandbox\",\"image\":\"i\",\"envFrom\":[{\"configMapRef\":{\"name\":\"c\"}},"
        "{\"secretRef\":{\"name\":\"web-env\"}},{\"secretRef\":{\"name\":\"x\"}}]}]}}},\"status\":{\"replicas\":1,\"conditions\":["
        "{\"type\":\"Available\",\"status\":\"True\",\"reason\":\"no\"},"
        "{\"type\":\"ReplicaFailure\",\"status\":\"True\",\"reason\":\"FailedCreate\",\"message\":\"exceeded quota\"}]}"));

    ck_assert_str_eq(read.meta.name, "web");
    ck_assert_str_eq(read.meta.namespace_, "demo");
    ck_assert_str_eq(read.meta.uid, "u-1");
    ck_assert_str_eq(read.meta.app, "web");
    ck_assert_str_eq(read.meta.runtime, "kata");
    ck_assert_str_eq(read.meta.sandbox, "web");
    ck_assert_str_eq(read.meta.backend, "k7d");
    ck_assert_str_eq(read.meta.create_id, "c-1");
    ck_assert_str_eq(read.meta.resource_version, "7");
    ck_assert_int_eq(read.meta.created_unix, 1795318491);
    ck_assert_int_eq(read.meta.is_deleting, 0);
    ck_assert_str_eq(read.runtime_class, "kata");
    ck_assert_str_eq(read.image, "i");
    ck_assert_str_eq(read.env_secret, "web-env");
    ck_assert_int_eq(read.replicas, 2);
    ck_assert_int_eq(read.made_replicas, 1);
    ck_assert_str_eq(read.failure_reason, "FailedCreate");
    ck_assert_str_eq(read.failure_message, "exceeded quota");
}
END_TEST

START_TEST(reads_a_pod)
{
    struct k7i_pod read = pod(POD(
        ",\"deletionTimestamp\":\"2026-11-22T03:36:00Z\"",
        ",\"spec\":{\"nodeName\":\"n1\",\"containers\":[{\"name\":\"first\",\"image\":\"f\"},{\"name\":\"sandbox\",\"image\":\"i\"}]},"
        "\"status\":{\"phase\":\"Running\",\"reason\":\"Evicted\",\"message\":\"m\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"},"
        "{\"type\":\"PodScheduled\",\"status\":\"False\",\"reason\":\"Unschedulable\",\"message\":\"0/1 nodes\"}],\"containerStatuses\":["
        "{\"name\":\"first\",\"restartCount\":2,\"state\":{\"terminated\":{\"exitCode\":9}}},"
        "{\"name\":\"sandbox\",\"restartCount\":3,\"state\":{\"waiting\":{\"reason\":\"CrashLoopBackOff\",\"message\":\"back-off\"}},"
        "\"lastState\":{\"terminated\":{\"exitCode\":7,\"reason\":\"Error\",\"message\":\"tail\"}}},"
        "{\"name\":\"odd\",\"restartCount\":-4},{\"name\":\"odder\",\"restartCount\":\"5\"}]}"));

    ck_assert_str_eq(read.meta.controller_kind, "ReplicaSet");
    ck_assert_str_eq(read.meta.controller, "web-5d");
    ck_assert_str_eq(read.meta.template_hash, "5d");
    ck_assert_int_eq(read.meta.is_deleting, 1);
    ck_assert_str_eq(read.node, "n1");
    ck_assert_str_eq(read.image, "f");
    ck_assert_str_eq(read.phase, "Running");
    ck_assert_str_eq(read.phase_reason, "Evicted");
    ck_assert_str_eq(read.phase_message, "m");
    ck_assert_int_eq(read.is_ready, 1);
    ck_assert_int_eq(read.restarts, 5);
    ck_assert_str_eq(read.unscheduled_reason, "Unschedulable");
    ck_assert_str_eq(read.unscheduled_message, "0/1 nodes");
    ck_assert_str_eq(read.waiting_reason, "CrashLoopBackOff");
    ck_assert_str_eq(read.waiting_message, "back-off");
    ck_assert_int_eq(read.has_ended, 1);
    ck_assert_int_eq(read.is_ended_now, 0);
    ck_assert_int_eq(read.exit_code, 7);
    ck_assert_str_eq(read.ended_reason, "Error");
    ck_assert_str_eq(read.ended_message, "tail");
}
END_TEST

static const char *const odd[] = {
    "{}",
    "[]",
    "null",
    "7",
    "{\"metadata\":[],\"spec\":7,\"status\":\"x\"}",
    "{\"metadata\":{\"name\":1,\"labels\":[],\"ownerReferences\":{}}}",
    "{\"spec\":{\"containers\":{},\"template\":{\"spec\":{\"containers\":[null,7]}}}}",
    "{\"status\":{\"conditions\":[null,1],\"containerStatuses\":[[]]}}"
};

START_TEST(what_is_not_there_is_not_said)
{
    struct k7i_deployment d = deployment(odd[_i]);
    struct k7i_pod p = pod(odd[_i]);

    ck_assert_ptr_null(d.meta.name);
    ck_assert_ptr_null(d.image);
    ck_assert_int_eq(d.replicas, -1);
    ck_assert_int_eq(d.made_replicas, 0);
    ck_assert_int_eq(d.meta.created_unix, -1);
    ck_assert_ptr_null(d.failure_reason);
    ck_assert(!k7i_deployment_is_sandbox(&d));
    ck_assert_ptr_null(p.meta.controller);
    ck_assert_ptr_null(p.phase);
    ck_assert_int_eq(p.restarts, 0);
    ck_assert_int_eq(p.has_ended, 0);
    ck_assert(!k7i_pod_is_of(&p, &d));
}
END_TEST

/* ---- which belong together ---- */

static const struct {
    const char *text;
    int is;
} recognised[] = {
    { DEPLOYMENT(""), 1 },
    { "{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\",\"labels\":{\"runtime\":\"kata\",\"katakate.org/sandbox\":\"a\"}}}",
      1 },
    { "{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\",\"labels\":{\"katakate.org/sandbox\":\"a\"}},"
      "\"spec\":{\"template\":{\"spec\":{\"runtimeClassName\":\"kata\"}}}}",
      1 },
    /* of another sandbox, of nobody, of another runtime, without a name or namespace */
    { "{\"metadata\":{\"name\":\"b\",\"namespace\":\"n\",\"labels\":{\"runtime\":\"kata\",\"katakate.org/sandbox\":\"a\"}}}",
      0 },
    { "{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\",\"labels\":{\"runtime\":\"kata\"}}}", 0 },
    { "{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\",\"labels\":{\"runtime\":\"runc\",\"katakate.org/sandbox\":\"a\"}}}",
      0 },
    { "{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\",\"labels\":{\"katakate.org/sandbox\":\"a\"}}}", 0 },
    { "{\"metadata\":{\"name\":\"a\",\"labels\":{\"runtime\":\"kata\",\"katakate.org/sandbox\":\"a\"}}}", 0 },
    { "{\"metadata\":{\"labels\":{\"runtime\":\"kata\"}}}", 0 },
};

START_TEST(a_sandbox_is_recognised)
{
    struct k7i_deployment read = deployment(recognised[_i].text);

    ck_assert_int_eq(k7i_deployment_is_sandbox(&read), recognised[_i].is);
}
END_TEST

START_TEST(a_pod_belongs_by_label_and_owner)
{
    struct k7i_deployment d = deployment(DEPLOYMENT(""));
    const struct k7i_pod right = pod(POD("", ""));
    struct k7i_pod wrong;

    ck_assert(k7i_pod_is_of(&right, &d));
    wrong = right, wrong.meta.sandbox = "webb";
    ck_assert(!k7i_pod_is_of(&wrong, &d));
    wrong = right, wrong.meta.sandbox = NULL;
    ck_assert(!k7i_pod_is_of(&wrong, &d));
    wrong = right, wrong.meta.namespace_ = "other";
    ck_assert(!k7i_pod_is_of(&wrong, &d));
    wrong = right, wrong.meta.template_hash = NULL;
    ck_assert(!k7i_pod_is_of(&wrong, &d));
    wrong = right, wrong.meta.template_hash = "6e";
    ck_assert(!k7i_pod_is_of(&wrong, &d));
    wrong = right, wrong.meta.controller = NULL;
    ck_assert(!k7i_pod_is_of(&wrong, &d));
    wrong = right, wrong.meta.controller = "web-x-5d"; /* of a Deployment called web-x */
    ck_assert(!k7i_pod_is_of(&wrong, &d));
    wrong = right, wrong.meta.controller = "we";
    ck_assert(!k7i_pod_is_of(&wrong, &d));
    wrong = right, wrong.meta.controller_kind = "Job";
    ck_assert(!k7i_pod_is_of(&wrong, &d));
}
END_TEST

/* Each row is better than the next. */
static const struct k7i_pod by_rank[] = {
    { .meta = { .name = "a", .created_unix = 20 }, .phase = "Running", .is_ready = 1 },
    { .meta = { .name = "b", .created_unix = 20 }, .phase = "Running", .is_ready = 1 },
    { .meta = { .name = "a", .created_unix = 10 }, .phase = "Running", .is_ready = 1 },
    { .meta = { .name = "a", .created_unix = 30 }, .phase = "Running" },
    { .meta = { .name = "a", .created_unix = 40 }, .phase = "Pending" },
    { .meta = { .name = "a", .created_unix = 39 }, .phase = "Failed" },
    { .meta = { .name = "a", .created_unix = -1 } },
    { .meta = { .name = "a", .created_unix = 50, .is_deleting = 1 }, .phase = "Running", .is_ready = 1 },
};

START_TEST(the_better_pod_is_shown)
{
    const size_t count = sizeof by_rank / sizeof by_rank[0];

    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count; j++) {
            ck_assert_ptr_eq(k7i_pod_better(&by_rank[i], &by_rank[j]), &by_rank[i]);
            ck_assert_ptr_eq(k7i_pod_better(&by_rank[j], &by_rank[i]), &by_rank[i]);
        }
        ck_assert_ptr_eq(k7i_pod_better(&by_rank[i], NULL), &by_rank[i]);
        ck_assert_ptr_eq(k7i_pod_better(NULL, &by_rank[i]), &by_rank[i]);
    }
    ck_assert_ptr_null(k7i_pod_better(NULL, NULL));
}
END_TEST

/* ---- what is wrong ---- */

#define CONTAINER(state)                                                                                     \
    ",\"status\":{\"phase\":\"Running\",\"containerStatuses\":[{\"name\":\"sandbox\"," state "}]}"

static const struct {
    const char *deployment, *pod; /* pod: NULL: none */
    const char *reason, *text;    /* reason: NULL: nothing is wrong */
} troubles[] = {
    { DEPLOYMENT(""),
      POD("",
          ",\"status\":{\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}"),
      NULL, "" },
    { DEPLOYMENT(""), NULL, NULL, "" }, /* its pod is not made yet */
    { DEPLOYMENT(""), POD("", CONTAINER("\"state\":{\"running\":{}}")), NULL, "" },
    { DEPLOYMENT(",\"spec\":{\"replicas\":0}"), NULL, "Paused", "Paused: scaled to no replicas" },
    { DEPLOYMENT(",\"spec\":{\"replicas\":0}"), POD(",\"deletionTimestamp\":\"x\"", ""), "Paused",
      "Paused: scaled to no replicas" },
    { "{\"metadata\":{\"name\":\"a\",\"deletionTimestamp\":\"x\"},\"spec\":{\"replicas\":0}}", POD("", ""),
      "Terminating", "Terminating: the sandbox is being deleted" },
    { DEPLOYMENT(""), POD(",\"deletionTimestamp\":\"x\"", CONTAINER("\"state\":{\"running\":{}}")),
      "Terminating", "Terminating: the pod is being deleted" },
    { DEPLOYMENT(
          ",\"status\":{\"conditions\":[{\"type\":\"ReplicaFailure\",\"status\":\"True\",\"reason\":\"FailedCreate\","
          "\"message\":\"pods \\\"web-5d-\\\" is forbidden:\\n exceeded quota\"}]}"),
      NULL, "FailedCreate", "FailedCreate: pods \"web-5d-\" is forbidden:  exceeded quota" },
    { DEPLOYMENT(
          ",\"status\":{\"conditions\":[{\"type\":\"ReplicaFailure\",\"status\":\"False\",\"reason\":\"FailedCreate\"}]}"),
      NULL, NULL, "" },
    { DEPLOYMENT(""),
      POD("",
          ",\"status\":{\"phase\":\"Failed\",\"reason\":\"OutOfcpu\",\"message\":\"Node didn't have enough resource: cpu\"}"),
      "OutOfcpu", "OutOfcpu: Node didn't have enough resource: cpu" },
    { DEPLOYMENT(""),
      POD("",
          ",\"status\":{\"phase\":\"Pending\",\"conditions\":[{\"type\":\"PodScheduled\",\"status\":\"False\",\"reason\":\"Unschedulable\","
          "\"message\":\"0/1 nodes are available: 1 Insufficient cpu.\"}]}"),
      "Unschedulable", "Unschedulable: 0/1 nodes are available: 1 Insufficient cpu." },
    { DEPLOYMENT(""), POD("", CONTAINER("\"state\":{\"waiting\":{\"reason\":\"ContainerCreating\"}}")),
      "ContainerCreating", "ContainerCreating" },
    { DEPLOYMENT(""),
      POD("",
          CONTAINER(
              "\"state\":{\"waiting\":{\"reason\":\"ImagePullBackOff\",\"message\":\"Back-off pulling image \\\"i\\\"\"}}")),
      "ImagePullBackOff", "ImagePullBackOff: Back-off pulling image \"i\"" },
    { DEPLOYMENT(""),
      POD("",
          CONTAINER(
              "\"state\":{\"waiting\":{\"reason\":\"CrashLoopBackOff\",\"message\":\"back-off 10s\"}},"
              "\"lastState\":{\"terminated\":{\"exitCode\":3,\"reason\":\"Error\",\"message\":\"no such file\\n\"}}")),
      "CrashLoopBackOff",
      "CrashLoopBackOff: back-off 10s; before that, Error: the container ended with exit code 3: no such file" },
    { DEPLOYMENT(""),
      POD("", CONTAINER("\"state\":{\"terminated\":{\"exitCode\":137,\"reason\":\"OOMKilled\"}}")),
      "OOMKilled", "OOMKilled: the container ended with exit code 137" },
    { DEPLOYMENT(""),
      POD("", CONTAINER("\"state\":{\"terminated\":{\"exitCode\":0,\"reason\":\"Completed\"}}")), "Completed",
      "Completed: the container ended with exit code 0" },
    { DEPLOYMENT(""), POD("", CONTAINER("\"state\":{\"terminated\":{\"exitCode\":1}}")), "Error",
      "Error: the container ended with exit code 1" },
    /* it runs again: what was before is over */
    { DEPLOYMENT(""),
      POD("", CONTAINER("\"state\":{\"running\":{}},\"lastState\":{\"terminated\":{\"exitCode\":1}}")), NULL,
      "" },
};

START_TEST(trouble_has_a_word_and_the_servers_own_words)
{
    struct k7i_deployment d = deployment(troubles[_i].deployment);
    struct k7i_pod p = { 0 };
    const struct k7i_pod *given = NULL;
    struct k7i_buf text;

    if (troubles[_i].pod) {
        p = pod(troubles[_i].pod);
        given = &p;
    }
    k7i_buf_init(&text, 4096);
    const char *reason = k7i_trouble(&d, given, &text);
    ck_assert_pstr_eq(reason, troubles[_i].reason);
    ck_assert_str_eq(text.data, troubles[_i].text);
    ck_assert_pstr_eq(k7i_trouble(&d, given, NULL), troubles[_i].reason);
    k7i_buf_clear(&text);
}
END_TEST

START_TEST(words_without_end_are_cut_at_a_character)
{
    struct k7i_deployment d = deployment(DEPLOYMENT(""));
    struct k7i_pod p = { .waiting_reason = "R" };
    struct k7i_buf text;
    char words[3001];

    for (size_t i = 0; i < 3000; i += 2)
        memcpy(words + i, "\xC3\xA9", 2);
    words[3000] = '\0';
    for (int shift = 0; shift < 2; shift++) {
        p.waiting_message = words + shift * 2;
        words[shift * 2] = shift ? 'x' : words[0];
        k7i_buf_init(&text, 4096);
        k7i_trouble(&d, &p, &text);
        ck_assert_uint_gt(text.len, 1000);
        ck_assert_uint_lt(text.len, 1100);
        ck_assert_str_eq(text.data + text.len - 3, "…");
        ck_assert_int_eq(text.failed, 0);
        k7i_buf_clear(&text);
    }
}
END_TEST

/* ---- as K7 shows it ---- */

static k7_sandbox *show(const struct k7i_deployment *d, const struct k7i_pod *p)
{
    k7_sandbox *sandbox;

    ck_assert_int_eq(k7i_record_to_sandbox(d, p, 1795318500 + 90061, &sandbox, NULL), 0);
    return sandbox;
}

static void shows(k7_sandbox *sandbox, const char *expected)
{
    char *text;

    ck_assert_int_eq(k7_sandbox_to_json(sandbox, &text, NULL), 0);
    ck_assert_str_eq(text, expected);
    k7i_free(text);
    k7_sandbox_unref(sandbox);
}

START_TEST(a_sandbox_is_shown_as_k7_shows_it)
{
    struct k7i_deployment d = deployment(DEPLOYMENT(""));
    struct k7i_pod p = pod(POD(
        "",
        ",\"spec\":{\"nodeName\":\"n1\",\"containers\":[{\"image\":\"i\"}]},\"status\":{\"phase\":\"Running\","
        "\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}],\"containerStatuses\":[{\"restartCount\":2}]}"));
    k7_sandbox *sandbox = show(&d, &p);

    ck_assert_str_eq(k7_sandbox_get_uid(sandbox), "u-1");
    ck_assert_int_eq(k7_sandbox_get_created_unix(sandbox), 1795318491);
    shows(
        sandbox,
        "{\"name\":\"web\",\"namespace\":\"demo\",\"status\":\"Running\",\"ready\":\"True\",\"restarts\":2,"
        "\"age\":\"1 day, 1:01:01\",\"image\":\"i\",\"error_message\":\"\",\"backend\":\"k7d\",\"node\":\"n1\"}");
}
END_TEST

START_TEST(without_a_pod_it_says_what_k7_says)
{
    static const char none[] =
        "{\"name\":\"web\",\"namespace\":\"demo\",\"status\":\"No Pods\",\"ready\":\"False\",\"restarts\":0,\"age\":\"Unknown\","
        "\"image\":\"Unknown\",\"error_message\":\"\",\"backend\":\"unknown\",\"node\":\"\"}";
    struct k7i_deployment d = deployment(DEPLOYMENT(""));
    struct k7i_pod going = pod(POD(",\"deletionTimestamp\":\"x\"", CONTAINER("\"state\":{\"running\":{}}"))),
                   blank = { 0 };

    d.meta.backend = NULL;
    shows(show(&d, NULL), none);
    /* K7 passes over pods that are going */
    shows(
        show(&d, &going),
        "{\"name\":\"web\",\"namespace\":\"demo\",\"status\":\"No Pods\",\"ready\":\"False\",\"restarts\":0,\"age\":\"Unknown\","
        "\"image\":\"Unknown\",\"error_message\":\"Terminating: the pod is being deleted\",\"reason\":\"Terminating\","
        "\"backend\":\"unknown\",\"node\":\"\"}");
    blank.meta.created_unix = -1;
    shows(
        show(&d, &blank),
        "{\"name\":\"web\",\"namespace\":\"demo\",\"status\":\"Unknown\",\"ready\":\"False\",\"restarts\":0,\"age\":\"Unknown\","
        "\"image\":\"Unknown\",\"error_message\":\"\",\"backend\":\"unknown\",\"node\":\"\"}");
}
END_TEST

static int make(void *user)
{
    const struct k7i_deployment *d = user;
    const struct k7i_pod waiting = { .waiting_reason = "CrashLoopBackOff", .waiting_message = "back-off" };
    k7_sandbox *sandbox;
    int code = k7i_record_to_sandbox(d, &waiting, 0, &sandbox, NULL);

    ck_assert_int_eq(code == 0, sandbox != NULL);
    k7_sandbox_unref(sandbox);
    return code;
}

START_TEST(survives_a_lack_of_memory)
{
    struct k7i_deployment d = deployment(DEPLOYMENT(""));

    starve_each(make, &d);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transport/kubernetes record");
    TCase *tests = tcase_create("record");

    tcase_add_checked_fixture(tests, NULL, forget);
    tcase_add_test(tests, reads_a_deployment);
    tcase_add_test(tests, reads_a_pod);
    tcase_add_loop_test(tests, what_is_not_there_is_not_said, 0, sizeof odd / sizeof odd[0]);
    tcase_add_loop_test(tests, a_sandbox_is_recognised, 0, sizeof recognised / sizeof recognised[0]);
    tcase_add_test(tests, a_pod_belongs_by_label_and_owner);
    tcase_add_test(tests, the_better_pod_is_shown);
    tcase_add_loop_test(tests, trouble_has_a_word_and_the_servers_own_words, 0,
                        sizeof troubles / sizeof troubles[0]);
    tcase_add_test(tests, words_without_end_are_cut_at_a_character);
    tcase_add_test(tests, a_sandbox_is_shown_as_k7_shows_it);
    tcase_add_test(tests, without_a_pod_it_says_what_k7_says);
    tcase_add_test(tests, survives_a_lack_of_memory);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
