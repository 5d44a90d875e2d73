/* Any bytes as k7.yaml: what is read is written as YAML and read again, to an equal spec. */
#include "fuzz.h"

#include <k7sandbox/k7sandbox.h>

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    k7_spec *spec, *again;
    k7_error *err = NULL;
    char *yaml, *first, *second;
    int code = k7_spec_from_yaml((const char *)data, size, &spec, &err);

    if (code) {
        FUZZ_CHECK(code == K7_ERR_PARSE || code == K7_ERR_LIMIT);
        k7_error_unref(err);
        return 0;
    }
    FUZZ_CHECK(k7_spec_to_json(spec, &first, NULL) == 0);
    FUZZ_CHECK(k7_spec_to_yaml(spec, &yaml, NULL) == 0);
    FUZZ_CHECK(k7_spec_from_yaml(yaml, strlen(yaml), &again, NULL) == 0);
    FUZZ_CHECK(k7_spec_to_json(again, &second, NULL) == 0);
    FUZZ_CHECK(strcmp(first, second) == 0);
    k7_free(yaml);
    k7_free(first);
    k7_free(second);
    k7_spec_free(spec);
    k7_spec_free(again);
    return 0;
}
