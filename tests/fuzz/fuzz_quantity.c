/* Any text as a quantity: what is read is within its range, and written with all its billionths it is read as the same. */
#include "text.h"

#include "model/quantity.h"

#include <inttypes.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct k7i_quantity quantity, again;
    char *text = fuzz_text(data, size), plain[64];

    if (k7i_quantity_parse("field", text, &quantity, NULL) == 0) {
        FUZZ_CHECK(quantity.nanos_high >= 0 && quantity.nanos_low >= 0 && quantity.nanos_low < 1000000000);
        FUZZ_CHECK(k7i_quantity_units(&quantity) >= quantity.nanos_high);
        FUZZ_CHECK(k7i_quantity_nanos(&quantity) >= 0);
        snprintf(plain, sizeof plain, "%" PRId64 ".%09" PRId32, quantity.nanos_high, quantity.nanos_low);
        FUZZ_CHECK(k7i_quantity_parse("field", plain, &again, NULL) == 0);
        FUZZ_CHECK(again.nanos_high == quantity.nanos_high && again.nanos_low == quantity.nanos_low);
    }
    free(text);
    return 0;
}
