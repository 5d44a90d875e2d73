/* memory.c: the public clock of the memory transport. */
#include <k7sandbox/memory.h>

#include "api/client.h"
#include "base/error.h"
#include "transport/memory/memory.h"

int k7_memory_advance(k7_client *client, int64_t ms, k7_error **err)
{
    int status;

    if (err)
        *err = NULL;
    if ((status = k7i_client_check(client, err)) != 0)
        return status;
    if (client->transport != &k7i_transport_memory)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "the client's transport is \"%s\", not \"memory\"",
                        client->transport_name);
    return k7i_memory_advance(client->instance, ms, err);
}
