/* Any bytes as a spec in JSON: what is read is written and read again, to an equal spec; validation never breaks. */
#include "fuzz.h"

#include <k7sandbox/k7sandbox.h>

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    k7_spec *spec, *again, *copy;
    k7_error *err = NULL;
    char *first, *second;

    if (k7_spec_from_json((const char *)data, size, &spec, &err) != 0) {
        FUZZ_CHECK(k7_error_get_code(err) == K7_ERR_PARSE || k7_error_get_code(err) == K7_ERR_LIMIT);
        k7_error_unref(err);
        return 0;
    }
    k7_spec_validate(spec, &err);
    k7_error_unref(err);
    FUZZ_CHECK(k7_spec_to_json(spec, &first, NULL) == 0);
    FUZZ_CHECK(k7_spec_from_json(first, strlen(first), &again, NULL) == 0);
    FUZZ_CHECK(k7_spec_dup(again, &copy, NULL) == 0);
    FUZZ_CHECK(k7_spec_to_json(copy, &second, NULL) == 0);
    FUZZ_CHECK(strcmp(first, second) == 0);
    k7_free(first);
    k7_free(second);
    k7_spec_free(spec);
    k7_spec_free(again);
    k7_spec_free(copy);
    return 0;
}
