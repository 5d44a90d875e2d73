/* transport.c: building a custom transport, giving it to a configuration, and opening it for a client. Asks it nothing. */
#include "transport/custom/custom.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/quote.h"
#include "base/text.h"
#include "transport/delete_all.h"

#include <string.h>

enum { SCHEME_MAX = 32 };

/* --- building -------------------------------------------------------------------------------------------------------------------- */

static int check_scheme(const char *scheme, k7_error **err)
{
    if (!scheme || scheme[0] < 'a' || scheme[0] > 'z' || strlen(scheme) > SCHEME_MAX ||
        scheme[strspn(scheme, "abcdefghijklmnopqrstuvwxyz0123456789+.-")] != 0)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT,
                        "scheme: %s is not a letter from a to z followed by letters, digits, +, . or -, at "
                        "most %d in all",
                        K7I_QUOTE(scheme), SCHEME_MAX);
    if (k7i_transport_known_scheme(scheme))
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "scheme: \"%s\" belongs to this library", scheme);
    return 0;
}

static int new_transport(const char *scheme, void *user, void (*free_user)(void *user),
                         k7_transport **ret_transport, k7_error **err)
{
    int status;

    if (!ret_transport)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "ret_transport is NULL");
    *ret_transport = NULL;
    if ((status = check_scheme(scheme, err)) != 0)
        return status;
    k7_transport *transport = k7i_calloc(1, sizeof *transport);
    if (!transport)
        return k7i_fail_memory(err);
    if (!(transport->scheme = k7i_strdup(scheme))) {
        k7i_free(transport);
        return k7i_fail_memory(err);
    }
    atomic_init(&transport->references, 1);
    transport->user = user;
    transport->free_user = free_user;
    *ret_transport = transport;
    return 0;
}

int k7_transport_new(const char *scheme, void *user, void (*free_user)(void *user),
                     k7_transport **ret_transport, k7_error **err)
{
    if (err)
        *err = NULL;
    int status = new_transport(scheme, user, free_user, ret_transport, err);
    if (status != 0 && free_user)
        free_user(user);
    return status;
}

k7_transport *k7_transport_ref(k7_transport *transport)
{
    if (transport)
        atomic_fetch_add_explicit(&transport->references, 1, memory_order_relaxed);
    return transport;
}

k7_transport *k7_transport_unref(k7_transport *transport)
{
    if (transport && atomic_fetch_sub_explicit(&transport->references, 1, memory_order_acq_rel) == 1) {
        if (transport->free_user)
            transport->free_user(transport->user);
        k7i_free(transport->scheme);
        k7i_free(transport);
    }
    return NULL;
}

int k7_transport_on(k7_transport *transport, const char *operation, k7i_custom_fn *fn, k7_error **err)
{
    int i = operation ? k7i_operation_of_name(operation) : -1;

    if (err)
        *err = NULL;
    if (!transport || !fn)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "%s is NULL", transport ? "fn" : "transport");
    if (i == K7I_DELETE_ALL)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "delete_all is made of list and delete");
    if (i < 0)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "there is no operation %s", K7I_QUOTE(operation));
    if (atomic_load(&transport->in_use))
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT,
                        "the transport \"%s\" is in use; register its functions before it is added",
                        transport->scheme);
    transport->functions[i] = fn;
    return 0;
}

static void *attachment_ref(void *object)
{
    return k7_transport_ref(object);
}

static void *attachment_unref(void *object)
{
    return k7_transport_unref(object);
}

int k7_config_add_transport(k7_config *config, k7_transport *transport, k7_error **err)
{
    if (err)
        *err = NULL;
    if (!config || !transport)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "%s is NULL", config ? "transport" : "config");
    const struct k7i_attachment attachment = {
        .scheme = transport->scheme,
        .object = transport,
        .ref = attachment_ref,
        .unref = attachment_unref,
    };
    int status = k7i_config_attach(config, &attachment, err);
    if (status == 0)
        atomic_store(&transport->in_use, 1);
    return status;
}

/* --- the table ------------------------------------------------------------------------------------------------------------------- */

static void custom_close(void *instance)
{
    struct k7i_custom *custom = instance;

    k7_transport_unref(custom->transport);
    k7i_free(custom->endpoint);
    k7i_free(custom);
}

static int custom_open(const k7_config *config, const struct k7i_endpoint *endpoint, void **ret_instance,
                       k7_error **err)
{
    const struct k7i_attachment *attachment = k7i_config_attachment(config, endpoint->scheme);
    struct k7i_custom *custom = k7i_calloc(1, sizeof *custom);

    if (!custom)
        return k7i_fail_memory(err);
    custom->transport = k7_transport_ref(attachment->object);
    if (!(custom->endpoint = k7i_strdup(k7i_config_text(config, "endpoint")))) {
        custom_close(custom);
        return k7i_fail_memory(err);
    }
    *ret_instance = custom;
    return 0;
}

static int custom_supports(const void *instance, enum k7i_operation operation)
{
    k7i_custom_fn *const *functions = ((const struct k7i_custom *)instance)->transport->functions;

    if (operation == K7I_DELETE_ALL)
        return functions[K7I_LIST] && functions[K7I_DELETE];
    return functions[operation] != NULL;
}

static const char *const schemes[] = { NULL };

const struct k7i_transport k7i_transport_custom = {
    .name = "custom",
    .schemes = schemes,
    .open = custom_open,
    .close = custom_close,
    .supports = custom_supports,
    .plans = {
        [K7I_CREATE] = &k7i_custom_create_plan,
        [K7I_LIST] = &k7i_custom_list_plan,
        [K7I_GET] = &k7i_custom_get_plan,
        [K7I_DELETE] = &k7i_custom_delete_plan,
        [K7I_DELETE_ALL] = &k7i_delete_all_plan,
    },
};
