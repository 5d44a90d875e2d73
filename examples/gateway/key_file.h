/* key_file.h: the key store on disk, in K7's JSON format: { "<SHA-256 hex of a token>": {"name", "created", "expires", "last_used", "namespaces"?,
 * "nodes"?} }. Members that this program does not know are kept. */
#ifndef GATEWAY_KEY_FILE_H
#define GATEWAY_KEY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include <json-c/json.h>

#define KEY_HASH_BYTES 32

enum key_file_result {
    KEY_FILE_OK,
    KEY_FILE_MISSING,
    KEY_FILE_UNREADABLE,
    KEY_FILE_CORRUPT, /* not JSON, or an entry is not what it should be: then nothing in it is trusted */
    KEY_FILE_NO_MEMORY,
};

/* Reads and checks the store. *ret_root is the caller's (json_object_put); *ret_stat is of the file that was read; `why` gets a text on failure. */
enum key_file_result key_file_read(const char *path, json_object **ret_root, struct stat *ret_stat, char *why,
                                   size_t why_size);

/* Replaces the store at once: written beside it with mode 0600 and the owner of the old one, then renamed. Returns 0 or -1 with `why`. */
int key_file_write(const char *path, json_object *root, char *why, size_t why_size);

/* Locks the store's folder against other writers; returns a descriptor to close, or -1 with `why`. */
int key_file_lock(const char *path, char *why, size_t why_size);

/* SHA-256 of a token. Returns 0 or -1. */
int key_hash(const char *token, size_t len, unsigned char ret_hash[KEY_HASH_BYTES]);
/* The store's spelling of a hash: 64 lower-case hex digits; false: it is not one. */
bool key_hash_from_hex(const char *hex, unsigned char ret_hash[KEY_HASH_BYTES]);
void key_hash_to_hex(const unsigned char hash[KEY_HASH_BYTES], char ret_hex[2 * KEY_HASH_BYTES + 1]);

#endif
