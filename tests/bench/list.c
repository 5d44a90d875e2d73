/* list.c: a warm list over TLS on the loopback against bare libcurl with one reused handle, the same URL, headers and bytes, in turn; and the connections that
 * sequential calls take, counted by the server.
 *   list COUNT ROUNDS | list connections CALLS */
#include "measure.h"
#include "static_server.h"

#include "format/json.h"
#include "model/sandbox.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WARM_UP = 20 };

static void call_library(k7_client *of, size_t count)
{
    k7_sandboxes *list = NULL;
    k7_error *error = NULL;

    if (k7_sandbox_list(of, NULL, NULL, &list, &error) != 0)
        give_up("list: %s", k7_error_get_message(error));
    if (k7_sandboxes_count(list) != count)
        give_up("%zu sandboxes came", k7_sandboxes_count(list));
    k7_sandboxes_unref(list);
}

/* What the library does with the body, alone. */
static void decode(const char *body, size_t len)
{
    struct k7i_json *json;
    k7_sandboxes *list = NULL;

    if (k7i_json_parse(body, len, &json, NULL) != 0 ||
        k7i_sandboxes_from_json(k7i_json_get(k7i_json_root(json), "data"), "default", &list, NULL) != 0)
        give_up("the fixed answer cannot be read");
    k7i_json_free(json);
    k7_sandboxes_unref(list);
}

struct collected {
    char *data;
    size_t len, room;
};

static size_t collect(char *data, size_t size, size_t count, void *user)
{
    struct collected *collected = user;
    size_t len = size * count;

    while (collected->len + len > collected->room) {
        collected->room = collected->room ? 2 * collected->room : 1024;
        if (!(collected->data = realloc(collected->data, collected->room)))
            give_up("out of memory");
    }
    memcpy(collected->data + collected->len, data, len);
    collected->len += len;
    return len;
}

static CURL *bare_handle(const char *base, const char *ca_file, struct curl_slist **ret_headers)
{
    CURL *bare = curl_easy_init();
    char url[256];

    snprintf(url, sizeof url, "%s/api/v1/sandboxes?namespace=default", base);
    *ret_headers = curl_slist_append(NULL, "X-API-Key: k7_0123456789abcdef0123456789abcdef");
    *ret_headers = curl_slist_append(*ret_headers, "Accept: application/json");
    curl_easy_setopt(bare, CURLOPT_URL, url);
    curl_easy_setopt(bare, CURLOPT_CAINFO, ca_file);
    curl_easy_setopt(bare, CURLOPT_HTTPHEADER, *ret_headers);
    curl_easy_setopt(bare, CURLOPT_USERAGENT, "k7sandbox/0.1.0");
    curl_easy_setopt(bare, CURLOPT_BUFFERSIZE,
                     65536L); /* as the library: else it would look better than it is */
    curl_easy_setopt(bare, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(bare, CURLOPT_WRITEFUNCTION, collect);
    return bare;
}

static void call_bare(CURL *bare, size_t expected)
{
    struct collected collected = { 0 };

    curl_easy_setopt(bare, CURLOPT_WRITEDATA, &collected);
    CURLcode result = curl_easy_perform(bare);
    if (result != CURLE_OK || collected.len != expected)
        give_up("bare libcurl: %s, %zu bytes", curl_easy_strerror(result), collected.len);
    free(collected.data);
}

/* What one kind of call took, round by round. */
struct taken {
    struct series wall, cpu;
};

static k7_client *client;
static CURL *easy;

enum kind { LIBRARY, BARE, DECODING, KINDS };

static void take(struct taken *taken, enum kind kind, size_t count, const char *body, size_t len, int counts)
{
    double wall = now_us(), cpu = cpu_us();

    if (kind == LIBRARY)
        call_library(client, count);
    else if (kind == BARE)
        call_bare(easy, len);
    else
        decode(body, len);
    if (counts) {
        series_add(&taken[kind].cpu, cpu_us() - cpu);
        series_add(&taken[kind].wall, now_us() - wall);
    }
}

static double ratio(double library, double decoding, double bare)
{
    return (library - decoding) / bare;
}

static void compare(size_t count, long rounds)
{
    const char *certificates = setting("K7_BENCH_CERTIFICATES");
    struct taken taken[KINDS] = { 0 };
    struct static_server server;
    struct curl_slist *headers;
    struct series ratios = { 0 };
    char ca_file[4096];
    size_t len;
    char *body = list_answer(count, &len);

    snprintf(ca_file, sizeof ca_file, "%s/ca.pem", certificates);
    static_server_start(&server, certificates, body, len);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    client = open_client(server.url, ca_file);
    easy = bare_handle(server.url, ca_file, &headers);
    for (long i = -WARM_UP; i < rounds; i++) {
        int first = i % 2 == 0; /* what went before decides what is in the caches: each goes first in turn */

        take(taken, first ? LIBRARY : BARE, count, body, len, i >= 0);
        take(taken, first ? BARE : LIBRARY, count, body, len, i >= 0);
        take(taken, DECODING, count, body, len, i >= 0);
    }
    for (long i = 0; i < rounds; i++)
        series_add(&ratios, ratio(taken[LIBRARY].cpu.figures[i], taken[DECODING].cpu.figures[i],
                                  taken[BARE].cpu.figures[i]));
    double wall[KINDS], cpu[KINDS];
    for (int i = 0; i < KINDS; i++) {
        wall[i] = series_at(&taken[i].wall, 0.5);
        cpu[i] = series_at(&taken[i].cpu, 0.5);
        series_clear(&taken[i].wall);
        series_clear(&taken[i].cpu);
    }
    printf(
        "list of %zu (%zu bytes), %ld rounds, medians in us: library %.0f (CPU %.0f), bare libcurl %.0f (CPU %.0f), "
        "decoding %.0f (CPU %.0f: %.2f per sandbox)\n",
        count, len, rounds, wall[LIBRARY], cpu[LIBRARY], wall[BARE], cpu[BARE], wall[DECODING], cpu[DECODING],
        cpu[DECODING] / (double)count);
    printf("decoding apart, library / bare: wall %.3f, CPU %.3f, CPU pair by pair %.3f\n",
           ratio(wall[LIBRARY], wall[DECODING], wall[BARE]), ratio(cpu[LIBRARY], cpu[DECODING], cpu[BARE]),
           series_at(&ratios, 0.5));
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    k7_client_unref(client);
    static_server_stop(&server);
    series_clear(&ratios);
    free(body);
}

static void count_connections(long calls)
{
    const char *certificates = setting("K7_BENCH_CERTIFICATES");
    struct static_server server;
    char ca_file[4096];
    size_t len;
    char *body = list_answer(1, &len);

    snprintf(ca_file, sizeof ca_file, "%s/ca.pem", certificates);
    static_server_start(&server, certificates, body, len);
    client = open_client(server.url, ca_file);
    for (long i = 0; i < calls; i++)
        call_library(client, 1);
    printf("%d calls: %d connections\n", static_server_requests(&server), static_server_connections(&server));
    k7_client_unref(client);
    static_server_stop(&server);
    free(body);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        give_up("usage: list COUNT ROUNDS | list connections CALLS");
    if (strcmp(argv[1], "connections") == 0)
        count_connections(atol(argv[2]));
    else
        compare(strtoul(argv[1], NULL, 10), atol(argv[2]));
    return 0;
}
