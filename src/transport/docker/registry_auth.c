/* registry_auth.c: see registry_auth.h. */
#include "transport/docker/registry_auth.h"

#include "base/alloc.h"
#include "base/base64.h"
#include "base/error.h"
#include "base/secret.h"
#include "format/json.h"

#include <string.h>

struct entry {
    char *host, *header; /* header: a secret */
};

struct k7i_registry_auth {
    size_t count;
    struct entry *entries;
};

enum { HEADER_MAX = 64 * 1024 };

static const char docker_hub[] = "docker.io";

/* The names under which credentials of Docker Hub are kept elsewhere. */
static const char *host_of_key(const char *key)
{
    static const char *const hub[] = { "index.docker.io", "https://index.docker.io/v1/",
                                       "registry-1.docker.io" };

    for (size_t i = 0; i < sizeof hub / sizeof hub[0]; i++)
        if (strcmp(key, hub[i]) == 0)
            return docker_hub;
    return key;
}

static int refuse(const char *host, const char *why, k7_error **err)
{
    return k7i_fail(err, K7_ERR_INVALID_CONFIG, "docker.registry_auth: \"%s\": %s", host, why);
}

static int make_header(const char *host, const struct k7i_json_value *value, char **ret_header,
                       k7_error **err)
{
    const char *user = k7i_json_get_string(value, "username");
    const char *password = k7i_json_get_string(value, "password");
    const char *token = k7i_json_get_string(value, "identitytoken");
    struct k7i_json_writer json;
    struct k7i_buf text, header;

    if (!token && (!user || !password))
        return refuse(host, "needs username and password, or identitytoken", err);
    k7i_buf_init(&text, HEADER_MAX);
    k7i_buf_init(&header, HEADER_MAX);
    /* Room at once: a buffer that grows leaves copies of the secret behind. */
    k7i_buf_reserve(&text, HEADER_MAX / 2);
    k7i_buf_reserve(&header, HEADER_MAX);
    k7i_json_begin(&json, &text);
    k7i_json_open(&json, '{');
    if (token) {
        k7i_json_key(&json, "identitytoken");
        k7i_json_put_string(&json, token);
    } else {
        k7i_json_key(&json, "username");
        k7i_json_put_string(&json, user);
        k7i_json_key(&json, "password");
        k7i_json_put_string(&json, password);
    }
    k7i_json_key(&json, "serveraddress");
    k7i_json_put_string(&json, strcmp(host, docker_hub) == 0 ? "https://index.docker.io/v1/" : host);
    k7i_json_close(&json, '}');
    k7i_base64_encode(text.data, text.len, 1, &header);
    int failed = text.failed ? text.failed : header.failed;
    *ret_header = failed ? NULL : k7i_secret_dup(header.data);
    k7i_buf_wipe(&text);
    k7i_buf_wipe(&header);
    if (failed == K7_ERR_LIMIT)
        return refuse(host, "longer than 48 KiB", err);
    return *ret_header ? 0 : k7i_fail_memory(err);
}

struct reading {
    struct k7i_registry_auth *auth;
    k7_error **err;
};

static int read_entry(void *user, const char *key, const struct k7i_json_value *value)
{
    struct reading *reading = user;
    struct entry *entry = &reading->auth->entries[reading->auth->count];
    const char *host = host_of_key(key);

    if (k7i_json_kind(value) != K7I_JSON_OBJECT)
        return refuse(key, "must be an object", reading->err);
    int code = make_header(host, value, &entry->header, reading->err);
    if (code)
        return code;
    entry->host = k7i_strdup(host);
    if (!entry->host) {
        k7i_secret_free(entry->header);
        return k7i_fail_memory(reading->err);
    }
    reading->auth->count++;
    return 0;
}

int k7i_registry_auth_new(const char *text, struct k7i_registry_auth **ret_auth, k7_error **err)
{
    struct k7i_json *json;
    k7_error *cause = NULL;

    *ret_auth = NULL;
    if (!text)
        return 0;
    int code = k7i_json_parse(text, strlen(text), &json, &cause);
    if (code == K7_ERR_PARSE || code == K7_ERR_LIMIT) {
        k7_error_unref(cause); /* its text might show a part of a secret */
        return k7i_fail(err, K7_ERR_INVALID_CONFIG, "docker.registry_auth: not a JSON object");
    }
    if (code) {
        k7i_error_move(err, cause);
        return code;
    }
    const struct k7i_json_value *root = k7i_json_root(json);
    struct k7i_registry_auth *auth = k7i_calloc(1, sizeof *auth);
    struct reading reading = { auth, err };

    if (auth)
        auth->entries = k7i_calloc(k7i_json_count(root) + 1, sizeof *auth->entries);
    if (!auth || !auth->entries)
        code = k7i_fail_memory(err);
    else if (k7i_json_kind(root) != K7I_JSON_OBJECT)
        code = k7i_fail(err, K7_ERR_INVALID_CONFIG, "docker.registry_auth: not a JSON object");
    else
        code = k7i_json_each(root, read_entry, &reading);
    k7i_json_free(json);
    if (code)
        auth = k7i_registry_auth_free(auth);
    *ret_auth = auth;
    return code;
}

struct k7i_registry_auth *k7i_registry_auth_free(struct k7i_registry_auth *auth)
{
    if (auth) {
        for (size_t i = 0; i < auth->count; i++) {
            k7i_free(auth->entries[i].host);
            k7i_secret_free(auth->entries[i].header);
        }
        k7i_free(auth->entries);
        k7i_free(auth);
    }
    return NULL;
}

const char *k7i_registry_auth_for(const struct k7i_registry_auth *auth, const struct k7i_image *image)
{
    const struct k7i_image_part hub = { docker_hub, sizeof docker_hub - 1 },
                                host = image->registry.len > 0 ? image->registry : hub;

    for (size_t i = 0; auth && i < auth->count; i++)
        if (strlen(auth->entries[i].host) == host.len &&
            memcmp(auth->entries[i].host, host.text, host.len) == 0)
            return auth->entries[i].header;
    return NULL;
}
