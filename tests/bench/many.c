/* many.c: creates and deletes many sandboxes in one call each, and counts: many ENDPOINT API-KEY COUNT AT_ONCE STARTS_PER_SECOND. API-KEY -: none. For each of the two a line:
 * what, done, failed, requests, connections, requests that were lost (a watch that the library itself ends, since it is silent, is not), most requests at the same time, most
 * items begun within a second, microseconds, those of the processor. What was lost, and why items failed: to stderr. */
#include "measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct request {
    double begin, end;
    int begins_item;
};

static struct {
    struct request *requests;
    size_t count, room, connections, lost;
    char first[64]; /* the step of an item's first request that changes something */
} seen;

static void note(void *user, const k7_trace *trace)
{
    double end = now_us();

    (void)user;
    if (seen.count == seen.room) {
        seen.room = seen.room ? 2 * seen.room : 4096;
        seen.requests = realloc(seen.requests, seen.room * sizeof *seen.requests);
        if (!seen.requests)
            give_up("out of memory");
    }
    if (!seen.first[0] && strcmp(k7_trace_get_method(trace), "GET") != 0)
        snprintf(seen.first, sizeof seen.first, "%s", k7_trace_get_step(trace));
    seen.requests[seen.count++] = (struct request){ end - (double)k7_trace_get_duration_us(trace), end,
                                                    strcmp(k7_trace_get_step(trace), seen.first) == 0 &&
                                                        k7_trace_get_attempt(trace) == 1 };
    seen.connections += !k7_trace_is_connection_reused(trace);
    if (k7_trace_get_error_code(trace) == 0 || k7_trace_get_error_code(trace) == K7_ERR_TIMEOUT)
        return;
    seen.lost++;
    fprintf(stderr, "lost: %s %s at \"%s\", attempt %d, after %.3f s: %s\n", k7_trace_get_method(trace),
            k7_trace_get_url(trace), k7_trace_get_step(trace), k7_trace_get_attempt(trace),
            (double)k7_trace_get_duration_us(trace) / 1e6,
            k7_error_code_meaning(k7_trace_get_error_code(trace)));
}

static int by_begin(const void *a, const void *b)
{
    double one = ((const struct request *)a)->begin, other = ((const struct request *)b)->begin;

    return (one > other) - (one < other);
}

static int by_end(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;

    return (one > other) - (one < other);
}

/* The most requests that had begun and not ended. */
static size_t most_at_once(void)
{
    double *ends = malloc((seen.count + 1) * sizeof *ends);
    size_t most = 0, ended = 0;

    if (!ends)
        give_up("out of memory");
    for (size_t i = 0; i < seen.count; i++)
        ends[i] = seen.requests[i].end;
    qsort(ends, seen.count, sizeof *ends, by_end);
    for (size_t i = 0; i < seen.count; i++) {
        while (ends[ended] <= seen.requests[i].begin)
            ended++;
        if (i + 1 - ended > most)
            most = i + 1 - ended;
    }
    free(ends);
    return most;
}

static size_t most_in_a_second(void)
{
    size_t most = 0, within = 0, oldest = 0;

    for (size_t i = 0; i < seen.count; i++) {
        if (!seen.requests[i].begins_item)
            continue;
        within++;
        for (; seen.requests[oldest].begin <= seen.requests[i].begin - 1e6; oldest++)
            within -= (size_t)seen.requests[oldest].begins_item;
        if (within > most)
            most = within;
    }
    return most;
}

static void report(const char *what, k7_results *results, double wall, double cpu)
{
    size_t done = k7_results_count_of(results, K7_ITEM_DONE), count = k7_results_count(results);

    for (size_t i = 0; i < count; i++) {
        const k7_error *error = k7_results_error_at(results, i);

        if (error)
            fprintf(stderr, "%s %s: %s\n", what, k7_results_name_at(results, i), k7_error_get_message(error));
    }
    qsort(seen.requests, seen.count, sizeof *seen.requests, by_begin);
    printf("%s %zu %zu %zu %zu %zu %zu %zu %.0f %.0f\n", what, done, count - done, seen.count,
           seen.connections, seen.lost, most_at_once(), most_in_a_second(), wall, cpu);
    fflush(stdout);
    seen.count = seen.connections = seen.lost = 0;
    seen.first[0] = '\0';
    k7_results_unref(results);
}

static k7_batch *batch_of(int count, int at_once, int starts_per_second)
{
    k7_batch *batch = NULL;
    k7_error *error = NULL;
    char name[32];

    if (k7_batch_new(&batch, &error) != 0 || k7_batch_set_at_once(batch, at_once, &error) != 0 ||
        k7_batch_set_starts_per_second(batch, starts_per_second, &error) != 0)
        give_up("%s", k7_error_get_message(error));
    for (int i = 0; i < count; i++) {
        k7_spec *spec = NULL;

        snprintf(name, sizeof name, "many-%d", i);
        if (k7_spec_new(name, "docker.io/library/alpine:3.20", &spec, &error) != 0 ||
            k7_batch_add_spec(batch, spec, &error) != 0)
            give_up("%s", k7_error_get_message(error));
        k7_spec_free(spec);
    }
    return batch;
}

int main(int argc, char **argv)
{
    k7_config *config = NULL;
    k7_client *client = NULL;
    k7_results *results = NULL;
    k7_error *error = NULL;
    k7_call *call = NULL;

    if (argc != 6)
        give_up("usage: many ENDPOINT API-KEY COUNT AT_ONCE STARTS_PER_SECOND");
    if (k7_config_new(&config, &error) != 0 || k7_config_set(config, "endpoint", argv[1], &error) != 0 ||
        (strcmp(argv[2], "-") != 0 && k7_config_set(config, "rest.api_key", argv[2], &error) != 0) ||
        k7_client_open(config, &client, &error) != 0 || k7_call_new(&call, &error) != 0 ||
        k7_call_set_trace(call, note, NULL, NULL, &error) != 0)
        give_up("no client: %s", k7_error_get_message(error));
    k7_batch *batch = batch_of(atoi(argv[3]), atoi(argv[4]), atoi(argv[5]));
    double wall = now_us(), cpu = cpu_us();
    if (k7_sandbox_create_many(client, batch, call, &results, &error) != 0)
        give_up("create: %s", k7_error_get_message(error));
    report("create", results, now_us() - wall, cpu_us() - cpu);
    wall = now_us(), cpu = cpu_us();
    if (k7_sandbox_delete_many(client, batch, NULL, call, &results, &error) != 0)
        give_up("delete: %s", k7_error_get_message(error));
    report("delete", results, now_us() - wall, cpu_us() - cpu);
    free(seen.requests);
    k7_call_free(call);
    k7_batch_free(batch);
    k7_client_unref(client);
    k7_config_free(config);
    return 0;
}
