/* keytool.c: adds, lists and revokes keys in the store. A running gateway sees the change at its next request. */
#include "keytool.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "key_file.h"

#define TOKEN_BYTES      32 /* as K7's secrets.token_urlsafe(32): 43 characters */
#define TOKEN_CHARACTERS 43
#define NAME_MAX_BYTES   64
#define DEFAULT_DAYS     365
#define MAX_DAYS         36500
#define SECONDS_PER_DAY  86400
#define MAX_NAMESPACES   64
#define NAMESPACE_MAX    63

struct key_arguments {
    const char *name;
    const char *file;
    const char *namespaces[MAX_NAMESPACES];
    size_t namespace_count;
    long days;
};

static int usage(void)
{
    fputs("usage: k7-gateway key add NAME --keys FILE [--namespace NS]... [--expires-days N]\n"
          "       k7-gateway key list --keys FILE\n"
          "       k7-gateway key revoke NAME --keys FILE\n",
          stderr);
    return 2;
}

static int fail(const char *why)
{
    fprintf(stderr, "k7-gateway key: %s\n", why);
    return 1;
}

/* 43 characters of base64url (RFC 4648 section 5) without padding. */
static int make_token(char ret_token[TOKEN_CHARACTERS + 1])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned char bytes[TOKEN_BYTES + 1] = { 0 }; /* one more, so that the last group is whole */
    if (getrandom(bytes, TOKEN_BYTES, 0) != TOKEN_BYTES) {
        return -1;
    }
    for (size_t i = 0; i < TOKEN_CHARACTERS; i++) {
        const unsigned char *group = bytes + i / 4 * 3;
        unsigned bits = (unsigned)group[0] << 16 | (unsigned)group[1] << 8 | group[2];
        ret_token[i] = digits[bits >> (18 - 6 * (i % 4)) & 63];
    }
    ret_token[TOKEN_CHARACTERS] = '\0';
    explicit_bzero(bytes, sizeof bytes);
    return 0;
}

static int check_name(const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || len > NAME_MAX_BYTES) {
        return -1;
    }
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)name[i]) && strchr("._-@+", name[i]) == NULL) {
            return -1;
        }
    }
    return 0;
}

/* The hash of the entry with that name, or NULL. Borrowed from the root. */
static const char *find_name(json_object *root, const char *name)
{
    struct json_object_iter at;
    json_object_object_foreachC(root, at)
    {
        if (strcmp(json_object_get_string(json_object_object_get(at.val, "name")), name) == 0) {
            return at.key;
        }
    }
    return NULL;
}

static json_object *make_entry(const struct key_arguments *arguments, int64_t now)
{
    json_object *entry = json_object_new_object();
    json_object *namespaces = arguments->namespace_count > 0 ? json_object_new_array() : NULL;
    int failed = entry == NULL || (arguments->namespace_count > 0 && namespaces == NULL);
    for (size_t i = 0; !failed && i < arguments->namespace_count; i++) {
        failed = json_object_array_add(namespaces, json_object_new_string(arguments->namespaces[i])) != 0;
    }
    if (!failed) {
        failed = json_object_object_add(entry, "name", json_object_new_string(arguments->name)) != 0 ||
                 json_object_object_add(entry, "created", json_object_new_int64(now)) != 0 ||
                 json_object_object_add(
                     entry, "expires", json_object_new_int64(now + arguments->days * SECONDS_PER_DAY)) != 0 ||
                 json_object_object_add(entry, "last_used", NULL) != 0;
    }
    if (!failed && namespaces != NULL) {
        failed = json_object_object_add(entry, "namespaces", namespaces) != 0;
        namespaces = failed ? namespaces : NULL;
    }
    if (failed) {
        json_object_put(namespaces);
        json_object_put(entry);
        return NULL;
    }
    return entry;
}

static int add_key(const struct key_arguments *arguments, json_object *root, char *why, size_t why_size)
{
    char token[TOKEN_CHARACTERS + 1];
    unsigned char hash[KEY_HASH_BYTES];
    char hex[2 * KEY_HASH_BYTES + 1];
    if (find_name(root, arguments->name) != NULL) {
        snprintf(why, why_size, "a key named %s exists; revoke it first", arguments->name);
        return -1;
    }
    if (make_token(token) != 0 || key_hash(token, TOKEN_CHARACTERS, hash) != 0) {
        snprintf(why, why_size, "no random token could be made");
        return -1;
    }
    key_hash_to_hex(hash, hex);
    json_object *entry = make_entry(arguments, (int64_t)time(NULL));
    if (entry == NULL || json_object_object_add(root, hex, entry) != 0) {
        json_object_put(entry);
        snprintf(why, why_size, "out of memory");
        return -1;
    }
    int result = key_file_write(arguments->file, root, why, why_size);
    if (result == 0) {
        printf("key %s added for %ld days; its token, shown only now: %s\n", arguments->name, arguments->days,
               token);
    }
    explicit_bzero(token, sizeof token);
    return result;
}

