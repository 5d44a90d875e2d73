/* options.h: the command line of k7-gateway. */
#ifndef GATEWAY_OPTIONS_H
#define GATEWAY_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define OPTIONS_MAX_SETTINGS 64

struct options {
    const char *listen;
    struct sockaddr_storage address; /* of listen */
    socklen_t address_len;
    const char *endpoint;
    const char *endpoint_key_file;
    const char *settings[OPTIONS_MAX_SETTINGS]; /* KEY=VALUE */
    size_t setting_count;
    const char *keys;
    const char *env_dir;
    const char *tls_cert;
    const char *tls_key;
    bool insecure_http;
    int64_t max_connections;        /* at once */
    int64_t max_connections_per_ip; /* at once; IPv6: per /64 */
    int64_t max_creates;            /* at once */
    int64_t threads;                /* requests carried out at once */
    int64_t request_seconds;        /* from the end of the last answer to the end of a request's body */
    int64_t idle_seconds;           /* without a byte */
    int64_t drain_seconds;          /* after SIGTERM */
};

/* Returns 0, 1 when help or the version was printed, or -1 after saying on standard error what is wrong. */
int options_parse(int argc, char **argv, struct options *ret_options);
bool options_is_loopback(const struct options *options);

#endif
