/* batch.h: what the tests of calls over many share: a batch, and what is expected of its results. */
#ifndef UNIT_API_BATCH_H
#define UNIT_API_BATCH_H

#include "started.h"

#include <stdio.h>

static k7_batch *batch;

static inline void add_specs(int count)
{
    char name[32];

    if (!batch)
        ck_assert_int_eq(k7_batch_new(&batch, NULL), 0);
    for (int i = 0; i < count; i++) {
        k7_spec *spec = NULL;

        snprintf(name, sizeof name, "sandbox-%d", i);
        ck_assert_int_eq(k7_spec_new(name, "alpine:latest", &spec, NULL), 0);
        ck_assert_int_eq(k7_batch_add_spec(batch, spec, NULL), 0);
        k7_spec_free(spec); /* it was copied */
    }
}

static inline void close_batch(void)
{
    k7_batch_free(batch);
    batch = NULL;
    close_all();
}

static inline size_t count_there(void)
{
    k7_sandboxes *list = NULL;

    ck_assert_int_eq(k7_sandbox_list(client, NULL, NULL, &list, NULL), 0);
    size_t count = k7_sandboxes_count(list);
    k7_sandboxes_unref(list);
    return count;
}

/* By outcome: DONE, FAILED, NOT_STARTED, UNKNOWN; together they are all. */
static inline void expect_results(const k7_results *results, size_t done, size_t failed, size_t not_started,
                                  size_t unknown)
{
    ck_assert_uint_eq(k7_results_count_of(results, K7_ITEM_DONE), done);
    ck_assert_uint_eq(k7_results_count_of(results, K7_ITEM_FAILED), failed);
    ck_assert_uint_eq(k7_results_count_of(results, K7_ITEM_NOT_STARTED), not_started);
    ck_assert_uint_eq(k7_results_count_of(results, K7_ITEM_UNKNOWN), unknown);
    ck_assert_uint_eq(k7_results_count(results), done + failed + not_started + unknown);
    for (size_t i = 0; i < k7_results_count(results); i++) {
        int outcome = k7_results_outcome_at(results, i);
        char name[32];

        snprintf(name, sizeof name, "sandbox-%zu", i);
        ck_assert_str_eq(k7_results_name_at(results, i), name);
        ck_assert((k7_results_error_at(results, i) != NULL) ==
                  (outcome == K7_ITEM_FAILED || outcome == K7_ITEM_UNKNOWN));
        if (outcome != K7_ITEM_DONE)
            ck_assert_ptr_null(k7_results_sandbox_at(results, i));
    }
    ck_assert_ptr_null(k7_results_sandbox_at(results, k7_results_count(results)));
}

static inline k7_op *start_create_many(const k7_call *call)
{
    k7_op *op = NULL;

    ck_assert_int_eq(k7_sandbox_create_many_start(client, batch, call, loop, &op, NULL), 0);
    return op;
}

static inline k7_results *take_results(k7_op *op)
{
    k7_results *results = NULL;

    ck_assert_int_eq(k7_op_take_results(op, &results, NULL), 0);
    k7_op_free(op);
    return results;
}

#endif
