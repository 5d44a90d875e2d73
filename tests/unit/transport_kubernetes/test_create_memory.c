/* test_create_memory.c: a create with the n-th request for memory refused, for every n: K7_ERR_NO_MEMORY and nothing else; and no value of a variable in memory that was given
 * back. */
#include "../starve.h"

#include "create_fixture.h"

#define VALUE "a-value-that-is-a-secret"

static int code; /* of the scenario under way */

/* One step with the answer that it gets; steps after a failure do nothing. */
static void answer(const struct k7i_step *step, int status, const char *text)
{
    struct k7i_request sent;
    const struct k7i_response response = {
        .status = status, .body = text, .body_len = strlen(text), .retry_after_ms = -1
    };

    if (code)
        return;
    op->run->active = step;
    k7i_request_init(&sent);
    enum k7i_verdict verdict = step->begin(op, &sent);
    if (verdict == K7I_SEND) {
        code = k7i_request_failed(&sent);
        if (!code)
            verdict = step->chunk ? step->chunk(op, text, strlen(text)) : step->reply(op, &response);
    }
    k7i_request_clear(&sent);
    if (!code && op->error)
        code = k7_error_get_code(op->error);
    ck_assert_int_eq(verdict == K7I_FAIL, op->error != NULL);
}

#define MADE "{\"metadata\":{\"uid\":\"" UID "\"}}"
#define DEPLOYMENT_EVENT                                                                                     \
    "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"uid\":\"" UID "\"},\"status\":{\"replicas\":1}}}\n"
#define POD_EVENT                                                                                            \
    "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"demo-1-a\",\"annotations\":"                   \
    "{\"k7.katakate.org/create-id\":\"" CREATE_ID "\"}},\"spec\":{\"containers\":[{\"image\":\"a\"}]},"      \
    "\"status\":{\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}}\n"
#define NODE                                                                                                 \
    "{\"spec\":{\"taints\":[{\"key\":\"k7.katakate.org/tenant\",\"value\":\"t\",\"effect\":\"NoSchedule\"}]}}"

static int create(void *user)
{
    const struct k7i_args args = { .spec = spec, .namespace_ = "team-a", .name = "demo" };
    k7_error *error = NULL;

    (void)user;
    kubernetes.profile = K7I_PROFILE_UNKNOWN;
    op = NULL;
    if (k7i_op_new(&k7i_kubernetes_create_plan, &kubernetes, &op, &error) == 0) {
        op->run->loop = loop;
        op->run->mode = K7I_MODE_FORWARD;
        op->run->deadline_ms = INT64_MAX;
        op->plan->prepare(op, &args, &error);
    }
    code = k7_error_get_code(error);
    k7_error_unref(error);
    if (!code)
        memcpy(((struct k7i_kube_create *)op->state)->create_id, CREATE_ID, sizeof CREATE_ID);
    static const struct {
        const char *step, *text;
        int status;
    } rows[] = {
        { "profile", "{\"items\":[{}]}", 200 },
        { "node", NODE, 200 },
        { "ingress policy", MADE, 201 },
        { "secret", MADE, 201 },
        { "deployment", MADE, 201 },
        { "replica", DEPLOYMENT_EVENT, 200 },
        { "ready", POD_EVENT, 200 },
        { "lock egress", MADE, 201 },
    };
    for (size_t i = 0; !code && i < sizeof rows / sizeof rows[0]; i++)
        answer(step_called(rows[i].step), rows[i].status, rows[i].text);
    if (!code)
        answer(step_called("secret")->settle, 200, MADE);
    k7i_op_free(op);
    op = NULL;
    return code;
}

START_TEST(every_refusal_of_memory_is_told)
{
    create_of("\"env\":{\"A\":\"" VALUE
              "\"},\"before_script\":\"echo $A\",\"egress_whitelist\":[\"10.0.0.0/8\"],"
              "\"ingress_ports\":[80],\"ingress_from\":[\"sandbox:web\"],\"node_name\":\"node1\","
              "\"limits\":{\"memory\":\"1Gi\"},\"cap_add\":[\"KILL\"]",
              K7I_PROFILE_UNKNOWN);
    k7i_op_free(op);
    starve_secret = VALUE;
    starve_leaks = 0;
    starve_each(create, NULL);
    ck_assert_int_eq(starve_leaks, 0);
    starve_secret = NULL;
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("memory");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, every_refusal_of_memory_is_told);
    return run_case("transport_kubernetes/create_memory", tests);
}
