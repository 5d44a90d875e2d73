/* measure.h: what the benchmarks share: the clock, medians, fixed answers, clients. A failure that makes a figure meaningless ends the program with a message. */
#ifndef K7_BENCH_MEASURE_H
#define K7_BENCH_MEASURE_H

#include <k7sandbox/k7sandbox.h>
#include <stddef.h>

double now_us(void);
double cpu_us(void); /* that this thread has used: what other programs do does not count */

struct series { /* of figures; zero-initialise */
    double *figures;
    size_t count, room;
};
void series_add(struct series *series, double figure);
double series_at(struct series *series, double share); /* 0: least, 0.5: median, 1: largest; sorts */
double series_mean(const struct series *series);
void series_clear(struct series *series);

/* A K7 server's answer to list, with so many sandboxes of the namespace default; the caller frees it. */
char *list_answer(size_t count, size_t *ret_len);

/* A client of a rest endpoint with an API key; ca_file NULL: none. */
k7_client *open_client(const char *url, const char *ca_file);

_Noreturn void give_up(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The value of an environment variable that tests/bench/run sets. */
const char *setting(const char *name);

#endif
