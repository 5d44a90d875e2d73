/* endpoint.c: see endpoint.h. Knows the grammar, not the schemes: what a scheme needs (a host, a socket) is its transport's business. An error never
 * shows a text with "@" in it, which may hold a password. */
#include "config/endpoint.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

enum { LENGTH_MAX = 4096, PORT_MAX = 65535 };

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"

static int refuse(const char *text, const char *why, k7_error **err)
{
    if (strchr(text, '@'))
        return k7i_fail(err, K7_ERR_INVALID_CONFIG, "endpoint: %s", why);
    return k7i_fail(err, K7_ERR_INVALID_CONFIG, "endpoint \"%s\": %s", text, why);
}

/* Copies len bytes of a part; on failure the endpoint is freed by the caller. */
static int take(char **slot, const char *part, size_t len, k7_error **err)
{
    *slot = k7i_strndup(part, len);
    return *slot ? 0 : k7i_fail_memory(err);
}

static int parse_scheme(const char *text, struct k7i_endpoint *endpoint, const char **ret_rest,
                        k7_error **err)
{
    size_t len = strspn(text, LETTERS DIGITS "+.-");

    if (text[len] != ':')
        return refuse(text, "no scheme: write https://HOST, docker: or memory:", err);
    if (len == 0 || strchr(DIGITS "+.-", text[0]))
        return refuse(text, "a scheme starts with a letter", err);
    if (take(&endpoint->scheme, text, len, err) != 0)
        return K7_ERR_NO_MEMORY;
    for (char *p = endpoint->scheme; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    *ret_rest = text + len + 1;
    return 0;
}

static int parse_port(const char *text, const char *digits, size_t len, struct k7i_endpoint *endpoint,
                      k7_error **err)
{
    int port = 0;

    if (len == 0 || len > 5 || strspn(digits, DIGITS) < len)
        return refuse(text, "the port must be a number from 1 to 65535", err);
    for (size_t i = 0; i < len; i++)
        port = port * 10 + (digits[i] - '0');
    if (port < 1 || port > PORT_MAX)
        return refuse(text, "the port must be a number from 1 to 65535", err);
    endpoint->port = port;
    return 0;
}

/* authority: what stands between "//" and the path: HOST, HOST:PORT, [IPv6] or [IPv6]:PORT. */
static int parse_authority(const char *text, const char *authority, size_t len, struct k7i_endpoint *endpoint,
                           k7_error **err)
{
    size_t host_len;

    if (len == 0)
        return 0;
    if (authority[0] == '[') {
        const char *end = memchr(authority, ']', len);
        struct in6_addr address;

        if (!end)
            return refuse(text, "a \"[\" without \"]\"", err);
        host_len = (size_t)(end - authority) + 1;
        if (take(&endpoint->host, authority + 1, host_len - 2, err) != 0)
            return K7_ERR_NO_MEMORY;
        if (inet_pton(AF_INET6, endpoint->host, &address) != 1)
            return refuse(text, "what is in brackets is not an IPv6 address", err);
    } else {
        host_len = strspn(authority, LETTERS DIGITS "._-");
        if (host_len > len)
            host_len = len;
        if (host_len == 0)
            return refuse(text, "no host name", err);
        if (take(&endpoint->host, authority, host_len, err) != 0)
            return K7_ERR_NO_MEMORY;
    }
    if (host_len == len)
        return 0;
    if (authority[host_len] != ':')
        return refuse(text, "a host name has letters, digits, \".\", \"-\" and \"_\" only", err);
    if (memchr(authority + host_len + 1, ':', len - host_len - 1))
        return refuse(text, "an IPv6 address must be in brackets", err);
    return parse_port(text, authority + host_len + 1, len - host_len - 1, endpoint, err);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes in place: the result is never longer. Returns what is wrong, or NULL. */
static const char *decode(char *part)
{
    char *to = part;

    for (const char *from = part; *from; from++) {
        if (*from != '%') {
            *to++ = *from;
            continue;
        }
        int high = hex_digit(from[1]), low = high < 0 ? -1 : hex_digit(from[2]);
        if (low < 0)
            return "a \"%\" in a parameter must be followed by two hexadecimal digits";
        if (high == 0 && low == 0)
            return "a parameter has an encoded NUL";
        *to++ = (char)(high * 16 + low);
        from += 2;
    }
    *to = '\0';
    if (!k7i_text_is_utf8(part, (size_t)(to - part)))
        return "a parameter is not UTF-8";
    return k7i_text_has_control(part) ? "a parameter has an encoded control character" : NULL;
}

static int parse_parameter(const char *text, const char *part, size_t len, struct k7i_endpoint *endpoint,
                           k7_error **err)
{
    const char *equals = memchr(part, '=', len), *wrong;

    if (!equals || equals == part)
        return refuse(text, "parameters are NAME=VALUE, with \"&\" between them", err);
    struct k7i_endpoint_parameter *parameters =
        k7i_reallocarray(endpoint->parameters, endpoint->parameter_count + 1, sizeof *parameters);
    if (!parameters)
        return k7i_fail_memory(err);
    endpoint->parameters = parameters;
    struct k7i_endpoint_parameter *parameter = &parameters[endpoint->parameter_count++];
    *parameter = (struct k7i_endpoint_parameter){ NULL, NULL };
    size_t name_len = (size_t)(equals - part);
    if (take(&parameter->name, part, name_len, err) != 0 ||
        take(&parameter->value, equals + 1, len - name_len - 1, err) != 0)
        return K7_ERR_NO_MEMORY;
    wrong = decode(parameter->name);
    if (!wrong)
        wrong = decode(parameter->value);
    if (wrong)
        return refuse(text, wrong, err);
    for (size_t i = 0; i + 1 < endpoint->parameter_count; i++)
        if (strcmp(parameters[i].name, parameter->name) == 0)
            return refuse(text, "a parameter is given twice", err);
    return 0;
}

static int parse_parameters(const char *text, const char *query, struct k7i_endpoint *endpoint,
                            k7_error **err)
{
    if (!*query)
        return 0;
    for (;;) {
        size_t len = strcspn(query, "&");
        int code = parse_parameter(text, query, len, endpoint, err);

        if (code || !query[len])
            return code;
        query += len + 1;
    }
}

static int parse(const char *text, struct k7i_endpoint *endpoint, k7_error **err)
{
    const char *rest = NULL;
    size_t len = strlen(text);

    if (len > LENGTH_MAX)
        return k7i_fail(err, K7_ERR_INVALID_CONFIG, "endpoint: longer than %d bytes", LENGTH_MAX);
    if (!k7i_text_is_utf8(text, len) || k7i_text_has_control(text))
        return k7i_fail(err, K7_ERR_INVALID_CONFIG,
                        "endpoint: not UTF-8 text, or a control character is in it");
    int code = parse_scheme(text, endpoint, &rest, err);
    if (code)
        return code;
    int has_authority = k7i_text_starts(rest, "//");
    if (has_authority)
        rest += 2;
    len = strcspn(rest, "/?#");
    if (memchr(rest, '@', len))
        return k7i_fail(err, K7_ERR_INVALID_CONFIG,
                        "endpoint: a user name or password in it is not accepted: use the configuration "
                        "keys for credentials");
    if (strchr(rest, '#'))
        return refuse(text, "a fragment (\"#\") has no meaning here", err);
    if (has_authority) {
        code = parse_authority(text, rest, len, endpoint, err);
        if (code)
            return code;
        rest += len;
    }
    len = strcspn(rest, "?");
    if (take(&endpoint->path, rest, len, err) != 0)
        return K7_ERR_NO_MEMORY;
    return rest[len] ? parse_parameters(text, rest + len + 1, endpoint, err) : 0;
}

int k7i_endpoint_parse(const char *text, struct k7i_endpoint **ret_endpoint, k7_error **err)
{
    *ret_endpoint = NULL;
    struct k7i_endpoint *endpoint = k7i_calloc(1, sizeof *endpoint);
    if (!endpoint)
        return k7i_fail_memory(err);
    int code = parse(text, endpoint, err);
    if (code) {
        k7i_endpoint_free(endpoint);
        return code;
    }
    *ret_endpoint = endpoint;
    return 0;
}

void k7i_endpoint_free(struct k7i_endpoint *endpoint)
{
    if (!endpoint)
        return;
    for (size_t i = 0; i < endpoint->parameter_count; i++) {
        k7i_free(endpoint->parameters[i].name);
        k7i_free(endpoint->parameters[i].value);
    }
    k7i_free(endpoint->parameters);
    k7i_free(endpoint->scheme);
    k7i_free(endpoint->host);
    k7i_free(endpoint->path);
    k7i_free(endpoint);
}

const char *k7i_endpoint_parameter(const struct k7i_endpoint *endpoint, const char *name)
{
    for (size_t i = 0; i < endpoint->parameter_count; i++)
        if (strcmp(endpoint->parameters[i].name, name) == 0)
            return endpoint->parameters[i].value;
    return NULL;
}

int k7i_endpoint_is_loopback(const struct k7i_endpoint *endpoint)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (!endpoint->host)
        return 0;
    if (strcasecmp(endpoint->host, "localhost") == 0)
        return 1;
    if (inet_pton(AF_INET, endpoint->host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, endpoint->host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}
