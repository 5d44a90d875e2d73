/* removal.c: taking a Deployment away together with its pods. K7's sandboxes ignore SIGTERM, so that a pod takes its whole grace of 30 s to end, unless it is deleted
 * with a shorter one before anybody else deletes it: a kubelet that has begun to wait does not hear of a shorter time (tried: kubelet 1.34, containerd 1.6). Once the
 * Deployment is deleted, the cluster's garbage collector deletes the pods within milliseconds. So pods with a long grace are deleted first. Their ReplicaSet starts
 * others at once; these are ended before they have begun. */
#include "transport/kubernetes/removal.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "transport/kubernetes/record.h"
#include "transport/kubernetes/watch.h"

#include <stdio.h>
#include <string.h>

enum {
    GRACE_S = 1,
    DEFAULT_GRACE_S = 30,  /* Kubernetes' */
    PATIENCE_MS = 2000,    /* with whoever may be about to delete pods without a Deployment */
    LOOK_AGAIN_MS = 15000, /* when nothing is heard for so long */
    POLL_MS = 500,         /* where watching is forbidden */
    LIST_LIMIT = 16 * 1024 * 1024,
    PODS_MAX = 1024,   /* known at a time: K7's Deployments have one; a power of two */
    ONLY_OURS_MAX = 64 /* pods that only we deleted: more is somebody who makes them again */
};

enum owner { THERE, GOING, GONE };
enum request { LIST, REHEARSE, DELETE_OWNER, DELETE_POD, WATCH, GET_OWNER, WATCH_OWNER };

struct k7i_removed_pod {
    char uid[64], name[256];
    int is_slow;   /* its own grace is longer than ours */
    int is_marked; /* it is ending: whoever deleted it */
    int is_alone;  /* nobody makes it again */
    int is_asked;  /* we have deleted it */
    int is_seen;   /* in the list that is being read */
};

/* ---- the pods that are known ---- */

static void forget(struct k7i_removal *removal, struct k7i_removed_pod *pod)
{
    *pod = removal->pods[--removal->pod_count];
}

static struct k7i_removed_pod *find(const struct k7i_removal *removal, const char *uid)
{
    for (size_t i = 0; i < removal->pod_count; i++)
        if (k7i_text_equal(removal->pods[i].uid, uid))
            return &removal->pods[i];
    return NULL;
}

static int is_due(const struct k7i_removal *removal, const struct k7i_removed_pod *pod)
{
    if (pod->is_asked || removal->pods_refused)
        return 0;
    return removal->owner == THERE ? pod->is_slow
           : removal->owner == GOING
               ? pod->is_slow && pod->is_marked
               : pod->is_alone || removal->impatient || (pod->is_slow && pod->is_marked);
}

static struct k7i_removed_pod *find_due(const struct k7i_removal *removal)
{
    for (size_t i = 0; i < removal->pod_count; i++)
        if (is_due(removal, &removal->pods[i]))
            return &removal->pods[i];
    return NULL;
}

static int is_of(const struct k7i_removal *removal, const struct k7i_pod *pod)
{
    const struct k7i_deployment owner = { .meta = { .name = removal->name,
                                                    .namespace_ = removal->namespace_ } };
    const struct k7i_metadata *meta = &pod->meta;

    if (!meta->uid || !meta->name)
        return 0;
    if (meta->controller)
        return k7i_pod_is_of(pod, &owner);
    return removal->owner == GONE && k7i_text_equal(meta->app, removal->name) &&
           k7i_text_equal(meta->sandbox, removal->name);
}

/* Nothing runs in it, and it goes at once with its Deployment. A node that rejects or evicts pods leaves hundreds of them. */
static int has_finished(const struct k7i_json_value *object)
{
    const char *phase = k7i_json_get_string(k7i_json_get(object, "status"), "phase");

    return k7i_text_equal(phase, "Failed") || k7i_text_equal(phase, "Succeeded");
}

/* 0, or -1: no memory, or too many. */
static int note(struct k7i_removal *removal, const struct k7i_metadata *meta,
                const struct k7i_json_value *object)
{
    struct k7i_removed_pod *pod = find(removal, meta->uid);

    removal->found = 1;
    if (!pod && removal->owner != GONE && has_finished(object))
        return 0;
    if (!pod) {
        if (removal->pod_count == removal->pod_room) {
            size_t room = removal->pod_room ? 2 * removal->pod_room : 2;
            struct k7i_removed_pod *more =
                room > PODS_MAX ? NULL : k7i_reallocarray(removal->pods, room, sizeof *more);

            if (!more)
                return -1;
            removal->pods = more;
            removal->pod_room = room;
        }
        pod = &removal->pods[removal->pod_count++];
        *pod = (struct k7i_removed_pod){
            .is_alone = !meta->controller,
            .is_slow =
                k7i_json_int(k7i_json_get(k7i_json_get(object, "spec"), "terminationGracePeriodSeconds"),
                             DEFAULT_GRACE_S) > GRACE_S,
        };
        snprintf(pod->uid, sizeof pod->uid, "%s", meta->uid);
        snprintf(pod->name, sizeof pod->name, "%s", meta->name);
    }
    pod->is_marked |= meta->is_deleting;
    pod->is_seen = 1;
    return 0;
}

