/* client.c: opening and closing clients, their free list of loops, and what transports and operations there are. */
#include "api/client.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/quote.h"
#include "base/text.h"

#include <k7sandbox/client.h>
#include <unistd.h>

/* --- opening --------------------------------------------------------------------------------------------------------------------- */

static int find_transport(k7_client *client, k7_error **err)
{
    const char *scheme = client->endpoint->scheme;
    const struct k7i_attachment *attachment;
    const char *known;

    if ((client->transport = k7i_transport_of_scheme(scheme)) != NULL) {
        client->transport_name = client->transport->name;
        return 0;
    }
    if ((attachment = k7i_config_attachment(client->config, scheme)) != NULL) {
        client->transport = &k7i_transport_custom;
        client->transport_name = attachment->scheme;
        return 0;
    }
    if ((known = k7i_transport_known_scheme(scheme)) != NULL)
        return k7i_fail(err, K7_ERR_INVALID_CONFIG,
                        "endpoint: the transport \"%s\" was not built into this library", known);
    return k7i_fail(
        err, K7_ERR_INVALID_CONFIG,
        "endpoint: no transport has the scheme \"%s:\"; use http, https, docker, kubernetes, memory, or add one",
        scheme);
}

static int open_with(k7_client *client, k7_error **err)
{
    const char *text = k7i_config_text(client->config, "endpoint");
    int status;

    if (!text)
        return k7i_fail(err, K7_ERR_INVALID_CONFIG,
                        "endpoint is not set; set the key endpoint, K7_API_URL, or url in K7's config.toml");
    if (!(client->endpoint_text = k7i_strdup(text)))
        return k7i_fail_memory(err);
    if ((status = k7i_endpoint_parse(text, &client->endpoint, err)) != 0)
        return status;
    if ((status = find_transport(client, err)) != 0)
        return status;
    if ((status = k7i_config_check_transport(client->config, client->transport->name, err)) != 0)
        return status;
    return client->transport->open(client->config, client->endpoint, &client->instance, err);
}

static int copy_config(const k7_config *config, k7_config **ret_config, k7_error **err)
{
    int status;

    if (config)
        return k7i_config_dup(config, ret_config, err);
    if ((status = k7_config_new(ret_config, err)) == 0)
        status = k7_config_load_default(*ret_config, err);
    return status;
}

static void free_client(k7_client *client)
{
    /* In a child of fork() the loops stay: closing their connections would write to sockets that the parent goes on using, and leave epoll sets
     * that it shares. */
    struct k7i_client_loop *loop = client->process == getpid() ? client->free_loops : NULL;

    while (loop) {
        struct k7i_client_loop *next = loop->next;

        k7i_loop_free(loop->loop);
        k7i_free(loop);
        loop = next;
    }
    if (client->instance)
        client->transport->close(client->instance);
    k7i_endpoint_free(client->endpoint);
    k7_config_free(client->config);
    k7i_free(client->endpoint_text);
    pthread_mutex_destroy(&client->mutex);
    k7i_free(client);
}

int k7_client_open(const k7_config *config, k7_client **ret_client, k7_error **err)
{
    k7_error *error = NULL;
    int status;

    if (err)
        *err = NULL;
    if (!ret_client)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "ret_client is NULL");
    *ret_client = NULL;
    k7_client *client = k7i_calloc(1, sizeof *client);
    if (!client)
        return k7i_fail_memory(err);
    atomic_init(&client->references, 1);
    client->process = getpid();
    pthread_mutex_init(&client->mutex, NULL);
    if ((status = copy_config(config, &client->config, &error)) == 0)
        status = open_with(client, &error);
    if (status != 0) {
        free_client(client);
        k7i_error_move(err, error);
        return status;
    }
    *ret_client = client;
    return 0;
}

k7_client *k7_client_ref(k7_client *client)
{
    if (client)
        atomic_fetch_add_explicit(&client->references, 1, memory_order_relaxed);
    return client;
}

