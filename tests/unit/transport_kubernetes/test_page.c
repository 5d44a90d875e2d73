/* test_page.c: lists as an API server writes them (data/: recorded by tests/kubernetes/record_lists), taken apart and read in both encodings. */
#include "transport/kubernetes/collection.h"
#include "transport/kubernetes/page.h"
#include "transport/kubernetes/record_protobuf.h"

#include "../starve.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

/* ---- what was read, as text ---- */

struct told {
    enum k7i_kind kind;
    struct k7i_buf text;
    int count;
};

static void tell(struct told *told, const char *name, const char *text)
{
    if (text)
        k7i_buf_printf(&told->text, " %s='%s'", name, text);
}

static void tell_metadata(struct told *told, const struct k7i_metadata *meta)
{
    tell(told, "name", meta->name);
    tell(told, "namespace", meta->namespace_);
    tell(told, "uid", meta->uid);
    tell(told, "app", meta->app);
    tell(told, "runtime", meta->runtime);
    tell(told, "sandbox", meta->sandbox);
    tell(told, "hash", meta->template_hash);
    tell(told, "backend", meta->backend);
    tell(told, "create-id", meta->create_id);
    tell(told, "controller-kind", meta->controller_kind);
    tell(told, "controller", meta->controller);
    tell(told, "version", meta->resource_version);
    k7i_buf_printf(&told->text, " created=%lld deleting=%d", (long long)meta->created_unix,
                   meta->is_deleting);
}

static void tell_deployment(struct told *told, const struct k7i_deployment *deployment)
{
    tell_metadata(told, &deployment->meta);
    tell(told, "class", deployment->runtime_class);
    tell(told, "image", deployment->image);
    tell(told, "secret", deployment->env_secret);
    k7i_buf_printf(&told->text, " replicas=%lld made=%lld", (long long)deployment->replicas,
                   (long long)deployment->made_replicas);
    tell(told, "failure", deployment->failure_reason);
    tell(told, "failure-message", deployment->failure_message);
}

static void tell_pod(struct told *told, const struct k7i_pod *pod)
{
    tell_metadata(told, &pod->meta);
    tell(told, "node", pod->node);
    tell(told, "image", pod->image);
    tell(told, "phase", pod->phase);
    tell(told, "phase-reason", pod->phase_reason);
    tell(told, "phase-message", pod->phase_message);
    tell(told, "unscheduled", pod->unscheduled_reason);
    tell(told, "unscheduled-message", pod->unscheduled_message);
    tell(told, "waiting", pod->waiting_reason);
    tell(told, "waiting-message", pod->waiting_message);
    tell(told, "ended", pod->ended_reason);
    tell(told, "ended-message", pod->ended_message);
    k7i_buf_printf(&told->text, " ready=%d restarts=%lld ended=%d now=%d exit=%lld", pod->is_ready,
                   (long long)pod->restarts, pod->has_ended, pod->is_ended_now, (long long)pod->exit_code);
}

static int take(void *user, const void *record)
{
    struct told *told = user;

    told->count++;
    if (told->kind == K7I_KIND_POD)
        tell_pod(told, record);
    else
        tell_deployment(told, record);
    k7i_buf_char(&told->text, '\n');
    return told->text.failed;
}

/* ---- reading ---- */

static struct k7i_page page;
static struct told told;

static void open_page(void)
{
    k7i_buf_init(&told.text, 1 << 20);
}

static void close_page(void)
{
    k7i_page_clear(&page);
    k7i_buf_clear(&told.text);
    page = (struct k7i_page){ 0 };
}

/* In pieces of this size; the result of the first that fails, or of the end. */
static int read_pieces(enum k7i_kind kind, const char *data, size_t len, size_t size)
{
    int code = 0;

    told.kind = kind;
    told.count = 0;
    k7i_buf_reset(&told.text);
    k7i_page_begin(&page, kind, take, &told);
    for (size_t at = 0; at < len && !code; at += size) {
        size_t n = len - at < size ? len - at : size;
        char *piece = malloc(n); /* exactly as large, for the sanitizers */

        memcpy(piece, data + at, n);
        code = k7i_page_add(&page, piece, n);
        free(piece);
    }
    return code ? code : k7i_page_end(&page);
}

