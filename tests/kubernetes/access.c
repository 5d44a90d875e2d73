/* access.c: see access.h. */
#include "access.h"

#include "api/client.h"
#include "transport/kubernetes/kubernetes.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static pid_t folder_of;

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *walk)
{
    (void)about;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void remove_folder(void)
{
    if (folder_of == getpid())
        nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *write_file(const char *name, int mode, const char *text)
{
    static char paths[32][128];
    static size_t next;
    char *path = paths[next++ % 32];

    if (!*folder) {
        strcpy(folder, "/tmp/k7-access-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(folder));
        folder_of = getpid();
        atexit(remove_folder);
    }
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fchmod(fileno(file), (mode_t)mode), 0);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

static char *read_all(FILE *stream)
{
    char *text = calloc(1, 65536);

    ck_assert_ptr_nonnull(stream);
    ck_assert_ptr_nonnull(text);
    size_t len = fread(text, 1, 65535, stream);
    while (len > 0 && text[len - 1] == '\n')
        text[--len] = '\0';
    return text;
}

char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = read_all(file);

    fclose(file);
    return text;
}

char *base64_of(const char *path)
{
    char command[300];

    snprintf(command, sizeof command, "base64 -w 0 '%s'", path);
    FILE *pipe = popen(command, "r");
    char *text = read_all(pipe);
    ck_assert_int_eq(pclose(pipe), 0);
    return text;
}

const char *pki(const char *name)
{
    static char paths[8][200];
    static size_t next;
    char *path = paths[next++ % 8];

    snprintf(path, sizeof paths[0], "%s/pki/%s", getenv("K7_TEST_CLUSTER_DIR"), name);
    return path;
}

const char *real_cluster(void)
{
    static char fields[400];

    snprintf(fields, sizeof fields, "server: '%s', certificate-authority: '%s'",
             getenv("K7_TEST_CLUSTER_URL"), getenv("K7_TEST_CLUSTER_CA"));
    return fields;
}

const char *write_kubeconfig(const char *name, const char *cluster, const char *user)
{
    static char text[65536];

    snprintf(
        text, sizeof text,
        "apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {%s}}]\nusers: [{name: u, user: {%s}}]\n"
        "contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n",
        cluster ? cluster : real_cluster(), user);
    return write_file(name, 0600, text);
}

/* ---- who am I? ---- */

static enum k7i_verdict ask(struct k7i_op *op, struct k7i_request *request)
{
    (void)op;
    request->method = "POST";
    request->repeat = K7I_REPEAT_SAFE; /* it makes nothing */
    request->content_type = "application/json";
    k7i_buf_text(&request->target, "/apis/authentication.k8s.io/v1/selfsubjectreviews");
    k7i_buf_text(&request->body,
                 "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"SelfSubjectReview\"}");
    return K7I_SEND;
}

static enum k7i_verdict read_answer(struct k7i_op *op, const struct k7i_response *response)
{
    static const struct k7i_target target = { "create", K7I_KIND_NODE, NULL, NULL };

    if (response->status / 100 != 2)
        return k7i_kube_refused(op, response, &target);
    *(json_object **)op->state = json_tokener_parse(response->body);
    return K7I_DONE;
}

static const struct k7i_step step = { .name = "who", .begin = ask, .reply = read_answer };
static const struct k7i_step *const steps[] = { &step };
static const struct k7i_plan plan = {
    .operation = "who", .steps = steps, .step_count = 1, .state_size = sizeof(json_object *)
};

json_object *who_am_i(const struct k7i_peer *peer, k7_error **ret_error)
{
    const struct k7i_run run = { .timeout_ms = 60000, .attempts = 4 };
    json_object *answer = NULL;
    struct k7i_loop *loop;
    struct k7i_op *op;

    assert_ok(k7i_loop_new(NULL, &loop, &err));
    assert_ok(k7i_op_new(&plan, NULL, &op, &err));
    op->peer = peer;
    assert_ok(k7i_op_run_blocking(op, loop, &run, &err));
    json_object *review = *(json_object **)op->state;
    if (op->error && ret_error) {
        *ret_error = op->error;
        op->error = NULL;
    }
    if (review)
        answer = json_object_get(peer_at(review, "status|userInfo"));
    json_object_put(review);
    k7i_op_free(op);
    k7i_loop_free(loop);
    return answer;
}

const struct k7i_peer *peer_of(const k7_client *opened)
{
    return ((const struct k7i_kubernetes *)opened->instance)->peer;
}

json_object *who_is(const char *kubeconfig, k7_error **ret_error)
{
    k7_config *config = new_config();

    assert_ok(k7_config_set(config, "kubernetes.kubeconfig", kubeconfig, &err));
    k7_client *opened = open_client(config);
    json_object *user = who_am_i(peer_of(opened), ret_error);
    k7_client_unref(opened);
    return user;
}

const char *same_as_kubectl(const char *kubeconfig)
{
    static char name[200];
    k7_error *error = NULL;
    json_object *ours = who_is(kubeconfig, &error);

    ck_assert_msg(ours, "%s", k7_error_get_message(error));
    json_object *review = json_tokener_parse(kubectl("--kubeconfig '%s' auth whoami -o json", kubeconfig));
    json_object *theirs = peer_at(review, "status|userInfo");
    ck_assert_msg(json_object_equal(ours, theirs), "ours: %s, kubectl's: %s",
                  json_object_to_json_string(ours), json_object_to_json_string(theirs));
    snprintf(name, sizeof name, "%s", peer_text(ours, "username"));
    json_object_put(review);
    json_object_put(ours);
    return name;
}
