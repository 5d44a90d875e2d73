/* results.c: what became of each item of an operation over many. */
#include "model/sandbox.h"

#include "base/alloc.h"
#include "base/error.h"

#include <stdatomic.h>

struct item {
    char *name;
    int outcome; /* K7_ITEM_* */
    k7_error *error;
    k7_sandbox *sandbox;
};

struct k7_results {
    atomic_int references;
    size_t count;
    struct item items[];
};

int k7i_results_new(size_t count, k7_results **ret_results, k7_error **err)
{
    *ret_results = NULL;
    if (count > (SIZE_MAX - sizeof(k7_results)) / sizeof(struct item))
        return k7i_fail_memory(err);
    k7_results *results = k7i_calloc(1, sizeof *results + count * sizeof(struct item));
    if (!results)
        return k7i_fail_memory(err);
    atomic_init(&results->references, 1);
    results->count = count;
    for (size_t i = 0; i < count; i++)
        results->items[i].outcome = K7_ITEM_NOT_STARTED;
    *ret_results = results;
    return 0;
}

int k7i_results_set_name(k7_results *results, size_t i, const char *name, k7_error **err)
{
    char *copy = k7i_strdup(name);

    if (!copy)
        return k7i_fail_memory(err);
    k7i_free(results->items[i].name);
    results->items[i].name = copy;
    return 0;
}

void k7i_results_set(k7_results *results, size_t i, int outcome, k7_error *error)
{
    struct item *item = &results->items[i];

    k7_error_unref(item->error);
    item->outcome = outcome;
    item->error = error;
}

void k7i_results_set_sandbox(k7_results *results, size_t i, k7_sandbox *sandbox)
{
    k7_sandbox_unref(results->items[i].sandbox);
    results->items[i].sandbox = sandbox;
}

k7_results *k7_results_ref(k7_results *results)
{
    if (results)
        atomic_fetch_add(&results->references, 1);
    return results;
}

k7_results *k7_results_unref(k7_results *results)
{
    if (results && atomic_fetch_sub(&results->references, 1) == 1) {
        for (size_t i = 0; i < results->count; i++) {
            k7i_free(results->items[i].name);
            k7_error_unref(results->items[i].error);
            k7_sandbox_unref(results->items[i].sandbox);
        }
        k7i_free(results);
    }
    return NULL;
}

size_t k7_results_count(const k7_results *results)
{
    return results ? results->count : 0;
}

size_t k7_results_count_of(const k7_results *results, int outcome)
{
    size_t count = 0;

    for (size_t i = 0; i < k7_results_count(results); i++)
        count += results->items[i].outcome == outcome;
    return count;
}

const char *k7_results_name_at(const k7_results *results, size_t i)
{
    return i < k7_results_count(results) ? results->items[i].name : NULL;
}

int k7_results_outcome_at(const k7_results *results, size_t i)
{
    return i < k7_results_count(results) ? results->items[i].outcome : -1;
}

const k7_error *k7_results_error_at(const k7_results *results, size_t i)
{
    return i < k7_results_count(results) ? results->items[i].error : NULL;
}

k7_sandbox *k7_results_sandbox_at(const k7_results *results, size_t i)
{
    return i < k7_results_count(results) ? results->items[i].sandbox : NULL;
}
