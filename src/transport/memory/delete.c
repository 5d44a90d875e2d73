/* delete.c: delete in the simulated server: accepted at once, gone after stop_ms. */
#include "transport/memory/memory.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"

#include <string.h>

struct state {
    struct k7i_memory_call call;
    char *namespace_, *name, *wanted_uid; /* wanted_uid NULL: any */
    int missing_is_error, no_wait;
    char uid[K7I_MEMORY_UID]; /* of the one that is being deleted; empty: there was none */
};

static int prepare(struct k7i_op *op, const struct k7i_args *args, k7_error **err)
{
    struct state *state = op->state;

    state->call.memory = op->instance;
    state->missing_is_error = args->missing_is_error;
    state->no_wait = args->no_wait;
    state->namespace_ = k7i_strdup(args->namespace_);
    state->name = k7i_strdup(args->name);
    if (!state->namespace_ || !state->name)
        return k7i_fail_memory(err);
    if (args->uid && !(state->wanted_uid = k7i_strdup(args->uid)))
        return k7i_fail_memory(err);
    return 0;
}

static void clear(struct k7i_op *op)
{
    struct state *state = op->state;

    k7i_memory_end(&state->call);
    k7i_free(state->namespace_);
    k7i_free(state->name);
    k7i_free(state->wanted_uid);
}

static enum k7i_verdict refuse(struct k7i_op *op, int http_status, int code, const char *what)
{
    const struct state *state = op->state;
    k7_error *error = NULL;

    k7i_fail(&error, code, "%s \"%s\" in namespace \"%s\"%s%s", what, state->name, state->namespace_,
             code == K7_ERR_CONFLICT ? " has not the uid " : "",
             code == K7_ERR_CONFLICT ? state->wanted_uid : "");
    k7i_error_set_http_status(error, http_status);
    return k7i_op_fail_with(op, error);
}

/* With the lock held. */
static enum k7i_verdict stop(struct k7i_op *op)
{
    struct state *state = op->state;
    struct k7i_memory *memory = op->instance;
    int64_t now_ms = k7i_memory_now_ms(memory, op);

    k7i_memory_store_settle(&memory->store, now_ms);
    struct k7i_memory_entry *entry = k7i_memory_store_find(&memory->store, state->namespace_, state->name);
    if (!entry)
        return state->missing_is_error ? refuse(op, 404, K7_ERR_NOT_FOUND, "no sandbox") : K7I_NEXT;
    if (state->wanted_uid && !k7i_text_equal(state->wanted_uid, entry->uid))
        return refuse(op, 409, K7_ERR_CONFLICT, "sandbox");
    memcpy(state->uid, entry->uid, sizeof state->uid);
    k7i_memory_store_stop(&memory->store, entry, now_ms + memory->stop_ms);
    k7i_memory_store_settle(&memory->store, now_ms);
    k7i_memory_wake_all(memory);
    return K7I_NEXT;
}

static enum k7i_verdict stop_begin(struct k7i_op *op, struct k7i_request *request)
{
    struct state *state = op->state;
    enum k7i_verdict verdict;

    (void)request;
    if ((verdict = k7i_memory_arrive(op, &state->call, K7I_DELETE)) != K7I_NEXT)
        return verdict;
    k7i_memory_lock(op->instance);
    verdict = stop(op);
    k7i_memory_unlock(op->instance);
    if (verdict != K7I_NEXT || (verdict = k7i_memory_return(op, &state->call)) != K7I_NEXT)
        return verdict;
    if (state->uid[0])
        k7i_op_took_effect(op);
    return K7I_SKIP;
}

static enum k7i_verdict gone_begin(struct k7i_op *op, struct k7i_request *request)
{
    struct state *state = op->state;
    struct k7i_memory *memory = op->instance;
    enum k7i_verdict verdict = K7I_DONE;

    (void)request;
    if (state->no_wait || !state->uid[0])
        return K7I_DONE;
    k7i_memory_lock(memory);
    k7i_memory_store_settle(&memory->store, k7i_memory_now_ms(memory, op));
    const struct k7i_memory_entry *entry =
        k7i_memory_store_find(&memory->store, state->namespace_, state->name);
    if (entry && k7i_text_equal(entry->uid, state->uid))
        verdict = k7i_memory_wait_until(op, &state->call, entry->gone_ms);
    k7i_memory_unlock(memory);
    return verdict;
}

static const struct k7i_step stop_step = { .name = "stop", .begin = stop_begin };
static const struct k7i_step gone_step = { .name = "gone", .begin = gone_begin };
static const struct k7i_step *const steps[] = { &stop_step, &gone_step };

const struct k7i_plan k7i_memory_delete_plan = {
    .operation = "delete",
    .steps = steps,
    .step_count = 2,
    .state_size = sizeof(struct state),
    .prepare = prepare,
    .clear = clear,
};
