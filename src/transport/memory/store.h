/* store.h: the sandboxes of a memory: client, in the order of namespace and name. Knows nothing of operations; its user locks. */
#ifndef K7I_TRANSPORT_MEMORY_STORE_H
#define K7I_TRANSPORT_MEMORY_STORE_H

#include "model/spec.h"

enum { K7I_MEMORY_UID = 37 }; /* a UUID's text with its NUL, as Kubernetes' uids are */

struct k7i_memory_entry {
    char *namespace_, *name, *image, *backend;
    char uid[K7I_MEMORY_UID];
    int64_t created_unix; /* seconds since 1970 */
    int64_t created_ms, ready_ms;
    int64_t gone_ms; /* when it is gone, once deleted; else -1 */
    size_t node_port_count;
    int32_t *node_ports;
};

struct k7i_memory_store {
    size_t count, capacity;
    struct k7i_memory_entry **entries;
    size_t stopping;       /* entries that are deleted but not gone */
    int32_t exposed_ports; /* how many were given out */
};

/* A new entry, not in the store. Errors: K7_ERR_NO_MEMORY, K7_ERR_SYSTEM (no random numbers). */
int k7i_memory_entry_new(const k7_spec *spec, const char *namespace_, struct k7i_memory_entry **ret_entry,
                         k7_error **err);
struct k7i_memory_entry *k7i_memory_entry_free(struct k7i_memory_entry *entry); /* NULL */

/* Drops what is gone by now; to be called before anything is looked up. 1: something was. */
int k7i_memory_store_settle(struct k7i_memory_store *store, int64_t now_ms);
struct k7i_memory_entry *k7i_memory_store_find(const struct k7i_memory_store *store, const char *namespace_,
                                               const char *name);
/* Takes the entry when it returns 0; K7_ERR_NO_MEMORY otherwise. Its name must be free. */
int k7i_memory_store_add(struct k7i_memory_store *store, struct k7i_memory_entry *entry);
void k7i_memory_store_remove(struct k7i_memory_store *store, struct k7i_memory_entry *entry);
void k7i_memory_store_stop(struct k7i_memory_store *store, struct k7i_memory_entry *entry, int64_t gone_ms);
void k7i_memory_store_clear(struct k7i_memory_store *store);
/* The first entry of a namespace (NULL: of all); the others follow it. */
size_t k7i_memory_store_first(const struct k7i_memory_store *store, const char *namespace_);

#endif
