/* json_scan.h: the strict scan that every JSON text passes before json-c sees it. Only for src/format. */
#ifndef K7I_FORMAT_JSON_SCAN_H
#define K7I_FORMAT_JSON_SCAN_H

#include "format/json.h"
#include <k7sandbox/error.h>
#include <stddef.h>

/* What a text contains; what json-c then made of it is compared with this, because it drops members silently when memory runs out. */
struct k7i_json_counts {
    size_t objects, arrays, members, items; /* items: values in arrays */
    size_t scalars;                         /* strings, numbers, true, false; not null */
    size_t string_bytes;                    /* at most: of all strings and keys */
};

/* Why and where a text was refused. */
struct k7i_json_fault {
    int code; /* K7_ERR_PARSE, K7_ERR_LIMIT or K7_ERR_NO_MEMORY */
    size_t offset;
    const char *reason; /* static text */
};

/* Accepts exactly RFC 8259 in UTF-8, without NUL in strings, lone surrogates, equal keys in one object, numbers beyond int64 or double, or more than
 * K7I_JSON_DEPTH levels. 0, or the fault's code. */
int k7i_json_scan(const char *text, size_t len, struct k7i_json_counts *ret_counts,
                  struct k7i_json_fault *ret_fault);
/* Makes the error for a fault, with line and column. */
int k7i_json_fail(const char *text, const struct k7i_json_fault *fault, k7_error **err);
/* The line, from 1, of an offset. */
int k7i_json_line(const char *text, size_t offset);
/* The offset of a key or item of a text that passed the scan; len when there is none. */
size_t k7i_json_find(const char *text, size_t len, const struct k7i_json_step *step);

#endif
