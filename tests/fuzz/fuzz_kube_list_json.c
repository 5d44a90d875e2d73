/* Lists of the API server in JSON: see fuzz_kube_list.h. */
#include "fuzz_kube_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_kube_list(data, size, "{", 1);
    return 0;
}