static int revoke_key(const struct key_arguments *arguments, json_object *root, char *why, size_t why_size)
{
    /* a store written by another program may hold a name several times: all of them are meant */
    size_t revoked = 0;
    for (const char *hex = find_name(root, arguments->name); hex != NULL;
         hex = find_name(root, arguments->name)) {
        json_object_object_del(root, hex);
        revoked++;
    }
    if (revoked == 0) {
        snprintf(why, why_size, "there is no key named %s", arguments->name);
        return -1;
    }
    int result = key_file_write(arguments->file, root, why, why_size);
    if (result == 0) {
        printf("key %s revoked\n", arguments->name);
    }
    return result;
}

static int list_keys(json_object *root)
{
    int64_t now = (int64_t)time(NULL);
    printf("%-24s %-20s %s\n", "NAME", "EXPIRES", "NAMESPACES");
    struct json_object_iter at;
    json_object_object_foreachC(root, at)
    {
        int64_t expires = json_object_get_int64(json_object_object_get(at.val, "expires"));
        time_t when = (time_t)expires;
        struct tm utc;
        char stamp[32] = "?";
        if (gmtime_r(&when, &utc) != NULL) {
            strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &utc);
        }
        json_object *namespaces = json_object_object_get(at.val, "namespaces");
        size_t count = namespaces == NULL ? 0 : json_object_array_length(namespaces);
        printf("%-24s %-20s ", json_object_get_string(json_object_object_get(at.val, "name")),
               expires <= now ? "expired" : stamp);
        for (size_t i = 0; i < count; i++) {
            printf("%s%s", i == 0 ? "" : ",",
                   json_object_get_string(json_object_array_get_idx(namespaces, i)));
        }
        puts(count == 0 ? "all" : "");
    }
    return 0;
}

static int parse_arguments(int argc, char **argv, struct key_arguments *arguments)
{
    static const struct option options[] = {
        { "keys", required_argument, NULL, 'k' },
        { "namespace", required_argument, NULL, 'n' },
        { "expires-days", required_argument, NULL, 'e' },
        { NULL, 0, NULL, 0 },
    };
    *arguments = (struct key_arguments){ .days = DEFAULT_DAYS };
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        char *end = NULL;
        switch (option) {
        case 'k':
            arguments->file = optarg;
            break;
        case 'n':
            if (arguments->namespace_count == MAX_NAMESPACES || *optarg == '\0' ||
                strlen(optarg) > NAMESPACE_MAX) {
                return -1;
            }
            arguments->namespaces[arguments->namespace_count++] = optarg;
            break;
        case 'e':
            errno = 0;
            arguments->days = strtol(optarg, &end, 10);
            if (errno != 0 || *end != '\0' || arguments->days < 1 || arguments->days > MAX_DAYS) {
                fprintf(stderr, "k7-gateway key: --expires-days must be 1 to %d\n", MAX_DAYS);
                return -1;
            }
            break;
        default:
            return -1;
        }
    }
    if (argc - optind == 1) {
        arguments->name = argv[optind];
    }
    return arguments->file == NULL || argc - optind > 1 ? -1 : 0;
}

int keytool_main(int argc, char **argv)
{
    struct key_arguments arguments;
    if (argc < 2 || parse_arguments(argc - 1, argv + 1, &arguments) != 0) {
        return usage();
    }
    const char *action = argv[1];
    bool is_list = strcmp(action, "list") == 0;
    bool is_add = strcmp(action, "add") == 0;
    if ((!is_list && !is_add && strcmp(action, "revoke") != 0) || is_list != (arguments.name == NULL)) {
        return usage();
    }
    if (is_add && check_name(arguments.name) != 0) {
        return fail("a key's name is 1 to 64 letters, digits and ._-@+");
    }
    char why[512] = "";
    int lock = is_list ? -1 : key_file_lock(arguments.file, why, sizeof why);
    if (!is_list && lock < 0) {
        return fail(why);
    }
    json_object *root = NULL;
    struct stat unused;
    enum key_file_result read = key_file_read(arguments.file, &root, &unused, why, sizeof why);
    if (read == KEY_FILE_MISSING && is_add) {
        root = json_object_new_object();
    }
    int result = -1;
    if (root != NULL && is_list) {
        result = list_keys(root);
    } else if (root != NULL) {
        result = is_add ? add_key(&arguments, root, why, sizeof why)
                        : revoke_key(&arguments, root, why, sizeof why);
    }
    json_object_put(root);
    if (lock >= 0) {
        close(lock);
    }
    return result == 0 ? 0 : fail(why);
}
