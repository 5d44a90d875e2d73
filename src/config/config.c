/* config.c: the builder: one slot per key of the table, the token provider and custom transports. Knows no key by what it means. */
#include "config/config.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/secret.h"
#include "base/text.h"
#include "config/fill.h"
#include "config/keys.h"

#include <stdatomic.h>
#include <string.h>

/* Shared by copies of a configuration. */
struct provider {
    atomic_int references;
    struct k7i_token_provider call;
    void (*free_user)(void *user);
};

struct slot {
    char *value; /* NULL: not set */
    int filled;  /* by k7_config_load_default(), not by the program */
};

struct k7_config {
    struct provider *provider; /* NULL: none */
    size_t attachment_count;
    struct k7i_attachment *attachments;
    struct slot slots[]; /* in the table's order */
};

/* Keys that exclude each other; the first two also exclude a token provider. What the program sets takes the place of what was found in the environment or in
 * K7's client file. */
static const char *const alternatives[][2] = {
    { "rest.api_key", "rest.api_key_file" },
    { "rest.ca_file", "rest.ca_pem" },
};

/* Keys that are of no use without another one. */
static const char *const companions[][2] = {
    { "rest.client_key_file", "rest.client_cert_file" },
    { "docker.client_key_file", "docker.client_cert_file" },
};

static void clear_slot(struct slot *slot)
{
    k7i_secret_free(slot->value);
    *slot = (struct slot){ NULL, 0 };
}

static void unref_provider(struct provider *provider)
{
    if (!provider || atomic_fetch_sub(&provider->references, 1) != 1)
        return;
    if (provider->free_user)
        provider->free_user(provider->call.user);
    k7i_free(provider);
}

int k7_config_new(k7_config **ret_config, k7_error **err)
{
    if (err)
        *err = NULL;
    if (!ret_config)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "ret_config must not be NULL");
    size_t count = k7_config_key_count();
    *ret_config = k7i_calloc(1, sizeof **ret_config + count * sizeof(struct slot));
    return *ret_config ? 0 : k7i_fail_memory(err);
}

void k7_config_free(k7_config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < k7_config_key_count(); i++)
        clear_slot(&config->slots[i]);
    unref_provider(config->provider);
    for (size_t i = 0; i < config->attachment_count; i++)
        config->attachments[i].unref(config->attachments[i].object);
    k7i_free(config->attachments);
    k7i_free(config);
}

static struct slot *slot_of(k7_config *config, const char *key)
{
    size_t i;

    return k7i_key_find(key, &i) ? &config->slots[i] : NULL;
}

/* Drops what was filled in, where the program has now chosen the other of two alternatives. */
static void drop_alternative(k7_config *config, const char *key)
{
    for (size_t i = 0; i < sizeof alternatives / sizeof alternatives[0]; i++)
        for (size_t j = 0; j < 2; j++) {
            struct slot *other =
                strcmp(alternatives[i][j], key) == 0 ? slot_of(config, alternatives[i][1 - j]) : NULL;

            if (other && other->filled)
                clear_slot(other);
        }
}

int k7_config_set(k7_config *config, const char *key, const char *value, k7_error **err)
{
    char *text = NULL;
    size_t i;

    if (err)
        *err = NULL;
    if (!config || !key)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "%s must not be NULL", config ? "key" : "config");
    const struct k7_config_key *row = k7i_key_find(key, &i);
    if (!row)
        return k7i_key_unknown(key, err);
    if (value) {
        int code = k7i_key_normalise(row, value, &text, err);

        if (code)
            return code;
        drop_alternative(config, key);
    }
    clear_slot(&config->slots[i]);
    config->slots[i].value = text;
    return 0;
}

int k7i_config_wants(const k7_config *config, const char *key)
{
    size_t at;

    if (!k7i_key_find(key, &at) || config->slots[at].value)
        return 0;
    for (size_t i = 0; i < sizeof alternatives / sizeof alternatives[0]; i++)
        for (size_t j = 0; j < 2; j++)
            if (strcmp(alternatives[i][j], key) == 0 && k7i_config_is_set(config, alternatives[i][1 - j]))
                return 0;
    return !(config->provider && strcmp(key, "rest.api_key") == 0);
}

int k7i_config_fill(k7_config *config, const char *key, const char *value, const char *source, k7_error **err)
{
    k7_error *cause = NULL;
    char *text;
    size_t at;
    const struct k7_config_key *row = k7i_key_find(key, &at);
    int code = k7i_key_normalise(row, value, &text, &cause);
    if (code == K7_ERR_INVALID_CONFIG) {
        code = k7i_fail(err, code, "%s: %s", source, k7_error_get_message(cause));
        k7_error_unref(cause);
        return code;
    }
    if (code) {
        k7i_error_move(err, cause);
        return code;
    }
    clear_slot(&config->slots[at]);
    config->slots[at] = (struct slot){ text, 1 };
    return 0;
}

const char *k7_config_get(const k7_config *config, const char *key)
{
    size_t i;

    if (!config || !key)
        return NULL;
    const struct k7_config_key *row = k7i_key_find(key, &i);
    if (!row || row->is_secret)
        return NULL;
    return config->slots[i].value ? config->slots[i].value : row->fallback;
}

const char *k7i_config_text(const k7_config *config, const char *key)
{
    size_t i = 0;
    const struct k7_config_key *row = k7i_key_find(key, &i);

    return config->slots[i].value ? config->slots[i].value : row->fallback;
}

