/* store.c: a sorted array: looking up is a binary search, and the sandboxes of a namespace stand together. */
#include "transport/memory/store.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"

#include <string.h>

/* Kubernetes' default range for node ports begins here. */
enum { FIRST_NODE_PORT = 30000, NODE_PORTS = 2768 };

static int new_uid(char uid[K7I_MEMORY_UID])
{
    char digits[33];

    if (k7i_random_hex(digits, 32) != 0)
        return -1;
    const char *from = digits;
    for (int i = 0; i < K7I_MEMORY_UID - 1; i++)
        uid[i] = i == 8 || i == 13 || i == 18 || i == 23 ? '-' : *from++;
    uid[K7I_MEMORY_UID - 1] = 0;
    return 0;
}

static int fill(struct k7i_memory_entry *entry, const k7_spec *spec, const char *namespace_)
{
    size_t ports = spec->expose_ports.count;

    entry->namespace_ = k7i_strdup(namespace_);
    entry->name = k7i_strdup(spec->name);
    entry->image = k7i_strdup(spec->image);
    if (!entry->namespace_ || !entry->name || !entry->image)
        return -1;
    if (spec->backend && !(entry->backend = k7i_strdup(spec->backend)))
        return -1;
    if (ports > 0 && !(entry->node_ports = k7i_calloc(ports, sizeof *entry->node_ports)))
        return -1;
    entry->node_port_count = ports;
    return 0;
}

int k7i_memory_entry_new(const k7_spec *spec, const char *namespace_, struct k7i_memory_entry **ret_entry,
                         k7_error **err)
{
    struct k7i_memory_entry *entry = k7i_calloc(1, sizeof *entry);

    if (!entry)
        return k7i_fail_memory(err);
    entry->gone_ms = -1;
    if (fill(entry, spec, namespace_) != 0) {
        k7i_memory_entry_free(entry);
        return k7i_fail_memory(err);
    }
    if (new_uid(entry->uid) != 0) {
        k7i_memory_entry_free(entry);
        return k7i_fail(err, K7_ERR_SYSTEM, "no random numbers for a uid");
    }
    *ret_entry = entry;
    return 0;
}

struct k7i_memory_entry *k7i_memory_entry_free(struct k7i_memory_entry *entry)
{
    if (entry) {
        k7i_free(entry->namespace_);
        k7i_free(entry->name);
        k7i_free(entry->image);
        k7i_free(entry->backend);
        k7i_free(entry->node_ports);
        k7i_free(entry);
    }
    return NULL;
}

static int compare(const struct k7i_memory_entry *entry, const char *namespace_, const char *name)
{
    int order = strcmp(entry->namespace_, namespace_);

    return order != 0 ? order : strcmp(entry->name, name);
}

/* The place of the first entry that is not below namespace_ and name. */
static size_t place_of(const struct k7i_memory_store *store, const char *namespace_, const char *name)
{
    size_t low = 0, high = store->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare(store->entries[middle], namespace_, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t k7i_memory_store_first(const struct k7i_memory_store *store, const char *namespace_)
{
    return namespace_ ? place_of(store, namespace_, "") : 0;
}

struct k7i_memory_entry *k7i_memory_store_find(const struct k7i_memory_store *store, const char *namespace_,
                                               const char *name)
{
    size_t i = place_of(store, namespace_, name);

    return i < store->count && compare(store->entries[i], namespace_, name) == 0 ? store->entries[i] : NULL;
}

int k7i_memory_store_add(struct k7i_memory_store *store, struct k7i_memory_entry *entry)
{
    if (store->count == store->capacity) {
        size_t capacity = store->capacity ? store->capacity * 2 : 16;
        struct k7i_memory_entry **entries =
            k7i_reallocarray(store->entries, capacity, sizeof *store->entries);

        if (!entries)
            return K7_ERR_NO_MEMORY;
        store->entries = entries;
        store->capacity = capacity;
    }
    size_t i = place_of(store, entry->namespace_, entry->name);
    memmove(&store->entries[i + 1], &store->entries[i], (store->count - i) * sizeof *store->entries);
    store->entries[i] = entry;
    store->count++;
    entry->created_unix = k7i_now_unix();
    for (size_t port = 0; port < entry->node_port_count; port++)
        entry->node_ports[port] = FIRST_NODE_PORT + store->exposed_ports++ % NODE_PORTS;
    return 0;
}

void k7i_memory_store_remove(struct k7i_memory_store *store, struct k7i_memory_entry *entry)
{
    size_t i = place_of(store, entry->namespace_, entry->name);

    if (entry->gone_ms >= 0)
        store->stopping--;
    store->count--;
    memmove(&store->entries[i], &store->entries[i + 1], (store->count - i) * sizeof *store->entries);
    k7i_memory_entry_free(entry);
}

void k7i_memory_store_stop(struct k7i_memory_store *store, struct k7i_memory_entry *entry, int64_t gone_ms)
{
    if (entry->gone_ms < 0) {
        entry->gone_ms = gone_ms;
        store->stopping++;
    }
}

int k7i_memory_store_settle(struct k7i_memory_store *store, int64_t now_ms)
{
    size_t before = store->count, kept = 0;

    if (store->stopping == 0)
        return 0;
    for (size_t i = 0; i < before; i++) {
        struct k7i_memory_entry *entry = store->entries[i];

        if (entry->gone_ms >= 0 && entry->gone_ms <= now_ms) {
            k7i_memory_entry_free(entry);
            store->stopping--;
        } else {
            store->entries[kept++] = entry;
        }
    }
    store->count = kept;
    return kept != before;
}

void k7i_memory_store_clear(struct k7i_memory_store *store)
{
    for (size_t i = 0; i < store->count; i++)
        k7i_memory_entry_free(store->entries[i]);
    k7i_free(store->entries);
    *store = (struct k7i_memory_store){ 0 };
}