static char recorded_text[2][131072];

static size_t recorded(int which, const char *name, const char *ending)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s.%s", DATA_DIR, name, ending);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    size_t len = fread(recorded_text[which], 1, sizeof recorded_text[which] - 1, file);
    fclose(file);
    recorded_text[which][len] = '\0';
    return len;
}

static const struct {
    const char *name;
    enum k7i_kind kind;
    int count, has_more;
} lists[] = { { "deployments", K7I_KIND_DEPLOYMENT, 17, 0 },
              { "deployments-first", K7I_KIND_DEPLOYMENT, 3, 1 },
              { "pods", K7I_KIND_POD, 12, 0 },
              { "none", K7I_KIND_POD, 0, 0 } };
enum { LISTS = sizeof lists / sizeof lists[0] };

START_TEST(both_encodings_say_the_same)
{
    size_t protobuf_len = recorded(0, lists[_i].name, "pb"), json_len = recorded(1, lists[_i].name, "json");

    ck_assert_int_eq(read_pieces(lists[_i].kind, recorded_text[0], protobuf_len, protobuf_len), 0);
    ck_assert_int_eq(told.count, lists[_i].count);
    ck_assert_int_eq(page.next.len > 0, lists[_i].has_more);
    char *text = strdup(told.text.data), *next = strdup(page.next.data);
    ck_assert_int_eq(read_pieces(lists[_i].kind, recorded_text[1], json_len, json_len), 0);
    ck_assert_str_eq(told.text.data, text);
    ck_assert_str_eq(page.next.data, next);
    free(text);
    free(next);
}
END_TEST

/* The states that the recording script makes are seen: what one reader misses the other may miss as well. */
START_TEST(every_state_is_seen)
{
    static const char *const words[] = {
        "name='ready'",
        "namespace='demo'",
        "backend='k7d'",
        "create-id='0123456789abcdef'",
        "class='kata'",
        "image='localhost/k7-busybox:1'",
        "secret='ready-env'",
        "replicas=0",
        "deleting=1",
        "failure='FailedCreate'",
        "failure-message='pods \"refused-5d-\" is forbidden: exceeded quota: q'",
        "runtime='runc'",
    };
    static const char *const pod_words[] = {
        "ready=1 restarts=0",
        "node='node1'",
        "waiting='CrashLoopBackOff'",
        "waiting-message='back-off 5m0s restarting failed container=sandbox'",
        "restarts=7 ended=1 now=0 exit=3",
        "ended='Error' ended-message='sh: é…: not found\n'",
        "waiting='ImagePullBackOff'",
        "waiting='ContainerCreating' ready=0",
        "ended='OOMKilled' ready=0 restarts=3 ended=1 now=1 exit=137",
        "phase='Failed' phase-reason='Evicted'",
        "unscheduled='Unschedulable'",
        "unscheduled-message='0/1 nodes are available: 1 Insufficient cpu.'",
        "deleting=1",
        "hash='5d'",
        "controller-kind='ReplicaSet' controller='ready-5d'",
        "controller-kind='Job'",
        "image='localhost/first:1'",
    };

    size_t len = recorded(0, "deployments", "pb");
    ck_assert_int_eq(read_pieces(K7I_KIND_DEPLOYMENT, recorded_text[0], len, len), 0);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        ck_assert_msg(strstr(told.text.data, words[i]) != NULL, "%s is not in\n%s", words[i], told.text.data);
    ck_assert_ptr_null(strstr(told.text.data, "app='no label'"));
    len = recorded(0, "pods", "pb");
    ck_assert_int_eq(read_pieces(K7I_KIND_POD, recorded_text[0], len, len), 0);
    for (size_t i = 0; i < sizeof pod_words / sizeof pod_words[0]; i++)
        ck_assert_msg(strstr(told.text.data, pod_words[i]) != NULL, "%s is not in\n%s", pod_words[i],
                      told.text.data);
}
END_TEST

static const char *const endings[] = { "pb", "json" };

