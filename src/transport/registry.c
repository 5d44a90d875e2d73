/* registry.c: which transports and operations there are. What has which operation stands in the transports' own tables, not here. */
#include "transport/table.h"

#include "base/text.h"
#include "k7i_features.h"

static const struct k7i_transport *const built_in[] = {
#ifdef K7I_WITH_REST
    &k7i_transport_rest,
#endif
#ifdef K7I_WITH_DOCKER
    &k7i_transport_docker,
#endif
#ifdef K7I_WITH_KUBERNETES
    &k7i_transport_kubernetes,
#endif
    &k7i_transport_memory,
};
enum { BUILT_IN = sizeof built_in / sizeof built_in[0] };

/* The schemes of every transport of this library, built in or not: a scheme that was left out explains itself. */
static const struct {
    const char *scheme, *transport;
} known_schemes[] = {
    { "http", "rest" },
    { "https", "rest" },
    { "docker", "docker" },
    { "docker+http", "docker" },
    { "kubernetes", "kubernetes" },
    { "memory", "memory" },
};

/* A list or a get is one request, a delete waits for the end of the sandbox, and a create waits for K7's server, which blocks for up to 300 s in a
 * before_script (K7 contract, section 2.2.6), and for the pull of an image. */
static const struct {
    const char *name;
    int64_t timeout_ms;
} operations[K7I_CALLS] = {
    [K7I_CREATE] = { "create", 600000 },
    [K7I_LIST] = { "list", 30000 },
    [K7I_GET] = { "get", 30000 },
    [K7I_DELETE] = { "delete", 120000 },
    [K7I_DELETE_ALL] = { "delete_all", 120000 },
    [K7I_CREATE_MANY] = { "create_many", K7_NEVER },
    [K7I_GET_MANY] = { "get_many", K7_NEVER },
    [K7I_DELETE_MANY] = { "delete_many", K7_NEVER },
};

size_t k7i_transport_count(void)
{
    return BUILT_IN;
}

const struct k7i_transport *k7i_transport_at(size_t i)
{
    return i < BUILT_IN ? built_in[i] : NULL;
}

const struct k7i_transport *k7i_transport_of_scheme(const char *scheme)
{
    for (size_t i = 0; i < BUILT_IN; i++) {
        for (const char *const *known = built_in[i]->schemes; *known; known++) {
            if (k7i_text_equal(*known, scheme))
                return built_in[i];
        }
    }
    return NULL;
}

const char *k7i_transport_known_scheme(const char *scheme)
{
    for (size_t i = 0; i < sizeof known_schemes / sizeof known_schemes[0]; i++) {
        if (k7i_text_equal(known_schemes[i].scheme, scheme))
            return known_schemes[i].transport;
    }
    return NULL;
}

const char *k7i_operation_name(enum k7i_operation operation)
{
    return (int)operation >= 0 && operation < K7I_CALLS ? operations[operation].name : NULL;
}

int k7i_operation_of_name(const char *name)
{
    for (int i = 0; i < K7I_OPERATIONS; i++) {
        if (k7i_text_equal(operations[i].name, name))
            return i;
    }
    return -1;
}

int64_t k7i_operation_timeout_ms(enum k7i_operation operation)
{
    return operations[operation].timeout_ms;
}
