/* page_json.c: a list in JSON split into its members, and its items, while it arrives in pieces: the strict reader of format/json.h then reads each alone. */
#include "transport/kubernetes/page.h"

#include <string.h>

enum {
    BEGIN,
    KEY_OR_END,
    KEY,
    KEY_TEXT,
    COLON,
    VALUE,
    ITEM_OR_END,
    INSIDE,
    AFTER,
    END
}; /* INSIDE: of a value */

static int is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The first character of a member's value, or of an item. */
static int begin_value(struct k7i_page *page, char c)
{
    static const struct {
        const char *key;
        enum k7i_page_part part;
    } members[] = { { "kind", K7I_PART_KIND }, { "metadata", K7I_PART_META }, { "items", K7I_PART_OBJECT } };
    struct k7i_split_json *split = &page->json;

    page->part = split->in_items ? K7I_PART_OBJECT : K7I_PART_NONE;
    for (size_t i = 0; i < sizeof members / sizeof members[0] && !split->in_items; i++)
        if (strcmp(members[i].key, split->key) == 0)
            page->part = members[i].part;
    if (page->part == K7I_PART_OBJECT && !split->in_items) {
        page->part = K7I_PART_NONE;
        if (c == '[') {
            split->in_items = 1;
            split->state = ITEM_OR_END;
            return 0;
        }
    }
    if (strchr(",:}]", c))
        return K7_ERR_PROTOCOL;
    split->depth = 0;
    split->in_text = split->escaped = 0;
    split->state = INSIDE;
    return 0;
}

/* One character of a value. 1: it belonged to the value; 0: the value ended before it. */
static int is_inside(struct k7i_split_json *split, char c)
{
    if (split->in_text) {
        if (split->escaped)
            split->escaped = 0;
        else if (c == '\\')
            split->escaped = 1;
        else if (c == '"')
            split->in_text = 0;
        return 1;
    }
    if (split->depth == 0 && (c == ',' || c == '}' || c == ']' || is_space(c)))
        return 0;
    if (c == '"')
        split->in_text = 1;
    else if (c == '{' || c == '[')
        split->depth++;
    else if (c == '}' || c == ']')
        split->depth--;
    return 1;
}

/* The longest beginning of the text that is part of the value. */
static size_t inside_len(struct k7i_split_json *split, const char *data, size_t len)
{
    size_t n = 0;

    while (n < len && is_inside(split, data[n]))
        n++;
    return n;
}

static int take_key(struct k7i_split_json *split, char c)
{
    if (c == '"' && !split->escaped) {
        split->key[split->key_len < sizeof split->key ? split->key_len : 0] = '\0'; /* a longer one: "" */
        split->state = COLON;
        return 0;
    }
    split->escaped = c == '\\' && !split->escaped;
    if (split->key_len < sizeof split->key)
        split->key[split->key_len++] = c;
    return 0;
}

/* Between values. */
static int take(struct k7i_page *page, char c)
{
    struct k7i_split_json *split = &page->json;

    if (split->state == KEY_TEXT)
        return take_key(split, c);
    if (is_space(c))
        return 0;
    switch (split->state) {
    case BEGIN:
        split->state = KEY_OR_END;
        return c == '{' ? 0 : K7_ERR_PROTOCOL;
    case KEY_OR_END:
    case KEY:
        if (c == '}' && split->state == KEY_OR_END)
            break;
        split->state = KEY_TEXT;
        split->key_len = 0;
        split->escaped = 0;
        return c == '"' ? 0 : K7_ERR_PROTOCOL;
    case COLON:
        split->state = VALUE;
        return c == ':' ? 0 : K7_ERR_PROTOCOL;
    case ITEM_OR_END:
        if (c != ']')
            return begin_value(page, c);
        split->in_items = 0;
        split->state = AFTER;
        return 0;
    case VALUE:
        return begin_value(page, c);
    case AFTER:
        if (c == ',') {
            split->state = split->in_items ? VALUE : KEY;
            return 0;
        }
        if (c == ']' && split->in_items) {
            split->in_items = 0;
            return 0;
        }
        if (c == '}' && !split->in_items)
            break;
        return K7_ERR_PROTOCOL;
    default: /* END */
        return K7_ERR_PROTOCOL;
    }
    split->state = END;
    page->over = 1;
    return 0;
}

int k7i_split_json(struct k7i_page *page, const char *data, size_t len)
{
    struct k7i_split_json *split = &page->json;
    int code = 0;

    while (len > 0 && !code) {
        size_t n;

        if (split->state == INSIDE) {
            n = inside_len(split, data, len);
            code = k7i_page_collect(page, data, n);
            if (!code && n < len) {
                split->state = AFTER;
                code = k7i_page_complete(page);
            }
        } else {
            code = take(page, *data);
            n = split->state != INSIDE; /* the first of a value is looked at again */
        }
        data += n;
        len -= n;
    }
    return code;
}
