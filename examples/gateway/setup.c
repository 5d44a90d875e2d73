/* setup.c: the endpoint's client, the socket, files and limits. Nothing here runs once the gateway serves. */
#include "setup.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <k7sandbox/k7sandbox.h>

#include "log.h"

/* Besides the connections: those beyond their limit that are told so, the library's sockets and cancel tokens, standard streams, the store. */
#define OTHER_DESCRIPTORS      128
#define DESCRIPTORS_PER_THREAD 8

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "k7-gateway: %s: %s\n", what, why);
    return -1;
}

int setup_file(const char *path, struct text *text)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return complain(path, strerror(errno));
    }
    char block[4096];
    ssize_t got = 0;
    while ((got = read(fd, block, sizeof block)) > 0) {
        text_add(text, block, (size_t)got);
    }
    int error = errno;
    explicit_bzero(block, sizeof block);
    close(fd);
    if (got < 0 || text->failed || text->len == 0) {
        return complain(path, got < 0 ? strerror(error) : text->failed ? "too large" : "empty");
    }
    return 0;
}

static int set_key_file(k7_config *config, const char *path, k7_error **err)
{
    struct text key = TEXT_INIT(4096);
    int result = setup_file(path, &key);
    if (result == 0) {
        while (key.len > 0 && strchr(" \t\r\n", key.bytes[key.len - 1]) != NULL) {
            key.bytes[--key.len] = '\0';
        }
        result = k7_config_set(config, "rest.api_key", key.bytes + strspn(key.bytes, " \t\r\n"), err);
    }
    text_clear(&key);
    return result;
}

static int set_setting(k7_config *config, const char *setting, k7_error **err)
{
    char *key = strdup(setting);
    if (key == NULL) {
        return K7_ERR_NO_MEMORY;
    }
    char *value = strchr(key, '=');
    *value++ = '\0';
    int result = k7_config_set(config, key, value, err);
    free(key);
    return result;
}

int setup_client(const struct options *options, k7_client **ret_client)
{
    k7_config *config = NULL;
    k7_error *error = NULL;
    int result = k7_config_new(&config, &error);
    if (result == 0) {
        result = k7_config_set(config, "endpoint", options->endpoint, &error);
    }
    for (size_t i = 0; result == 0 && i < options->setting_count; i++) {
        result = set_setting(config, options->settings[i], &error);
    }
    if (result == 0 && options->endpoint_key_file != NULL) {
        result = set_key_file(config, options->endpoint_key_file, &error);
    }
    if (result == 0) {
        result = k7_client_open(config, ret_client, &error);
    }
    k7_config_free(config);
    if (error != NULL) {
        complain("the endpoint cannot be used", k7_error_get_message(error));
    } else if (result == 0 && k7_client_get_warning(*ret_client) != NULL) {
        complain("warning", k7_client_get_warning(*ret_client));
    }
    k7_error_unref(error);
    return result;
}

int setup_socket(const struct options *options, int *ret_fd, char *ret_url, size_t url_size)
{
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;
    const int yes = 1;
    int fd = socket(options->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(fd, (const struct sockaddr *)&options->address, options->address_len) != 0 ||
        listen(fd, SOMAXCONN) != 0 || getsockname(fd, (struct sockaddr *)&bound, &len) != 0) {
        complain(options->listen, strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    char host[64] = "";
    char port[8] = "";
    getnameinfo((const struct sockaddr *)&bound, len, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
    bool is_v6 = bound.ss_family == AF_INET6;
    snprintf(ret_url, url_size, "%s://%s%s%s:%s", options->tls_cert == NULL ? "http" : "https",
             is_v6 ? "[" : "", host, is_v6 ? "]" : "", port);
    *ret_fd = fd;
    return 0;
}

int setup_descriptors(struct options *options)
{
    const int64_t others = OTHER_DESCRIPTORS + options->threads * DESCRIPTORS_PER_THREAD;
    const rlim_t wanted = (rlim_t)(options->max_connections + others);
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return complain("the limit of open descriptors", strerror(errno));
    }
    if (limit.rlim_cur >= wanted) {
        return 0;
    }
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur <= (rlim_t)others) {
        return complain("--threads", "this process may not open enough descriptors (ulimit -n)");
    }
    if (limit.rlim_cur < wanted) {
        options->max_connections = (int64_t)limit.rlim_cur - others;
        log_event("limit", "at most %lld connections at once, as \"ulimit -n\" does not allow more",
                  (long long)options->max_connections);
    }
    return 0;
}