k7_client *k7_client_unref(k7_client *client)
{
    if (client && atomic_fetch_sub_explicit(&client->references, 1, memory_order_acq_rel) == 1)
        free_client(client);
    return NULL;
}

/* --- loops ----------------------------------------------------------------------------------------------------------------------- */

int k7i_client_borrow_loop(k7_client *client, struct k7i_client_loop **ret_loop, k7_error **err)
{
    pthread_mutex_lock(&client->mutex);
    struct k7i_client_loop *loop = client->free_loops;
    if (loop)
        client->free_loops = loop->next;
    pthread_mutex_unlock(&client->mutex);
    if (!loop) {
        if (!(loop = k7i_calloc(1, sizeof *loop)))
            return k7i_fail_memory(err);
        int status = k7i_loop_new(NULL, &loop->loop, err);
        if (status != 0) {
            k7i_free(loop);
            return status;
        }
    }
    *ret_loop = loop;
    return 0;
}

void k7i_client_give_loop_back(k7_client *client, struct k7i_client_loop *loop)
{
    if (k7i_loop_is_broken(loop->loop)) {
        k7i_loop_free(loop->loop);
        k7i_free(loop);
        return;
    }
    pthread_mutex_lock(&client->mutex);
    loop->next = client->free_loops;
    client->free_loops = loop;
    pthread_mutex_unlock(&client->mutex);
}

/* --- asking ---------------------------------------------------------------------------------------------------------------------- */

int k7i_client_check(const k7_client *client, k7_error **err)
{
    if (!client)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "client is NULL");
    if (client->process != getpid())
        return k7i_fail(err, K7_ERR_FORKED,
                        "the client was opened by the parent process; open one in the child");
    return 0;
}

int k7i_client_supports(const k7_client *client, enum k7i_operation operation)
{
    const struct k7i_transport *transport = client->transport;

    return transport->plans[operation] &&
           (!transport->supports || transport->supports(client->instance, operation));
}

int k7_client_supports(k7_client *client, const char *operation, int *ret_supported, k7_error **err)
{
    int i, status;

    if (err)
        *err = NULL;
    if (!ret_supported)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "ret_supported is NULL");
    *ret_supported = 0;
    if ((status = k7i_client_check(client, err)) != 0)
        return status;
    if (!operation || (i = k7i_operation_of_name(operation)) < 0)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "there is no operation %s", K7I_QUOTE(operation));
    *ret_supported = k7i_client_supports(client, (enum k7i_operation)i);
    return 0;
}

const char *k7_client_get_endpoint(const k7_client *client)
{
    return client ? client->endpoint_text : NULL;
}

const char *k7_client_get_transport(const k7_client *client)
{
    return client ? client->transport_name : NULL;
}

const char *k7i_client_namespace(const k7_client *client)
{
    const char *own = NULL;

    if (client->transport->namespace_ && !k7i_config_is_set(client->config, "namespace"))
        own = client->transport->namespace_(client->instance);
    return own ? own : k7i_config_text(client->config, "namespace");
}

const char *k7_client_get_namespace(const k7_client *client)
{
    return client ? k7i_client_namespace(client) : NULL;
}

const char *k7_client_get_warning(const k7_client *client)
{
    return client && client->transport->warning ? client->transport->warning(client->instance) : NULL;
}

size_t k7_operation_count(void)
{
    return K7I_OPERATIONS;
}

const char *k7_operation_at(size_t i)
{
    return i < K7I_OPERATIONS ? k7i_operation_name((enum k7i_operation)i) : NULL;
}

size_t k7_transport_count(void)
{
    return k7i_transport_count();
}

const char *k7_transport_at(size_t i)
{
    const struct k7i_transport *transport = k7i_transport_at(i);

    return transport ? transport->name : NULL;
}

int k7_transport_supports(const char *transport, const char *operation)
{
    int wanted = k7i_operation_of_name(operation);

    for (size_t i = 0; i < k7i_transport_count() && wanted >= 0; i++) {
        if (k7i_text_equal(k7i_transport_at(i)->name, transport))
            return k7i_transport_at(i)->plans[wanted] != NULL;
    }
    return -1;
}
