/* yaml.h: the façade over libyaml: one YAML mapping to JSON and back, so that one codec serves both. Built only with the feature yaml. */
#ifndef K7I_FORMAT_YAML_H
#define K7I_FORMAT_YAML_H

#include "base/buf.h"
#include "format/json.h"

enum { K7I_YAML_DEPTH = 16 };

/* Appends the document as JSON that has every key and item on the line where it begins in the YAML text, so that errors found in the JSON name the right line. Scalars are
 * read by the core schema (YAML 1.2, section 10.3): null, true, false and numbers when plain; everything else, and what is quoted, is text. Refused: what
 * is no single mapping, tags, merge keys, keys that are no scalars or come twice, more than K7I_YAML_DEPTH levels. Anchors and aliases are refused, too, unless with_aliases is set: then
 * an alias becomes a copy of its anchor's value, all within the buffer's limit.
 * `what` begins errors: K7_ERR_PARSE with line and column, K7_ERR_LIMIT, K7_ERR_NO_MEMORY. */
int k7i_yaml_to_json(const char *what, const char *text, size_t len, int with_aliases, struct k7i_buf *json,
                     k7_error **err);
/* Appends a value as a YAML document; a failure is the buffer's. */
void k7i_yaml_from_json(const struct k7i_json_value *value, struct k7i_buf *yaml);

#endif
