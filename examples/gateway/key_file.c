/* key_file.c: reads, checks and replaces the key store. It decides nothing about a request. */
#include "key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* About 20,000 keys. */
#define STORE_MAX_BYTES (4 * 1024 * 1024)
#define STORE_MAX_DEPTH 8

int key_hash(const char *token, size_t len, unsigned char ret_hash[KEY_HASH_BYTES])
{
    return gnutls_hash_fast(GNUTLS_DIG_SHA256, token, len, ret_hash) == 0 ? 0 : -1;
}

bool key_hash_from_hex(const char *hex, unsigned char ret_hash[KEY_HASH_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    if (strlen(hex) != 2 * KEY_HASH_BYTES) {
        return false;
    }
    for (size_t i = 0; i < 2 * KEY_HASH_BYTES; i++) {
        const char *digit = strchr(digits, hex[i]);
        if (digit == NULL) {
            return false;
        }
        unsigned value = (unsigned)(digit - digits);
        ret_hash[i / 2] = (unsigned char)(i % 2 == 0 ? value << 4 : ret_hash[i / 2] | value);
    }
    return true;
}

void key_hash_to_hex(const unsigned char hash[KEY_HASH_BYTES], char ret_hex[2 * KEY_HASH_BYTES + 1])
{
    for (size_t i = 0; i < KEY_HASH_BYTES; i++) {
        snprintf(ret_hex + 2 * i, 3, "%02x", hash[i]);
    }
}

static bool is_absent(json_object *entry, const char *member)
{
    json_object *value = NULL;
    return !json_object_object_get_ex(entry, member, &value) || value == NULL;
}

static bool is_text_list(json_object *entry, const char *member)
{
    if (is_absent(entry, member)) {
        return true;
    }
    json_object *list = json_object_object_get(entry, member);
    if (!json_object_is_type(list, json_type_array)) {
        return false;
    }
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        if (!json_object_is_type(json_object_array_get_idx(list, i), json_type_string)) {
            return false;
        }
    }
    return true;
}

static bool is_entry(const char *hex, json_object *entry)
{
    unsigned char hash[KEY_HASH_BYTES];
    return key_hash_from_hex(hex, hash) && json_object_is_type(entry, json_type_object) &&
           json_object_is_type(json_object_object_get(entry, "name"), json_type_string) &&
           json_object_is_type(json_object_object_get(entry, "expires"), json_type_int) &&
           is_text_list(entry, "namespaces") && is_text_list(entry, "nodes");
}

static enum key_file_result parse(const char *bytes, size_t len, json_object **ret_root, char *why,
                                  size_t why_size)
{
    json_tokener *tokener = json_tokener_new_ex(STORE_MAX_DEPTH);
    if (tokener == NULL) {
        snprintf(why, why_size, "out of memory");
        return KEY_FILE_NO_MEMORY;
    }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    json_object *root = json_tokener_parse_ex(tokener, bytes, (int)len);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    json_tokener_free(tokener);
    if (error != json_tokener_success) {
        snprintf(why, why_size, "%s",
                 error == json_tokener_continue ? "it ends too early" : json_tokener_error_desc(error));
        json_object_put(root);
        return KEY_FILE_CORRUPT;
    }
    if (!json_object_is_type(root, json_type_object)) {
        snprintf(why, why_size, "it is not an object");
        json_object_put(root);
        return KEY_FILE_CORRUPT;
    }
    struct json_object_iter at;
    json_object_object_foreachC(root, at)
    {
        if (!is_entry(at.key, at.val)) {
            snprintf(why, why_size, "entry %.8s… is not a key with name, expires and valid scopes", at.key);
            json_object_put(root);
            return KEY_FILE_CORRUPT;
        }
    }
    *ret_root = root;
    return KEY_FILE_OK;
}

