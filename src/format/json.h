/* json.h: the façade over json-c: reading through a strict scan of our own (RFC 8259, UTF-8, depth, no NUL, no duplicate keys), and writing text. No json-c type
 * appears here, so that another reader can take its place. */
#ifndef K7I_FORMAT_JSON_H
#define K7I_FORMAT_JSON_H

#include "base/buf.h"
#include <k7sandbox/error.h>

/* Reading. A value of type null is the NULL pointer; k7i_json_member() tells absent from null. Values are borrowed from their document. */
struct k7i_json;       /* a document */
struct k7i_json_value; /* a value in it */

enum k7i_json_kind {
    K7I_JSON_NULL,
    K7I_JSON_BOOL,
    K7I_JSON_INT,
    K7I_JSON_DOUBLE,
    K7I_JSON_STRING,
    K7I_JSON_ARRAY,
    K7I_JSON_OBJECT
};

enum { K7I_JSON_DEPTH = 64 }; /* nesting allowed: K7's and the engines' deepest objects have about 8 levels */

/* k7i_json_parse: K7_ERR_PARSE with line and column, K7_ERR_LIMIT (too deep, or so many values that they would take many times the text's
 * size), K7_ERR_NO_MEMORY. len may be any; limits on size are the caller's. */
int k7i_json_parse(const char *text, size_t len, struct k7i_json **ret_json, k7_error **err);
void k7i_json_free(struct k7i_json *json);
void k7i_json_wipe(struct k7i_json *json); /* the same; its texts are overwritten: for secrets */
const struct k7i_json_value *k7i_json_root(const struct k7i_json *json);

/* k7i_json_member_line: the line (from 1) on which the root object's member `key` stands in the text that was parsed; 0 when there is none. */
int k7i_json_member_line(const char *text, size_t len, const char *key);

/* A place in a document: a member's key, or (key NULL) an item's index, of what `up` leads to (NULL: the root). */
struct k7i_json_step {
    const struct k7i_json_step *up;
    const char *key;
    size_t index;
};
/* The line of a key or item; 0 when it is not there. */
int k7i_json_step_line(const char *text, size_t len, const struct k7i_json_step *step);
/* Appends "users[1].user.token". */
void k7i_json_step_text(const struct k7i_json_step *step, struct k7i_buf *text);

enum k7i_json_kind k7i_json_kind(const struct k7i_json_value *value);
int k7i_json_bool(const struct k7i_json_value *value);                       /* 0 for other kinds */
int64_t k7i_json_int(const struct k7i_json_value *value, int64_t otherwise); /* `otherwise` for other kinds */
/* NULL for other kinds; NUL-terminated, without NUL inside */
const char *k7i_json_string(const struct k7i_json_value *value);
/* items of an array, members of an object, else 0 */
size_t k7i_json_count(const struct k7i_json_value *value);
const struct k7i_json_value *k7i_json_at(const struct k7i_json_value *array,
                                         size_t i); /* NULL when out of range or null */
int k7i_json_member(const struct k7i_json_value *object, const char *key,
                    const struct k7i_json_value **ret_value); /* 1 present, 0 absent or not an object */
const struct k7i_json_value *k7i_json_get(const struct k7i_json_value *object,
                                          const char *key); /* NULL when absent or null */
const char *k7i_json_get_string(const struct k7i_json_value *object,
                                const char *key); /* NULL when absent or not a string */
/* k7i_json_each: calls fn for every member in the text's order until it returns non-zero, and returns that. */
int k7i_json_each(const struct k7i_json_value *object,
                  int (*fn)(void *user, const char *key, const struct k7i_json_value *value), void *user);

/* Writing: appends to a buffer, whose failure is checked once at the end. Commas and colons are put where they belong. */
struct k7i_json_writer {
    struct k7i_buf *buf;
    int comma; /* a comma is due before the next value */
};
void k7i_json_begin(struct k7i_json_writer *writer, struct k7i_buf *buf);
void k7i_json_open(struct k7i_json_writer *writer, char bracket);  /* '{' or '[' */
void k7i_json_close(struct k7i_json_writer *writer, char bracket); /* '}' or ']' */
void k7i_json_key(struct k7i_json_writer *writer, const char *key);
void k7i_json_put_string(struct k7i_json_writer *writer, const char *text); /* NULL writes null */
void k7i_json_put_int(struct k7i_json_writer *writer, int64_t value);
void k7i_json_put_bool(struct k7i_json_writer *writer, int value);
void k7i_json_put_null(struct k7i_json_writer *writer);
void k7i_json_put_raw(struct k7i_json_writer *writer, const char *json); /* text that is JSON already */
void k7i_json_put_value(struct k7i_json_writer *writer,
                        const struct k7i_json_value *value); /* a value as it was read */

#endif
