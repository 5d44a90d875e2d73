/* open.c: how long opening a client takes after libcurl's process-wide start, the first time in a process and again: open ROUNDS. */
#include "measure.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct times {
    double start, first, again;
};

static void measure(struct times *times)
{
    char ca_file[4096];

    snprintf(ca_file, sizeof ca_file, "%s/ca.pem", setting("K7_BENCH_CERTIFICATES"));
    double begin = now_us();
    curl_global_init(CURL_GLOBAL_DEFAULT);
    double started = now_us();
    k7_client *first = open_client("https://localhost:1", ca_file);
    double opened = now_us();
    k7_client *second = open_client("https://localhost:1", ca_file);
    *times = (struct times){ started - begin, opened - started, now_us() - opened };
    k7_client_unref(first);
    k7_client_unref(second);
}

int main(int argc, char **argv)
{
    struct series start = { 0 }, first = { 0 }, again = { 0 };
    struct times *times =
        mmap(NULL, sizeof *times, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (argc != 2 || times == MAP_FAILED)
        give_up("usage: open ROUNDS");
    for (long i = atol(argv[1]); i > 0; i--) {
        int status;
        pid_t child = fork();

        if (child == 0) {
            measure(times);
            _exit(0);
        }
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
            give_up("a child failed");
        series_add(&start, times->start);
        series_add(&first, times->first);
        series_add(&again, times->again);
    }
    printf(
        "%s processes: the first client %.0f us (90 %%: %.0f us) after libcurl's start of %.0f us; the second client %.0f us\n",
        argv[1], series_at(&first, 0.5), series_at(&first, 0.9), series_at(&start, 0.5),
        series_at(&again, 0.5));
    return 0;
}
