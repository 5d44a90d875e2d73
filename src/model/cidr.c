/* cidr.c: see cidr.h. */
#include "model/cidr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdint.h>
#include <string.h>

/* A decimal prefix length up to max, without sign or leading zero; -1: none. */
static int read_prefix(const char *text, int max)
{
    int value = 0;

    if (!*text || (text[0] == '0' && text[1]))
        return -1;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        value = value * 10 + (*text - '0');
        if (value > max)
            return -1;
    }
    return value;
}

/* The prefix length that an IPv4 netmask ("255.255.0.0") or host mask ("0.0.255.255") says; -1: neither. As Python's ipaddress, which K7 uses. */
static int read_mask(const char *text)
{
    struct in_addr address;

    if (inet_pton(AF_INET, text, &address) != 1)
        return -1;
    uint32_t mask = ntohl(address.s_addr);
    for (int prefix = 0; prefix <= 32; prefix++)
        if (mask == (prefix ? UINT32_MAX << (32 - prefix) : 0))
            return prefix;
    for (int prefix = 0; prefix <= 32; prefix++)
        if (~mask == (prefix ? UINT32_MAX << (32 - prefix) : 0))
            return prefix;
    return -1;
}

static void clear_host_bits(unsigned char *bytes, size_t len, int prefix)
{
    for (size_t i = 0; i < len; i++, prefix -= 8) {
        if (prefix <= 0)
            bytes[i] = 0;
        else if (prefix < 8)
            bytes[i] = (unsigned char)(bytes[i] & 0xFF << (8 - prefix));
    }
}

int k7i_cidr_normalise(const char *text, char ret_text[K7I_CIDR_TEXT])
{
    char copy[2 * INET6_ADDRSTRLEN], shown[INET6_ADDRSTRLEN];
    unsigned char bytes[16];

    ret_text[0] = '\0';
    text += strspn(text, " "); /* K7 trims its entries */
    size_t len = strlen(text);
    while (len > 0 && text[len - 1] == ' ')
        len--;
    if (len >= sizeof copy)
        return -1;
    memcpy(copy, text, len);
    copy[len] = '\0';

    char *slash = strchr(copy, '/');
    if (slash)
        *slash++ = '\0';
    int family = strchr(copy, ':') ? AF_INET6 : AF_INET, bits = family == AF_INET6 ? 128 : 32, prefix = bits;
    if (inet_pton(family, copy, bytes) != 1)
        return -1;
    if (slash)
        prefix = family == AF_INET && strchr(slash, '.') ? read_mask(slash) : read_prefix(slash, bits);
    if (prefix < 0)
        return -1;
    clear_host_bits(bytes, (size_t)bits / 8, prefix);
    inet_ntop(family, bytes, shown, sizeof shown);
    snprintf(ret_text, K7I_CIDR_TEXT, "%s/%d", shown, prefix);
    return 0;
}
