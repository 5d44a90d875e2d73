/* test_proxy.c: the proxy of the other tests does what it says. */
#include "fixture.h"
#include "proxy.h"

#include <curl/curl.h>

static struct proxy *proxy;
static char url[64];

struct answer {
    CURLcode code;
    long status;
    char text[65536];
    size_t len;
    int only_one; /* ends the transfer after the first part */
};

static size_t collect(char *data, size_t size, size_t count, void *user)
{
    struct answer *answer = user;

    ck_assert_uint_lt(answer->len + size * count, sizeof answer->text);
    memcpy(answer->text + answer->len, data, size * count);
    answer->len += size * count;
    return answer->only_one ? 0 : size * count;
}

/* A request of its own connection; timeout_ms: how long the client stays, 0: for as long as it takes. */
static struct answer *ask(const char *method, const char *path, const char *body, long timeout_ms)
{
    static struct answer answer;
    CURL *easy = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    char full[1024];

    memset(&answer, 0, sizeof answer);
    answer.only_one = strstr(path, "watch=1") != NULL;
    snprintf(full, sizeof full, "%s%s", url, path);
    curl_easy_setopt(easy, CURLOPT_URL, full);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
    if (body)
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    answer.code = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer.status);
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    return &answer;
}

static void start(void)
{
    char line[256];

    proxy = proxy_start();
    FILE *file = fopen(proxy_kubeconfig(proxy), "r");
    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file))
        if (strstr(line, "http://"))
            sscanf(strstr(line, "http://"), "%63[^\"]", url);
    fclose(file);
}

static void stop(void)
{
    proxy_stop(proxy);
}

static int secrets(void)
{
    int count;

    free(peer_objects(namespace_, &count));
    return count;
}

static char path[200];
static const char secret[] = "{\"metadata\":{\"name\":\"s\"}}";

static const char *secrets_path(void)
{
    snprintf(path, sizeof path, "/api/v1/namespaces/%s/secrets", namespace_);
    return path;
}

START_TEST(kubectl_works_through_it)
{
    const char *config = proxy_kubeconfig(proxy);

    kubectl("--kubeconfig %s create secret generic s --from-literal=a=b", config);
    ck_assert_str_eq(kubectl("--kubeconfig %s get secrets -o name", config), "secret/s");
    kubectl("--kubeconfig %s delete secret s --wait", config);
    ck_assert_int_eq(secrets(), 0);
    ck_assert_int_ge(proxy_requests(proxy), 3);
}
END_TEST

START_TEST(watches_flow)
{
    snprintf(path, sizeof path, "/api/v1/namespaces/%s/serviceaccounts?watch=1", namespace_);
    struct answer *answer = ask("GET", path, NULL, 0);
    assert_contains(answer->text, "\"type\":\"ADDED\"");
    ck_assert_int_eq(answer->status, 200);
}
END_TEST

/* What a client sees, and whether the request was executed. */
static const struct {
    enum proxy_act act;
    int is_answered;
    long status;
    int is_executed;
} acts[] = {
    { PROXY_FORWARD, 1, 201, 1 }, { PROXY_REFUSE, 0, 0, 0 }, { PROXY_CUT, 0, 0, 0 },
    { PROXY_429, 1, 429, 0 },     { PROXY_500, 1, 500, 0 },  { PROXY_503, 1, 503, 0 },
    { PROXY_403, 1, 403, 0 },     { PROXY_HANG, 0, 0, 0 },   { PROXY_LATE, 0, 0, 1 },
    { PROXY_DROP, 0, 0, 1 },      { PROXY_HALF, 0, 201, 1 },
};

