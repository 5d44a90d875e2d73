/* batch.h: the inside of a batch: items that are never changed, so that copies of a batch share them. */
#ifndef K7I_MODEL_BATCH_H
#define K7I_MODEL_BATCH_H

#include <k7sandbox/many.h>
#include <stdatomic.h>

struct k7i_batch_item {
    atomic_int references;
    k7_spec *spec; /* NULL: a name only */
    char *namespace_, *name;
};

struct k7_batch {
    size_t count, capacity;
    struct k7i_batch_item **items;
    int at_once, starts_per_second;
};

int k7i_batch_dup(const k7_batch *batch, k7_batch **ret_batch, k7_error **err);

#endif
