/* Prints the table of configuration keys as Markdown, from the library itself. */
#include <k7sandbox/k7sandbox.h>

#include <stdio.h>
#include <string.h>

static void print_text(const char *text)
{
    for (; *text; text++)
        if (*text == '|')
            fputs("\\|", stdout);
        else
            putchar(*text);
}

/* The default, without the library's version, so that a release changes no documentation. */
static void print_default(const char *text)
{
    const char *version = text ? strstr(text, k7_version()) : NULL;

    if (!text)
        return;
    if (!*text)
        fputs("empty", stdout);
    else if (version)
        printf("`%.*s<version>`", (int)(version - text), text);
    else
        printf("`%s`", text);
}

static int is_of(const k7_config_key *key, const char *transport)
{
    const char *own = k7_config_key_get_transport(key);

    return own && transport ? strcmp(own, transport) == 0 : own == transport;
}

static void print_table(const char *transport)
{
    printf("| key | type | default | meaning |\n|---|---|---|---|\n");
    for (size_t i = 0; i < k7_config_key_count(); i++) {
        const k7_config_key *key = k7_config_key_at(i);

        if (!is_of(key, transport))
            continue;
        printf("| `%s` | %s%s | ", k7_config_key_get_name(key), k7_config_key_get_type(key),
               k7_config_key_is_secret(key) ? ", secret" : "");
        print_default(k7_config_key_get_default(key));
        fputs(" | ", stdout);
        print_text(k7_config_key_get_meaning(key));
        fputs(" |\n", stdout);
    }
}

int main(void)
{
    printf("### For every transport\n\n");
    print_table(NULL);
    for (size_t i = 0; i < k7_transport_count(); i++) {
        const char *transport = k7_transport_at(i);
        size_t count = 0;

        for (size_t j = 0; j < k7_config_key_count(); j++)
            count += (size_t)is_of(k7_config_key_at(j), transport);
        if (count > 0) {
            printf("\n### For the transport %s\n\n", transport);
            print_table(transport);
        }
    }
    return 0;
}
