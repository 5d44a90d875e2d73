/* kubernetes.c: lists and gets of a Kubernetes API server, alone and against bare libcurl that fetches the same pages from the same server, in turn. Inside
 * tests/cluster/run; tests/bench/kubernetes/measure fills the cluster.
 *   kubernetes list ROUNDS        milliseconds and sandboxes of each round, one a line
 *   kubernetes against ROUNDS     warm list and get against bare libcurl; connections */
#include "measure.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { URLS_MAX = 256, WARM_UP = 3 };

static char *urls[URLS_MAX]; /* of one call: what bare libcurl is to fetch */
static int url_count, connections;

static void note(void *user, const k7_trace *trace)
{
    (void)user;
    connections += !k7_trace_is_connection_reused(trace);
    if (url_count < URLS_MAX)
        urls[url_count++] = strdup(k7_trace_get_url(trace));
}

static void forget_urls(void)
{
    while (url_count)
        free(urls[--url_count]);
}

static k7_client *open_kubernetes(void)
{
    k7_config *config = NULL;
    k7_client *client = NULL;
    k7_error *error = NULL;

    if (k7_config_new(&config, &error) != 0 ||
        k7_config_set(config, "endpoint", "kubernetes:", &error) != 0 ||
        k7_client_open(config, &client, &error) != 0)
        give_up("%s", k7_error_get_message(error));
    k7_config_free(config);
    return client;
}

static size_t list(k7_client *client, const k7_query *query, const k7_call *call)
{
    k7_sandboxes *found = NULL;
    k7_error *error = NULL;

    if (k7_sandbox_list(client, query, call, &found, &error) != 0)
        give_up("%s", k7_error_get_message(error));
    size_t count = k7_sandboxes_count(found);
    k7_sandboxes_unref(found);
    return count;
}

static void get(k7_client *client, const k7_call *call)
{
    k7_sandbox *found = NULL;
    k7_error *error = NULL;

    if (k7_sandbox_get(client, "bench", "sandbox-00000", call, &found, &error) != 0)
        give_up("%s", k7_error_get_message(error));
    k7_sandbox_unref(found);
}

/* ---- bare libcurl ---- */

static size_t fetched;

static size_t swallow(char *data, size_t size, size_t count, void *user)
{
    (void)data, (void)user;
    fetched += size * count;
    return size * count;
}

struct bare {
    CURLM *multi;
    CURL *easy[2]; /* Deployments, Pods: as the library, both at the same time */
    struct curl_slist *protobuf, *json;
};

static struct curl_slist *authorized(const char *accept)
{
    char token[256] = "", line[300];
    FILE *file = fopen(setting("K7_TEST_CLUSTER_TOKEN_FILE"), "r");

    if (!file || !fgets(token, sizeof token, file))
        give_up("no token");
    fclose(file);
    token[strcspn(token, "\n")] = '\0';
    snprintf(line, sizeof line, "Authorization: Bearer %s", token);
    return curl_slist_append(curl_slist_append(NULL, line), accept);
}

