/* json_scan.c: see json_scan.h. Knows nothing of json-c: it only looks, counts and refuses. */
#include "format/json_scan.h"

#include "base/alloc.h"
#include "base/error.h"
#include "format/json.h"
#include "format/json_key.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEYS_AT_HAND = 64, /* keys of open objects that need no allocation */
    NUMBER_LENGTH =
        512 /* of a number with a fraction or an exponent: more digits than a double can tell apart */
};

struct scan {
    const char *p, *end, *begin;
    struct k7i_json_counts counts;
    struct k7i_json_fault fault;
    int depth;
    struct k7i_json_key *keys; /* of all open objects, innermost last */
    size_t key_count, key_room;
    struct k7i_json_key at_hand[KEYS_AT_HAND];
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
    int32_t unit = k7i_json_hex_four(scan->p + 1, scan->end);
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
        int32_t low = k7i_json_hex_four(scan->p + 2, scan->end);
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

/* Behind the bytes that stand for themselves in a string: neither quotes, backslashes and control characters, nor parts of longer characters. */
static const char *skip_plain(const char *p, const char *end)
{
    const uint64_t ones = UINT64_MAX / 255;

    /* Eight at a time. Each term has the high bit set in a byte of the kind that it looks for; a borrow may set it in others, too, which are then looked at one by
     * one. */
    for (uint64_t word; end - p >= 8; p += 8) {
        memcpy(&word, p, 8);
        if ((word | (word - ones * 0x20) | ((word ^ ones * '"') - ones) | ((word ^ ones * '\\') - ones)) &
            ones * 0x80)
            break;
    }
    while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '"' && *p != '\\')
        p++;
    return p;
}

/* From the opening quote to behind the closing one. ret_key (may be NULL): what is between them. */
static int scan_string(struct scan *scan, struct k7i_json_key *ret_key)
{
    const char *begin = ++scan->p;
    int escaped = 0, code;

    for (;;) {
        scan->p = skip_plain(scan->p, scan->end);
        if (scan->p == scan->end)
            return refuse(scan, "");
        unsigned char c = (unsigned char)*scan->p;
        if (c == '"')
            break;
        if (c < 0x20)
            return refuse(scan, "control character in a string");
        escaped |= c == '\\';
        code = c == '\\' ? scan_escape(scan) : scan_wide(scan);
        if (code)
            return code;
    }
    size_t len = (size_t)(scan->p++ - begin);
    scan->counts.string_bytes += len;
    if (ret_key)
        *ret_key = k7i_json_key_at(begin, len, escaped);
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

/* Whether a number with a fraction or an exponent is beyond double. strtod() reads fractions by the locale, so it gets a whole number with an exponent. */
static int is_infinite(const char *number, size_t len)
{
    char text[NUMBER_LENGTH + 32];
    size_t digits = 0, i = 0;
    long exponent = 0, fraction = 0, sign = 1;
    int behind_point = 0;

    for (; i < len && number[i] != 'e' && number[i] != 'E'; i++) {
        if (number[i] == '.') {
            behind_point = 1;
        } else {
            text[digits++] = number[i];
            fraction += behind_point;
        }
    }
    if (i < len && (number[++i] == '-' || number[i] == '+'))
        sign = number[i++] == '-' ? -1 : 1;
    for (; i < len; i++)
        if (exponent < 1000000)
            exponent = exponent * 10 + (number[i] - '0');
    snprintf(text + digits, sizeof text - digits, "e%ld", sign * exponent - fraction);
    return isinf(strtod(text, NULL));
}

/* A number that int64 or double cannot hold is refused rather than changed: json-c would clamp it or make infinity of it. */
static int check_range(struct scan *scan, const char *begin, int is_integer)
{
    size_t len = (size_t)(scan->p - begin);
    char number[NUMBER_LENGTH];

    if (is_integer && len <= 18) /* int64 holds any eighteen digits */
        return 0;
    if (len >= NUMBER_LENGTH)
        return refuse_at(scan, K7_ERR_LIMIT, begin, "a number has too many digits");
    if (!is_integer)
        return is_infinite(begin, len)
                   ? refuse_at(scan, K7_ERR_PARSE, begin, "a number too large for a double")
                   : 0;
    memcpy(number, begin, len);
    number[len] = '\0';
    errno = 0;
    strtoll(number, NULL, 10);
    return errno ? refuse_at(scan, K7_ERR_PARSE, begin, "an integer beyond 64 bits") : 0;
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

static int push_key(struct scan *scan, struct k7i_json_key key)
{
    if (scan->key_count == scan->key_room) {
        struct k7i_json_key *old = scan->keys == scan->at_hand ? NULL : scan->keys;
        struct k7i_json_key *keys = k7i_reallocarray(old, scan->key_room * 2, sizeof *keys);
        if (!keys)
            return refuse_at(scan, K7_ERR_NO_MEMORY, scan->p, "out of memory");
        if (!old)
            memcpy(keys, scan->at_hand, sizeof scan->at_hand);
        scan->keys = keys;
        scan->key_room *= 2;
    }
    scan->keys[scan->key_count++] = key;
    return 0;
}

static int check_keys(struct scan *scan, size_t first)
{
    const struct k7i_json_key *again = k7i_json_equal_keys(scan->keys + first, scan->key_count - first);

    scan->key_count = first;
    if (again)
        return refuse_at(scan, K7_ERR_PARSE, again->text - 1, "the same key a second time in one object");
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
        struct k7i_json_key key;

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

/* Over a value of a text that is known to be right. */
static void pass_value(struct scan *scan)
{
    int depth = 0;

    do {
        skip_space(scan);
        char c = scan->p < scan->end ? *scan->p : '\0';
        if (c == '"') {
            (void)scan_string(scan, NULL);
            continue;
        }
        if (c == '{' || c == '[')
            depth++;
        else if (c == '}' || c == ']')
            depth--;
        scan->p++;
        if (depth == 0 && c != '}' && c != ']')
            while (scan->p < scan->end && !strchr(",]} \t\r\n", *scan->p))
                scan->p++;
    } while (depth > 0 && scan->p < scan->end);
}

/* To the beginning of the step's key or item, then past the key to the value; the offset of the former, or `len`. */
static size_t enter(struct scan *scan, const struct k7i_json_step *step, size_t len)
{
    skip_space(scan);
    if (scan->p == scan->end || *scan->p != (step->key ? '{' : '['))
        return len;
    for (size_t i = 0; scan->p < scan->end; i++) {
        struct k7i_json_key key;

        scan->p++; /* a bracket or a comma */
        skip_space(scan);
        if (scan->p == scan->end || *scan->p == '}' || *scan->p == ']')
            return len;
        size_t at = (size_t)(scan->p - scan->begin);
        if (step->key) {
            if (scan_string(scan, &key) != 0)
                return len;
            skip_space(scan);
            scan->p++; /* the colon */
        }
        if (step->key ? k7i_json_key_is(&key, step->key) : i == step->index)
            return at;
        pass_value(scan);
        skip_space(scan);
        if (scan->p == scan->end || *scan->p != ',')
            return len;
    }
    return len;
}

static size_t find(struct scan *scan, const struct k7i_json_step *step, size_t len)
{
    if (step->up && find(scan, step->up, len) == len)
        return len;
    return enter(scan, step, len);
}

size_t k7i_json_find(const char *text, size_t len, const struct k7i_json_step *step)
{
    struct scan scan = { .p = text, .end = text + len, .begin = text };

    return find(&scan, step, len);
}
