/* image.h: image references: [registry/]repository[:tag][@digest], by the grammar of github.com/distribution/reference. */
#ifndef K7I_MODEL_IMAGE_H
#define K7I_MODEL_IMAGE_H

#include <k7sandbox/error.h>
#include <stddef.h>

/* Parts of the text, borrowed from it; len 0: not given. */
struct k7i_image_part {
    const char *text;
    size_t len;
};

struct k7i_image {
    struct k7i_image_part registry;   /* "host[:port]"; not given means Docker Hub */
    struct k7i_image_part repository; /* "library/alpine" is written only if the reference does */
    struct k7i_image_part tag, digest;
};

/* ret_image may be NULL. Errors: K7_ERR_INVALID_ARGUMENT that names the value. */
int k7i_image_parse(const char *text, struct k7i_image *ret_image, k7_error **err);

#endif
