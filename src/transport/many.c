/* many.c: create, get and delete of a batch: one operation that runs an operation of the transport for each item, under the batch's caps. */
#include "transport/many.h"

#include "base/alloc.h"
#include "base/error.h"
#include "model/batch.h"

struct state {
    const struct k7i_transport *transport;
    enum k7i_operation operation; /* of an item */
    k7_batch *batch;
    char *namespace_; /* of items that name none */
    int missing_is_error, no_wait;
    k7_results *results;
    size_t ended;
    int64_t next_us; /* the earliest time of the next start */
};

enum k7i_operation k7i_operation_of_item(enum k7i_operation operation)
{
    return operation == K7I_CREATE_MANY   ? K7I_CREATE
           : operation == K7I_GET_MANY    ? K7I_GET
           : operation == K7I_DELETE_MANY ? K7I_DELETE
                                          : operation;
}

static int outcome_of(const k7_error *error)
{
    if (!error)
        return K7_ITEM_DONE;
    return k7_error_get_outcome(error) == K7_OUTCOME_UNKNOWN ? K7_ITEM_UNKNOWN : K7_ITEM_FAILED;
}

static int prepare(struct k7i_op *op, const struct k7i_args *args, k7_error **err)
{
    struct state *state = op->state;
    const k7_batch *batch = args->batch;
    int status = k7i_batch_dup(batch, &state->batch, err);

    if (status != 0 || (status = k7i_results_new(batch->count, &state->results, err)) != 0)
        return status;
    for (size_t i = 0; i < batch->count; i++)
        if ((status = k7i_results_set_name(state->results, i, batch->items[i]->name, err)) != 0)
            return status;
    state->transport = args->transport;
    state->operation = args->of_item;
    state->missing_is_error = args->missing_is_error;
    state->no_wait = args->no_wait;
    return (state->namespace_ = k7i_strdup(args->namespace_)) ? 0 : k7i_fail_memory(err);
}

static void clear(struct k7i_op *op)
{
    struct state *state = op->state;

    k7_batch_free(state->batch);
    k7i_free(state->namespace_);
    k7_results_unref(state->results);
}

static enum k7i_verdict give_results(struct k7i_op *op)
{
    struct state *state = op->state;

    k7i_give_results(op, state->results);
    state->results = NULL;
    return K7I_DONE;
}

static enum k7i_verdict begin(struct k7i_op *op, struct k7i_request *request)
{
    const struct state *state = op->state;

    (void)request;
    return k7i_op_is_ending(op) ? give_results(op) : k7i_op_fork(op, state->batch->at_once);
}

static int new_child(struct k7i_op *op, size_t i, struct k7i_op **ret_child, k7_error **err)
{
    const struct state *state = op->state;
    const struct k7i_batch_item *item = state->batch->items[i];
    const struct k7i_plan *plan = state->transport->plans[state->operation];
    struct k7i_args args = { .transport = state->transport,
                             .spec = item->spec,
                             .namespace_ = item->namespace_ ? item->namespace_ : state->namespace_,
                             .name = item->name,
                             .missing_is_error = state->missing_is_error,
                             .no_wait = state->no_wait };
    k7_spec *shown = NULL;
    int status = k7i_op_new(plan, op->instance, ret_child, err);

    if (status == 0 && k7i_op_is_dry(op) && item->spec &&
        (status = k7i_spec_dup_for_show(item->spec, &shown, err)) == 0)
        args.spec = shown;
    if (status == 0)
        status = plan->prepare(*ret_child, &args, err);
    k7_spec_free(shown);
    if (status != 0) {
        k7i_op_free(*ret_child);
        *ret_child = NULL;
    }
    return status;
}

static void end_item(struct k7i_op *op, size_t i, k7_error *error)
{
    struct state *state = op->state;

    k7i_error_set_operation(error, k7i_operation_name(state->operation));
    k7i_results_set(state->results, i, outcome_of(error), error);
    k7i_op_progress(op, k7_results_name_at(state->results, i), (int64_t)++state->ended,
                    (int64_t)state->batch->count);
}

/* One that cannot even be prepared has failed; the others have their turn. */
static enum k7i_verdict child(struct k7i_op *op, size_t i, struct k7i_op **ret_child)
{
    struct state *state = op->state;
    int64_t now_us = k7i_op_now_ms(op) * 1000;
    k7_error *error = NULL;

    if (i == state->batch->count)
        return K7I_DONE;
    if (state->batch->starts_per_second > 0 && !k7i_op_is_dry(op)) {
        if (state->next_us > now_us)
            return k7i_op_sleep(op, (state->next_us - now_us + 999) / 1000);
        state->next_us = now_us + 1000000 / state->batch->starts_per_second;
    }
    if (new_child(op, i, ret_child, &error) == 0)
        return K7I_NEXT;
    if (k7i_op_is_dry(op))
        return k7i_op_fail_with(op, error);
    end_item(op, i, error);
    return K7I_SKIP;
}

static void joined(struct k7i_op *op, size_t i, struct k7i_op *ended)
{
    struct state *state = op->state;
    k7_error *error = ended->error;

    ended->error = NULL;
    if (k7i_op_is_ending(op) && !k7i_op_step(ended)) { /* stopped before its first step: it is not started */
        k7_error_unref(error);
        return;
    }
    if (!error && state->operation != K7I_DELETE) {
        k7i_results_set_sandbox(state->results, i, ended->result);
        ended->result = NULL;
    }
    end_item(op, i, error);
}

static enum k7i_verdict reply(struct k7i_op *op, const struct k7i_response *response)
{
    (void)response;
    return give_results(op);
}

static const struct k7i_step step = {
    .name = "each", .begins_anyway = 1, .begin = begin, .child = child, .joined = joined, .reply = reply
};
static const struct k7i_step *const steps[] = { &step };

#define PLAN(name)                                                                                           \
    {                                                                                                        \
        .operation = name, .steps = steps, .step_count = 1, .state_size = sizeof(struct state),              \
        .prepare = prepare, .clear = clear,                                                                  \
    }
static const struct k7i_plan plans[] = { PLAN("create_many"), PLAN("get_many"), PLAN("delete_many") };

const struct k7i_plan *k7i_plan_of(const struct k7i_transport *transport, enum k7i_operation operation)
{
    return operation < K7I_OPERATIONS ? transport->plans[operation] : &plans[operation - K7I_OPERATIONS];
}
