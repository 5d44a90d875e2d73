/* json_key.h: keys of a JSON text as they stand in it, escapes and all: are two of them equal? Only for src/format. */
#ifndef K7I_FORMAT_JSON_KEY_H
#define K7I_FORMAT_JSON_KEY_H

#include <stddef.h>
#include <stdint.h>

struct k7i_json_key {
    const char *text; /* inside the quotes; its escapes are known to be right */
    uint32_t len;
    uint32_t hash; /* equal for equal keys, however they are escaped */
};

/* Four hexadecimal digits; -1 when they are not. */
int32_t k7i_json_hex_four(const char *p, const char *end);
struct k7i_json_key k7i_json_key_at(const char *text, size_t len, int escaped);
/* An equal pair, of which the later in the text is told; NULL: none. The keys may be put in another order. */
const struct k7i_json_key *k7i_json_equal_keys(struct k7i_json_key *keys, size_t count);
int k7i_json_key_is(const struct k7i_json_key *key, const char *text);

#endif
