/* yaml_scalar.c: see yaml_scalar.h. */
#include "format/yaml_scalar.h"

#include <string.h>
#include <strings.h>

static int is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return 1;
    return 0;
}

static const char *skip_digits(const char *p)
{
    return p + strspn(p, "0123456789");
}

/* [-+]? ( . [0-9]+ | [0-9]+ ( . [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static int is_number(const char *text)
{
    const char *p = text + (*text == '-' || *text == '+'), *begin = p;

    p = skip_digits(p);
    size_t digits = (size_t)(p - begin);
    if (*p == '.') {
        const char *fraction = ++p;
        p = skip_digits(p);
        digits += (size_t)(p - fraction);
    }
    if (digits == 0)
        return 0;
    if (*p == 'e' || *p == 'E') {
        p++;
        p += *p == '-' || *p == '+';
        begin = p;
        p = skip_digits(p);
        if (p == begin)
            return 0;
    }
    return *p == '\0';
}

/* 0x1F, 0o17, 010: hexadecimal and octal, each to some readers only. */
static int is_ambiguous(const char *text)
{
    static const char *const words[] = { ".inf",  ".Inf",  ".INF", "+.inf", "+.Inf", "+.INF", "-.inf",
                                         "-.Inf", "-.INF", ".nan", ".NaN",  ".NAN",  NULL };
    const char *p = text + (*text == '-' || *text == '+');

    if (is_one_of(text, words))
        return 1;
    if (p[0] != '0' || !p[1])
        return 0;
    if (p[1] == 'x' && p[2])
        return p[2 + strspn(p + 2, "0123456789abcdefABCDEF")] == '\0';
    if (p[1] == 'o' && p[2])
        return p[2 + strspn(p + 2, "01234567")] == '\0';
    return p[1] >= '0' && p[1] <= '9' && is_number(text);
}

enum k7i_yaml_kind k7i_yaml_kind(const char *text)
{
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
    static const char *const trues[] = { "true", "True", "TRUE", NULL };
    static const char *const falses[] = { "false", "False", "FALSE", NULL };

    if (is_one_of(text, nulls))
        return K7I_YAML_NULL;
    if (is_one_of(text, trues))
        return K7I_YAML_TRUE;
    if (is_one_of(text, falses))
        return K7I_YAML_FALSE;
    if (is_ambiguous(text))
        return K7I_YAML_AMBIGUOUS;
    return is_number(text) ? K7I_YAML_NUMBER : K7I_YAML_TEXT;
}

int k7i_yaml_needs_quotes(const char *text)
{
    static const char *const words[] = { "y",    "n",     "yes",  "no", "on", "off",
                                         "true", "false", "null", "~",  "<<", "=" };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(text, words[i]) == 0)
            return 1;
    /* Numbers, dates, times in base sixty: all begin like a number. */
    return !*text || k7i_yaml_kind(text) != K7I_YAML_TEXT || strchr("+-.0123456789", *text) != NULL;
}
