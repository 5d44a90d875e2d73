/* json_scan.c: see json_scan.h. Knows nothing of json-c: it only looks, counts and refuses. */
#include "format/json_scan.h"

#include "base/alloc.h"
#include "base/error.h"
#include "format/json.h"

#include <errno.h>
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEYS_AT_HAND = 64, /* keys of open objects that need no allocation */
    FEW_KEYS = 24,     /* up to here comparing every pair is faster than sorting */
    NUMBER_LENGTH =
        512 /* of a number with a fraction or an exponent: more digits than a double can tell apart */
};

struct key {
    const char *text; /* inside the quotes, escapes and all */
    uint32_t len, hash;
};

struct scan {
    const char *p, *end, *begin;
    struct k7i_json_counts counts;
    struct k7i_json_fault fault;
    int depth;
    struct key *keys; /* of all open objects, innermost last */
    size_t key_count, key_room;
    struct key at_hand[KEYS_AT_HAND];
};

static int refuse_at(struct scan *scan, int code, const char *where, const char *reason)
{
    scan->fault = (struct k7i_json_fault){ code, (size_t)(where - scan->begin), reason };
    return code;
}

static int refuse(struct scan *scan, const char *reason)
{
    return refuse_at(scan, K7_ERR_PARSE, scan->p, scan->p == scan->end ? "the text ends too early" : reason);
}

static void skip_space(struct scan *scan)
{
    while (scan->p < scan->end &&
           (*scan->p == ' ' || *scan->p == '\n' || *scan->p == '\t' || *scan->p == '\r'))
        scan->p++;
}

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

/* Four hexadecimal digits; -1 when they are not. */
static int32_t hex_four(const char *p, const char *end)
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

static int scan_escape(struct scan *scan)
{
    const char *begin = scan->p++;

    if (scan->p == scan->end)
        return refuse(scan, "");
    if (*scan->p != 'u') {
        if (!memchr("\"\\/bfnrt", *scan->p, 8))
            return refuse_at(scan, K7_ERR_PARSE, begin, "unknown escape in a string");
        scan->p++;
        return 0;
    }
    int32_t unit = hex_four(scan->p + 1, scan->end);
    if (unit < 0)
        return refuse_at(scan, K7_ERR_PARSE, begin, "\\u needs four hexadecimal digits");
    scan->p += 5;
    if (unit == 0)
        return refuse_at(scan, K7_ERR_PARSE, begin, "\\u0000 in a string");
    if (unit >= 0xDC00 && unit <= 0xDFFF)
        return refuse_at(scan, K7_ERR_PARSE, begin, "half of a surrogate pair");
    if (unit >= 0xD800 && unit <= 0xDBFF) {
        if (scan->end - scan->p < 6 || scan->p[0] != '\\' || scan->p[1] != 'u')
            return refuse_at(scan, K7_ERR_PARSE, begin, "half of a surrogate pair");
        int32_t low = hex_four(scan->p + 2, scan->end);
        if (low < 0xDC00 || low > 0xDFFF)
            return refuse_at(scan, K7_ERR_PARSE, begin, "half of a surrogate pair");
        scan->p += 6;
    }
    return 0;
}

/* A character of more than one byte (RFC 3629). */
static int scan_wide(struct scan *scan)
{
    const unsigned char *p = (const unsigned char *)scan->p;
    size_t left = (size_t)(scan->end - scan->p);
    size_t len = p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;
    int ok = len > 0 && left >= len;

    for (size_t i = 1; ok && i < len; i++)
        ok = (p[i] & 0xC0) == 0x80;
    if (ok && len == 3)
        ok = (p[0] != 0xE0 || p[1] >= 0xA0) && (p[0] != 0xED || p[1] < 0xA0);
    if (ok && len == 4)
        ok = (p[0] != 0xF0 || p[1] >= 0x90) && (p[0] != 0xF4 || p[1] < 0x90);
    if (!ok)
        return refuse_at(scan, K7_ERR_PARSE, scan->p, "bytes that are not UTF-8");
    scan->p += len;
    return 0;
}

