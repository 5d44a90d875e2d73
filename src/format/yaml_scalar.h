/* yaml_scalar.h: what a plain YAML scalar means. Only for src/format. Knows nothing of libyaml. */
#ifndef K7I_FORMAT_YAML_SCALAR_H
#define K7I_FORMAT_YAML_SCALAR_H

#include <stddef.h>

enum k7i_yaml_kind {
    K7I_YAML_TEXT,
    K7I_YAML_NULL,
    K7I_YAML_TRUE,
    K7I_YAML_FALSE,
    K7I_YAML_NUMBER, /* as JSON writes it, but for a plus sign, and for a zero missing on either side of the point */
    K7I_YAML_AMBIGUOUS /* readers of YAML disagree: 010, 0x1F, 0o17, .inf */
};

/* By the core schema of YAML 1.2. */
enum k7i_yaml_kind k7i_yaml_kind(const char *text);
/* Whether some reader, also one of YAML 1.1 such as K7's, would take the plain text for something else than text. */
int k7i_yaml_needs_quotes(const char *text);

#endif
