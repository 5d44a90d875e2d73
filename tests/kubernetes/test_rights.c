/* test_rights.c: examples/kubernetes/rbac.yaml is what each operation needs: with a role all works; without any one of its rights the error names that right, and nothing
 * was done by halves; or, where it is only of use now and then, the operation goes another way and tells. kubectl agrees about who may do what. */
#include "k7_objects.h"

#include <unistd.h>

/* ---- a user with a role of the manifest, less one right ---- */

static char folder[] = "/tmp/k7-rights-XXXXXX";

static k7_client *open_tester(const char *profile)
{
    k7_config *config = new_config();
    const char *token;
    char path[100];

    if (mkdtemp(folder) == NULL && access(folder, R_OK) != 0)
        ck_abort_msg("%s", folder);
    snprintf(path, sizeof path, "%s/config", folder);
    kubectl_try(&token, "create serviceaccount tester"); /* it may be there already */
    token = kubectl("create token tester");
    FILE *file = fopen(path, "w");
    fprintf(
        file,
        "{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}],"
        " clusters: [{name: c, cluster: {server: '%s', certificate-authority: '%s'}}], users: [{name: u, user: {token: %s}}]}\n",
        getenv("K7_TEST_CLUSTER_URL"), getenv("K7_TEST_CLUSTER_CA"), token);
    fclose(file);
    assert_ok(k7_config_set(config, "kubernetes.kubeconfig", path, &err));
    if (profile)
        assert_ok(k7_config_set(config, "kubernetes.profile", profile, &err));
    k7_client *opened = open_client(config);
    remove(path);
    return opened;
}

static void split(const char *resource, char *ret_plural, size_t size, const char **ret_group)
{
    const char *dot = strchr(resource, '.');

    snprintf(ret_plural, size, "%.*s", (int)(dot ? dot - resource : (long)strlen(resource)), resource);
    *ret_group = dot ? dot + 1 : "";
}

static int may(const char *verb, const char *resource)
{
    char plural[64], body[1024];
    const char *group;

    split(resource, plural, sizeof plural, &group);
    snprintf(
        body, sizeof body,
        "{\"apiVersion\":\"authorization.k8s.io/v1\",\"kind\":\"SubjectAccessReview\",\"spec\":{\"user\":"
        "\"system:serviceaccount:%s:tester\",\"resourceAttributes\":{\"namespace\":\"%s\",\"verb\":\"%s\","
        "\"group\":\"%s\",\"resource\":\"%s\"}}}",
        namespace_, namespace_, verb, group, plural);
    json_object *review = peer_call("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", body, NULL);
    int allowed = json_object_get_boolean(peer_at(review, "status|allowed"));
    json_object_put(review);
    return allowed;
}

/* The rules of a ClusterRole of the manifest. */
static json_object *rules_of(const char *role)
{
    const char *manifest = kubectl("create --dry-run=client -f '%s' -o json", getenv("K7_RBAC_MANIFEST"));
    json_tokener *tokener = json_tokener_new();
    json_object *rules = NULL;

    while (*manifest) { /* one object after the other */
        json_object *object = json_tokener_parse_ex(tokener, manifest, -1);

        ck_assert_msg(object != NULL, "%s", manifest);
        manifest += json_tokener_get_parse_end(tokener);
        manifest += strspn(manifest, " \n");
        if (strcmp(peer_text(object, "metadata|name"), role) == 0)
            rules = json_object_get(peer_at(object, "rules"));
        json_object_put(object);
        json_tokener_reset(tokener);
    }
    json_tokener_free(tokener);
    ck_assert_msg(rules != NULL, "%s", role);
    return rules;
}

/* Takes one verb out of the rules; resource NULL: none. */
static void drop(json_object *rules, const char *verb, const char *resource)
{
    char plural[64];
    const char *group;
    int found = 0;

    if (!resource)
        return;
    split(resource, plural, sizeof plural, &group);
    for (size_t i = 0; i < json_object_array_length(rules); i++) {
        json_object *rule = json_object_array_get_idx(rules, i), *verbs = peer_at(rule, "verbs"),
                    *kept = json_object_new_array();

        if (strcmp(peer_text(rule, "resources|0"), plural) != 0 ||
            strcmp(peer_text(rule, "apiGroups|0"), group) != 0) {
            json_object_put(kept);
            continue;
        }
        for (size_t v = 0; v < json_object_array_length(verbs); v++) {
            json_object *one = json_object_array_get_idx(verbs, v);

            if (strcmp(json_object_get_string(one), verb) == 0)
                found = 1;
            else
                json_object_array_add(kept, json_object_get(one));
        }
        json_object_object_add(rule, "verbs", kept);
        if (json_object_array_length(kept) == 0) /* a rule without verbs is none */
            json_object_array_del_idx(rules, i--, 1);
    }
    ck_assert_msg(found, "the role has no %s on %s", verb, resource);
}

