/* pull.h: the answer to POST /images/create as it arrives: one JSON object per line with progress, and with the failure, which comes in an answer of status 200. */
#ifndef K7I_DOCKER_PULL_H
#define K7I_DOCKER_PULL_H

#include "base/buf.h"
#include <k7sandbox/error.h>

enum { K7I_PULL_LAYERS = 64 };

struct k7i_pull {
    struct k7i_buf line;
    char *error;      /* the engine's words; NULL: none so far */
    char status[128]; /* the latest word, e.g. "Downloading" */
    struct k7i_pull_layer {
        char id[16];
        int64_t done, total;
    } layers[K7I_PULL_LAYERS];
    size_t layer_count;
};

void k7i_pull_begin(struct k7i_pull *pull); /* zeroed before the first time */
/* 0, K7_ERR_NO_MEMORY, K7_ERR_LIMIT (a line longer than 64 KiB) or K7_ERR_PROTOCOL (not JSON). */
int k7i_pull_add(struct k7i_pull *pull, const void *data, size_t len);
int k7i_pull_end(struct k7i_pull *pull); /* the last line may lack its end */
void k7i_pull_clear(struct k7i_pull *pull);
/* Bytes over all layers; -1: not said. */
void k7i_pull_progress(const struct k7i_pull *pull, int64_t *ret_done, int64_t *ret_total);

#endif