/* From the opening quote to behind the closing one. ret_key (may be NULL): what is between them. */
static int scan_string(struct scan *scan, struct key *ret_key)
{
    const char *begin = ++scan->p;

    for (;;) {
        if (scan->p == scan->end)
            return refuse(scan, "");
        unsigned char c = (unsigned char)*scan->p;
        int code = 0;
        if (c == '"')
            break;
        if (c == '\\')
            code = scan_escape(scan);
        else if (c < 0x20)
            code = refuse(scan, "control character in a string");
        else if (c >= 0x80)
            code = scan_wide(scan);
        else
            scan->p++;
        if (code)
            return code;
    }
    size_t len = (size_t)(scan->p++ - begin);
    scan->counts.string_bytes += len;
    if (ret_key) {
        ret_key->text = begin;
        ret_key->len = (uint32_t)len;
    }
    return 0;
}

static int scan_digits(struct scan *scan)
{
    if (scan->p == scan->end || *scan->p < '0' || *scan->p > '9')
        return refuse(scan, "a digit is missing in a number");
    while (scan->p < scan->end && *scan->p >= '0' && *scan->p <= '9')
        scan->p++;
    return 0;
}

/* An integer that no int64 can hold, or a fraction beyond double, is refused rather than changed: json-c would clamp the one and make infinity of the
 * other. */
static int check_range(struct scan *scan, const char *begin, int is_integer)
{
    size_t len = (size_t)(scan->p - begin);

    if (is_integer && len <= 18) /* int64 holds any eighteen digits */
        return 0;
    if (len >= NUMBER_LENGTH)
        return refuse_at(scan, K7_ERR_LIMIT, begin, "a number has too many digits");
    char number[NUMBER_LENGTH], *mantissa_end;
    memcpy(number, begin, len);
    number[len] = '\0';
    if (is_integer) {
        errno = 0;
        strtoll(number, NULL, 10);
        return errno ? refuse_at(scan, K7_ERR_PARSE, begin, "an integer beyond 64 bits") : 0;
    }
    /* Not strtod: it reads the fraction by the locale. Beyond double means a decimal magnitude above 308. */
    size_t whole = strspn(number + (number[0] == '-'), "0123456789");
    mantissa_end = number + strcspn(number, "eE");
    long exponent = 0;
    if (*mantissa_end)
        exponent = strtol(mantissa_end + 1, NULL, 10);
    if (exponent > 308 - (long)whole || exponent < -NUMBER_LENGTH * 2)
        return refuse_at(scan, K7_ERR_PARSE, begin, "a number too large or too small");
    return 0;
}

static int scan_number(struct scan *scan)
{
    const char *begin = scan->p;
    int is_integer = 1, code;

    if (*scan->p == '-')
        scan->p++;
    if (scan->p < scan->end && *scan->p == '0') {
        scan->p++;
        if (scan->p < scan->end && *scan->p >= '0' && *scan->p <= '9')
            return refuse_at(scan, K7_ERR_PARSE, begin, "a number begins with 0");
    } else if ((code = scan_digits(scan)) != 0) {
        return code;
    }
    if (scan->p < scan->end && *scan->p == '.') {
        is_integer = 0;
        scan->p++;
        if ((code = scan_digits(scan)) != 0)
            return code;
    }
    if (scan->p < scan->end && (*scan->p == 'e' || *scan->p == 'E')) {
        is_integer = 0;
        scan->p++;
        if (scan->p < scan->end && (*scan->p == '+' || *scan->p == '-'))
            scan->p++;
        if ((code = scan_digits(scan)) != 0)
            return code;
    }
    return check_range(scan, begin, is_integer);
}

static int scan_word(struct scan *scan, const char *word, size_t len)
{
    if ((size_t)(scan->end - scan->p) < len || memcmp(scan->p, word, len) != 0)
        return refuse_at(scan, K7_ERR_PARSE, scan->p, "neither a value nor true, false or null");
    scan->p += len;
    return 0;
}

/* Decodes the character at *p of a string that has been scanned; the result is a UTF-16 unit or a byte, with escapes marked apart from nothing: an
 * escaped and a plain spelling of one character give the same sequence of bytes. */
