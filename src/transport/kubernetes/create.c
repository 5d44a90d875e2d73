/* create.c: create: the policies, the Secret, the Deployment, ready. Whatever fails, what was made is removed, the policies last (undo.c).
 *
 * Everything that restricts a sandbox is there before its pod is (K7 contract, section 9.3 #5); only with a script that needs the network, egress is locked after it, in K7's
 * order. Every object carries the call's create-id: when an answer is lost, that tells whether it was made, and by whom. */
#include "transport/kubernetes/create.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "transport/kubernetes/plans.h"

#include <stdio.h>
#include <string.h>

enum {
    TOLERATIONS_MAX = 16384,
    TROUBLE_MAX = 8192,
    LOOK_MS = 500,
    SERVER_GIVES_UP_MS = 11000 /* after the ?timeout= of a create, and a second */
};

static const struct {
    enum k7i_kind kind;
    const char *end;
} subjects[K7I_SUBJECTS] = {
    [K7I_INGRESS] = { K7I_KIND_NETWORK_POLICY, "-deny-ingress" },
    [K7I_EGRESS] = { K7I_KIND_NETWORK_POLICY, "-netpol" },
    [K7I_ENV] = { K7I_KIND_SECRET, "-env" },
    [K7I_WORKLOAD] = { K7I_KIND_DEPLOYMENT, "" },
};

/* ---- arguments ---- */

static int prepare(struct k7i_op *op, const struct k7i_args *args, k7_error **err)
{
    struct k7i_kubernetes *kubernetes = op->instance;
    struct k7i_kube_create *create = op->state;
    int code = k7i_kube_check(args->spec, err);

    op->peer = kubernetes->peer;
    k7i_buf_init(&create->tolerations, TOLERATIONS_MAX);
    k7i_buf_init(&create->trouble, TROUBLE_MAX);
    if (code || (code = k7_spec_dup(args->spec, &create->spec, err)) != 0)
        return code;
    create->namespace_ = k7i_strdup(args->namespace_);
    for (int i = 0; i < K7I_SUBJECTS; i++) {
        create->made[i].name = k7i_sprintf("%s%s", args->name, subjects[i].end);
        if (!create->made[i].name)
            return k7i_fail_memory(err);
    }
    if (!create->namespace_)
        return k7i_fail_memory(err);
    if (k7i_random_hex(create->create_id, K7I_CREATE_ID_DIGITS) != 0)
        return k7i_fail(err, K7_ERR_SYSTEM, "the system gives no random numbers");
    return 0;
}

static void clear(struct k7i_op *op)
{
    struct k7i_kube_create *create = op->state;

    k7_spec_free(create->spec);
    k7i_free(create->namespace_);
    for (int i = 0; i < K7I_SUBJECTS; i++)
        k7i_free(create->made[i].name);
    k7i_buf_clear(&create->tolerations);
    k7i_buf_clear(&create->stream);
    k7i_buf_clear(&create->trouble);
    k7i_removal_clear(&create->removal);
}

/* ---- making an object ---- */

static struct k7i_made *made_of(const struct k7i_op *op)
{
    struct k7i_kube_create *create = op->state;

    return &create->made[k7i_op_step(op)->subject];
}

struct k7i_target k7i_kube_target(const struct k7i_op *op, const char *verb)
{
    const struct k7i_kube_create *create = op->state;

    return (struct k7i_target){ .verb = verb,
                                .kind = subjects[k7i_op_step(op)->subject].kind,
                                .namespace_ = create->namespace_,
                                .name = made_of(op)->name };
}

static enum k7i_verdict make(struct k7i_op *op, struct k7i_request *request)
{
    struct k7i_target target = k7i_kube_target(op, "create");

    target.name = NULL;
    k7i_kube_request(request, &target);
    k7i_kube_body(op->state, (enum k7i_subject)k7i_op_step(op)->subject, &request->body);
    return K7I_SEND;
}

/* 0, or -1 when it is no uid */
static int keep_uid(const struct k7i_json_value *object, struct k7i_made *made)
{
    const char *uid = k7i_json_get_string(k7i_json_get(object, "metadata"), "uid");

    if (!uid || !*uid || strlen(uid) >= sizeof made->uid || k7i_text_has_control(uid))
        return -1;
    strcpy(made->uid, uid);
    return 0;
}

static enum k7i_verdict made(struct k7i_op *op, const struct k7i_response *response)
{
    struct k7i_target target = k7i_kube_target(op, "create");
    struct k7i_json *json = NULL;
    k7_error *error = NULL;

    if (response->status != 201) {
        if (response->status == 409 && made_of(op)->looked_in_vain)
            k7i_op_handed_over(op, K7I_REPEAT_UNSENT); /* by the request before, perhaps: settling tells */
        return k7i_kube_refused(op, response, &target);
    }
    if (k7i_kube_parse(response, &target, &json, &error) == 0 &&
        keep_uid(k7i_json_root(json), made_of(op)) != 0)
        k7i_fail(&error, K7_ERR_PROTOCOL, "the API server gave the new %s %s/%s no uid",
                 k7i_kind_title(target.kind), target.namespace_, target.name);
    k7i_json_free(json);
    if (!error)
        return K7I_NEXT;
    k7i_op_handed_over(op, K7I_REPEAT_UNSENT); /* it is there, but which it is has to be looked up */
    return k7i_op_fail_with(op, error);
}

/* ---- after a lost answer: is it there, and ours? ---- */

