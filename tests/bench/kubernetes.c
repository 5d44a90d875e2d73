/* kubernetes.c: lists and gets of a Kubernetes API server, alone and against bare libcurl that fetches the same pages from the same server, in turn. Inside
 * tests/cluster/run; tests/bench/kubernetes/measure fills the cluster.
 *   kubernetes list ROUNDS        milliseconds and sandboxes of each round, one a line
 *   kubernetes against ROUNDS     warm list and get against bare libcurl, and what decoding the same bytes from memory takes; connections
 *   kubernetes delete-all 1       milliseconds and sandboxes; to stderr: requests and connections */
#include "measure.h"

#include "base/clock.h"
#include "format/json.h"
#include "transport/kubernetes/collection.h"
#include "transport/kubernetes/page.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { URLS_MAX = 256, WARM_UP = 3 };

static char *urls[URLS_MAX]; /* of one call: what bare libcurl is to fetch */
static struct body {         /* what came of it: for decoding from memory */
    char *data;
    size_t len, room;
} bodies[URLS_MAX];
static int url_count, requests, connections;

static void note(void *user, const k7_trace *trace)
{
    (void)user;
    requests++;
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

static size_t keep(char *data, size_t size, size_t count, void *user)
{
    struct body *body = user;
    size_t len = size * count;

    if (body->len + len > body->room) {
        body->room = 2 * (body->len + len);
        body->data = realloc(body->data, body->room);
        if (!body->data)
            give_up("out of memory");
    }
    memcpy(body->data + body->len, data, len);
    body->len += len;
    fetched += len;
    return len;
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
        curl_easy_setopt(bare->easy[i], CURLOPT_ACCEPT_ENCODING, "");
        curl_easy_setopt(bare->easy[i], CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(bare->easy[i], CURLOPT_WRITEFUNCTION, keep);
        curl_easy_setopt(bare->easy[i], CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
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
        bodies[*at].len = 0;
        curl_easy_setopt(bare->easy[which], CURLOPT_URL, url);
        curl_easy_setopt(bare->easy[which], CURLOPT_WRITEDATA, &bodies[*at]);
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

/* ---- decoding alone ---- */

static int take_deployment(void *user, const void *record)
{
    return k7i_collection_add_deployment(user, record);
}

static int take_pod(void *user, const void *record)
{
    return k7i_collection_add_pod(user, record);
}

/* What a list does with its pages: records, sorted and joined. */
static void decode(void)
{
    struct k7i_collection found[2] = { 0 }; /* Deployments, Pods */
    struct k7i_page page = { 0 };
    struct k7i_json *json = NULL;
    k7_sandboxes *sandboxes = NULL;

    for (int i = 0; i < url_count; i++) {
        int is_pods = strstr(urls[i], "/deployments") == NULL;
        struct k7i_deployment one;

        if (!strchr(urls[i], '?')) { /* one Deployment, as get asks for it */
            if (k7i_json_parse(bodies[i].data, bodies[i].len, &json, NULL) != 0)
                give_up("an answer cannot be read");
            k7i_deployment_read_json(k7i_json_root(json), &one);
            take_deployment(&found[0], &one);
            continue;
        }
        k7i_page_begin(&page, is_pods ? K7I_KIND_POD : K7I_KIND_DEPLOYMENT,
                       is_pods ? take_pod : take_deployment, &found[is_pods]);
        if (k7i_page_add(&page, bodies[i].data, bodies[i].len) != 0 || k7i_page_end(&page) != 0)
            give_up("a page cannot be read");
    }
    k7i_collection_sort(&found[0], 0);
    k7i_collection_sort(&found[1], 1);
    if (k7i_collection_join(&found[0], &found[1], k7i_now_unix(), &sandboxes, NULL) != 0)
        give_up("out of memory");
    k7_sandboxes_unref(sandboxes);
    k7i_json_free(json);
    k7i_collection_clear(&found[0]);
    k7i_collection_clear(&found[1]);
    k7i_page_clear(&page);
}

/* ---- */

static void compare(const char *what, k7_client *client, struct bare *bare, const k7_query *query, int rounds)
{
    struct series ours = { 0 }, bares = { 0 }, decodings = { 0 }, ratios = { 0 }, apart = { 0 };
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
        decode();
        double decoding = now_us() - end;
        if (i < 0)
            continue;
        series_add(&ours, middle - begin);
        series_add(&bares, end - middle);
        series_add(&decodings, decoding);
        series_add(&ratios, (middle - begin) / (end - middle));
        series_add(&apart, (middle - begin - decoding) / (end - middle));
    }
    printf(
        "%s: %d requests, %zu bytes: %.2f ms, bare libcurl %.2f ms, decoding %.2f ms: %.2f times, decoding apart "
        "%.2f times (medians of the ratios)\n",
        what, url_count, fetched, series_at(&ours, 0.5) / 1000, series_at(&bares, 0.5) / 1000,
        series_at(&decodings, 0.5) / 1000, series_at(&ratios, 0.5), series_at(&apart, 0.5));
    forget_urls();
    k7_call_free(call);
    series_clear(&ours);
    series_clear(&bares);
    series_clear(&decodings);
    series_clear(&ratios);
    series_clear(&apart);
}

static void delete_all(k7_client *client)
{
    k7_results *results = NULL;
    k7_call *call = NULL;
    k7_error *error = NULL;

    if (k7_call_new(&call, NULL) != 0 || k7_call_set_trace(call, note, NULL, NULL, NULL) != 0)
        give_up("out of memory");
    if (k7_call_set_timeout_ms(call, -1, NULL) != 0)
        give_up("no time limit cannot be set");
    double begin = now_us();
    if (k7_sandbox_delete_all(client, "bench-delete", call, &results, &error) != 0)
        give_up("%s", k7_error_get_message(error));
    for (size_t i = 0; i < k7_results_count(results); i++)
        if (k7_results_outcome_at(results, i) != K7_ITEM_DONE)
            give_up("%s: %s", k7_results_name_at(results, i),
                    k7_error_get_message(k7_results_error_at(results, i)));
    printf("%.1f %zu\n", (now_us() - begin) / 1000, k7_results_count(results));
    fprintf(stderr, "%d requests over %d connections\n", requests, connections);
    k7_results_unref(results);
    k7_call_free(call);
}

int main(int argc, char **argv)
{
    int rounds = argc == 3 ? atoi(argv[2]) : 0;
    k7_query *everything = NULL;

    if (rounds < 1)
        give_up("kubernetes list|against|delete-all ROUNDS");
    if (k7_query_new(&everything, NULL) != 0 || k7_query_set_all_namespaces(everything, 1, NULL) != 0)
        give_up("out of memory");
    k7_client *client = open_kubernetes();
    if (strcmp(argv[1], "list") == 0) {
        for (int i = 0; i < rounds; i++) {
            double begin = now_us();
            size_t count = list(client, everything, NULL);

            printf("%.1f %zu\n", (now_us() - begin) / 1000, count);
        }
    } else if (strcmp(argv[1], "delete-all") == 0) {
        delete_all(client);
    } else {
        struct bare bare;

        bare_open(&bare);
        compare("list", client, &bare, everything, rounds);
        compare("get", client, &bare, NULL, 10 * rounds);
        printf("connections of %d calls: %d\n", 11 * rounds + 2 * WARM_UP, connections);
        bare_close(&bare);
        for (int i = 0; i < URLS_MAX; i++)
            free(bodies[i].data);
    }
    k7_client_unref(client);
    k7_query_free(everything);
    return 0;
}
