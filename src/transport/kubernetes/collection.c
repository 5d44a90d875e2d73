/* collection.c: see collection.h. */
#include "transport/kubernetes/collection.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"

#include <stdalign.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 64 * 1024 - 64 };

struct k7i_collection_block {
    struct k7i_collection_block *next;
    size_t used, size;
    alignas(8) char data[];
};

#define META(field)       offsetof(struct k7i_metadata, field)
#define DEPLOYMENT(field) offsetof(struct k7i_deployment, field)
#define POD(field)        offsetof(struct k7i_pod, field)

/* The texts that a list needs; the others are set to NULL, for they are not kept. Both records begin with their metadata. */
static const unsigned char deployment_texts[] = {
    META(name),    META(namespace_),           META(uid),
    META(backend), DEPLOYMENT(failure_reason), DEPLOYMENT(failure_message)
};
static const unsigned char pod_texts[] = {
    META(name),
    META(namespace_),
    META(sandbox),
    META(template_hash),
    META(controller_kind),
    META(controller),
    POD(node),
    POD(image),
    POD(phase),
    POD(phase_reason),
    POD(phase_message),
    POD(waiting_reason),
    POD(waiting_message),
    POD(ended_reason),
    POD(ended_message),
    POD(unscheduled_reason),
    POD(unscheduled_message),
};

static const char **text_at(void *record, size_t offset)
{
    return (const char **)((char *)record + offset);
}

/* Bytes aligned for anything that is kept here; NULL: out of memory, or the limit. */
static void *reserve(struct k7i_collection *collection, size_t size, int *ret_code)
{
    struct k7i_collection_block *block = collection->blocks;

    if (!block || size > block->size - block->used) {
        size_t block_size = size > BLOCK_SIZE ? size : BLOCK_SIZE;

        if (block_size > K7I_COLLECTION_LIMIT - collection->bytes) {
            *ret_code = K7_ERR_LIMIT;
            return NULL;
        }
        block = k7i_alloc(sizeof *block + block_size);
        if (!block) {
            *ret_code = K7_ERR_NO_MEMORY;
            return NULL;
        }
        *block = (struct k7i_collection_block){ collection->blocks, 0, block_size };
        collection->blocks = block;
        collection->bytes += block_size;
    }
    void *place = block->data + block->used;
    block->used += size;
    return place;
}

/* `texts` of the record are kept, in one piece behind it; a text that is the same as the neighbour's points there. */
static int add(struct k7i_collection *collection, void *record, size_t size, const unsigned char *texts,
               size_t text_count)
{
    void *neighbour = collection->count ? collection->items[collection->count - 1] : NULL;
    size_t whole = size;
    int code = 0;

    if (collection->count == collection->room) {
        size_t room = collection->room ? collection->room * 2 : 64;
        void **items = k7i_reallocarray(collection->items, room, sizeof *items);
        if (!items)
            return K7_ERR_NO_MEMORY;
        collection->items = items;
        collection->room = room;
    }
    for (size_t i = 0; i < text_count; i++) {
        const char **text = text_at(record, texts[i]);
        const char *known = neighbour ? *text_at(neighbour, texts[i]) : NULL;

        if (known && k7i_text_equal(known, *text))
            *text = known;
        else if (*text)
            whole += strlen(*text) + 1;
    }
    whole = (whole + 7) & ~(size_t)7;
    char *copy = reserve(collection, whole, &code), *place = copy + size;
    if (!copy)
        return code;
    for (size_t i = 0; i < text_count; i++) {
        const char **text = text_at(record, texts[i]);
        size_t len;

        if (!*text || (neighbour && *text == *text_at(neighbour, texts[i])))
            continue;
        len = strlen(*text) + 1;
        memcpy(place, *text, len);
        *text = place;
        place += len;
    }
    memcpy(copy, record, size);
    collection->items[collection->count++] = copy;
    return 0;
}