START_TEST(a_list_may_be_cut_anywhere)
{
    const char *name = lists[_i % LISTS].name, *ending = endings[_i / LISTS];
    enum k7i_kind kind = lists[_i % LISTS].kind;
    size_t len = recorded(0, name, ending);

    ck_assert_int_eq(read_pieces(kind, recorded_text[0], len, len), 0);
    char *whole = strdup(told.text.data);
    for (size_t size = 1; size < 40; size++) {
        ck_assert_int_eq(read_pieces(kind, recorded_text[0], len, size), 0);
        ck_assert_str_eq(told.text.data, whole);
    }
    free(whole);
}
END_TEST

/* A beginning is never taken for the whole. What follows the list says nothing: two empty fields in protobuf, the end of the line in JSON. */
START_TEST(a_list_that_ends_early_is_refused)
{
    size_t len = recorded(0, "deployments-first", endings[_i]);

    for (size_t end = 0; end < len; end++) {
        int code = read_pieces(K7I_KIND_DEPLOYMENT, recorded_text[0], end, len);

        ck_assert_msg(code == K7_ERR_PROTOCOL || (end >= len - (_i == 0 ? 4 : 1) && told.count == 3),
                      "%zu of %zu: %d", end, len, code);
    }
}
END_TEST

/* One byte at a time becomes another: an answer or a refusal, and no byte outside is touched (the sanitizers look). */
START_TEST(a_damaged_list_does_no_harm)
{
    size_t len = recorded(0, "deployments-first", endings[_i]), refused = 0;

    for (size_t i = 0; i < len; i++) {
        char byte = recorded_text[0][i];

        recorded_text[0][i] = (char)(byte ^ (1 << (i % 8)));
        int code = read_pieces(K7I_KIND_DEPLOYMENT, recorded_text[0], len, len);
        ck_assert_msg(code == 0 || code == K7_ERR_PROTOCOL || code == K7_ERR_LIMIT, "%zu: %d", i, code);
        refused += code != 0;
        recorded_text[0][i] = byte;
    }
    ck_assert_uint_gt(refused, 0);
}
END_TEST

/* ---- what no API server writes ---- */

static const struct {
    const char *text;
    int code, count;
} json[] = {
    { "{\"kind\":\"PodList\",\"items\":[]}", 0, 0 },
    { " {\r\n\t\"items\" : [ {} , {\"a\":[\"]}\\\"\\\\\"]} ] , \"kind\" : \"PodList\" } \n", 0, 2 },
    { "{\"kind\":\"PodList\",\"items\":null}", 0, 0 },
    { "{\"kind\":\"PodList\",\"a\":{\"items\":[1]},\"a_key_that_is_longer_than_any_known_one\":1,\"items\":[{}]}",
      0, 1 },
    { "{\"kind\":\"PodList\",\"it\\\"ems\":[7],\"items\":[{}]}", 0, 1 },
    { "{\"kind\":\"DeploymentList\",\"items\":[]}", K7_ERR_PROTOCOL, 0 },
    { "{\"items\":[]}", K7_ERR_PROTOCOL, 0 },
    { "{\"kind\":7,\"items\":[]}", K7_ERR_PROTOCOL, 0 },
    { "{\"kind\":\"Status\",\"status\":\"Failure\"}", K7_ERR_PROTOCOL, 0 },
    { "{\"kind\":\"PodList\",\"items\":[{},]}", K7_ERR_PROTOCOL, 1 },
    { "{\"kind\":\"PodList\",\"items\":[,]}", K7_ERR_PROTOCOL, 0 },
    { "{\"kind\":\"PodList\",\"items\":[{}{}]}", K7_ERR_PROTOCOL, 0 },
    { "{\"kind\":\"PodList\",\"items\":[{} {}]}", K7_ERR_PROTOCOL, 1 },
    { "{\"kind\":\"PodList\",\"items\":[{}}", K7_ERR_PROTOCOL, 1 },
    { "{\"kind\":\"PodList\",\"items\":[{]]}", K7_ERR_PROTOCOL, 0 },
    { "{\"kind\":\"PodList\",\"items\":[{\"a\":NaN}]}", K7_ERR_PROTOCOL, 0 },
    { "{\"kind\":\"PodList\",\"items\":[{\"metadata\":{\"name\":\"a\\u0000\"}}]}", K7_ERR_PROTOCOL, 0 },
    { "{\"kind\":\"PodList\",\"items\":[{\"metadata\":{\"name\":\"\xff\"}}]}", K7_ERR_PROTOCOL, 0 },
    { "{\"kind\":\"PodList\",\"metadata\":{\"continue\":\"a\",},\"items\":[]}", K7_ERR_PROTOCOL, 0 },
    { "{\"kind\":\"PodList\",\"items\":[]},", K7_ERR_PROTOCOL, 0 },
    { "{\"kind\":\"PodList\",\"items\":[]}{", K7_ERR_PROTOCOL, 0 },
    { "{\"kind\":\"PodList\",\"a\":,\"items\":[]}", K7_ERR_PROTOCOL, 0 },
    { "{\"kind\":\"PodList\",\"a\" 1}", K7_ERR_PROTOCOL, 0 },
    { "{\"kind\":\"PodList\",}", K7_ERR_PROTOCOL, 0 },
    { "{\"kind\":\"PodList\" \"items\":[]}", K7_ERR_PROTOCOL, 0 },
    { "{,}", K7_ERR_PROTOCOL, 0 },
    { "[]", K7_ERR_PROTOCOL, 0 },
    { "", K7_ERR_PROTOCOL, 0 },
    { "<!DOCTYPE html><title>Welcome to nginx</title>", K7_ERR_PROTOCOL, 0 },
    { "kind: PodList", K7_ERR_PROTOCOL, 0 },
};