/* The tester has this role from now on, less the one right. */
static void grant(const char *role, const char *verb, const char *resource)
{
    static char had_verb[16], had_resource[64];
    json_object *rules = rules_of(role), *object = json_object_new_object();

    drop(rules, verb, resource);
    json_object_object_add(object, "apiVersion", json_object_new_string("rbac.authorization.k8s.io/v1"));
    json_object_object_add(object, "kind", json_object_new_string("Role"));
    json_object_object_add(object, "metadata", json_tokener_parse("{\"name\":\"tester\"}"));
    json_object_object_add(object, "rules", rules);
    kubectl_with(json_object_to_json_string(object), "apply -f -");
    json_object_put(object);
    if (!had_verb[0])
        kubectl("create rolebinding tester --role=tester --serviceaccount=%s:tester", namespace_);
    /* Until the API server has seen it: what was missing before is back, and what is to be missing is. */
    while (had_resource[0] &&
           !(resource && strcmp(verb, had_verb) == 0 && strcmp(resource, had_resource) == 0) &&
           !may(had_verb, had_resource))
        ;
    while (resource && may(verb, resource))
        ;
    while (!resource && !may("get", "deployments.apps"))
        ;
    if (resource) {
        const char *answer;

        kubectl_try(&answer, "auth can-i %s %s --as=system:serviceaccount:%s:tester", verb, resource,
                    namespace_);
        ck_assert_msg(strcmp(answer + strlen(answer) - 2, "no") == 0, "%s", answer);
    }
    snprintf(had_verb, sizeof had_verb, "%s", resource ? verb : "get");
    snprintf(had_resource, sizeof had_resource, "%s", resource ? resource : "deployments.apps");
}

/* ---- delete ---- */

/* Pods of these are never on a node: they end at once. */
static void apply_idle(void)
{
    static const char mark[] = "restartPolicy: Always,";
    const char *objects = k7_objects("web", 1, 1), *at = strstr(objects, mark);
    char text[8192];

    snprintf(text, sizeof text, "%.*s%s schedulerName: nobody,%s", (int)(at - objects), objects, mark,
             at + strlen(mark));
    kubectl_with(text, "apply -f -");
    kubectl("wait --for=jsonpath={.status.replicas}=1 deployment/web --timeout=60s");
}

static void hear(void *user, const k7_progress *progress)
{
    char *heard = user;
    size_t len = strlen(heard);

    if (k7_progress_get_text(progress))
        snprintf(heard + len, 4096 - len, "%s\n", k7_progress_get_text(progress));
}

static int remove_web(k7_client *tester, char *heard, k7_error **ret_error)
{
    k7_call *call;

    *heard = '\0';
    assert_ok(k7_call_new(&call, &err));
    assert_ok(k7_call_set_progress(call, hear, heard, NULL, &err));
    int code = k7_sandbox_delete(tester, namespace_, "web", NULL, call, ret_error);
    k7_call_free(call);
    return code;
}

static const struct {
    const char *verb, *resource;
    enum {
        BEFORE,
        BEHIND,
        TOLD,
        SILENT
    } how; /* nothing was deleted; the rest was, this is left; told as progress; goes otherwise */
    const char *left;
} delete_rights[] = {
    { "get", "deployments.apps", BEFORE, NULL },
    { "delete", "deployments.apps", BEFORE, NULL },
    { "list", "pods", BEFORE, NULL },
    { "watch", "deployments.apps", SILENT, NULL },
    { "watch", "pods", SILENT, NULL },
    { "delete", "pods", TOLD, "deleting pods is forbidden" },
    { "delete", "secrets", BEHIND, "Secret /web-env" },
    { "get", "secrets", SILENT, NULL }, /* then by its name */
    { "get", "networkpolicies.networking.k8s.io", BEHIND, "NetworkPolicy /web-deny-ingress, if it is there" },
    { "delete", "networkpolicies.networking.k8s.io", BEHIND, "NetworkPolicy /web-deny-ingress" },
    { "get", "services", TOLD, "forbidden: needs get on services" },
    { "get", "ciliumnetworkpolicies.cilium.io", TOLD,
      "forbidden: needs get on ciliumnetworkpolicies.cilium.io" },
};

