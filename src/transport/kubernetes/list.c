/* list.c: list: the Deployments and the Pods of sandboxes are listed at the same time, page by page, and joined here: never one request per sandbox. */
#include "transport/kubernetes/list.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "transport/kubernetes/page.h"
#include "transport/kubernetes/plans.h"

#include <string.h>

enum {
    PAGE_SIZE = 500, /* objects: client-go's; see tests/bench/RESULTS.md */
    PAGES_MAX = 100000,
    RESTARTS_MAX = 3 /* after 410: the server has forgotten what the pages were part of */
};

/* ---- one kind of object ---- */

struct listing {
    struct k7i_target target;
    char *namespace_, *sandbox; /* NULL: all */
    char *next;                 /* the token of the page to ask for; NULL: the first */
    struct k7i_page page;
    struct k7i_collection found;
    size_t found_before; /* this page */
    int pages, restarts, passing;
    int asked_json; /* this page is asked for in JSON only */
};

static void listing_clear(struct k7i_op *op)
{
    struct listing *listing = op->state;

    k7i_free(listing->namespace_);
    k7i_free(listing->sandbox);
    k7i_free(listing->next);
    k7i_page_clear(&listing->page);
    k7i_collection_clear(&listing->found);
}

/* The rest is foreign: it has the label by chance, or was made by hand. */
static int take_deployment(void *user, const void *record)
{
    struct listing *listing = user;

    return k7i_deployment_is_sandbox(record) ? k7i_collection_add_deployment(&listing->found, record) : 0;
}

static int take_pod(void *user, const void *record)
{
    struct listing *listing = user;
    const struct k7i_pod *pod = record;

    return pod->meta.namespace_ && pod->meta.sandbox ? k7i_collection_add_pod(&listing->found, pod) : 0;
}

static enum k7i_verdict page_begin(struct k7i_op *op, struct k7i_request *request)
{
    struct k7i_kubernetes *kubernetes = op->instance;
    struct listing *listing = op->state;

    pthread_mutex_lock(&kubernetes->lock);
    listing->asked_json = kubernetes->json_only;
    pthread_mutex_unlock(&kubernetes->lock);
    listing->found.count = listing->found_before; /* what came of a page that was lost */
    k7i_page_begin(&listing->page, listing->target.kind,
                   listing->target.kind == K7I_KIND_POD ? take_pod : take_deployment, listing);
    k7i_kube_request(request, &listing->target);
    if (listing->sandbox)
        k7i_kube_select(request, K7I_KUBE_LABEL_SANDBOX, listing->sandbox);
    else
        k7i_kube_query(request, "labelSelector", K7I_KUBE_LABEL_SANDBOX);
    k7i_kube_query_int(request, "limit", PAGE_SIZE);
    if (listing->next)
        k7i_kube_query(request, "continue", listing->next);
    k7i_request_header(request, "Accept", listing->asked_json ? "application/json" : K7I_ACCEPT_PROTOBUF);
    return K7I_SEND;
}

static enum k7i_verdict page_failed(struct k7i_op *op, int code)
{
    const struct listing *listing = op->state;
    const char *title = k7i_kind_title(listing->target.kind);

    if (code == K7_ERR_NO_MEMORY)
        return k7i_op_fail_memory(op);
    if (code == K7_ERR_LIMIT)
        return k7i_op_fail(op, code, "the API server's list of %ss is too large, or an object in it is",
                           title);
    return k7i_op_fail(op, K7_ERR_PROTOCOL,
                       "the API server's list of %ss is not a %sList, neither in protobuf nor in JSON", title,
                       title);
}

static enum k7i_verdict page_chunk(struct k7i_op *op, const void *data, size_t len)
{
    struct listing *listing = op->state;
    int code = k7i_page_add(&listing->page, data, len);

    return code ? page_failed(op, code) : K7I_MORE;
}

/* The page is complete. */
static enum k7i_verdict turn_page(struct k7i_op *op)
{
    struct listing *listing = op->state;
    const struct k7i_buf *next = &listing->page.next;

    if (k7i_page_end(&listing->page) != 0)
        return page_failed(op, K7_ERR_PROTOCOL);
    listing->found_before = listing->found.count;
    listing->passing = 0;
    if (next->len == 0)
        return K7I_NEXT;
    if (listing->next && strcmp(listing->next, next->data) == 0)
        return k7i_op_fail(op, K7_ERR_PROTOCOL, "the API server's list of %ss goes round in circles",
                           k7i_kind_title(listing->target.kind));
    if (++listing->pages >= PAGES_MAX)
        return page_failed(op, K7_ERR_LIMIT);
    k7i_free(listing->next);
    listing->next = k7i_strdup(next->data);
    return listing->next ? K7I_AGAIN : k7i_op_fail_memory(op);
}

static enum k7i_verdict page_reply(struct k7i_op *op, const struct k7i_response *response)
{
    struct k7i_kubernetes *kubernetes = op->instance;
    struct listing *listing = op->state;

