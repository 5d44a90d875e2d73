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
    int ends;            /* completion callbacks */
    k7_results *results; /* of delete_all, for verify */
    char why[512];       /* why verify failed */
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

/* scenarios_started.c */
int run_create_start(struct world *world, k7_error **err);
int run_list_start(struct world *world, k7_error **err);
int run_get_start(struct world *world, k7_error **err);
int run_delete_start(struct world *world, k7_error **err);
int run_delete_all_start(struct world *world, k7_error **err);
int run_abandoned(struct world *world, k7_error **err);
int run_create_many(struct world *world, k7_error **err);
int run_delete_many_start(struct world *world, k7_error **err);
int verify_create_many(struct world *world, int code, const k7_error *error);

int world_wrong(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3))); /* -1 */
int world_exists(struct world *world, const char *name);
void world_note_free(void *user); /* a free function whose user is the world */
int world_open(struct world *world, k7_client **ret_client, k7_error **err);
void world_close(
    struct world *world); /* what scenarios made in the server is deleted, too, unless it is kept */

#endif