static enum k7i_verdict fail_to_note(struct k7i_op *op, const struct k7i_removal *removal)
{
    return removal->pod_room < PODS_MAX ? k7i_op_fail_memory(op)
                                        : k7i_op_fail(op, K7_ERR_LIMIT, "%s/%s has more than %d pods",
                                                      removal->namespace_, removal->name, PODS_MAX);
}

static void keep_version(struct k7i_removal *removal, const char *version)
{
    if (version && strlen(version) < sizeof removal->version)
        strcpy(removal->version, version);
}

/* ---- requests ---- */

static struct k7i_target target_of(const struct k7i_removal *removal)
{
    static const struct {
        const char *verb;
        enum k7i_kind kind;
    } rows[] = {
        [LIST] = { "list", K7I_KIND_POD },
        [REHEARSE] = { "delete", K7I_KIND_DEPLOYMENT },
        [DELETE_OWNER] = { "delete", K7I_KIND_DEPLOYMENT },
        [DELETE_POD] = { "delete", K7I_KIND_POD },
        [WATCH] = { "watch", K7I_KIND_POD },
        [GET_OWNER] = { "get", K7I_KIND_DEPLOYMENT },
        [WATCH_OWNER] = { "watch", K7I_KIND_DEPLOYMENT },
    };
    int request = removal->request;
    struct k7i_target target = { rows[request].verb, rows[request].kind, removal->namespace_, NULL };

    if (request == DELETE_POD)
        target.name = removal->pods[removal->deleting].name;
    else if (request == REHEARSE || request == DELETE_OWNER || request == GET_OWNER)
        target.name = removal->name;
    return target;
}

static enum k7i_verdict send(struct k7i_op *op, struct k7i_removal *removal, enum request kind,
                             struct k7i_request *request)
{
    removal->request = (int)kind;
    struct k7i_target target = target_of(removal);
    k7i_kube_request(request, &target);
    if (kind == LIST || kind == WATCH)
        k7i_kube_select(request, K7I_KUBE_LABEL_SANDBOX, removal->name);
    if (kind == WATCH_OWNER) {
        k7i_kube_query(request, "fieldSelector", "metadata.name=");
        k7i_request_segment(request, removal->name);
    }
    if (kind == WATCH || kind == WATCH_OWNER) {
        k7i_watch_begin(&removal->stream);
        k7i_kube_query(request, "resourceVersion", removal->version);
        k7i_op_listen(op, kind == WATCH && (removal->impatient || removal->owner == GOING) ? LOOK_AGAIN_MS
                                                                                           : PATIENCE_MS);
    } else {
        k7i_buf_clear(&removal->stream);
        k7i_buf_init(&removal->stream, LIST_LIMIT);
    }
    return K7I_SEND;
}

/* Deciding what is next is all here. */
enum k7i_verdict k7i_removal_begin(struct k7i_op *op, struct k7i_removal *removal,
                                   struct k7i_request *request)
{
    struct k7i_removed_pod *pod;

    if (!removal->began) {
        removal->began = 1;
        removal->owner = removal->uid ? THERE : GONE;
    }
    if (removal->replaced)
        return K7I_SKIP;
    if (removal->in_two && !removal->is_second && removal->owner != THERE) {
        removal->is_second = 1;
        return K7I_SKIP;
    }
    if (!removal->is_listed)
        return send(op, removal, LIST, request);
    if (removal->owner == GONE && removal->pod_count > 0 && !removal->is_verified)
        return send(op, removal, GET_OWNER, request);
    if ((pod = find_due(removal)) != NULL) {
        if (removal->owner == THERE && !removal->is_rehearsed) {
            send(op, removal, REHEARSE, request);
            k7i_kube_delete_rehearsed(request, removal->uid);
            return K7I_SEND;
        }
        removal->deleting = (size_t)(pod - removal->pods);
        send(op, removal, DELETE_POD, request);
        k7i_kube_delete_options(request, pod->uid, GRACE_S, 0);
        return K7I_SEND;
    }
    if (removal->owner == THERE) {
        send(op, removal, DELETE_OWNER, request);
        k7i_kube_delete_options(request, removal->uid, -1, 1);
        return K7I_SEND;
    }
    if (removal->pod_count == 0 && removal->owner == GONE && removal->is_uncertain) {
        removal->is_uncertain = 0;
        return send(op, removal, LIST, request);
    }
    if (removal->pod_count == 0 && (removal->owner == GONE || (removal->hurried && !removal->is_uncertain)))
        return K7I_SKIP;
    if (removal->watch_refused && !removal->slept) {
        removal->slept = 1;
        return k7i_op_sleep(op, POLL_MS);
    }
    removal->slept = 0;
    if (removal->pod_count > 0) {
        removal->impatient |= removal->watch_refused;
        return send(op, removal, removal->watch_refused ? LIST : WATCH, request);
    }
    return send(op, removal, removal->owner_seen && !removal->watch_refused ? WATCH_OWNER : GET_OWNER,
                request);
}