static void bare_open(struct bare *bare)
{
    bare->multi = curl_multi_init();
    bare->protobuf = authorized("Accept: application/vnd.kubernetes.protobuf, application/json");
    bare->json = authorized("Accept: application/json");
    for (int i = 0; i < 2; i++) {
        bare->easy[i] = curl_easy_init();
        curl_easy_setopt(bare->easy[i], CURLOPT_CAINFO, setting("K7_TEST_CLUSTER_CA"));
        curl_easy_setopt(bare->easy[i], CURLOPT_BUFFERSIZE, 65536L);
        curl_easy_setopt(bare->easy[i], CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(bare->easy[i], CURLOPT_WRITEFUNCTION, swallow);
        curl_easy_setopt(bare->easy[i], CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    }
}

static void bare_close(struct bare *bare)
{
    for (int i = 0; i < 2; i++)
        curl_easy_cleanup(bare->easy[i]);
    curl_multi_cleanup(bare->multi);
    curl_slist_free_all(bare->protobuf);
    curl_slist_free_all(bare->json);
}

/* Starts the handle's next URL from *at on. 0: there is none. */
static int bare_next(struct bare *bare, int which, int *at)
{
    for (; *at < url_count; (*at)++) {
        const char *url = urls[*at];

        if ((strstr(url, "/deployments") == NULL) != which)
            continue;
        curl_easy_setopt(bare->easy[which], CURLOPT_URL, url);
        curl_easy_setopt(bare->easy[which], CURLOPT_HTTPHEADER,
                         strchr(url, '?') ? bare->protobuf : bare->json);
        curl_multi_add_handle(bare->multi, bare->easy[which]);
        (*at)++;
        return 1;
    }
    return 0;
}

static void bare_fetch(struct bare *bare)
{
    int at[2] = { 0 }, running = bare_next(bare, 0, &at[0]) + bare_next(bare, 1, &at[1]), left, unused;
    CURLMsg *message;

    while (running) {
        curl_multi_perform(bare->multi, &unused);
        while ((message = curl_multi_info_read(bare->multi, &left)) != NULL) {
            int which = message->easy_handle == bare->easy[1];
            long status = 0;

            curl_easy_getinfo(bare->easy[which], CURLINFO_RESPONSE_CODE, &status);
            if (message->data.result || status != 200)
                give_up("bare libcurl: %d, %ld", (int)message->data.result, status);
            curl_multi_remove_handle(bare->multi, bare->easy[which]);
            running += bare_next(bare, which, &at[which]) - 1;
        }
        if (running)
            curl_multi_poll(bare->multi, NULL, 0, 1000, NULL);
    }
}

/* ---- */

static void compare(const char *what, k7_client *client, struct bare *bare, const k7_query *query, int rounds)
{
    struct series ours = { 0 }, bares = { 0 }, ratios = { 0 };
    k7_call *call = NULL;

    if (k7_call_new(&call, NULL) != 0 || k7_call_set_trace(call, note, NULL, NULL, NULL) != 0)
        give_up("out of memory");
    for (int i = -WARM_UP; i < rounds; i++) {
        forget_urls();
        double begin = now_us();
        if (query)
            list(client, query, call);
        else
            get(client, call);
        double middle = now_us();
        fetched = 0;
        bare_fetch(bare);
        double end = now_us();
        if (i < 0)
            continue;
        series_add(&ours, middle - begin);
        series_add(&bares, end - middle);
        series_add(&ratios, (middle - begin) / (end - middle));
    }
    printf("%s: %d requests, %zu bytes: %.2f ms, bare libcurl %.2f ms: %.2f times (median of the ratios)\n",
           what, url_count, fetched, series_at(&ours, 0.5) / 1000, series_at(&bares, 0.5) / 1000,
           series_at(&ratios, 0.5));
    forget_urls();
    k7_call_free(call);
    series_clear(&ours);
    series_clear(&bares);
    series_clear(&ratios);
}

int main(int argc, char **argv)
{
    int rounds = argc == 3 ? atoi(argv[2]) : 0;
    k7_query *everything = NULL;

    if (rounds < 1)
        give_up("kubernetes list|against ROUNDS");
    if (k7_query_new(&everything, NULL) != 0 || k7_query_set_all_namespaces(everything, 1, NULL) != 0)
        give_up("out of memory");
    k7_client *client = open_kubernetes();
    if (strcmp(argv[1], "list") == 0) {
        for (int i = 0; i < rounds; i++) {
            double begin = now_us();
            size_t count = list(client, everything, NULL);

            printf("%.1f %zu\n", (now_us() - begin) / 1000, count);
        }
    } else {
        struct bare bare;

        bare_open(&bare);
        compare("list", client, &bare, everything, rounds);
        compare("get", client, &bare, NULL, 10 * rounds);
        printf("connections of %d calls: %d\n", 11 * rounds + 2 * WARM_UP, connections);
        bare_close(&bare);
    }
    k7_client_unref(client);
    k7_query_free(everything);
    return 0;
}
