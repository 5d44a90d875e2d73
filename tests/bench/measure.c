/* measure.c: see measure.h. */
#include "measure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

_Noreturn void give_up(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

const char *setting(const char *name)
{
    const char *value = getenv(name);

    if (!value)
        give_up("%s is not set: this program is started by tests/bench/run", name);
    return value;
}

static double read_clock(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

double now_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

double cpu_us(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

void series_add(struct series *series, double figure)
{
    if (series->count == series->room) {
        series->room = series->room ? 2 * series->room : 256;
        series->figures = realloc(series->figures, series->room * sizeof *series->figures);
        if (!series->figures)
            give_up("out of memory");
    }
    series->figures[series->count++] = figure;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

double series_at(struct series *series, double share)
{
    if (series->count == 0)
        give_up("nothing was measured");
    qsort(series->figures, series->count, sizeof *series->figures, compare);
    return series->figures[(size_t)(share * (double)(series->count - 1))];
}

double series_mean(const struct series *series)
{
    double sum = 0;

    for (size_t i = 0; i < series->count; i++)
        sum += series->figures[i];
    return sum / (double)series->count;
}

void series_clear(struct series *series)
{
    free(series->figures);
    *series = (struct series){ 0 };
}

char *list_answer(size_t count, size_t *ret_len)
{
    char *text = NULL;
    FILE *file = open_memstream(&text, ret_len);

    if (!file)
        give_up("out of memory");
    fputs("{\"data\":[", file);
    for (size_t i = 0; i < count; i++)
        fprintf(file,
                "%s{\"name\":\"sandbox-%05zu\",\"namespace\":\"default\",\"status\":\"Running\",\"ready\":"
                "\"True\",\"restarts\":0,\"age\":\"1 day, 3:%02zu:%02zu\",\"image\":"
                "\"docker.io/library/alpine:3.20\",\"error_message\":null,\"backend\":\"kfd\","
                "\"node\":\"node-%zu.example\",\"node_ports\":null}",
                i ? "," : "", i, i / 60 % 60, i % 60, i % 7);
    fputs("]}", file);
    if (fclose(file) != 0)
        give_up("out of memory");
    return text;
}

k7_client *open_client(const char *url, const char *ca_file)
{
    k7_config *config = NULL;
    k7_client *client = NULL;
    k7_error *error = NULL;

    if (k7_config_new(&config, &error) != 0 || k7_config_set(config, "endpoint", url, &error) != 0 ||
        k7_config_set(config, "rest.api_key", "k7_0123456789abcdef0123456789abcdef", &error) != 0 ||
        (ca_file && k7_config_set(config, "rest.ca_file", ca_file, &error) != 0) ||
        k7_client_open(config, &client, &error) != 0)
        give_up("no client: %s", k7_error_get_message(error));
    k7_config_free(config);
    return client;
}