static enum key_file_result read_all(int fd, struct stat *ret_stat, char **ret_bytes, size_t *ret_len,
                                     char *why, size_t why_size)
{
    if (fstat(fd, ret_stat) != 0) {
        snprintf(why, why_size, "%s", strerror(errno));
        return KEY_FILE_UNREADABLE;
    }
    if (!S_ISREG(ret_stat->st_mode) || ret_stat->st_size > STORE_MAX_BYTES) {
        snprintf(why, why_size, "not a regular file of at most %d bytes", STORE_MAX_BYTES);
        return KEY_FILE_UNREADABLE;
    }
    size_t size = (size_t)ret_stat->st_size;
    char *bytes = malloc(size + 1);
    if (bytes == NULL) {
        snprintf(why, why_size, "out of memory");
        return KEY_FILE_NO_MEMORY;
    }
    size_t len = 0;
    while (len < size) {
        ssize_t got = read(fd, bytes + len, size - len);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            snprintf(why, why_size, "%s", strerror(errno));
            free(bytes);
            return KEY_FILE_UNREADABLE;
        }
        if (got == 0) {
            break; /* somebody truncates it in place; what is there will hardly parse */
        }
        len += (size_t)got;
    }
    bytes[len] = '\0';
    *ret_bytes = bytes;
    *ret_len = len;
    return KEY_FILE_OK;
}

enum key_file_result key_file_read(const char *path, json_object **ret_root, struct stat *ret_stat, char *why,
                                   size_t why_size)
{
    *ret_root = NULL;
    /* O_NONBLOCK: a FIFO of that name must not hang the gateway */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        snprintf(why, why_size, "%s", strerror(errno));
        return errno == ENOENT ? KEY_FILE_MISSING : KEY_FILE_UNREADABLE;
    }
    char *bytes = NULL;
    size_t len = 0;
    enum key_file_result result = read_all(fd, ret_stat, &bytes, &len, why, why_size);
    close(fd);
    if (result == KEY_FILE_OK) {
        result = parse(bytes, len, ret_root, why, why_size);
    }
    free(bytes);
    return result;
}

static int open_folder(const char *path)
{
    char *copy = strdup(path);
    if (copy == NULL) {
        return -1;
    }
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = errno;
    free(copy);
    errno = error;
    return fd;
}

int key_file_lock(const char *path, char *why, size_t why_size)
{
    int fd = open_folder(path);
    if (fd < 0 || flock(fd, LOCK_EX) != 0) {
        snprintf(why, why_size, "the folder of %s cannot be locked: %s", path, strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    return fd;
}

static int write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, bytes, len);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return -1;
        }
        bytes += put;
        len -= (size_t)put;
    }
    return 0;
}

/* A gateway that runs as another user must be able to read what root adds. */
static int keep_owner(int fd, const char *path)
{
    struct stat old;
    struct stat now;
    if (stat(path, &old) != 0) {
        return errno == ENOENT ? 0 : -1;
    }
    if (fstat(fd, &now) != 0) {
        return -1;
    }
    return old.st_uid == now.st_uid && old.st_gid == now.st_gid ? 0 : fchown(fd, old.st_uid, old.st_gid);
}

int key_file_write(const char *path, json_object *root, char *why, size_t why_size)
{
    const char *text =
        json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
    /* the real file behind a symbolic link is what is replaced, not the link */
    char *real = realpath(path, NULL);
    const char *place = real != NULL ? real : path;
    size_t size = strlen(place) + sizeof ".XXXXXX";
    char *beside = malloc(size);
    int folder = open_folder(place);
    int fd = -1;
    int result = -1;
    if (text == NULL || beside == NULL || folder < 0) {
        goto cleanup;
    }
    snprintf(beside, size, "%s.XXXXXX", place);
    fd = mkostemp(beside, O_CLOEXEC); /* mode 0600 */
    if (fd < 0) {
        goto cleanup;
    }
    if (keep_owner(fd, place) == 0 && write_all(fd, text, strlen(text)) == 0 && write_all(fd, "\n", 1) == 0 &&
        fsync(fd) == 0 && rename(beside, place) == 0) {
        (void)fsync(folder); /* the rename has happened; some file systems cannot sync a folder */
        result = 0;
    } else {
        int error = errno;
        unlink(beside);
        errno = error;
    }
cleanup:
    if (result != 0) {
        snprintf(why, why_size, "%s cannot be written: %s", place, strerror(errno));
    }
    if (fd >= 0) {
        close(fd);
    }
    if (folder >= 0) {
        close(folder);
    }
    free(beside);
    free(real);
    return result;
}
