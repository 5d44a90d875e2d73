/* scenarios.h: what the sweep runs again and again, one failure further each time. */
#ifndef FAULT_SCENARIOS_H
#define FAULT_SCENARIOS_H

#include <k7sandbox/k7sandbox.h>

struct world {
    const char *endpoint, *api_key; /* api_key: over rest, else NULL */
    k7_client *client;
    k7_client *witness; /* sees the server as it is: another client, but in memory, where it is the same */
    k7_spec *spec;
    k7_call *call;
    int is_kept;      /* the server comes back to what prepare made: it is not made again, nor deleted */
    int is_running;   /* callbacks are allowed now */
    int stray, frees; /* callbacks at another time; calls of free functions */
    int expected_frees;
    char why[512]; /* why verify failed */
};

struct scenario {
    const char *name;
    int (*prepare)(struct world *world);             /* without failures; 0 */
    int (*run)(struct world *world, k7_error **err); /* with one failure; 0, or an error number */
    int (*verify)(struct world *world, int code,
                  const k7_error *error); /* 0, or world->why says what is wrong */
};

extern const struct scenario scenarios[];
extern const int scenario_count;

int world_open(struct world *world, k7_client **ret_client, k7_error **err);
void world_close(
    struct world *world); /* what scenarios made in the server is deleted, too, unless it is kept */

#endif
