/* options.c: reads the command line and refuses what would be unsafe. It opens nothing. */
#include "options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <k7sandbox/library.h>

static const char help[] =
    "k7-gateway: serves the K7 REST API over any transport of libk7sandbox\n"
    "\n"
    "usage: k7-gateway --listen ADDR:PORT --endpoint ENDPOINT --keys FILE [options]\n"
    "       k7-gateway key add NAME --keys FILE [--namespace NS]... [--expires-days N]\n"
    "       k7-gateway key list|revoke [NAME] --keys FILE\n"
    "\n"
    "  --listen ADDR:PORT           numeric address ([::1]:8000 for IPv6) or localhost; port 0 picks a free one\n"
    "  --endpoint ENDPOINT          what is behind the gateway: docker:, memory:, https://host, ...\n"
    "  --endpoint-key-file FILE     the API key for a rest endpoint\n"
    "  --set KEY=VALUE              a configuration key of the library; may be repeated\n"
    "  --keys FILE                  the key store (see \"key add\")\n"
    "  --env-dir DIR                allows env_file: files below DIR/<namespace>/\n"
    "  --tls-cert FILE              certificate chain, PEM\n"
    "  --tls-key FILE               its private key, PEM\n"
    "  --insecure-http              allows plain HTTP on an address other than loopback\n"
    "  --max-connections N          at once (1024)\n"
    "  --max-connections-per-ip N   at once from one address (256)\n"
    "  --max-creates N              sandboxes being created at once (8)\n"
    "  --threads N                  requests carried out at once (16)\n"
    "  --request-seconds N          the longest a request may take to arrive (30)\n"
    "  --idle-seconds N             the longest silence of a client (10)\n"
    "  --drain-seconds N            after SIGTERM: how long requests may go on (30)\n"
    "\n"
    "SIGTERM or SIGINT: finishes what is under way; a second one ends at once.\n";

enum {
    OPT_LISTEN = 256,
    OPT_ENDPOINT,
    OPT_ENDPOINT_KEY_FILE,
    OPT_SET,
    OPT_KEYS,
    OPT_ENV_DIR,
    OPT_TLS_CERT,
    OPT_TLS_KEY,
    OPT_INSECURE_HTTP,
    OPT_HELP,
    OPT_VERSION,
    OPT_NUMBERS, /* and on: the rows of `numbers` */
};

static const struct {
    const char *name;
    size_t offset;
    int64_t min;
    int64_t max;
    int64_t initial;
} numbers[] = {
    { "max-connections", offsetof(struct options, max_connections), 1, 100000, 1024 },
    { "max-connections-per-ip", offsetof(struct options, max_connections_per_ip), 1, 100000, 256 },
    { "max-creates", offsetof(struct options, max_creates), 1, 1000, 8 },
    { "threads", offsetof(struct options, threads), 1, 1000, 16 },
    { "request-seconds", offsetof(struct options, request_seconds), 1, 3600, 30 },
    { "idle-seconds", offsetof(struct options, idle_seconds), 1, 3600, 10 },
    { "drain-seconds", offsetof(struct options, drain_seconds), 0, 3600, 30 },
};
#define NUMBER_COUNT (sizeof numbers / sizeof *numbers)

__attribute__((format(printf, 1, 2))) static int complain(const char *format, ...)
{
    fputs("k7-gateway: ", stderr);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputs("\n", stderr);
    return -1;
}

static int64_t *number_at(struct options *options, size_t i)
{
    return (int64_t *)(void *)((char *)options + numbers[i].offset);
}

static int set_number(struct options *options, size_t i, const char *text)
{
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < numbers[i].min || value > numbers[i].max) {
        fprintf(stderr, "k7-gateway: --%s must be %lld to %lld, not \"%s\"\n", numbers[i].name,
                (long long)numbers[i].min, (long long)numbers[i].max, text);
        return -1;
    }
    *number_at(options, i) = value;
    return 0;
}

static int parse_listen(struct options *options)
{
    char host[128];
    const char *colon = strrchr(options->listen, ':');
    size_t len = colon == NULL ? 0 : (size_t)(colon - options->listen);
    if (len == 0 || len >= sizeof host || colon[1] == '\0') {
        return complain("--listen must be ADDR:PORT, not \"%s\"", options->listen);
    }
    bool bracketed = options->listen[0] == '[' && options->listen[len - 1] == ']';
    memcpy(host, options->listen + bracketed, len - 2 * bracketed);
    host[len - 2 * bracketed] = '\0';
    if (strcmp(host, "localhost") == 0) {
        strcpy(host, "127.0.0.1");
    }
    struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                              .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    if ((!bracketed && strchr(host, ':') != NULL) || getaddrinfo(host, colon + 1, &hints, &found) != 0) {
        return complain("--listen: \"%s\" is not a numeric address and port", options->listen);
    }
    memcpy(&options->address, found->ai_addr, found->ai_addrlen);
    options->address_len = found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

bool options_is_loopback(const struct options *options)
{
    if (options->address.ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)&options->address;
        return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    }
    const struct sockaddr_in6 *v6 = (const void *)&options->address;
    const uint8_t *bytes = v6->sin6_addr.s6_addr;
    return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) || (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) && bytes[12] == 127);
}

