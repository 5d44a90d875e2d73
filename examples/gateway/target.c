/* target.c: takes a raw request target apart. It knows no route. */
#include "target.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes percent escapes in place. Returns NULL, or why the text is refused. No name, namespace or flag of the API holds anything but visible
 * ASCII, and an escaped delimiter is an attempt to be read differently by two programs. */
static const char *decode(char *text)
{
    char *out = text;
    for (const char *in = text; *in != '\0'; in++) {
        if (*in != '%') {
            *out++ = *in;
            continue;
        }
        int high = hex_digit(in[1]);
        int low = high < 0 ? -1 : hex_digit(in[2]);
        if (low < 0) {
            return "the target has a broken percent escape";
        }
        int byte = high * 16 + low;
        if (byte <= 0x20 || byte >= 0x7f) {
            return "the target has an escaped control character, space or non-ASCII byte";
        }
        if (strchr("/\\%?#&=", byte) != NULL) {
            return "the target has an escaped delimiter";
        }
        *out++ = (char)byte;
        in += 2;
    }
    *out = '\0';
    return NULL;
}

static int split_path(char *path, struct target *target, const char **ret_why)
{
    if (path[1] == '\0') {
        return 0;
    }
    for (char *at = path + 1, *next; at != NULL; at = next) {
        next = strchr(at, '/');
        if (next != NULL) {
            *next++ = '\0';
        }
        *ret_why = decode(at);
        if (*ret_why != NULL) {
            return 400;
        }
        if (*at == '\0' || strcmp(at, ".") == 0 || strcmp(at, "..") == 0) {
            *ret_why = "Not Found: the path has an empty or dotted segment";
            return 404;
        }
        if (target->segment_count == TARGET_MAX_SEGMENTS) {
            *ret_why = "Not Found";
            return 404;
        }
        target->segments[target->segment_count++] = at;
    }
    return 0;
}

static int split_query(char *query, struct target *target, const char **ret_why)
{
    for (char *at = query, *next; at != NULL; at = next) {
        next = strchr(at, '&');
        if (next != NULL) {
            *next++ = '\0';
        }
        char *value = strchr(at, '=');
        if (value != NULL) {
            *value++ = '\0';
        }
        *ret_why = decode(at);
        if (*ret_why == NULL && value != NULL) {
            *ret_why = decode(value);
        }
        if (*ret_why == NULL && *at == '\0') {
            *ret_why = "the query has a parameter without a name";
        }
        for (size_t i = 0; *ret_why == NULL && i < target->parameter_count; i++) {
            if (strcmp(target->parameters[i].key, at) == 0) {
                *ret_why = "the query has a parameter twice";
            }
        }
        if (*ret_why == NULL && target->parameter_count == TARGET_MAX_PARAMETERS) {
            *ret_why = "the query has too many parameters";
        }
        if (*ret_why != NULL) {
            return 400;
        }
        target->parameters[target->parameter_count].key = at;
        target->parameters[target->parameter_count++].value = value;
    }
    return 0;
}

int target_parse(const char *raw, struct target *ret_target, const char **ret_why)
{
    *ret_target = (struct target){ 0 };
    *ret_why = NULL;
    size_t len = strlen(raw);
    if (len > TARGET_MAX_BYTES) {
        *ret_why = "the target is too long";
        return 414;
    }
    if (raw[0] != '/') {
        *ret_why = "the target must be a path that begins with a slash";
        return 400;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)raw[i];
        if (c <= 0x20 || c >= 0x7f || c == '#' || c == '\\') {
            *ret_why = "the target has a byte that must not be in one";
            return 400;
        }
    }
    ret_target->storage = strdup(raw);
    if (ret_target->storage == NULL) {
        *ret_why = "out of memory";
        return 503;
    }
    char *query = strchr(ret_target->storage, '?');
    if (query != NULL) {
        *query++ = '\0';
    }
    int status = split_path(ret_target->storage, ret_target, ret_why);
    if (status == 0 && query != NULL && *query != '\0') {
        status = split_query(query, ret_target, ret_why);
    }
    return status;
}

void target_clear(struct target *target)
{
    free(target->storage);
    *target = (struct target){ 0 };
}
