/* json_value.h: what the writer needs to know of a read value beyond json.h. Only for src/format. */
#ifndef K7I_FORMAT_JSON_VALUE_H
#define K7I_FORMAT_JSON_VALUE_H

#include "format/json.h"

/* The digits of a K7I_JSON_DOUBLE as they stood in the text. */
const char *k7i_json_double_text(const struct k7i_json_value *value);

#endif
