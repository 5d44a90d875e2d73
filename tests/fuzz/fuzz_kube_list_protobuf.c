/* Lists of the API server in protobuf: see fuzz_kube_list.h. */
#include "fuzz_kube_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_kube_list(data, size, "k8s", 4);
    return 0;
}