START_TEST(json_that_is_no_list_of_pods_is_refused)
{
    size_t len = strlen(json[_i].text);

    for (size_t size = 1; size <= len + 1; size++) {
        int code = read_pieces(K7I_KIND_POD, json[_i].text, len, size);

        ck_assert_msg(code == json[_i].code && told.count == json[_i].count, "%s: %d, %d", json[_i].text,
                      code, told.count);
    }
}
END_TEST

#define HEAD        "k8s\0\x0a\x09\x12\x07PodList" /* the envelope's type */
#define BYTES(text) text, sizeof text - 1

static const struct {
    const char *data;
    size_t len;
    int code, count;
} protobuf[] = {
    { BYTES(HEAD "\x12\x00"), 0, 0 },
    { BYTES("k8s\0\x12\x00\x0a\x09\x12\x07PodList"), 0, 0 },   /* the type behind the list */
    { BYTES(HEAD "\x12\x02\x12\x00"), 0, 1 },                  /* a pod of which nothing is said */
    { BYTES(HEAD "\x12\x07\x12\x05\x0a\x03\x0a\x01x"), 0, 1 }, /* it has a name */
    { BYTES(HEAD "\x12\x06\x12\x04\x0a\x02\x0a\x00"), 0, 1 },  /* an empty one */
    { BYTES(HEAD "\x12\x06\x12\x04\x0a\x02\x08\x05"), K7_ERR_PROTOCOL, 0 }, /* it is a number */
    { BYTES(HEAD "\x12\x07\x12\x05\x0a\x03\x0a\x01\xff"), K7_ERR_PROTOCOL, 0 },
    { BYTES(HEAD "\x12\x07\x12\x05\x0a\x03\x0a\x01\x00"), K7_ERR_PROTOCOL, 0 },
    { BYTES(HEAD "\x12\x07\x12\x05\x0a\x03\x0a\x02x"), K7_ERR_PROTOCOL, 0 }, /* longer than what it is in */
    { BYTES(HEAD "\x12\x05\x12\x03\x0a\x01\x5d"), K7_ERR_PROTOCOL, 0 }, /* labels as a 32-bit number, cut */
    { BYTES(HEAD "\x12\x06\x12\x04\x0a\x02\x58\x01"), K7_ERR_PROTOCOL, 0 }, /* labels as a number */
    { BYTES(HEAD "\x12\x02\x12\x01"), K7_ERR_PROTOCOL, 0 },                 /* longer than the list */
    { BYTES(HEAD "\x12\x02\x12\x02\x12\x00"), K7_ERR_PROTOCOL, 0 },
    { BYTES(HEAD "\x12\x01\x12"), K7_ERR_PROTOCOL, 0 }, /* the list ends within a field */
    { BYTES(HEAD "\x12\x02\x12\x80"), K7_ERR_PROTOCOL, 0 },
    { BYTES(HEAD "\x12\x00\x12\x00"), K7_ERR_PROTOCOL, 0 }, /* two lists */
    { BYTES(HEAD "\x12\x05\x12\x00\x18\x80\x01"), 0, 1 },   /* unknown fields are passed over */
    { BYTES(HEAD "\x12\x07\x1d\x01\x02\x03\x04\x12\x00"), 0, 1 },
    { BYTES(HEAD "\x12\x0b\x19\x01\x02\x03\x04\x05\x06\x07\x08\x12\x00"), 0, 1 },
    { BYTES(HEAD "\x12\x05\x1a\x01x\x12\x00"), 0, 1 },
    { BYTES(HEAD "\x12\x02\x1b\x1c"), K7_ERR_PROTOCOL, 0 }, /* a group */
    { BYTES(HEAD "\x12\x01\x00"), K7_ERR_PROTOCOL, 0 },     /* field 0 */
    { BYTES(HEAD "\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x12\x00"), 0, 0 },
    { BYTES(HEAD "\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02\x12\x00"), K7_ERR_PROTOCOL, 0 },
    { BYTES(HEAD "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x12\x00"), K7_ERR_PROTOCOL, 1 },
    { BYTES(HEAD "\x12\xff\xff\xff\xff\xff\x01\x12\xff\xff\xff\xff\x0f"), K7_ERR_LIMIT, 0 }, /* 4 GB */
    { BYTES(HEAD), K7_ERR_PROTOCOL, 0 },
    { BYTES("k8s\0\x0a\x10\x12\x0e"
            "DeploymentList\x12\x00"),
      K7_ERR_PROTOCOL, 0 },
    { BYTES("k8s\0\x12\x00"), K7_ERR_PROTOCOL, 0 },
    { BYTES("k8s1\x12\x00"), K7_ERR_PROTOCOL, 0 },
    { BYTES("k"), K7_ERR_PROTOCOL, 0 },
};