/* ---- answers ---- */

static enum k7i_verdict event(struct k7i_op *op, void *user, const char *type,
                              const struct k7i_json_value *object)
{
    struct k7i_removal *removal = user;
    struct k7i_pod pod;

    if (strcmp(type, "ERROR") == 0) { /* mostly "Expired": what is to be seen is no longer kept */
        removal->is_listed = removal->owner_seen = 0;
        return k7i_op_pause(op, POLL_MS);
    }
    k7i_pod_read_json(object, &pod);
    keep_version(removal, pod.meta.resource_version);
    int is_deleted = strcmp(type, "DELETED") == 0;
    if (removal->request == WATCH_OWNER) {
        if (!is_deleted || !k7i_text_equal(pod.meta.uid, removal->uid))
            return K7I_MORE;
        removal->owner = GONE;
        return K7I_AGAIN;
    }
    if (!is_of(removal, &pod))
        return K7I_MORE;
    struct k7i_removed_pod *known = find(removal, pod.meta.uid);
    if (is_deleted && known) {
        forget(removal, known);
    } else if (!is_deleted) {
        if (!known && removal->owner == GONE)
            removal->is_listed = 0; /* whose is it? */
        if (note(removal, &pod.meta, object) != 0)
            return fail_to_note(op, removal);
    }
    return removal->pod_count == 0 || !removal->is_listed || find_due(removal) ? K7I_AGAIN : K7I_MORE;
}

/* The watch is over, or nothing is heard. */
static enum k7i_verdict ended(struct k7i_removal *removal)
{
    removal->impatient |= removal->request == WATCH;
    removal->is_listed = find_due(removal) != NULL; /* were there new ones? */
    return K7I_AGAIN;
}

enum k7i_verdict k7i_removal_chunk(struct k7i_op *op, struct k7i_removal *removal, const void *data,
                                   size_t len)
{
    if (!data)
        return ended(removal);
    switch (removal->request) {
    case WATCH:
    case WATCH_OWNER:
        return k7i_watch_add(op, &removal->stream, data, len, event, removal);
    case REHEARSE:
    case DELETE_OWNER:
    case DELETE_POD:
        return K7I_MORE; /* the object as it was: of no interest */
    default:
        k7i_buf_add(&removal->stream, data, len);
        if (removal->stream.failed == K7_ERR_NO_MEMORY)
            return k7i_op_fail_memory(op);
        return removal->stream.failed
                   ? k7i_op_fail(op, K7_ERR_LIMIT, "the API server's list of pods is longer than %d bytes",
                                 LIST_LIMIT)
                   : K7I_MORE;
    }
}

static enum k7i_verdict listed(struct k7i_op *op, struct k7i_removal *removal,
                               const struct k7i_json_value *root)
{
    const struct k7i_json_value *items = k7i_json_get(root, "items");

    keep_version(removal, k7i_json_get_string(k7i_json_get(root, "metadata"), "resourceVersion"));
    for (size_t i = 0; i < removal->pod_count; i++)
        removal->pods[i].is_seen = 0;
    for (size_t i = 0, n = k7i_json_count(items); i < n; i++) {
        struct k7i_pod pod;

        k7i_pod_read_json(k7i_json_at(items, i), &pod);
        if (is_of(removal, &pod) && note(removal, &pod.meta, k7i_json_at(items, i)) != 0)
            return fail_to_note(op, removal);
    }
    for (size_t i = removal->pod_count; i-- > 0;)
        if (!removal->pods[i].is_seen)
            forget(removal, &removal->pods[i]);
        else if (removal->owner == THERE)
            removal->is_uncertain |= removal->pods[i].is_marked;
    if (removal->owner == THERE) {
        removal->found = 1;
        removal->is_uncertain |= removal->pod_count == 0;
    }
    removal->is_listed = 1;
    removal->is_verified = removal->owner_seen = 0;
    return K7I_AGAIN;
}

static enum k7i_verdict saw_owner(struct k7i_removal *removal, const struct k7i_json_value *root)
{
    struct k7i_deployment deployment;

