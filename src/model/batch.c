/* batch.c: building a k7_batch. */
#include "model/batch.h"

#include "base/alloc.h"
#include "base/error.h"
#include "model/name.h"
#include "model/spec.h"

enum { AT_ONCE_DEFAULT = 8, AT_ONCE_MAX = 256, STARTS_MAX = 1000, CAPACITY_FIRST = 16 };

static int reset_error(const void *object, k7_error **err)
{
    if (err)
        *err = NULL;
    return object ? 0 : k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "batch must not be NULL");
}

int k7_batch_new(k7_batch **ret_batch, k7_error **err)
{
    if (err)
        *err = NULL;
    if (!ret_batch)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "ret_batch must not be NULL");
    if (!(*ret_batch = k7i_calloc(1, sizeof **ret_batch)))
        return k7i_fail_memory(err);
    (*ret_batch)->at_once = AT_ONCE_DEFAULT;
    return 0;
}

static void unref_item(struct k7i_batch_item *item)
{
    if (item && atomic_fetch_sub(&item->references, 1) == 1) {
        k7_spec_free(item->spec);
        k7i_free(item->namespace_);
        k7i_free(item->name);
        k7i_free(item);
    }
}

void k7_batch_free(k7_batch *batch)
{
    if (!batch)
        return;
    for (size_t i = 0; i < batch->count; i++)
        unref_item(batch->items[i]);
    k7i_free(batch->items);
    k7i_free(batch);
}

int k7i_batch_dup(const k7_batch *batch, k7_batch **ret_batch, k7_error **err)
{
    k7_batch *copy = k7i_alloc(sizeof *copy);
    struct k7i_batch_item **items = k7i_calloc(batch->count + 1, sizeof *items);

    if (!copy || !items) {
        k7i_free(copy);
        k7i_free(items);
        return k7i_fail_memory(err);
    }
    *copy = *batch;
    copy->items = items;
    copy->capacity = batch->count + 1;
    for (size_t i = 0; i < batch->count; i++) {
        items[i] = batch->items[i];
        atomic_fetch_add(&items[i]->references, 1);
    }
    *ret_batch = copy;
    return 0;
}

static int add(k7_batch *batch, const k7_spec *spec, const char *namespace_, const char *name, k7_error **err)
{
    struct k7i_batch_item *item;
    int status = 0;

    if (batch->count == batch->capacity) {
        size_t capacity = batch->capacity ? 2 * batch->capacity : CAPACITY_FIRST;
        struct k7i_batch_item **items = k7i_reallocarray(batch->items, capacity, sizeof item);

        if (!items)
            return k7i_fail_memory(err);
        batch->items = items;
        batch->capacity = capacity;
    }
    if (!(item = k7i_calloc(1, sizeof *item)))
        return k7i_fail_memory(err);
    atomic_init(&item->references, 1);
    if (!(item->name = k7i_strdup(name)) || (namespace_ && !(item->namespace_ = k7i_strdup(namespace_))))
        status = k7i_fail_memory(err);
    if (status == 0 && spec)
        status = k7_spec_dup(spec, &item->spec, err);
    if (status == 0)
        batch->items[batch->count++] = item;
    else
        unref_item(item);
    return status;
}

int k7_batch_add_spec(k7_batch *batch, const k7_spec *spec, k7_error **err)
{
    int status = reset_error(batch, err);

    if (status == 0 && !spec)
        status = k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "spec is NULL");
    if (status != 0 || (status = k7_spec_validate(spec, err)) != 0 ||
        (spec->namespace_ && (status = k7i_name_check_namespace(spec->namespace_, err)) != 0))
        return status;
    return add(batch, spec, spec->namespace_, spec->name, err);
}

int k7_batch_add_name(k7_batch *batch, const char *namespace_, const char *name, k7_error **err)
{
    int status = reset_error(batch, err);

    if (status == 0 && !name)
        status = k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "name is NULL");
    if (status != 0 || (status = k7i_name_check_sandbox(name, err)) != 0 ||
        (namespace_ && (status = k7i_name_check_namespace(namespace_, err)) != 0))
        return status;
    return add(batch, NULL, namespace_, name, err);
}

size_t k7_batch_count(const k7_batch *batch)
{
    return batch ? batch->count : 0;
}

/* at: where in the batch the number is. */
static int set(k7_batch *batch, int *at, int32_t value, int32_t min, int32_t max, const char *what,
               k7_error **err)
{
    int status = reset_error(batch, err);

    if (status == 0 && (value < min || value > max))
        status = k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "%s %d: must be %d to %d", what, value, min, max);
    if (status == 0)
        *at = value;
    return status;
}

int k7_batch_set_at_once(k7_batch *batch, int32_t count, k7_error **err)
{
    return set(batch, batch ? &batch->at_once : NULL, count, 1, AT_ONCE_MAX, "at once", err);
}

int k7_batch_set_starts_per_second(k7_batch *batch, int32_t count, k7_error **err)
{
    return set(batch, batch ? &batch->starts_per_second : NULL, count, 0, STARTS_MAX, "starts per second",
               err);
}