START_TEST(protobuf_that_is_no_list_of_pods_is_refused)
{
    for (size_t size = 1; size <= protobuf[_i].len; size++) {
        int code = read_pieces(K7I_KIND_POD, protobuf[_i].data, protobuf[_i].len, size);

        ck_assert_msg(code == protobuf[_i].code && told.count == protobuf[_i].count, "row %d: %d, %d", _i,
                      code, told.count);
    }
}
END_TEST

START_TEST(an_object_without_end_is_refused)
{
    static const char begin[] = "{\"kind\":\"PodList\",\"items\":[\"";
    char many[65536];
    int code;

    memset(many, 'x', sizeof many);
    ck_assert_int_eq(read_pieces(K7I_KIND_POD, begin, sizeof begin - 1, 100), K7_ERR_PROTOCOL); /* not over */
    for (int i = 0; (code = k7i_page_add(&page, many, sizeof many)) == 0; i++)
        ck_assert_int_lt(i, 1000);
    ck_assert_int_eq(code, K7_ERR_LIMIT);
    /* but what is not needed may be as long as it likes */
    static const char other[] = "{\"kind\":\"PodList\",\"other\":\"";
    ck_assert_int_eq(read_pieces(K7I_KIND_POD, other, sizeof other - 1, 100), K7_ERR_PROTOCOL);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(k7i_page_add(&page, many, sizeof many), 0);
    ck_assert_int_eq(k7i_page_add(&page, "\"}", 2), 0);
    ck_assert_int_eq(k7i_page_end(&page), 0);
}
END_TEST

