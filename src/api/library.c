/* library.c: the library itself: version, what was built in, and k7_free(). */
#include <k7sandbox/library.h>

#include "base/alloc.h"
#include "base/text.h"
#include "k7i_features.h"
#include "transport/table.h"

const char *k7_version(void)
{
    return K7I_VERSION;
}

int32_t k7_version_number(void)
{
    return K7_VERSION_MAJOR * 1000000 + K7_VERSION_MINOR * 1000 + K7_VERSION_PATCH;
}

int k7_has_feature(const char *feature)
{
#ifdef K7I_WITH_YAML
    if (k7i_text_equal(feature, "yaml"))
        return 1;
#endif
    for (size_t i = 0; i < k7i_transport_count(); i++) {
        if (k7i_text_equal(feature, k7i_transport_at(i)->name))
            return 1;
    }
    return 0;
}

void k7_free(void *memory)
{
    k7i_free(memory);
}