START_TEST(each_act)
{
    int is_slow = acts[_i].act == PROXY_HANG || acts[_i].act == PROXY_LATE;

    ck_assert_int_eq(sizeof acts / sizeof acts[0], PROXY_ACTS);
    proxy_set_plan(proxy, &(struct proxy_plan){ .n = 2, .act = acts[_i].act });
    ck_assert_int_eq(ask("GET", secrets_path(), NULL, 0)->status, 200);
    struct answer *answer = ask("POST", secrets_path(), secret, is_slow ? 300 : 0);
    ck_assert_msg((answer->code == CURLE_OK) == acts[_i].is_answered, "%s: %s", proxy_act_name(acts[_i].act),
                  curl_easy_strerror(answer->code));
    ck_assert_int_eq(answer->status, acts[_i].status);
    if (is_slow) {
        ck_assert_int_eq(answer->code, CURLE_OPERATION_TIMEDOUT);
        proxy_await_late(proxy);
    }
    ck_assert_int_eq(secrets(), acts[_i].is_executed);
    ck_assert_int_eq(proxy_requests(proxy), 2);
    assert_contains(proxy_request(proxy, 1), "GET ");
    if (acts[_i].act != PROXY_REFUSE)
        assert_contains(proxy_request(proxy, 2), "POST ");
    ck_assert_int_eq(ask("GET", secrets_path(), NULL, 0)->status, 200); /* the one after it is as ever */
}
END_TEST

START_TEST(all_later_requests)
{
    proxy_set_plan(proxy, &(struct proxy_plan){ .n = 2, .act = PROXY_503, .and_later = 1 });
    ck_assert_int_eq(ask("GET", secrets_path(), NULL, 0)->status, 200);
    ck_assert_int_eq(ask("GET", secrets_path(), NULL, 0)->status, 503);
    ck_assert_int_eq(ask("GET", secrets_path(), NULL, 0)->status, 503);
}
END_TEST

START_TEST(a_request_fails_before_another_goes_wrong)
{
    proxy_set_plan(proxy, &(struct proxy_plan){ .n = 3, .act = PROXY_DROP, .fails = 1 });
    ck_assert_int_eq(ask("GET", secrets_path(), NULL, 0)->status, 403);
    ck_assert_int_eq(ask("GET", secrets_path(), NULL, 0)->status, 200);
    ck_assert_int_eq(ask("GET", secrets_path(), NULL, 0)->status, 0);
}
END_TEST

/* What has not come whole, was refused, or is the last, does not count. */
START_TEST(it_knows_what_its_client_was_told)
{
    static const struct {
        enum proxy_act act;
        int is_told;
    } rows[] = { { PROXY_FORWARD, 1 }, { PROXY_403, 0 }, { PROXY_DROP, 0 }, { PROXY_HALF, 0 } };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        proxy_set_plan(proxy, &(struct proxy_plan){ .n = 1, .act = rows[i].act });
        ask("GET", secrets_path(), NULL, 0);
        ck_assert_int_eq(proxy_has_told(proxy, "GET", "/secrets"), 0);
        ask("GET", "/api/v1/namespaces/default", NULL, 0);
        ck_assert_int_eq(proxy_has_told(proxy, "GET", "/secrets"), rows[i].is_told);
        ck_assert_int_eq(proxy_has_told(proxy, "DELETE", "/secrets"), 0);
        ck_assert_int_eq(proxy_has_told(proxy, "GET", "/pods"), 0);
    }
}
END_TEST

static int seen_before = -1, seen_after = -1;

static void before(void *unused)
{
    (void)unused;
    seen_before = secrets();
}

static void after(void *unused)
{
    (void)unused;
    seen_after = secrets();
}

START_TEST(a_test_is_told_before_and_after)
{
    proxy_set_plan(proxy, &(struct proxy_plan){ .n = 1, .before = before, .after = after });
    ck_assert_int_eq(ask("POST", secrets_path(), secret, 0)->status, 201);
    ck_assert_int_eq(seen_before, 0);
    ck_assert_int_eq(seen_after, 1);
}
END_TEST

static TCase *tests(void)
{
    TCase *tests = tcase_create("proxy");

    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_test(tests, kubectl_works_through_it);
    tcase_add_test(tests, watches_flow);
    tcase_add_loop_test(tests, each_act, 0, PROXY_ACTS);
    tcase_add_test(tests, all_later_requests);
    tcase_add_test(tests, a_request_fails_before_another_goes_wrong);
    tcase_add_test(tests, it_knows_what_its_client_was_told);
    tcase_add_test(tests, a_test_is_told_before_and_after);
    return tests;
}

int main(void)
{
    return run_suite("proxy", 0, tests);
}