START_TEST(a_token_without_end_is_refused)
{
    struct k7i_buf text;

    k7i_buf_init(&text, 100000);
    k7i_buf_text(&text, "{\"kind\":\"PodList\",\"metadata\":{\"continue\":\"");
    for (int i = 0; i < K7I_CONTINUE_LIMIT + 1; i++)
        k7i_buf_char(&text, 'x');
    k7i_buf_text(&text, "\"},\"items\":[]}");
    ck_assert_int_eq(read_pieces(K7I_KIND_POD, text.data, text.len, text.len), K7_ERR_LIMIT);
    k7i_buf_clear(&text);
}
END_TEST

/* ---- refusals ---- */

START_TEST(a_refusal_says_the_same_in_both_encodings)
{
    static const struct {
        const char *name, *reason, *message, *causes;
    } rows[] = { { "status-404", "NotFound", "deployments.apps \"nothing\" not found", "" },
                 { "status-403", "Forbidden", "cannot list resource", "" },
                 { "status-422", "Invalid",
                   "Deployment.apps \"Wrong_\" is invalid: [metadata.name: Invalid value",
                   "spec.template.spec.containers: Required value" } };
    struct k7i_status status[2];

    for (int i = 0; i < 2; i++) {
        const struct k7i_response response = { .body_len = recorded(i, rows[_i].name, endings[i]),
                                               .body = recorded_text[i] };

        memset(&status[i], 0, sizeof status[i]);
        ck_assert_int_eq(k7i_status_read(&response, &status[i]), 0);
    }
    ck_assert_str_eq(status[0].reason, rows[_i].reason);
    ck_assert_ptr_nonnull(strstr(status[0].message, rows[_i].message));
    ck_assert_ptr_nonnull(strstr(status[0].causes, rows[_i].causes));
    ck_assert_str_eq(status[0].reason, status[1].reason);
    ck_assert_str_eq(status[0].message, status[1].message);
    ck_assert_str_eq(status[0].causes, status[1].causes);
    ck_assert_int_eq(status[0].retry_after_ms, -1);
    ck_assert_int_eq(status[1].retry_after_ms, -1);
}
END_TEST

