/* catalogue.c: what the library says of itself: the keys of the configuration, and the errors. */
#include "commands.h"
#include "table.h"
#include "text.h"
#include <stdio.h>
#include <k7sandbox/k7sandbox.h>

static const char *key_cell(const void *data, size_t row, size_t column, char scratch[TABLE_SCRATCH])
{
    const k7_config_key *key = k7_config_key_at(row);
    (void)data;
    (void)scratch;
    switch (column) {
    case 0:
        return k7_config_key_get_name(key);
    case 1:
        return k7_config_key_is_secret(key) ? "secret" : k7_config_key_get_type(key);
    case 2:
        return k7_config_key_get_transport(key);
    case 3:
        return k7_config_key_get_default(key);
    default:
        return k7_config_key_get_meaning(key);
    }
}

static void print_member(const char *name, const char *text)
{
    printf(",\"%s\":", name);
    text_print_json(stdout, text);
}

static void print_key_json(const k7_config_key *key)
{
    fputs("{\"name\":", stdout);
    text_print_json(stdout, k7_config_key_get_name(key));
    print_member("type", k7_config_key_get_type(key));
    print_member("transport", k7_config_key_get_transport(key));
    print_member("default", k7_config_key_get_default(key));
    print_member("meaning", k7_config_key_get_meaning(key));
    printf(",\"secret\":%s}", k7_config_key_is_secret(key) ? "true" : "false");
}

int command_config_keys(const struct options *options)
{
    static const char *const titles[] = { "KEY", "TYPE", "TRANSPORT", "DEFAULT", "MEANING" };
    struct table table = { titles, 5, 5, k7_config_key_count(), key_cell, NULL };
    if (!options->json) {
        table_print(stdout, &table);
        return STATUS_DONE;
    }
    putchar('[');
    for (size_t i = 0; i < k7_config_key_count(); i++) {
        fputs(i > 0 ? ",\n " : "", stdout);
        print_key_json(k7_config_key_at(i));
    }
    puts("]");
    return STATUS_DONE;
}

static const char *error_cell(const void *data, size_t row, size_t column, char scratch[TABLE_SCRATCH])
{
    int code = k7_error_code_at(row);
    (void)data;
    switch (column) {
    case 0:
        snprintf(scratch, TABLE_SCRATCH, "%d", code);
        return scratch;
    case 1:
        return k7_error_code_name(code);
    case 2:
        return k7_error_class_name(k7_error_code_class(code));
    default:
        return k7_error_code_meaning(code);
    }
}

int command_errors(const struct options *options)
{
    static const char *const titles[] = { "NUMBER", "NAME", "CLASS", "MEANING" };
    struct table table = { titles, 4, 4, k7_error_code_count(), error_cell, NULL };
    if (!options->json) {
        table_print(stdout, &table);
        return STATUS_DONE;
    }
    putchar('[');
    for (size_t i = 0; i < k7_error_code_count(); i++) {
        int code = k7_error_code_at(i);
        printf("%s{\"number\":%d", i > 0 ? ",\n " : "", code);
        print_member("name", k7_error_code_name(code));
        print_member("class", k7_error_class_name(k7_error_code_class(code)));
        print_member("meaning", k7_error_code_meaning(code));
        putchar('}');
    }
    puts("]");
    return STATUS_DONE;
}
