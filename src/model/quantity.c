/* quantity.c: see quantity.h. The grammar is that of k8s.io/apimachinery/pkg/api/resource: digits with an optional fraction, then one suffix.
 *
 * Calculated on decimal digits, so that nothing is lost before the one rounding that Kubernetes does, too: up to whole billionths. */
#include "model/quantity.h"

#include "base/error.h"
#include "base/quote.h"

#include <stddef.h>
#include <string.h>

enum {
    TEXT_LIMIT = 128,         /* characters of a quantity; Kubernetes has no limit, and nobody needs more */
    DIGITS = TEXT_LIMIT + 24, /* multiplying by 2^60 adds 19 */
    EXPONENT_LIMIT = 1000
};

/* The value 0.d1d2d3… * 10^point. */
struct decimal {
    unsigned char digits[DIGITS];
    int count, point;
};

static const struct suffix {
    char text[3];
    signed char exponent; /* of ten, or of two for the binary ones */
    signed char binary;
} suffixes[] = {
    { "", 0, 0 },    { "n", -9, 0 },  { "u", -6, 0 },  { "m", -3, 0 },  { "k", 3, 0 },   { "M", 6, 0 },
    { "G", 9, 0 },   { "T", 12, 0 },  { "P", 15, 0 },  { "E", 18, 0 },  { "Ki", 10, 1 }, { "Mi", 20, 1 },
    { "Gi", 30, 1 }, { "Ti", 40, 1 }, { "Pi", 50, 1 }, { "Ei", 60, 1 },
};

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The digits with their point; what follows them. NULL when there is no digit at all. */
static const char *read_digits(const char *text, struct decimal *ret_decimal)
{
    int any = 0, fraction = 0;

    *ret_decimal = (struct decimal){ 0 };
    for (;; text++) {
        if (*text == '.' && !fraction) {
            fraction = 1;
        } else if (is_digit(*text)) {
            any = 1;
            if (ret_decimal->count > 0 || *text != '0') /* leading zeros only move the point */
                ret_decimal->digits[ret_decimal->count++] = (unsigned char)(*text - '0');
            if (fraction && ret_decimal->count == 0)
                ret_decimal->point--;
            else if (!fraction && ret_decimal->count > 0)
                ret_decimal->point++;
        } else {
            return any ? text : NULL;
        }
    }
}

/* "e3", "E-9": -1 when it is no exponent; kept within EXPONENT_LIMIT, which is beyond any value that is accepted or not rounded. */
static int read_exponent(const char *text, int *ret_exponent)
{
    int negative, value = 0;

    if ((*text != 'e' && *text != 'E') || !text[1])
        return -1;
    text++;
    negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    if (!*text)
        return -1;
    for (; is_digit(*text); text++)
        if (value < EXPONENT_LIMIT)
            value = value * 10 + (*text - '0');
    if (*text)
        return -1;
    if (value > EXPONENT_LIMIT)
        value = EXPONENT_LIMIT;
    *ret_exponent = negative ? -value : value;
    return 0;
}

/* Multiplies by 2^10, digit by digit. */
static void times_1024(struct decimal *decimal)
{
    int carry = 0;

    for (int i = decimal->count - 1; i >= 0; i--) {
        int product = decimal->digits[i] * 1024 + carry;
        decimal->digits[i] = (unsigned char)(product % 10);
        carry = product / 10;
    }
    for (; carry > 0; carry /= 10) {
        memmove(decimal->digits + 1, decimal->digits, (size_t)decimal->count);
        decimal->digits[0] = (unsigned char)(carry % 10);
        decimal->count++;
        decimal->point++;
    }
}

static int apply_suffix(const char *text, struct decimal *decimal)
{
    int exponent;

    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        if (strcmp(text, suffixes[i].text) != 0)
            continue;
        if (!suffixes[i].binary)
            decimal->point += suffixes[i].exponent;
        else if (decimal->count > 0)
            for (int j = 0; j < suffixes[i].exponent; j += 10)
                times_1024(decimal);
        return 0;
    }
    if (read_exponent(text, &exponent) != 0)
        return -1;
    decimal->point += exponent;
    return 0;
}

/* The digit of weight 10^place. */
static int digit_at(const struct decimal *decimal, int place)
{
    int i = decimal->point - 1 - place;

    return i >= 0 && i < decimal->count ? decimal->digits[i] : 0;
}

static int is_more_than(const struct decimal *decimal, int place)
{
    for (int i = decimal->point - place; i < decimal->count; i++)
        if (i >= 0 && decimal->digits[i] != 0)
            return 1;
    return 0;
}

/* -1: beyond 2^63-1 units. */
static int to_quantity(const struct decimal *decimal, struct k7i_quantity *ret_quantity)
{
    int64_t units = 0;
    int32_t nanos = 0;

    if (decimal->count > 0 && decimal->point > 19)
        return -1;
    for (int place = 18; place >= 0; place--) {
        int digit = digit_at(decimal, place);
        if (units > (INT64_MAX - digit) / 10)
            return -1;
        units = units * 10 + digit;
    }
    for (int place = -1; place >= -9; place--)
        nanos = nanos * 10 + digit_at(decimal, place);
    if (is_more_than(decimal, -9))
        nanos++;
    if (nanos == 1000000000) {
        nanos = 0;
        if (units == INT64_MAX)
            return -1;
        units++;
    }
    *ret_quantity = (struct k7i_quantity){ units, nanos };
    return 0;
}

static int fail(const char *field, const char *text, const char *fault, k7_error **err)
{
    return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "%s: %s %s", field, K7I_QUOTE(text), fault);
}

int k7i_quantity_parse(const char *field, const char *text, struct k7i_quantity *ret_quantity, k7_error **err)
{
    const char *p = text;
    struct decimal decimal;

    *ret_quantity = (struct k7i_quantity){ 0 };
    if (strlen(text) > TEXT_LIMIT)
        return fail(field, text, "is too long for a quantity", err);
    int negative = *p == '-';
    if (*p == '-' || *p == '+')
        p++;
    const char *suffix = read_digits(p, &decimal);
    if (!suffix || apply_suffix(suffix, &decimal) != 0)
        return fail(field, text, "is not a quantity such as \"500m\", \"2\" or \"1.5Gi\"", err);
    if (negative && decimal.count > 0)
        return fail(field, text, "is negative", err);
    if (to_quantity(&decimal, ret_quantity) != 0)
        return fail(field, text, "is too large", err);
    return 0;
}

int k7i_quantity_is_zero(const struct k7i_quantity *quantity)
{
    return quantity->nanos_high == 0 && quantity->nanos_low == 0;
}

int64_t k7i_quantity_units(const struct k7i_quantity *quantity)
{
    if (quantity->nanos_low == 0 || quantity->nanos_high == INT64_MAX)
        return quantity->nanos_high;
    return quantity->nanos_high + 1;
}

int64_t k7i_quantity_nanos(const struct k7i_quantity *quantity)
{
    const int64_t billion = 1000000000;

    if (quantity->nanos_high > (INT64_MAX - quantity->nanos_low) / billion)
        return INT64_MAX;
    return quantity->nanos_high * billion + quantity->nanos_low;
}