static size_t decode(const char **p, char out[4])
{
    const char *at = *p;

    if (*at != '\\') {
        out[0] = *at;
        *p = at + 1;
        return 1;
    }
    if (at[1] != 'u') {
        static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
        out[0] = to[strchr(from, at[1]) - from];
        *p = at + 2;
        return 1;
    }
    uint32_t c = (uint32_t)hex_four(at + 2, at + 6);
    *p = at + 6;
    if (c >= 0xD800 && c <= 0xDBFF) {
        c = 0x10000 + ((c - 0xD800) << 10) + ((uint32_t)hex_four(at + 8, at + 12) - 0xDC00);
        *p = at + 12;
    }
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

/* A reader of the decoded bytes of a key. */
struct decoder {
    const char *p, *end;
    char piece[4];
    size_t have, used;
};

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

static int compare_keys(const void *left, const void *right)
{
    const struct key *a = left, *b = right;

    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    struct decoder in_a = { .p = a->text, .end = a->text + a->len };
    struct decoder in_b = { .p = b->text, .end = b->text + b->len };
    for (;;) {
        int x = next_byte(&in_a), y = next_byte(&in_b);
        if (x != y)
            return x < y ? -1 : 1;
        if (x < 0)
            return 0;
    }
}

static void hash_key(struct key *key)
{
    uint32_t hash = 2166136261U; /* FNV-1a; collisions only cost time, and not much: then keys are compared */

    if (!memchr(key->text, '\\', key->len)) {
        for (uint32_t i = 0; i < key->len; i++)
            hash = (hash ^ (unsigned char)key->text[i]) * 16777619U;
    } else {
        struct decoder decoder = { .p = key->text, .end = key->text + key->len };
        for (int c; (c = next_byte(&decoder)) >= 0;)
            hash = (hash ^ (unsigned char)c) * 16777619U;
    }
    key->hash = hash;
}

static int push_key(struct scan *scan, struct key key)
{
    if (scan->key_count == scan->key_room) {
        struct key *old = scan->keys == scan->at_hand ? NULL : scan->keys;
        struct key *keys = k7i_reallocarray(old, scan->key_room * 2, sizeof *keys);
        if (!keys)
            return refuse_at(scan, K7_ERR_NO_MEMORY, scan->p, "out of memory");
        if (!old)
            memcpy(keys, scan->at_hand, sizeof scan->at_hand);
        scan->keys = keys;
        scan->key_room *= 2;
    }
    hash_key(&key);
    scan->keys[scan->key_count++] = key;
    return 0;
}

static int refuse_equal(struct scan *scan, const struct key *a, const struct key *b)
{
    return refuse_at(scan, K7_ERR_PARSE, (a->text > b->text ? a : b)->text - 1,
                     "the same key a second time in one object");
}

static int check_keys(struct scan *scan, size_t first)
{
    struct key *keys = scan->keys + first;
    size_t count = scan->key_count - first;

    if (count <= FEW_KEYS) {
        for (size_t i = 1; i < count; i++)
            for (size_t j = 0; j < i; j++)
                if (keys[i].hash == keys[j].hash && compare_keys(&keys[i], &keys[j]) == 0)
                    return refuse_equal(scan, &keys[i], &keys[j]);
    } else {
        qsort(keys, count, sizeof *keys, compare_keys);
        for (size_t i = 1; i < count; i++)
            if (compare_keys(&keys[i - 1], &keys[i]) == 0)
                return refuse_equal(scan, &keys[i - 1], &keys[i]);
    }
    scan->key_count = first;
    return 0;
}

static int scan_value(struct scan *scan);

static int scan_object(struct scan *scan)
{
    size_t first = scan->key_count;
    int code;

    scan->counts.objects++;
    scan->p++;
    skip_space(scan);
    if (scan->p < scan->end && *scan->p == '}') {
        scan->p++;
        return 0;
    }
    for (;;) {
        struct key key;

        skip_space(scan);
        if (scan->p == scan->end || *scan->p != '"')
            return refuse(scan, "a key in quotes is expected");
        if ((code = scan_string(scan, &key)) != 0 || (code = push_key(scan, key)) != 0)
            return code;
        scan->counts.members++;
        skip_space(scan);
        if (scan->p == scan->end || *scan->p != ':')
            return refuse(scan, "':' is expected after a key");
        scan->p++;
        if ((code = scan_value(scan)) != 0)
            return code;
        skip_space(scan);
        if (scan->p == scan->end || (*scan->p != ',' && *scan->p != '}'))
            return refuse(scan, "',' or '}' is expected");
        if (*scan->p++ == '}')
            return check_keys(scan, first);
    }
}

static int scan_array(struct scan *scan)
{
    scan->counts.arrays++;
    scan->p++;
    skip_space(scan);
    if (scan->p < scan->end && *scan->p == ']') {
        scan->p++;
        return 0;
    }
    for (;;) {
        int code = scan_value(scan);
        if (code)
            return code;
        scan->counts.items++;
        skip_space(scan);
        if (scan->p == scan->end || (*scan->p != ',' && *scan->p != ']'))
            return refuse(scan, "',' or ']' is expected");
        if (*scan->p++ == ']')
            return 0;
    }
}

static int scan_nested(struct scan *scan)
{
    if (scan->depth == K7I_JSON_DEPTH)
        return refuse_at(scan, K7_ERR_LIMIT, scan->p, "nested too deeply");
    scan->depth++;
    int code = *scan->p == '{' ? scan_object(scan) : scan_array(scan);
    scan->depth--;
    return code;
}

static int scan_value(struct scan *scan)
{
    skip_space(scan);
    if (scan->p == scan->end)
        return refuse(scan, "");
    switch (*scan->p) {
    case '{':
    case '[':
        return scan_nested(scan);
    case 'n':
        return scan_word(scan, "null", 4);
    case '"':
        scan->counts.scalars++;
        return scan_string(scan, NULL);
    case 't':
        scan->counts.scalars++;
        return scan_word(scan, "true", 4);
    case 'f':
        scan->counts.scalars++;
        return scan_word(scan, "false", 5);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        scan->counts.scalars++;
        return scan_number(scan);
    default:
        return refuse(scan, "a value is expected");
    }
}

int k7i_json_scan(const char *text, size_t len, struct k7i_json_counts *ret_counts,
                  struct k7i_json_fault *ret_fault)
{
    struct scan scan = { .p = text, .end = text + len, .begin = text, .key_room = KEYS_AT_HAND };
    int code;

    scan.keys = scan.at_hand;
    if (len > INT32_MAX / 2) {
        code = refuse_at(&scan, K7_ERR_LIMIT, text, "the text is too long");
    } else if ((code = scan_value(&scan)) == 0) {
        skip_space(&scan);
        if (scan.p != scan.end)
            code = refuse(&scan, "something follows the value");
    }
    if (scan.keys != scan.at_hand)
        k7i_free(scan.keys);
    *ret_counts = scan.counts;
    *ret_fault = scan.fault;
    return code;
}

int k7i_json_line(const char *text, size_t offset)
{
    int line = 1;

    for (const char *p = text; (p = memchr(p, '\n', offset - (size_t)(p - text))) != NULL; p++)
        line++;
    return line;
}

int k7i_json_fail(const char *text, const struct k7i_json_fault *fault, k7_error **err)
{
    size_t begin = fault->offset;
    int column = 1;

    if (fault->code == K7_ERR_NO_MEMORY)
        return k7i_fail_memory(err);
    while (begin > 0 && text[begin - 1] != '\n')
        begin--;
    for (size_t i = begin; i < fault->offset; i++)
        column += ((unsigned char)text[i] & 0xC0) != 0x80;
    return k7i_fail(err, fault->code, "JSON, line %d, column %d: %s", k7i_json_line(text, fault->offset),
                    column, fault->reason);
}

static int key_is(const struct key *key, const char *text)
{
    struct decoder decoder = { .p = key->text, .end = key->text + key->len };

    for (; *text; text++)
        if (next_byte(&decoder) != (unsigned char)*text)
            return 0;
    return next_byte(&decoder) < 0;
}

size_t k7i_json_find_key(const char *text, size_t len, const char *key)
{
    struct scan scan = { .p = text, .end = text + len, .begin = text };
    int depth = 0, is_key = 0; /* is_key: a string on the first level would be a key */

    while (scan.p < scan.end) {
        char c = *scan.p;
        struct key found;

        if (c == '"') {
            if (scan_string(&scan, &found) != 0)
                break;
            if (depth == 1 && is_key && key_is(&found, key))
                return (size_t)(found.text - 1 - text);
            is_key = 0;
            continue;
        }
        if (depth == 0 && c == '[')
            break;
        if (c == '{' || c == '[')
            depth++;
        else if (c == '}' || c == ']')
            depth--;
        if (c == '{' || c == ',')
            is_key = 1;
        scan.p++;
    }
    return len;
}