START_TEST(delete_needs_its_role)
{
    k7_client *tester = open_tester(NULL);
    char heard[4096], wanted[200];
    k7_error *error = NULL;

    grant("k7-sandbox-delete", NULL, NULL);
    apply_idle();
    assert_ok(remove_web(tester, heard, &err));
    ck_assert_str_eq(heard, "");
    assert_nothing_left();
    for (size_t i = 0; i < sizeof delete_rights / sizeof delete_rights[0]; i++) {
        const char *verb = delete_rights[i].verb, *resource = delete_rights[i].resource;

        grant("k7-sandbox-delete", verb, resource);
        apply_idle();
        char *before = peer_objects(namespace_, NULL);
        int code = remove_web(tester, heard, &error);
        char *after = peer_objects(namespace_, NULL);
        snprintf(wanted, sizeof wanted, "forbidden: needs %s on %s in the namespace %s: ", verb, resource,
                 namespace_);
        switch (delete_rights[i].how) {
        case BEFORE:
            ck_assert_int_eq(code, K7_ERR_FORBIDDEN);
            assert_contains(k7_error_get_message(error), wanted);
            ck_assert_str_eq(before, after);
            break;
        case BEHIND:
            ck_assert_int_eq(code, K7_ERR_FORBIDDEN);
            assert_contains(k7_error_get_message(error), wanted);
            ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_REJECTED);
            snprintf(wanted, sizeof wanted, "%.*s%s%s", (int)strcspn(delete_rights[i].left, "/"),
                     delete_rights[i].left, namespace_, strchr(delete_rights[i].left, '/'));
            ck_assert_uint_ge(k7_error_leftover_count(error), 1);
            ck_assert_str_eq(k7_error_leftover_at(error, 0), wanted);
            ck_assert_ptr_null(strstr(after, "Pod "));
            break;
        default:
            ck_assert_msg(code == 0, "without %s on %s: %s", verb, resource, k7_error_get_message(error));
            if (delete_rights[i].how == TOLD)
                assert_contains(heard, delete_rights[i].left);
            else
                ck_assert_str_eq(heard, "");
            ck_assert_msg(*after == '\0', "without %s on %s:\n%s", verb, resource, after);
            break;
        }
        error = k7_error_unref(error);
        free(before);
        free(after);
        assert_ok(k7_sandbox_delete(client, namespace_, "web", NULL, NULL, &err));
        if (delete_rights[i].how == BEHIND && strcmp(resource, "secrets") == 0)
            kubectl("delete secret web-env"); /* without its Deployment nobody knows whose it was */
        assert_nothing_left();
    }
    k7_client_unref(tester);
    rmdir(folder);
}
END_TEST

/* ---- list and get ---- */

START_TEST(list_and_get_need_their_role)
{
    static const char *const rights[][2] = { { "list", "deployments.apps" },
                                             { "get", "deployments.apps" },
                                             { "list", "pods" } };
    k7_client *tester = open_tester(NULL);
    k7_sandbox *sandbox;
    k7_sandboxes *list;
    char wanted[200];

    apply_idle();
    grant("k7-sandbox-list", NULL, NULL);
    assert_ok(k7_sandbox_get(tester, namespace_, "web", NULL, &sandbox, &err));
    k7_sandbox_unref(sandbox);
    assert_ok(k7_sandbox_list(tester, NULL, NULL, &list, &err));
    ck_assert_uint_eq(k7_sandboxes_count(list), 1);
    k7_sandboxes_unref(list);
    for (size_t i = 0; i < 3; i++) {
        k7_error *of_list = NULL, *of_get = NULL;

        grant("k7-sandbox-list", rights[i][0], rights[i][1]);
        snprintf(wanted, sizeof wanted, "forbidden: needs %s on %s in the namespace %s: ", rights[i][0],
                 rights[i][1], namespace_);
        int get = k7_sandbox_get(tester, namespace_, "web", NULL, &sandbox, &of_get);
        int all = k7_sandbox_list(tester, NULL, NULL, &list, &of_list);
        ck_assert_int_eq(get, i == 0 ? 0 : K7_ERR_FORBIDDEN);
        ck_assert_int_eq(all, i == 1 ? 0 : K7_ERR_FORBIDDEN);
        if (get)
            assert_contains(k7_error_get_message(of_get), wanted);
        if (all)
            assert_contains(k7_error_get_message(of_list), wanted);
        k7_sandbox_unref(sandbox);
        k7_sandboxes_unref(list);
        k7_error_unref(of_get);
        k7_error_unref(of_list);
    }
    k7_client_unref(tester);
    assert_ok(k7_sandbox_delete(client, namespace_, "web", NULL, NULL, &err));
    rmdir(folder);
}
END_TEST

