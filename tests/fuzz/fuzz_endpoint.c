/* Any text is either refused with one printable line that holds no "@", or is an endpoint that keeps its promises. */
#include "config/endpoint.h"

#include "base/text.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

static void check_endpoint(const struct k7i_endpoint *endpoint)
{
    FUZZ_CHECK(strspn(endpoint->scheme, "abcdefghijklmnopqrstuvwxyz0123456789+.-") ==
               strlen(endpoint->scheme));
    FUZZ_CHECK(*endpoint->scheme >= 'a' && *endpoint->scheme <= 'z');
    FUZZ_CHECK(endpoint->port >= 0 && endpoint->port <= 65535);
    FUZZ_CHECK(endpoint->host || endpoint->port == 0);
    FUZZ_CHECK(!endpoint->host || (*endpoint->host && !strpbrk(endpoint->host, "@/?#[]%\\ ")));
    FUZZ_CHECK(!strpbrk(endpoint->path, "?#") && !k7i_text_has_control(endpoint->path));
    for (size_t i = 0; i < endpoint->parameter_count; i++) {
        const struct k7i_endpoint_parameter *parameter = &endpoint->parameters[i];

        FUZZ_CHECK(*parameter->name && !k7i_text_has_control(parameter->value));
        FUZZ_CHECK(k7i_text_is_utf8(parameter->value, strlen(parameter->value)));
        FUZZ_CHECK(k7i_endpoint_parameter(endpoint, parameter->name) == parameter->value);
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
        FUZZ_CHECK(k7_error_get_code(error) == K7_ERR_INVALID_CONFIG && !endpoint);
        FUZZ_CHECK(!k7i_text_has_control(k7_error_get_message(error)));
        FUZZ_CHECK(!strchr(k7_error_get_message(error), '@'));
    }
    k7_error_unref(error);
    k7i_endpoint_free(endpoint);
    free(text);
    return 0;
}
