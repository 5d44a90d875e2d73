/* target.h: the raw request target of RFC 9112 section 3.2.1, taken apart before anything decodes it. What a careful reader could understand
 * in two ways is refused here, so that no later place has to think of it. */
#ifndef GATEWAY_TARGET_H
#define GATEWAY_TARGET_H

#include <stddef.h>

/* Longer than any route of the API plus room for every parameter it knows. */
#define TARGET_MAX_BYTES      8192
#define TARGET_MAX_SEGMENTS   8
#define TARGET_MAX_PARAMETERS 8

struct target {
    size_t segment_count; /* "/": 0 */
    const char *segments[TARGET_MAX_SEGMENTS];
    size_t parameter_count;
    struct {
        const char *key;
        const char *value; /* NULL: there was no "=" */
    } parameters[TARGET_MAX_PARAMETERS];
    char *storage;
};

/* Takes `raw` apart. Returns 0, or the HTTP status that refuses it (400, 404, 414, 503 without memory) with the reason in *ret_why (static text). Release with
 * target_clear() in every case. */
int target_parse(const char *raw, struct target *ret_target, const char **ret_why);
void target_clear(struct target *target);

#endif