    if (response->status == 200)
        return turn_page(op);
    if (response->status == 410 && listing->next && listing->restarts++ < RESTARTS_MAX) {
        k7i_free(listing->next);
        listing->next = NULL;
        k7i_collection_clear(&listing->found);
        listing->found_before = 0;
        return K7I_AGAIN;
    }
    if (response->status == 406 && !listing->asked_json) {
        pthread_mutex_lock(&kubernetes->lock);
        kubernetes->json_only = 1;
        pthread_mutex_unlock(&kubernetes->lock);
        return K7I_AGAIN;
    }
    return k7i_kube_refused_or_again(op, response, &listing->target, &listing->passing);
}

static enum k7i_verdict sort_begin(struct k7i_op *op, struct k7i_request *request)
{
    struct listing *listing = op->state;

    (void)request;
    k7i_page_clear(&listing->page);
    k7i_collection_sort(&listing->found, listing->target.kind == K7I_KIND_POD);
    return K7I_DONE;
}

static const struct k7i_step page = {
    .name = "list", .begin = page_begin, .chunk = page_chunk, .reply = page_reply
};
static const struct k7i_step sort = { .name = "sort", .begin = sort_begin };
static const struct k7i_step *const listing_steps[] = { &page, &sort };

static const struct k7i_plan listing_plan = {
    .operation = "list",
    .only_reads = 1,
    .steps = listing_steps,
    .step_count = sizeof listing_steps / sizeof listing_steps[0],
    .state_size = sizeof(struct listing),
    .clear = listing_clear,
};

int k7i_listing_new(struct k7i_op *parent, enum k7i_kind kind, const char *namespace_, const char *sandbox,
                    struct k7i_op **ret_child, k7_error **err)
{
    int code = k7i_op_new(&listing_plan, parent->instance, ret_child, err);

    if (code)
        return code;
    struct listing *listing = (*ret_child)->state;
    (*ret_child)->peer = parent->peer;
    listing->namespace_ = namespace_ ? k7i_strdup(namespace_) : NULL;
    listing->sandbox = sandbox ? k7i_strdup(sandbox) : NULL;
    listing->target = (struct k7i_target){ "list", kind, listing->namespace_, NULL };
    if ((namespace_ && !listing->namespace_) || (sandbox && !listing->sandbox)) {
        k7i_op_free(*ret_child);
        *ret_child = NULL;
        return k7i_fail_memory(err);
    }
    return 0;
}

void k7i_listing_take(struct k7i_op *parent, struct k7i_op *child, struct k7i_collection *ret_found)
{
    struct listing *listing = child->state;

    if (child->error) {
        k7i_op_fail_with(parent, child->error);
        child->error = NULL;
    } else {
        *ret_found = listing->found;
        listing->found = (struct k7i_collection){ 0 };
    }
}

/* ---- both ---- */

struct list {
    char *namespace_;               /* NULL: all */
    struct k7i_collection found[2]; /* Deployments, Pods */
};

static const enum k7i_kind kinds[] = { K7I_KIND_DEPLOYMENT, K7I_KIND_POD };

static int prepare(struct k7i_op *op, const struct k7i_args *args, k7_error **err)
{
    const struct k7i_kubernetes *kubernetes = op->instance;
    struct list *list = op->state;

    op->peer = kubernetes->peer;
    if (args->namespace_ && !(list->namespace_ = k7i_strdup(args->namespace_)))
        return k7i_fail_memory(err);
    return 0;
}

static void clear(struct k7i_op *op)
{
    struct list *list = op->state;

    k7i_free(list->namespace_);
    k7i_collection_clear(&list->found[0]);
    k7i_collection_clear(&list->found[1]);
}

static enum k7i_verdict list_begin(struct k7i_op *op, struct k7i_request *request)
{
    (void)op, (void)request;
    return K7I_FORK;
}

static enum k7i_verdict list_child(struct k7i_op *op, size_t i, struct k7i_op **ret_child)
{
    const struct list *list = op->state;
    k7_error *error = NULL;

    if (i >= sizeof kinds / sizeof kinds[0])
        return K7I_DONE;
    return k7i_listing_new(op, kinds[i], list->namespace_, NULL, ret_child, &error) == 0
               ? K7I_NEXT
               : k7i_op_fail_with(op, error);
}

static void list_joined(struct k7i_op *op, size_t i, struct k7i_op *child)
{
    struct list *list = op->state;

    k7i_listing_take(op, child, &list->found[i]);
}

static enum k7i_verdict list_reply(struct k7i_op *op, const struct k7i_response *response)
{
    struct list *list = op->state;
    k7_sandboxes *sandboxes;
    k7_error *error = NULL;

    (void)response;
    if (op->error)
        return K7I_FAIL;
    if (k7i_collection_join(&list->found[0], &list->found[1], k7i_now_unix(), &sandboxes, &error) != 0)
        return k7i_op_fail_with(op, error);
    k7i_give_list(op, sandboxes);
    return K7I_DONE;
}

static const struct k7i_step look = {
    .name = "list", .begin = list_begin, .child = list_child, .joined = list_joined, .reply = list_reply
};
static const struct k7i_step *const steps[] = { &look };

const struct k7i_plan k7i_kubernetes_list_plan = {
    .operation = "list",
    .only_reads = 1,
    .steps = steps,
    .step_count = sizeof steps / sizeof steps[0],
    .state_size = sizeof(struct list),
    .prepare = prepare,
    .clear = clear,
};
