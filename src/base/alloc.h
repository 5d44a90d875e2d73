/* alloc.h: every allocation of the library. Failing is an ordinary error: NULL, never an abort. Knows nothing of the rest. */
#ifndef K7I_BASE_ALLOC_H
#define K7I_BASE_ALLOC_H

#include <stddef.h>

void *k7i_alloc(size_t size);                /* uninitialised */
void *k7i_calloc(size_t count, size_t size); /* zeroed; NULL on overflow, too */
void *k7i_realloc(void *memory, size_t size);
void *k7i_reallocarray(void *memory, size_t count, size_t size); /* NULL on overflow, memory kept */
char *k7i_strdup(const char *text);                              /* text must not be NULL */
char *k7i_strndup(const char *text, size_t len);
char *k7i_sprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void k7i_free(void *memory);

/* k7i_auto_free: frees a local when it goes out of scope. */
static inline void k7i_auto_free_slot(void *slot)
{
    k7i_free(*(void **)slot);
}
#define k7i_auto_free __attribute__((cleanup(k7i_auto_free_slot)))

#endif