START_TEST(a_refusal_in_protobuf_may_be_anything)
{
    static const struct {
        const char *data;
        size_t len;
        int code;
        int64_t retry_after_ms;
    } rows[] = {
        { BYTES("k8s\0\x0a\x08\x12\x06Status\x12\x04\x2a\x02\x28\x07"), 0, 7000 },
        { BYTES("k8s\0\x0a\x08\x12\x06Status"), 0, -1 },
        { BYTES("k8s\0\x0a\x08\x12\x06Statux"), -1, -1 },
        { BYTES("k8s\0\x0a\x08\x12\x06Status\x12\x03\x1a\x01\xff"), -1, -1 },
        { BYTES("k8s\0"), -1, -1 },
        { BYTES("k8s"), -1, -1 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct k7i_response response = { .body = rows[i].data, .body_len = rows[i].len };
        struct k7i_status status;

        ck_assert_msg(k7i_status_read(&response, &status) == rows[i].code, "row %zu", i);
        ck_assert_int_eq(status.retry_after_ms, rows[i].retry_after_ms);
    }
}
END_TEST

/* ---- joining, and lack of memory ---- */

static int gather(void *user, const void *record)
{
    struct k7i_collection *collection = user;

    if (page.kind == K7I_KIND_POD)
        return ((const struct k7i_pod *)record)->meta.sandbox ? k7i_collection_add_pod(collection, record)
                                                              : 0;
    return k7i_deployment_is_sandbox(record) ? k7i_collection_add_deployment(collection, record) : 0;
}

static int join(k7_sandboxes **ret_list, const char *ending)
{
    static size_t len[2];
    struct k7i_collection found[2] = { { 0 } };
    static const enum k7i_kind kinds[] = { K7I_KIND_DEPLOYMENT, K7I_KIND_POD };
    int code = 0;

    *ret_list = NULL;
    for (int i = 0; i < 2 && !code; i++) {
        if (starve_left == SIZE_MAX)
            len[i] = recorded(i, i ? "pods" : "deployments", ending);
        k7i_page_begin(&page, kinds[i], gather, &found[i]);
        code = k7i_page_add(&page, recorded_text[i], len[i]);
        if (!code)
            code = k7i_page_end(&page);
        k7i_collection_sort(&found[i], i);
    }
    if (!code)
        code = k7i_collection_join(&found[0], &found[1], 1795318491, ret_list, NULL);
    k7i_collection_clear(&found[0]);
    k7i_collection_clear(&found[1]);
    k7i_page_clear(&page);
    page = (struct k7i_page){ 0 };
    return code;
}

static const struct {
    const char *name, *status, *reason;
    int ready;
} shown[] = {
    { "by-class", "No Pods", NULL, 0 },
    { "crash", "Running", "CrashLoopBackOff", 0 },
    { "creating", "Pending", "ContainerCreating", 0 },
    { "ended", "Running", "OOMKilled", 0 },
    { "evicted", "Failed", "Evicted", 0 },
    { "going", "No Pods", "Terminating", 0 },
    { "not-ready", "Running", NULL, 0 },
    { "of-others", "No Pods", NULL, 0 },
    { "other-runtime", NULL, NULL, 0 },
    { "paused", "No Pods", "Paused", 0 },
    { "podless", "No Pods", NULL, 0 },
    { "pull", "Pending", "ImagePullBackOff", 0 },
    { "ready", "Running", NULL, 1 },
    { "refused", "No Pods", "FailedCreate", 0 },
    { "replaced", "Running", NULL, 0 },
    { "unscheduled", "Pending", "Unschedulable", 0 },
};

START_TEST(sandboxes_are_joined_and_sorted)
{
    k7_sandboxes *list;
    size_t at = 0;

    ck_assert_int_eq(join(&list, endings[_i]), 0);
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        if (!shown[i].status)
            continue; /* not a sandbox */
        const k7_sandbox *sandbox = k7_sandboxes_at(list, at++);

        ck_assert_pstr_eq(k7_sandbox_get_name(sandbox), shown[i].name);
        ck_assert_str_eq(k7_sandbox_get_status(sandbox), shown[i].status);
        ck_assert_pstr_eq(k7_sandbox_get_reason(sandbox), shown[i].reason);
        ck_assert_int_eq(k7_sandbox_is_ready(sandbox), shown[i].ready);
    }
    ck_assert_uint_eq(k7_sandboxes_count(list), at);
    k7_sandboxes_unref(list);
}
END_TEST

static int join_and_forget(void *user)
{
    k7_sandboxes *list;
    int code = join(&list, user);

    ck_assert_int_eq(code == 0, list != NULL);
    k7_sandboxes_unref(list);
    return code;
}

START_TEST(survives_a_lack_of_memory)
{
    k7_sandboxes *list;

    ck_assert_int_eq(join(&list, endings[_i]), 0); /* what is read is there now */
    k7_sandboxes_unref(list);
    starve_each(join_and_forget, (void *)(uintptr_t)endings[_i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transport/kubernetes page");
    TCase *tests = tcase_create("page");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, open_page, close_page);
    tcase_add_loop_test(tests, both_encodings_say_the_same, 0, LISTS);
    tcase_add_test(tests, every_state_is_seen);
    tcase_add_loop_test(tests, a_list_may_be_cut_anywhere, 0, LISTS * 2);
    tcase_add_loop_test(tests, a_list_that_ends_early_is_refused, 0, 2);
    tcase_add_loop_test(tests, a_damaged_list_does_no_harm, 0, 2);
    tcase_add_loop_test(tests, json_that_is_no_list_of_pods_is_refused, 0, sizeof json / sizeof json[0]);
    tcase_add_loop_test(tests, protobuf_that_is_no_list_of_pods_is_refused, 0,
                        sizeof protobuf / sizeof protobuf[0]);
    tcase_add_test(tests, an_object_without_end_is_refused);
    tcase_add_test(tests, a_token_without_end_is_refused);
    tcase_add_loop_test(tests, a_refusal_says_the_same_in_both_encodings, 0, 3);
    tcase_add_test(tests, a_refusal_in_protobuf_may_be_anything);
    tcase_add_loop_test(tests, sandboxes_are_joined_and_sorted, 0, 2);
    tcase_add_loop_test(tests, survives_a_lack_of_memory, 0, 2);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
