/* Any text as an image reference: its parts, put together again, are the text. */
#include "text.h"

#include "model/image.h"

static char *put(char *place, const char *before, struct k7i_image_part part, const char *after)
{
    return part.len ? place + sprintf(place, "%s%.*s%s", before, (int)part.len, part.text, after) : place;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct k7i_image image;
    char *text = fuzz_text(data, size), *again = malloc(size + 8), *place = again;

    if (k7i_image_parse(text, &image, NULL) == 0) {
        place = put(place, "", image.registry, "/");
        place = put(place, "", image.repository, "");
        place = put(place, ":", image.tag, "");
        put(place, "@", image.digest, "");
        FUZZ_CHECK(strcmp(text, again) == 0);
    }
    free(text);
    free(again);
    return 0;
}
