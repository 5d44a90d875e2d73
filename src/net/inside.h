/* inside.h: what the files of net/ share. The only header that includes curl. */
#ifndef K7I_NET_INSIDE_H
#define K7I_NET_INSIDE_H

#include "net/http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>

enum { K7I_PEER_FILES = 3 };

/* A file as it was when it was looked at last. */
struct k7i_file_stamp {
    uint64_t device, inode;
    int64_t size, changed_s, changed_ns;
};

struct k7i_peer {
    int64_t made_us; /* with its address, it tells a peer from all that were there before it */
    char *url, *unix_socket, *ca_pem, *proxy, *user_agent;
    char *
        asked_url; /* what libcurl is told: with the name of the certificate in place of the host; NULL: url */
    char *client_cert_pem, *client_key_pem, *secret_header; /* secrets */
    struct curl_slist connect_to, *headers; /* headers: an array, linked; the last data is NULL */
    int skip_verify;
    char *files[K7I_PEER_FILES]; /* K7I_FILE_*, or NULL */
    pthread_mutex_t files_mutex;
    struct k7i_file_stamp stamps[K7I_PEER_FILES];
    unsigned files_version; /* how often one of them was replaced */
    struct k7i_credential *credential;
    long connect_timeout_ms, max_idle_s; /* max_idle_s -1: libcurl's default */
    int forbid_reuse;                    /* no connection is kept */
    int compressed;
    long tls_version;
    size_t response_limit;
    int name_is_numeric; /* no look-up is ever needed */
    pthread_mutex_t lookup_mutex;
    int64_t abandoned_until_ms[16]; /* look-ups given up: libcurl's threads that may still run; 0: free */
};

enum { K7I_FILE_CA, K7I_FILE_CERT, K7I_FILE_KEY }; /* in files */

/* How often one of the peer's files was replaced, up to now. */
unsigned k7i_peer_files_version(struct k7i_peer *peer);
int k7i_peer_may_look_up(struct k7i_peer *peer); /* 0: too many abandoned look-ups are still running */
void k7i_peer_abandon_look_up(struct k7i_peer *peer);

/* SIGPIPE stays away from the host program: blocked in this thread around everything that may write, and taken off again if we caused one. */
struct k7i_sigpipe {
    sigset_t old;
    int was_blocked;
};
void k7i_sigpipe_block(struct k7i_sigpipe *sigpipe);
void k7i_sigpipe_restore(const struct k7i_sigpipe *sigpipe);

struct k7i_http {
    CURLM *multi;
    struct k7i_http_host host;
    int running;                /* transfers */
    unsigned long long turn;    /* how often libcurl was called to go on */
    int64_t due_us;             /* when libcurl wants to be called; -1: not */
    struct k7i_transfer *spare; /* finished transfers kept with their easy handles */
    int spare_count;
    struct k7i_sigpipe sigpipe;
    int is_held, is_entered; /* see k7i_http_hold() */
};

enum { K7I_HEADER_LIMIT = 64 * 1024, K7I_HEADER_LINES = 12 };

struct k7i_transfer {
    struct k7i_http *http;
    struct k7i_transfer *next; /* in http->spare */
    CURL *easy;
    struct k7i_peer *peer;
    const struct k7i_request *request;
    struct k7i_transfer_user user;
    int running, is_set_up; /* is_set_up: the easy handle has a request's settings */
    const struct k7i_peer *
        plain_for; /* it has those of a plain read of this peer, which may be gone, to be used again; else NULL */
    int64_t plain_made_us;
    unsigned long long started_turn; /* of the multi handle: until the next one, libcurl has not begun */
    size_t body_sent;
    struct k7i_buf url, body, content_type, location;
    struct k7i_identity *
        identity; /* as long as the handle has its certificate, or a request runs with it; none in a spare one */
    unsigned files_version;
    char content_type_line[128], traceparent[80];
    struct curl_slist lines[K7I_HEADER_LINES];
    size_t header_bytes;
    int headers_end;               /* the empty line after them has come */
    int limit_hit;                 /* K7_ERR_LIMIT, K7_ERR_NO_MEMORY or 0 */
    char date[64], retry_date[64]; /* the dates in Date and Retry-After, unread; empty: none */
    int64_t started_us;
    char curl_error[CURL_ERROR_SIZE];
    struct k7i_buf error_text;
    struct k7i_response response;
    struct k7i_outcome outcome;
};

/* http.c → transfer.c → settings.c, outcome.c */
void k7i_http_count(struct k7i_http *http, int change); /* how many more run now */
void k7i_transfer_drop(struct k7i_transfer *transfer);  /* with its handle; it does not run */
void k7i_transfer_finish(struct k7i_transfer *transfer, CURLcode result);
int k7i_transfer_set_up(struct k7i_transfer *transfer, const char *traceparent, k7_error **err);
void k7i_transfer_judge(struct k7i_transfer *transfer,
                        CURLcode result); /* sets the outcome's code and the error text */

size_t k7i_response_header(char *line, size_t size, size_t count, void *user);
size_t k7i_response_body(char *data, size_t size, size_t count, void *user);
void k7i_response_reset(struct k7i_transfer *transfer);

#endif
