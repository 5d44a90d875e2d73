/* json_key.c: see json_key.h. */
#include "format/json_key.h"

#include <stdlib.h>
#include <string.h>

enum { FEW_KEYS = 24 }; /* up to here comparing the hashes of every pair is faster than sorting */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int32_t k7i_json_hex_four(const char *p, const char *end)
{
    int32_t value = 0;

    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static size_t put_utf8(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

/* Decodes one escape, or takes one byte; *p moves behind it. */
static size_t decode(const char **p, char out[4])
{
    static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char *at = *p;

    if (*at != '\\') {
        out[0] = *at;
        *p = at + 1;
        return 1;
    }
    if (at[1] != 'u') {
        out[0] = meanings[strchr(escapes, at[1]) - escapes];
        *p = at + 2;
        return 1;
    }
    uint32_t c = (uint32_t)k7i_json_hex_four(at + 2, at + 6);
    *p = at + 6;
    if (c >= 0xD800 && c <= 0xDBFF) {
        c = 0x10000 + ((c - 0xD800) << 10) + ((uint32_t)k7i_json_hex_four(at + 8, at + 12) - 0xDC00);
        *p = at + 12;
    }
    return put_utf8(c, out);
}

/* A reader of the decoded bytes of a key. */
struct decoder {
    const char *p, *end;
    char piece[4];
    size_t have, used;
};

static struct decoder decoder_of(const struct k7i_json_key *key)
{
    return (struct decoder){ .p = key->text, .end = key->text + key->len };
}

/* -1 at the end. */
static int next_byte(struct decoder *decoder)
{
    if (decoder->used == decoder->have) {
        if (decoder->p == decoder->end)
            return -1;
        decoder->have = decode(&decoder->p, decoder->piece);
        decoder->used = 0;
    }
    return (unsigned char)decoder->piece[decoder->used++];
}

/* Length, first and last bytes: next to free, and nearly always different within one object. Keys that collide are compared, so collisions made on purpose cost
 * no more than long keys would. */
static uint32_t mix(uint32_t len, uint32_t first, uint32_t last)
{
    return (len * 0x9E3779B1U ^ first) * 0x85EBCA6BU ^ last;
}

static uint32_t hash_plain(const char *text, size_t len)
{
    uint32_t first = 0, last = 0;

    if (len >= 4) {
        memcpy(&first, text, 4);
        memcpy(&last, text + len - 4, 4);
    } else {
        memcpy(&first, text, len);
    }
    return mix((uint32_t)len, first, last);
}

/* The same of a key with escapes: its first and last four decoded bytes are put together. */
static uint32_t hash_escaped(const struct k7i_json_key *key)
{
    struct decoder decoder = decoder_of(key);
    char ends[8] = { 0 };
    size_t len = 0;

    for (int c; (c = next_byte(&decoder)) >= 0; len++) {
        if (len < 4)
            ends[len] = (char)c;
        memmove(ends + 4, ends + 5, 3);
        ends[7] = (char)c;
    }
    uint32_t first, last = 0;
    memcpy(&first, ends, 4);
    if (len >= 4)
        memcpy(&last, ends + 4, 4);
    return mix((uint32_t)len, first, last);
}

struct k7i_json_key k7i_json_key_at(const char *text, size_t len, int escaped)
{
    struct k7i_json_key key = { .text = text, .len = (uint32_t)len };

    key.hash = escaped ? hash_escaped(&key) : hash_plain(text, len);
    return key;
}

static int compare_keys(const void *left, const void *right)
{
    const struct k7i_json_key *a = left, *b = right;

    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    struct decoder in_a = decoder_of(a), in_b = decoder_of(b);
    for (;;) {
        int x = next_byte(&in_a), y = next_byte(&in_b);
        if (x != y)
            return x < y ? -1 : 1;
        if (x < 0)
            return 0;
    }
}

static const struct k7i_json_key *later(const struct k7i_json_key *a, const struct k7i_json_key *b)
{
    return a->text > b->text ? a : b;
}

const struct k7i_json_key *k7i_json_equal_keys(struct k7i_json_key *keys, size_t count)
{
    if (count <= FEW_KEYS) {
        for (size_t i = 1; i < count; i++)
            for (size_t j = 0; j < i; j++)
                if (keys[i].hash == keys[j].hash && compare_keys(&keys[i], &keys[j]) == 0)
                    return &keys[i];
        return NULL;
    }
    qsort(keys, count, sizeof *keys, compare_keys);
    for (size_t i = 1; i < count; i++)
        if (compare_keys(&keys[i - 1], &keys[i]) == 0)
            return later(&keys[i - 1], &keys[i]);
    return NULL;
}

int k7i_json_key_is(const struct k7i_json_key *key, const char *text)
{
    struct decoder decoder = decoder_of(key);

    for (; *text; text++)
        if (next_byte(&decoder) != (unsigned char)*text)
            return 0;
    return next_byte(&decoder) < 0;
}