    k7i_deployment_read_json(root, &deployment);
    if (removal->owner == GONE || !k7i_text_equal(deployment.meta.uid, removal->uid)) {
        removal->replaced = 1;
        return K7I_AGAIN;
    }
    keep_version(removal, deployment.meta.resource_version);
    removal->owner_seen = 1;
    removal->is_listed = !removal->watch_refused;
    return K7I_AGAIN;
}

static enum k7i_verdict understood(struct k7i_op *op, struct k7i_removal *removal)
{
    const struct k7i_response response = { .body = removal->stream.data, .body_len = removal->stream.len };
    struct k7i_target target = target_of(removal);
    struct k7i_json *json = NULL;
    k7_error *error = NULL;

    if (k7i_kube_parse(&response, &target, &json, &error) != 0)
        return k7i_op_fail_with(op, error);
    enum k7i_verdict verdict = removal->request == LIST ? listed(op, removal, k7i_json_root(json))
                                                        : saw_owner(removal, k7i_json_root(json));
    k7i_json_free(json);
    return verdict;
}

static enum k7i_verdict succeeded(struct k7i_op *op, struct k7i_removal *removal)
{
    switch (removal->request) {
    case REHEARSE:
        removal->is_rehearsed = 1;
        return K7I_AGAIN;
    case DELETE_OWNER:
        removal->owner = GOING;
        return K7I_AGAIN;
    case DELETE_POD:
        removal->pods[removal->deleting].is_asked = 1;
        if (!removal->pods[removal->deleting].is_marked)
            removal->is_uncertain = ++removal->deletions;
        return removal->deletions <= ONLY_OURS_MAX
                   ? K7I_AGAIN
                   : k7i_op_fail(
                         op, K7_ERR_CONFLICT,
                         "the pods of %s/%s come back as they are deleted: something makes them again",
                         removal->namespace_, removal->name);
    case WATCH:
    case WATCH_OWNER:
        return ended(removal);
    default:
        return understood(op, removal);
    }
}

enum k7i_verdict k7i_removal_reply(struct k7i_op *op, struct k7i_removal *removal,
                                   const struct k7i_response *response)
{
    int request = removal->request, status = response->status;
    int is_owner = request == REHEARSE || request == DELETE_OWNER || request == GET_OWNER;

    if (status >= 200 && status < 300) {
        removal->asked_again = 0;
        return succeeded(op, removal);
    }
    if (status == 404 && is_owner) {
        removal->is_listed = removal->owner != THERE; /* whoever deleted it: the pods may still be ending */
        removal->owner = GONE;
        removal->is_verified = 1;
        return K7I_AGAIN;
    }
    if (status == 409 && is_owner) {
        removal->replaced = 1;
        return K7I_AGAIN;
    }
    if ((status == 404 || status == 409) && request == DELETE_POD) { /* gone; the watch says so, too */
        removal->pods[removal->deleting].is_asked = 1;
        return K7I_AGAIN;
    }
    if (status == 403 && request == DELETE_POD &&
        (removal->owner != GONE || removal->pods[removal->deleting].is_marked)) {
        removal->pods_refused = 1;
        return K7I_AGAIN;
    }
    if (status == 403 && (request == WATCH || request == WATCH_OWNER)) {
        removal->watch_refused = 1;
        return K7I_AGAIN;
    }
    if (status == 410) {
        removal->is_listed = 0;
        return k7i_op_pause(op, POLL_MS);
    }
    struct k7i_target target = target_of(removal);
    return k7i_kube_refused_or_again(op, response, &target, &removal->asked_again);
}

/* There is one pod, and it ends. */
enum k7i_verdict k7i_removal_assume(struct k7i_op *op, struct k7i_removal *removal)
{
    const struct k7i_metadata pod = { .name = "{pod}", .uid = "{uid}", .controller = "" };

    switch (removal->request) {
    case LIST:
        removal->is_listed = 1;
        return note(removal, &pod, NULL) == 0 ? K7I_AGAIN : k7i_op_fail_memory(op);
    case REHEARSE:
    case DELETE_OWNER:
    case DELETE_POD:
        return succeeded(op, removal);
    default:
        return K7I_NEXT;
    }
}

void k7i_removal_waiting_for(const struct k7i_removal *removal, struct k7i_buf *text)
{
    if (removal->pod_count > 0)
        k7i_buf_printf(text, "the pod %s/%s has not ended", removal->namespace_, removal->pods[0].name);
    else if (removal->owner == GOING)
        k7i_buf_printf(text, "the cluster has not removed the Deployment %s/%s yet", removal->namespace_,
                       removal->name);
}

void k7i_removal_clear(struct k7i_removal *removal)
{
    k7i_buf_clear(&removal->stream);
    k7i_free(removal->pods);
    removal->pods = NULL;
}
