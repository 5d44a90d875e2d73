/* Any text is either refused with one printable line that holds no "@", or is an endpoint that keeps its promises. */
#include "config/endpoint.h"

#include "base/text.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static void check_endpoint(const struct k7i_endpoint *endpoint)
{
    fuzz_assert(strspn(endpoint->scheme, "abcdefghijklmnopqrstuvwxyz0123456789+.-") ==
                strlen(endpoint->scheme));
    fuzz_assert(*endpoint->scheme >= 'a' && *endpoint->scheme <= 'z');
    fuzz_assert(endpoint->port >= 0 && endpoint->port <= 65535);
    fuzz_assert(endpoint->host || endpoint->port == 0);
    fuzz_assert(!endpoint->host || (*endpoint->host && !strpbrk(endpoint->host, "@/?#[]%\\ ")));
    fuzz_assert(!strpbrk(endpoint->path, "?#") && !k7i_text_has_control(endpoint->path));
    for (size_t i = 0; i < endpoint->parameter_count; i++) {
        const struct k7i_endpoint_parameter *parameter = &endpoint->parameters[i];

        fuzz_assert(*parameter->name && !k7i_text_has_control(parameter->value));
        fuzz_assert(k7i_text_is_utf8(parameter->value, strlen(parameter->value)));
        fuzz_assert(k7i_endpoint_parameter(endpoint, parameter->name) == parameter->value);
    }
    k7i_endpoint_is_loopback(endpoint);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct k7i_endpoint *endpoint;
    k7_error *error = NULL;

    if (k7i_endpoint_parse(text, &endpoint, &error) == 0) {
        check_endpoint(endpoint);
    } else {
        fuzz_assert(k7_error_get_code(error) == K7_ERR_INVALID_CONFIG && !endpoint);
        fuzz_assert(!k7i_text_has_control(k7_error_get_message(error)));
        fuzz_assert(!strchr(k7_error_get_message(error), '@'));
    }
    k7_error_unref(error);
    k7i_endpoint_free(endpoint);
    free(text);
    return 0;
}