static int check(struct options *options)
{
    const struct {
        const char *name;
        const char *value;
    } required[] = { { "--listen", options->listen },
                     { "--endpoint", options->endpoint },
                     { "--keys", options->keys } };
    for (size_t i = 0; i < sizeof required / sizeof *required; i++) {
        if (required[i].value == NULL) {
            return complain("%s is missing (see --help)", required[i].name);
        }
    }
    if ((options->tls_cert == NULL) != (options->tls_key == NULL)) {
        return complain("%s belong together", "--tls-cert and --tls-key");
    }
    if (parse_listen(options) != 0) {
        return -1;
    }
    if (!options_is_loopback(options) && options->tls_cert == NULL && !options->insecure_http) {
        return complain(
            "%s is not a loopback address, and keys would travel in plain text: give --tls-cert and "
            "--tls-key, or --insecure-http when something in front of the gateway does TLS",
            options->listen);
    }
    return 0;
}

static int apply(struct options *options, int option, const char *value)
{
    if (option >= OPT_NUMBERS) {
        return set_number(options, (size_t)(option - OPT_NUMBERS), value);
    }
    switch (option) {
    case OPT_LISTEN:
        options->listen = value;
        return 0;
    case OPT_ENDPOINT:
        options->endpoint = value;
        return 0;
    case OPT_ENDPOINT_KEY_FILE:
        options->endpoint_key_file = value;
        return 0;
    case OPT_SET:
        if (strchr(value, '=') == NULL || options->setting_count == OPTIONS_MAX_SETTINGS) {
            return complain("--set must be KEY=VALUE, not \"%s\", and not too often", value);
        }
        options->settings[options->setting_count++] = value;
        return 0;
    case OPT_KEYS:
        options->keys = value;
        return 0;
    case OPT_ENV_DIR:
        options->env_dir = value;
        return 0;
    case OPT_TLS_CERT:
        options->tls_cert = value;
        return 0;
    case OPT_TLS_KEY:
        options->tls_key = value;
        return 0;
    case OPT_INSECURE_HTTP:
        options->insecure_http = true;
        return 0;
    case OPT_HELP:
        fputs(help, stdout);
        return 1;
    case OPT_VERSION:
        printf("k7-gateway %s\n", k7_version());
        return 1;
    default:
        return complain("%s", "wrong usage (see --help)");
    }
}

int options_parse(int argc, char **argv, struct options *ret_options)
{
    struct option table[OPT_NUMBERS - OPT_LISTEN + NUMBER_COUNT + 1] = {
        { "listen", required_argument, NULL, OPT_LISTEN },
        { "endpoint", required_argument, NULL, OPT_ENDPOINT },
        { "endpoint-key-file", required_argument, NULL, OPT_ENDPOINT_KEY_FILE },
        { "set", required_argument, NULL, OPT_SET },
        { "keys", required_argument, NULL, OPT_KEYS },
        { "env-dir", required_argument, NULL, OPT_ENV_DIR },
        { "tls-cert", required_argument, NULL, OPT_TLS_CERT },
        { "tls-key", required_argument, NULL, OPT_TLS_KEY },
        { "insecure-http", no_argument, NULL, OPT_INSECURE_HTTP },
        { "help", no_argument, NULL, OPT_HELP },
        { "version", no_argument, NULL, OPT_VERSION },
    };
    *ret_options = (struct options){ 0 };
    for (size_t i = 0; i < NUMBER_COUNT; i++) {
        *number_at(ret_options, i) = numbers[i].initial;
        table[OPT_NUMBERS - OPT_LISTEN + i] =
            (struct option){ numbers[i].name, required_argument, NULL, OPT_NUMBERS + (int)i };
    }
    for (int option; (option = getopt_long(argc, argv, "", table, NULL)) != -1;) {
        int result = apply(ret_options, option, optarg);
        if (result != 0) {
            return result;
        }
    }
    if (optind != argc) {
        return complain("\"%s\" is not an option (see --help)", argv[optind]);
    }
    return check(ret_options);
}