static enum k7i_verdict look(struct k7i_op *op, struct k7i_request *request)
{
    struct k7i_target target = k7i_kube_target(op, "get");

    k7i_kube_request(request, &target);
    k7i_kube_only_metadata(request);
    return K7I_SEND;
}

/* Going on, one look is enough: what comes into being later is in the way of the next try, and found then. Taking back, it has to be known that nothing comes any more. */
static enum k7i_verdict not_there(struct k7i_op *op)
{
    struct k7i_made *made = made_of(op);
    int64_t now_ms = k7i_op_now_ms(op);

    made->looked_in_vain = 1;
    if (!made->look_until_ms)
        made->look_until_ms = now_ms + SERVER_GIVES_UP_MS;
    return k7i_op_is_ending(op) && now_ms < made->look_until_ms ? k7i_op_pause(op, LOOK_MS) : K7I_NONE;
}

static enum k7i_verdict looked(struct k7i_op *op, const struct k7i_response *response)
{
    struct k7i_kube_create *create = op->state;
    struct k7i_target target = k7i_kube_target(op, "get");
    struct k7i_json *json = NULL;
    k7_error *error = NULL;

    if (response->status == 404)
        return not_there(op);
    if (response->status != 200)
        return k7i_kube_refused_or_again(op, response, &target, &create->asked_again);
    create->asked_again = 0;
    if (k7i_kube_parse(response, &target, &json, &error) != 0)
        return k7i_op_fail_with(op, error);
    const struct k7i_json_value *annotations =
        k7i_json_get(k7i_json_get(k7i_json_root(json), "metadata"), "annotations");
    int ours =
        k7i_text_equal(k7i_json_get_string(annotations, K7I_KUBE_ANNOTATION_CREATE_ID), create->create_id) &&
        keep_uid(k7i_json_root(json), made_of(op)) == 0;
    k7i_json_free(json);
    return ours ? K7I_NEXT : K7I_NONE;
}

/* ---- what is left ---- */

static void left(const struct k7i_op *op, struct k7i_buf *text)
{
    struct k7i_target target = k7i_kube_target(op, "delete");
    const char *uid = made_of(op)->uid;

    k7i_buf_printf(text, "%s %s/%s (uid %s)", k7i_kind_title(target.kind), target.namespace_, target.name,
                   *uid ? uid : "unknown");
}

/* ---- which objects ---- */

static int is_locked_late(const k7_spec *spec)
{
    return k7i_spec_has_script(spec) && spec->before_script_under_lock != 1;
}

static int has_egress_policy(const k7_spec *spec)
{
    return spec->egress_mode == K7_EGRESS_BLOCKED || spec->egress_mode == K7_EGRESS_LIST;
}

static enum k7i_verdict egress_begin(struct k7i_op *op, struct k7i_request *request)
{
    const k7_spec *spec = ((struct k7i_kube_create *)op->state)->spec;

    return has_egress_policy(spec) && !is_locked_late(spec) ? make(op, request) : K7I_SKIP;
}

static enum k7i_verdict lock_begin(struct k7i_op *op, struct k7i_request *request)
{
    const k7_spec *spec = ((struct k7i_kube_create *)op->state)->spec;

    return has_egress_policy(spec) && is_locked_late(spec) ? make(op, request) : K7I_SKIP;
}

static enum k7i_verdict secret_begin(struct k7i_op *op, struct k7i_request *request)
{
    const k7_spec *spec = ((struct k7i_kube_create *)op->state)->spec;

    return spec->env.count > 0 ? make(op, request) : K7I_SKIP;
}

/* ---- the plan ---- */

#define SETTLE(about)                                                                                        \
    &(const struct k7i_step)                                                                                 \
    {                                                                                                        \
        .name = "look", .begin = look, .reply = looked, .subject = about, .is_patient = 1                    \
    }
#define UNDO(about)                                                                                          \
    &(const struct k7i_step)                                                                                 \
    {                                                                                                        \
        .name = "delete", .begin = k7i_kube_undo, .chunk = k7i_kube_undo_chunk, .reply = k7i_kube_undone,    \
        .subject = about, .is_patient = 1                                                                    \
    }
#define MAKE(title, about, how)                                                                              \
    {                                                                                                        \
        .name = title, .begin = how, .reply = made, .subject = about, .settle = SETTLE(about),               \
        .undo = UNDO(about), .leftover = left, .await_answer = 1                                             \
    }

static const struct k7i_step ingress_policy = MAKE("ingress policy", K7I_INGRESS, make),
                             egress_policy = MAKE("egress policy", K7I_EGRESS, egress_begin),
                             secret = MAKE("secret", K7I_ENV, secret_begin),
                             lock_egress = MAKE("lock egress", K7I_EGRESS, lock_begin);
const struct k7i_step k7i_kube_deployment_step = MAKE("deployment", K7I_WORKLOAD, make);

static const struct k7i_step *const steps[] = {
    &k7i_kube_profile_step,    &k7i_kube_node_step,    &ingress_policy,      &egress_policy, &secret,
    &k7i_kube_deployment_step, &k7i_kube_replica_step, &k7i_kube_ready_step, &lock_egress,
};

const struct k7i_plan k7i_kubernetes_create_plan = {
    .operation = "create",
    .steps = steps,
    .step_count = sizeof steps / sizeof steps[0],
    .state_size = sizeof(struct k7i_kube_create),
    .prepare = prepare,
    .clear = clear,
};
