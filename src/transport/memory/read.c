/* read.c: list and get in the simulated server. */
#include "transport/memory/memory.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"

struct state {
    struct k7i_memory_call call;
    char *namespace_, *name; /* NULL: all namespaces; list */
};

static int prepare(struct k7i_op *op, const struct k7i_args *args, k7_error **err)
{
    struct state *state = op->state;

    state->call.memory = op->instance;
    if (args->namespace_ && !(state->namespace_ = k7i_strdup(args->namespace_)))
        return k7i_fail_memory(err);
    if (args->name && !(state->name = k7i_strdup(args->name)))
        return k7i_fail_memory(err);
    return 0;
}

static void clear(struct k7i_op *op)
{
    struct state *state = op->state;

    k7i_memory_end(&state->call);
    k7i_free(state->namespace_);
    k7i_free(state->name);
}

/* --- list ------------------------------------------------------------------------------------------------------------------------ */

/* With the lock held. */
static int fill(struct k7i_op *op, k7_sandboxes *list, k7_error **err)
{
    const struct state *state = op->state;
    struct k7i_memory *memory = op->instance;
    struct k7i_memory_store *store = &memory->store;
    int64_t now_ms = k7i_memory_now_ms(memory, op);
    int status = 0;

    k7i_memory_store_settle(store, now_ms);
    for (size_t i = k7i_memory_store_first(store, state->namespace_); i < store->count && status == 0; i++) {
        const struct k7i_memory_entry *entry = store->entries[i];
        k7_sandbox *sandbox = NULL;

        if (state->namespace_ && !k7i_text_equal(entry->namespace_, state->namespace_))
            break;
        if ((status = k7i_memory_describe(entry, now_ms, &sandbox, err)) == 0)
            status = k7i_sandboxes_add(list, sandbox, err);
    }
    return status;
}

static enum k7i_verdict list_begin(struct k7i_op *op, struct k7i_request *request)
{
    struct state *state = op->state;
    enum k7i_verdict verdict;
    k7_sandboxes *list = NULL;
    k7_error *error = NULL;

    (void)request;
    if ((verdict = k7i_memory_arrive(op, &state->call, K7I_LIST)) != K7I_NEXT ||
        (verdict = k7i_memory_return(op, &state->call)) != K7I_NEXT)
        return verdict;
    if (k7i_sandboxes_new(&list, &error) != 0)
        return k7i_op_fail_with(op, error);
    k7i_memory_lock(op->instance);
    int status = fill(op, list, &error);
    k7i_memory_unlock(op->instance);
    if (status != 0) {
        k7_sandboxes_unref(list);
        return k7i_op_fail_with(op, error);
    }
    k7i_give_list(op, list);
    return K7I_DONE;
}

static const struct k7i_step list_step = { .name = "list", .begin = list_begin };
static const struct k7i_step *const list_steps[] = { &list_step };

const struct k7i_plan k7i_memory_list_plan = {
    .operation = "list",
    .steps = list_steps,
    .step_count = 1,
    .state_size = sizeof(struct state),
    .prepare = prepare,
    .clear = clear,
};

/* --- get ------------------------------------------------------------------------------------------------------------------------- */

/* With the lock held. */
static int look_up(struct k7i_op *op, k7_sandbox **ret_sandbox, k7_error **err)
{
    const struct state *state = op->state;
    struct k7i_memory *memory = op->instance;
    int64_t now_ms = k7i_memory_now_ms(memory, op);

    k7i_memory_store_settle(&memory->store, now_ms);
    const struct k7i_memory_entry *entry =
        k7i_memory_store_find(&memory->store, state->namespace_, state->name);
    if (entry)
        return k7i_memory_describe(entry, now_ms, ret_sandbox, err);
    int code = k7i_fail(err, K7_ERR_NOT_FOUND, "no sandbox \"%s\" in namespace \"%s\"", state->name,
                        state->namespace_);
    k7i_error_set_http_status(*err, 404);
    return code;
}

static enum k7i_verdict get_begin(struct k7i_op *op, struct k7i_request *request)
{
    struct state *state = op->state;
    enum k7i_verdict verdict;
    k7_sandbox *sandbox = NULL;
    k7_error *error = NULL;

    (void)request;
    if ((verdict = k7i_memory_arrive(op, &state->call, K7I_GET)) != K7I_NEXT ||
        (verdict = k7i_memory_return(op, &state->call)) != K7I_NEXT)
        return verdict;
    k7i_memory_lock(op->instance);
    int status = look_up(op, &sandbox, &error);
    k7i_memory_unlock(op->instance);
    if (status != 0)
        return k7i_op_fail_with(op, error);
    k7i_give_sandbox(op, sandbox);
    return K7I_DONE;
}

static const struct k7i_step get_step = { .name = "get", .begin = get_begin };
static const struct k7i_step *const get_steps[] = { &get_step };

const struct k7i_plan k7i_memory_get_plan = {
    .operation = "get",
    .steps = get_steps,
    .step_count = 1,
    .state_size = sizeof(struct state),
    .prepare = prepare,
    .clear = clear,
};
