/* Any text as a network: the normal form is its own normal form. */
#include "text.h"

#include "model/cidr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), normal[K7I_CIDR_TEXT], again[K7I_CIDR_TEXT];

    if (k7i_cidr_normalise(text, normal) == 0) {
        FUZZ_CHECK(k7i_cidr_normalise(normal, again) == 0);
        FUZZ_CHECK(strcmp(normal, again) == 0);
    }
    free(text);
    return 0;
}
