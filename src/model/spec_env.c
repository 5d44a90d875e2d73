/* spec_env.c: the env field of a spec: variables one by one, from .env text, from a local file. */
#include "model/spec_fields.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/secret.h"
#include "model/env.h"

#include <stdlib.h>
#include <string.h>

enum { ENV_LIMIT = 1024 * 1024 };

static int check(const k7_spec *spec, const void *given, const char *what, k7_error **err)
{
    if (err)
        *err = NULL;
    if (!spec || !given)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "%s is NULL", spec ? what : "spec");
    return 0;
}

int k7_spec_add_env(k7_spec *spec, const char *key, const char *value, k7_error **err)
{
    int code;

    if ((code = check(spec, key, "key", err)) != 0 || (code = check(spec, value, "value", err)) != 0 ||
        (code = k7i_env_check_key(key, err)) != 0)
        return code;
    return k7i_field_put_pair(spec, k7i_field(K7I_ENV), key, value, err);
}

static int append(void *user, const char *key, const char *value, k7_error **err)
{
    return k7i_field_add_pair(user, k7i_field(K7I_ENV), key, value, err);
}

/* By key, and equal keys in the order of the list. */
static int compare_pairs(const void *left, const void *right)
{
    const struct k7i_pair *const *a = left, *const *b = right;
    int order = strcmp((*a)->key, (*b)->key);

    return order ? order : (*a > *b) - (*a < *b);
}

/* Keeps every key once, in the place of its first and with the value of its last occurrence. Sorting keeps a long file from taking quadratic time. */
static int keep_last(struct k7i_pairs *pairs, k7_error **err)
{
    size_t kept = 0;
    struct k7i_pair **order = k7i_reallocarray(NULL, pairs->count, sizeof(struct k7i_pair *));

    if (!order)
        return k7i_fail_memory(err);
    for (size_t i = 0; i < pairs->count; i++)
        order[i] = &pairs->items[i];
    qsort(order, pairs->count, sizeof(struct k7i_pair *), compare_pairs);
    for (size_t first = 0, i = 1; i < pairs->count; i++) {
        if (strcmp(order[i]->key, order[first]->key) != 0) {
            first = i;
            continue;
        }
        k7i_secret_free(order[first]->value);
        order[first]->value = order[i]->value;
        order[i]->value = NULL;
    }
    k7i_free(order);
    for (size_t i = 0; i < pairs->count; i++) {
        if (pairs->items[i].value)
            pairs->items[kept++] = pairs->items[i];
        else
            k7i_free(pairs->items[i].key);
    }
    pairs->count = kept;
    return 0;
}

/* All of the text or, after an error, nothing. */
static int add_text(k7_spec *spec, const char *text, size_t len, k7_error **err)
{
    const struct k7i_field *field = k7i_field(K7I_ENV);
    k7_spec *merged;
    int code = k7_spec_new(NULL, NULL, &merged, err);

    if (code)
        return code;
    if ((code = k7i_field_copy(merged, spec, field, err)) == 0 &&
        (code = k7i_env_parse(text, len, append, merged, err)) == 0 &&
        (code = keep_last(&merged->env, err)) == 0) {
        const struct k7i_pairs before = spec->env;
        spec->env = merged->env;
        merged->env = before;
    }
    k7_spec_free(merged);
    return code;
}

int k7_spec_add_env_text(k7_spec *spec, const char *text, size_t len, k7_error **err)
{
    int code = check(spec, text, "text", err);

    if (code)
        return code;
    if (len > ENV_LIMIT)
        return k7i_fail(err, K7_ERR_LIMIT, "env: the text is larger than %d bytes", ENV_LIMIT);
    return add_text(spec, text, len, err);
}

int k7_spec_add_env_local_file(k7_spec *spec, const char *path, k7_error **err)
{
    struct k7i_buf content;
    int code = check(spec, path, "path", err);

    if (code == 0)
        code = k7i_file_read(path, ENV_LIMIT, &content, NULL, err);
    if (code)
        return code;
    code = add_text(spec, content.data, content.len, err);
    k7i_buf_wipe(&content);
    return code;
}