int k7i_collection_add_deployment(struct k7i_collection *collection, const struct k7i_deployment *deployment)
{
    struct k7i_deployment copy = *deployment;

    copy.meta.app = copy.meta.runtime = copy.meta.sandbox = copy.meta.template_hash = NULL;
    copy.meta.create_id = copy.meta.controller_kind = copy.meta.controller = NULL;
    copy.meta.resource_version = copy.runtime_class = copy.image = copy.env_secret = NULL;
    return add(collection, &copy, sizeof copy, deployment_texts, sizeof deployment_texts);
}

int k7i_collection_add_pod(struct k7i_collection *collection, const struct k7i_pod *pod)
{
    struct k7i_pod copy = *pod;

    copy.meta.uid = copy.meta.app = copy.meta.runtime = copy.meta.backend = copy.meta.create_id = NULL;
    copy.meta.resource_version = NULL;
    return add(collection, &copy, sizeof copy, pod_texts, sizeof pod_texts);
}

void k7i_collection_clear(struct k7i_collection *collection)
{
    while (collection->blocks) {
        struct k7i_collection_block *next = collection->blocks->next;

        k7i_free(collection->blocks);
        collection->blocks = next;
    }
    k7i_free(collection->items);
    *collection = (struct k7i_collection){ 0 };
}

/* ---- joining ---- */

static int compare(const char *namespace_, const char *name, const char *other_namespace,
                   const char *other_name)
{
    int order = strcmp(namespace_, other_namespace);

    return order ? order : strcmp(name, other_name);
}

static int compare_deployments(const void *a, const void *b)
{
    const struct k7i_deployment *one = *(void *const *)a, *other = *(void *const *)b;

    return compare(one->meta.namespace_, one->meta.name, other->meta.namespace_, other->meta.name);
}

static int compare_pods(const void *a, const void *b)
{
    const struct k7i_pod *one = *(void *const *)a, *other = *(void *const *)b;

    return compare(one->meta.namespace_, one->meta.sandbox, other->meta.namespace_, other->meta.sandbox);
}

void k7i_collection_sort(struct k7i_collection *collection, int is_pods)
{
    if (collection->count)
        qsort(collection->items, collection->count, sizeof *collection->items,
              is_pods ? compare_pods : compare_deployments);
}

const struct k7i_pod *k7i_collection_best_of(const struct k7i_collection *pods, size_t *at,
                                             const struct k7i_deployment *deployment)
{
    const struct k7i_pod *best = NULL;

    for (; *at < pods->count; (*at)++) {
        const struct k7i_pod *pod = pods->items[*at];
        int order = compare(pod->meta.namespace_, pod->meta.sandbox, deployment->meta.namespace_,
                            deployment->meta.name);

        if (order > 0)
            break;
        if (order == 0 && k7i_pod_is_of(pod, deployment))
            best = k7i_pod_better(best, pod);
    }
    return best;
}

int k7i_collection_join(const struct k7i_collection *deployments, const struct k7i_collection *pods,
                        int64_t now_unix, k7_sandboxes **ret_list, k7_error **err)
{
    k7_sandboxes *list;
    size_t at = 0;

    *ret_list = NULL;
    int code = k7i_sandboxes_new(&list, err);
    if (code)
        return code;
    for (size_t i = 0; i < deployments->count && !code; i++) {
        const struct k7i_deployment *deployment = deployments->items[i];
        k7_sandbox *sandbox;

        if (i > 0 && compare_deployments(&deployments->items[i - 1], &deployments->items[i]) == 0)
            continue; /* a server that says something twice */
        code = k7i_record_to_sandbox(deployment, k7i_collection_best_of(pods, &at, deployment), now_unix,
                                     &sandbox, err);
        if (!code)
            code = k7i_sandboxes_add(list, sandbox, err);
    }
    if (code)
        k7_sandboxes_unref(list);
    else
        *ret_list = list;
    return code;
}
