/* keys.c: the keys in memory. Tokens are compared by their hashes, all of them, in constant time; the store is never written here. */
#include "keys.h"

#include <gnutls/gnutls.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "key_file.h"

struct key {
    atomic_int references;
    unsigned char hash[KEY_HASH_BYTES];
    int64_t expires; /* seconds since 1970 */
    json_object *entry;
};

struct key_store {
    pthread_mutex_t lock;
    char *path;
    bool loaded;
    struct stat seen;
    time_t read_at;
    struct key **keys;
    size_t count;
};

void key_release(struct key *key)
{
    if (key != NULL && atomic_fetch_sub(&key->references, 1) == 1) {
        json_object_put(key->entry);
        free(key);
    }
}

static void forget(struct key_store *store)
{
    for (size_t i = 0; i < store->count; i++) {
        key_release(store->keys[i]);
    }
    free(store->keys);
    store->keys = NULL;
    store->count = 0;
    store->loaded = false;
}

struct key_store *key_store_new(const char *path)
{
    struct key_store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        return NULL;
    }
    store->path = strdup(path);
    if (store->path == NULL || pthread_mutex_init(&store->lock, NULL) != 0) {
        free(store->path);
        free(store);
        return NULL;
    }
    return store;
}

void key_store_free(struct key_store *store)
{
    if (store != NULL) {
        forget(store);
        pthread_mutex_destroy(&store->lock);
        free(store->path);
        free(store);
    }
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mode == b->st_mode && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
           a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* A file changed within the last two seconds before it was read may change once more without a new time stamp (as git knows it: "racily clean"). */
static bool is_current(const struct key_store *store)
{
    struct stat now;
    return store->loaded && store->read_at - store->seen.st_ctim.tv_sec > 2 && stat(store->path, &now) == 0 &&
           is_same_file(&now, &store->seen);
}

static struct key *make_key(const char *hex, json_object *entry)
{
    struct key *key = calloc(1, sizeof *key);
    if (key != NULL) {
        atomic_init(&key->references, 1);
        key_hash_from_hex(hex, key->hash);
        key->expires = json_object_get_int64(json_object_object_get(entry, "expires"));
        key->entry = json_object_get(entry);
    }
    return key;
}

static int load(struct key_store *store, char *why, size_t why_size)
{
    if (is_current(store)) {
        return 0;
    }
    forget(store);
    json_object *root = NULL;
    char detail[160] = "";
    store->read_at = time(NULL);
    enum key_file_result result = key_file_read(store->path, &root, &store->seen, detail, sizeof detail);
    if (result == KEY_FILE_OK) {
        size_t count = (size_t)json_object_object_length(root);
        store->keys = calloc(count + 1, sizeof *store->keys);
        bool complete = store->keys != NULL;
        struct json_object_iter at;
        json_object_object_foreachC(root, at)
        {
            struct key *key = complete ? make_key(at.key, at.val) : NULL;
            complete = key != NULL;
            if (!complete) {
                break;
            }
            store->keys[store->count++] = key;
        }
        json_object_put(root);
        if (complete) {
            store->loaded = true;
            return 0;
        }
        forget(store);
        result = KEY_FILE_NO_MEMORY;
    }
    if (result == KEY_FILE_CORRUPT) {
        snprintf(why, why_size, "API key store %s is corrupt: %s", store->path, detail);
    } else if (result == KEY_FILE_NO_MEMORY) {
        snprintf(why, why_size, "out of memory");
    } else {
        snprintf(why, why_size, "API key store %s is unreadable by the API process (%s)", store->path,
                 detail);
    }
    return -1;
}

enum key_verdict key_store_check(struct key_store *store, const char *token, size_t len, struct key **ret_key,
                                 char *why, size_t why_size)
{
    *ret_key = NULL;
    unsigned char hash[KEY_HASH_BYTES];
    if (key_hash(token, len, hash) != 0) {
        snprintf(why, why_size, "tokens cannot be hashed");
        return KEY_STORE_FAILED;
    }
    pthread_mutex_lock(&store->lock);
    if (load(store, why, why_size) != 0) {
        pthread_mutex_unlock(&store->lock);
        return KEY_STORE_FAILED;
    }
    struct key *found = NULL;
    for (size_t i = 0; i < store->count; i++) {
        if (gnutls_memcmp(store->keys[i]->hash, hash, sizeof hash) == 0) {
            found = store->keys[i]; /* and on, so that the time says nothing */
        }
    }
    enum key_verdict verdict = KEY_UNKNOWN;
    if (found != NULL && found->expires <= (int64_t)time(NULL)) {
        verdict = KEY_EXPIRED;
    } else if (found != NULL) {
        atomic_fetch_add(&found->references, 1);
        *ret_key = found;
        verdict = KEY_ACCEPTED;
    }
    pthread_mutex_unlock(&store->lock);
    return verdict;
}

const char *key_name(const struct key *key)
{
    return json_object_get_string(json_object_object_get(key->entry, "name"));
}

static size_t scope_count(const struct key *key, const char *scope)
{
    json_object *list = json_object_object_get(key->entry, scope);
    return list == NULL ? 0 : json_object_array_length(list);
}

static int is_in_scope(const struct key *key, const char *scope, const char *what)
{
    size_t count = scope_count(key, scope);
    json_object *list = json_object_object_get(key->entry, scope);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(json_object_get_string(json_object_array_get_idx(list, i)), what) == 0) {
            return 1;
        }
    }
    return count == 0;
}

int key_allows_namespace(const struct key *key, const char *namespace_)
{
    return is_in_scope(key, "namespaces", namespace_);
}

int key_allows_all_namespaces(const struct key *key)
{
    return scope_count(key, "namespaces") == 0;
}

int key_allows_node(const struct key *key, const char *node)
{
    return is_in_scope(key, "nodes", node);
}

size_t key_node_count(const struct key *key)
{
    return scope_count(key, "nodes");
}

const char *key_node(const struct key *key)
{
    json_object *list = json_object_object_get(key->entry, "nodes");
    return json_object_get_string(json_object_array_get_idx(list, 0));
}