/* ---- create ---- */

START_TEST(create_needs_its_role)
{
    static const char *const rights[][2] = {
        { "create", "deployments.apps" },
        { "create", "secrets" },
        { "create", "networkpolicies.networking.k8s.io" },
        { "watch", "deployments.apps" },
        { "watch", "pods" },
    };
    static const char fields[] = "\"egress_whitelist\":[],\"env\":{\"GREETING\":\"hello\"}";
    k7_client *tester = open_tester(nodes_are_labelled ? "v0.4" : "v0.1");
    k7_spec *spec = new_spec("web", fields);
    char wanted[200];

    grant("k7-sandbox-create", NULL, NULL);
    assert_ok(k7_sandbox_create(tester, spec, NULL, NULL, &err));
    assert_ok(k7_sandbox_delete(client, namespace_, "web", NULL, NULL, &err));
    for (size_t i = 0; i < sizeof rights / sizeof rights[0]; i++) {
        grant("k7-sandbox-create", rights[i][0], rights[i][1]);
        snprintf(wanted, sizeof wanted, "forbidden: needs %s on %s in the namespace %s: ", rights[i][0],
                 rights[i][1], namespace_);
        k7_error_unref(create_fails(tester, "web", fields, K7_ERR_FORBIDDEN, wanted));
        assert_nothing_left();
    }
    k7_client_unref(tester);

    tester = open_tester(NULL);
    grant("k7-sandbox-create", NULL, NULL);
    k7_error_unref(create_fails(tester, "web", fields, K7_ERR_FORBIDDEN,
                                "forbidden: needs list on nodes, or set kubernetes.profile"));
    k7_client_unref(tester);
    k7_spec_free(spec);
    rmdir(folder);
}
END_TEST

/* The sum of the others. */
START_TEST(the_role_for_all_is_the_sum)
{
    static const char *const parts[] = { "k7-sandbox-list", "k7-sandbox-create", "k7-sandbox-nodes",
                                         "k7-sandbox-delete" };
    char sum[8192] = "", all[8192] = "";

    for (size_t i = 0; i < 5; i++) {
        json_object *rules = rules_of(i < 4 ? parts[i] : "k7-sandbox-all");

        for (size_t r = 0; r < json_object_array_length(rules); r++) {
            json_object *rule = json_object_array_get_idx(rules, r), *verbs = peer_at(rule, "verbs");

            for (size_t v = 0; v < json_object_array_length(verbs); v++) {
                char line[200], *text = i < 4 ? sum : all;

                snprintf(line, sizeof line, "%s %s.%s\n",
                         json_object_get_string(json_object_array_get_idx(verbs, v)),
                         peer_text(rule, "resources|0"), peer_text(rule, "apiGroups|0"));
                if (i == 4)
                    assert_contains(sum, line);
                if (!strstr(text, line))
                    strcat(text, line);
            }
        }
        json_object_put(rules);
    }
    ck_assert_uint_eq(strlen(sum), strlen(all));
}
END_TEST

static TCase *tests(void)
{
    TCase *tests = tcase_create("rights");

    tcase_add_test(tests, delete_needs_its_role);
    tcase_add_test(tests, list_and_get_need_their_role);
    tcase_add_test(tests, create_needs_its_role);
    tcase_add_test(tests, the_role_for_all_is_the_sum);
    return tests;
}

int main(void)
{
    return run_suite("rights", 600, tests);
}
