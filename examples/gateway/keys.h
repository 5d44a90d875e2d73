/* keys.h: who may do what: the keys in memory, re-read whenever the store changed. */
#ifndef GATEWAY_KEYS_H
#define GATEWAY_KEYS_H

#include <stddef.h>

struct key_store;
struct key; /* one key as it was when the request began; shared, released with key_release() */

enum key_verdict {
    KEY_ACCEPTED,
    KEY_UNKNOWN,
    KEY_EXPIRED,
    KEY_STORE_FAILED, /* unreadable or corrupt: nobody is let in */
};

/* The store is not read yet: whether it can be is asked at every request. NULL: out of memory. */
struct key_store *key_store_new(const char *path);
void key_store_free(struct key_store *store);

/* Judges a token. KEY_ACCEPTED: *ret_key is the caller's. KEY_STORE_FAILED: `why` gets K7's message for it. */
enum key_verdict key_store_check(struct key_store *store, const char *token, size_t len, struct key **ret_key,
                                 char *why, size_t why_size);

const char *key_name(const struct key *key);
/* Scopes: 1 allowed, 0 not. A key without a scope may use every namespace, or node. */
int key_allows_namespace(const struct key *key, const char *namespace_);
int key_allows_all_namespaces(const struct key *key);
int key_allows_node(const struct key *key, const char *node);
/* How many nodes the key is limited to (0: not limited), and the first of them. */
size_t key_node_count(const struct key *key);
const char *key_node(const struct key *key);
void key_release(struct key *key);

#endif
