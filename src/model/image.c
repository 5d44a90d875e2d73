/* image.c: see image.h. */
#include "model/image.h"

#include "base/error.h"
#include "base/quote.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <string.h>

enum {
    NAME_LIMIT = 255, /* of registry and repository together */
    TAG_LIMIT = 128,
    TEXT_LIMIT = 1024,
    DIGEST_HEX = 32 /* at least: 128 bits */
};

static int lower(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static int alphanumeric(char c)
{
    return lower(c) || (c >= 'A' && c <= 'Z');
}

static const char *find(struct k7i_image_part part, char c)
{
    return part.len ? memchr(part.text, c, part.len) : NULL;
}

/* The part in front of `at`, which lies in it, and the part behind. */
static struct k7i_image_part before(struct k7i_image_part part, const char *at)
{
    return (struct k7i_image_part){ part.text, (size_t)(at - part.text) };
}

static struct k7i_image_part after(struct k7i_image_part part, const char *at)
{
    return (struct k7i_image_part){ at + 1, part.len - (size_t)(at - part.text) - 1 };
}

/* algorithm[+.-_algorithm…]:hex */
static const char *digest_fault(struct k7i_image_part digest)
{
    const char *colon = find(digest, ':');

    if (!colon)
        return "has a digest without ':'";
    struct k7i_image_part algorithm = before(digest, colon), hex = after(digest, colon);
    for (size_t i = 0; i < algorithm.len; i++) {
        char c = algorithm.text[i];
        int first = i == 0 || !alphanumeric(algorithm.text[i - 1]);
        if (!alphanumeric(c) && (first || !strchr("+.-_", c)))
            return "has a digest with a malformed algorithm";
        if (first && c >= '0' && c <= '9')
            return "has a digest with a malformed algorithm";
    }
    if (algorithm.len == 0 || !alphanumeric(algorithm.text[algorithm.len - 1]))
        return "has a digest with a malformed algorithm";
    if (hex.len < DIGEST_HEX || !k7i_text_is_hex(hex.text, hex.len))
        return "has a digest that is not hexadecimal or too short";
    if (algorithm.len == 6 && memcmp(algorithm.text, "sha256", 6) == 0 && hex.len != 64)
        return "has a sha256 digest that is not 64 digits long";
    return NULL;
}

static const char *tag_fault(struct k7i_image_part tag)
{
    if (tag.len == 0)
        return "has an empty tag";
    if (tag.len > TAG_LIMIT)
        return "has a tag longer than 128 characters";
    for (size_t i = 0; i < tag.len; i++)
        if (!alphanumeric(tag.text[i]) && tag.text[i] != '_' && (i == 0 || !strchr(".-", tag.text[i])))
            return "has a malformed tag";
    return NULL;
}

/* Runs of lower-case letters and digits, with one '.', one or two '_', or any number of '-' between. */
static int is_path_component(const char *text, size_t len)
{
    size_t i = 0;

    for (;;) {
        size_t begin = i;
        while (i < len && lower(text[i]))
            i++;
        if (i == begin)
            return 0;
        if (i == len)
            return 1;
        begin = i;
        char separator = text[i];
        while (i < len && text[i] == separator)
            i++;
        size_t most = separator == '.' ? 1 : separator == '_' ? 2 : separator == '-' ? len : 0;
        if (i - begin > most)
            return 0;
    }
}

static const char *repository_fault(struct k7i_image_part repository)
{
    const char *p = repository.text, *end = p + repository.len;

    for (;;) {
        const char *slash = memchr(p, '/', (size_t)(end - p));
        const char *stop = slash ? slash : end;

        if (!is_path_component(p, (size_t)(stop - p)))
            return "is not a repository: lower-case letters and digits, with '.', '_' or '-' between";
        if (!slash)
            return NULL;
        p = slash + 1;
    }
}

static int is_host(struct k7i_image_part host)
{
    char address[INET6_ADDRSTRLEN];
    unsigned char bytes[16];

    if (host.len > 2 && host.text[0] == '[' && host.text[host.len - 1] == ']' &&
        host.len - 2 < sizeof address) {
        memcpy(address, host.text + 1, host.len - 2);
        address[host.len - 2] = '\0';
        return inet_pton(AF_INET6, address, bytes) == 1;
    }
    for (size_t i = 0; i < host.len; i++) {
        char c = host.text[i];
        int edge = i == 0 || i + 1 == host.len || host.text[i - 1] == '.' || host.text[i + 1] == '.';
        if (!alphanumeric(c) && ((c != '.' && c != '-') || edge))
            return 0;
    }
    return host.len > 0;
}

static const char *registry_fault(struct k7i_image_part registry)
{
    const char *bracket = find(registry, ']');
    const char *colon =
        bracket ? (bracket + 1 < registry.text + registry.len ? bracket + 1 : NULL) : find(registry, ':');
    struct k7i_image_part host = colon ? before(registry, colon) : registry;

    if (colon) {
        struct k7i_image_part port = after(registry, colon);
        int number = 0;
        if (*colon != ':' || port.len == 0 || port.len > 5)
            return "has a malformed registry port";
        for (size_t i = 0; i < port.len; i++) {
            if (port.text[i] < '0' || port.text[i] > '9')
                return "has a malformed registry port";
            number = number * 10 + (port.text[i] - '0');
        }
        if (number < 1 || number > 65535)
            return "has a malformed registry port";
    }
    return is_host(host) ? NULL : "has a malformed registry name";
}

/* Whether the first part of a name with a slash is a registry: as docker and containerd decide. */
static int is_registry(struct k7i_image_part part)
{
    if (find(part, '.') || find(part, ':') || (part.len == 9 && memcmp(part.text, "localhost", 9) == 0))
        return 1;
    for (size_t i = 0; i < part.len; i++)
        if (part.text[i] >= 'A' && part.text[i] <= 'Z')
            return 1;
    return 0;
}

static const char *parse(const char *text, struct k7i_image *image)
{
    struct k7i_image_part name = { text, strlen(text) };
    const char *at, *slash, *colon, *fault;

    if (name.len > TEXT_LIMIT)
        return "is too long";
    if ((at = find(name, '@')) != NULL) {
        image->digest = after(name, at);
        name = before(name, at);
        if ((fault = digest_fault(image->digest)) != NULL)
            return fault;
    }
    if ((slash = find(name, '/')) != NULL && is_registry(before(name, slash))) {
        image->registry = before(name, slash);
        if ((fault = registry_fault(image->registry)) != NULL)
            return fault;
        image->repository = after(name, slash);
    } else {
        image->repository = name;
    }
    if ((colon = find(image->repository, ':')) != NULL) {
        image->tag = after(image->repository, colon);
        image->repository = before(image->repository, colon);
        if ((fault = tag_fault(image->tag)) != NULL)
            return fault;
    }
    if (image->registry.len + image->repository.len + (image->registry.len ? 1 : 0) > NAME_LIMIT)
        return "has a name longer than 255 characters";
    if (image->registry.len == 0 && image->repository.len == 64 &&
        k7i_text_is_hex(image->repository.text, 64))
        return "looks like an image id, not a name";
    return repository_fault(image->repository);
}

int k7i_image_parse(const char *text, struct k7i_image *ret_image, k7_error **err)
{
    struct k7i_image image = { 0 };
    const char *fault = *text ? parse(text, &image) : "is empty";

    if (ret_image)
        *ret_image = image;
    return fault ? k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "image: %s %s", K7I_QUOTE(text), fault) : 0;
}
