/* library.h: the library itself: version, what was built in, and k7_free(). */
#ifndef K7SANDBOX_LIBRARY_H
#define K7SANDBOX_LIBRARY_H

#include <k7sandbox/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of these headers. */
#define K7_VERSION_MAJOR 0
#define K7_VERSION_MINOR 1
#define K7_VERSION_PATCH 0

/* k7_version: the version of the library in use, "MAJOR.MINOR.PATCH". Static text. Any thread. Since 0.1. */
K7_API const char *k7_version(void);

/* k7_version_number: the same as MAJOR * 1000000 + MINOR * 1000 + PATCH. Any thread. Since 0.1. */
K7_API int32_t k7_version_number(void);

/* k7_has_feature: whether an optional part was built in: 1 or 0.
 * feature: "yaml" (k7.yaml), or the name of a transport ("rest", "docker", "kubernetes", "memory"); an unknown name gives 0. Any thread. Since 0.1. */
K7_API int k7_has_feature(const char *feature);

/* k7_free: releases text that a function gave to the caller (ret_text). NULL is ignored. Any thread. Since 0.1. */
K7_API void k7_free(void *memory);

#ifdef __cplusplus
}
#endif

#endif