int64_t k7i_config_int(const k7_config *config, const char *key)
{
    const char *text = k7i_config_text(config, key);
    long long number = 0;

    return text && k7i_text_to_int64(text, &number) == 0 ? number : 0;
}

int k7i_config_bool(const k7_config *config, const char *key)
{
    return k7i_text_equal(k7i_config_text(config, key), "true");
}

int k7i_config_list_has(const k7_config *config, const char *key, const char *entry)
{
    const char *list = k7i_config_text(config, key);
    size_t entry_len = strlen(entry);

    while (list && *list) {
        size_t len = strcspn(list, ",");

        if (len == entry_len && memcmp(list, entry, len) == 0)
            return 1;
        list += len + (list[len] == ',');
    }
    return 0;
}

int k7i_config_is_set(const k7_config *config, const char *key)
{
    size_t i;

    return k7i_key_find(key, &i) && config->slots[i].value;
}

int k7i_config_check_transport(const k7_config *config, const char *transport, k7_error **err)
{
    for (size_t i = 0; i < k7_config_key_count(); i++) {
        const struct k7_config_key *row = k7_config_key_at(i);

        if (config->slots[i].value && !config->slots[i].filled && row->transport &&
            strcmp(row->transport, transport) != 0)
            return k7i_fail(err, K7_ERR_INVALID_CONFIG,
                            "%s is set, but the endpoint belongs to the transport %s: unset it", row->name,
                            transport);
    }
    if (config->provider && strcmp(transport, "rest") != 0)
        return k7i_fail(err, K7_ERR_INVALID_CONFIG,
                        "a token provider is set, but the endpoint belongs to the transport %s", transport);
    for (size_t i = 0; i < sizeof alternatives / sizeof alternatives[0]; i++)
        if (k7i_config_is_set(config, alternatives[i][0]) && k7i_config_is_set(config, alternatives[i][1]))
            return k7i_fail(err, K7_ERR_INVALID_CONFIG, "%s and %s are both set: unset one",
                            alternatives[i][0], alternatives[i][1]);
    if (config->provider)
        for (size_t i = 0; i < 2; i++)
            if (k7i_config_is_set(config, alternatives[0][i]))
                return k7i_fail(err, K7_ERR_INVALID_CONFIG, "%s and a token provider are both set: unset one",
                                alternatives[0][i]);
    for (size_t i = 0; i < sizeof companions / sizeof companions[0]; i++)
        if (k7i_config_is_set(config, companions[i][0]) && !k7i_config_is_set(config, companions[i][1]))
            return k7i_fail(err, K7_ERR_INVALID_CONFIG, "%s is set without %s", companions[i][0],
                            companions[i][1]);
    return 0;
}

int k7i_config_attach(k7_config *config, const struct k7i_attachment *attachment, k7_error **err)
{
    if (k7i_config_attachment(config, attachment->scheme))
        return k7i_fail(err, K7_ERR_INVALID_CONFIG, "a transport of the scheme \"%s\" was added already",
                        attachment->scheme);
    struct k7i_attachment *attachments =
        k7i_reallocarray(config->attachments, config->attachment_count + 1, sizeof *attachments);
    if (!attachments)
        return k7i_fail_memory(err);
    config->attachments = attachments;
    attachments[config->attachment_count] = *attachment;
    attachments[config->attachment_count++].object = attachment->ref(attachment->object);
    return 0;
}

const struct k7i_attachment *k7i_config_attachment(const k7_config *config, const char *scheme)
{
    for (size_t i = 0; i < config->attachment_count; i++)
        if (strcmp(config->attachments[i].scheme, scheme) == 0)
            return &config->attachments[i];
    return NULL;
}

int k7i_config_dup(const k7_config *config, k7_config **ret_config, k7_error **err)
{
    k7_config *copy;
    int code = k7_config_new(&copy, err);

    *ret_config = NULL;
    for (size_t i = 0; !code && i < k7_config_key_count(); i++)
        if (config->slots[i].value) {
            copy->slots[i] = (struct slot){ k7i_secret_dup(config->slots[i].value), config->slots[i].filled };
            if (!copy->slots[i].value)
                code = k7i_fail_memory(err);
        }
    for (size_t i = 0; !code && i < config->attachment_count; i++)
        code = k7i_config_attach(copy, &config->attachments[i], err);
    if (code) {
        k7_config_free(copy);
        return code;
    }
    copy->provider = config->provider;
    if (copy->provider)
        atomic_fetch_add(&copy->provider->references, 1);
    *ret_config = copy;
    return 0;
}

int k7_config_set_token_provider(k7_config *config, int (*fn)(void *user, k7_token *token), void *user,
                                 void (*free_user)(void *user), k7_error **err)
{
    struct provider *provider = NULL;
    int code = 0;

    if (err)
        *err = NULL;
    if (!config || !fn)
        code = k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "%s must not be NULL", config ? "fn" : "config");
    else if (!(provider = k7i_alloc(sizeof *provider)))
        code = k7i_fail_memory(err);
    if (code) {
        if (free_user)
            free_user(user);
        return code;
    }
    *provider = (struct provider){ 1, { fn, user }, free_user };
    unref_provider(config->provider);
    config->provider = provider;
    struct slot *key = slot_of(config, "rest.api_key");
    if (key && key->filled)
        clear_slot(key);
    return 0;
}

struct k7i_token_provider k7i_config_token_provider(const k7_config *config)
{
    return config->provider ? config->provider->call : (struct k7i_token_provider){ NULL, NULL };
}
