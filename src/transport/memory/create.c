/* create.c: create in the simulated server: stored at once, ready after start_ms, taken back when the call ends before that. */
#include "transport/memory/memory.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"

#include <string.h>

struct state {
    struct k7i_memory_call call, undo; /* the way there, and the way there to take it back */
    struct k7i_memory_entry *entry;    /* ours until it is stored */
    char *namespace_, *name;
    char uid[K7I_MEMORY_UID];
    int exit_status; /* of before_script */
};

/* No script runs here. The last command of a script tells how it ends: "exit 3" fails with 3, anything else succeeds. */
static int exit_status_of(const char *script)
{
    size_t end = strlen(script), begin;
    long long status;
    char number[8];

    while (end > 0 && strchr(" \t\r\n;", script[end - 1]))
        end--;
    for (begin = end; begin > 0 && !strchr("\n;", script[begin - 1]);)
        begin--;
    while (begin < end && strchr(" \t", script[begin]))
        begin++;
    if (!k7i_text_starts(script + begin, "exit "))
        return 0;
    begin += strlen("exit ");
    if (end - begin >= sizeof number)
        return 0;
    memcpy(number, script + begin, end - begin);
    number[end - begin] = 0;
    return k7i_text_to_int64(number, &status) == 0 && status > 0 && status <= 255 ? (int)status : 0;
}

static int prepare(struct k7i_op *op, const struct k7i_args *args, k7_error **err)
{
    struct state *state = op->state;
    int status = k7i_memory_entry_new(args->spec, args->namespace_, &state->entry, err);

    state->call.memory = state->undo.memory = op->instance;
    if (status != 0)
        return status;
    memcpy(state->uid, state->entry->uid, sizeof state->uid);
    state->namespace_ = k7i_strdup(args->namespace_);
    state->name = k7i_strdup(args->spec->name);
    if (args->spec->before_script)
        state->exit_status = exit_status_of(args->spec->before_script);
    return state->namespace_ && state->name ? 0 : k7i_fail_memory(err);
}

static void clear(struct k7i_op *op)
{
    struct state *state = op->state;

    k7i_memory_end(&state->call);
    k7i_memory_end(&state->undo);
    k7i_memory_entry_free(state->entry);
    k7i_free(state->namespace_);
    k7i_free(state->name);
}

/* With the lock held: our entry, or NULL when somebody deleted it. */
static struct k7i_memory_entry *find_ours(const struct k7i_op *op)
{
    const struct state *state = op->state;
    struct k7i_memory *memory = op->instance;
    struct k7i_memory_entry *entry;

    k7i_memory_store_settle(&memory->store, k7i_memory_now_ms(memory, op));
    entry = k7i_memory_store_find(&memory->store, state->namespace_, state->name);
    return entry && k7i_text_equal(entry->uid, state->uid) ? entry : NULL;
}

/* --- store ----------------------------------------------------------------------------------------------------------------------- */

static enum k7i_verdict refuse_existing(struct k7i_op *op, const struct k7i_memory_entry *there)
{
    k7_error *error = NULL;

    k7i_fail(&error, K7_ERR_ALREADY_EXISTS, "a sandbox \"%s\" exists in namespace \"%s\" already%s",
             there->name, there->namespace_, there->gone_ms >= 0 ? " and is being deleted" : "");
    k7i_error_set_http_status(error, 409);
    return k7i_op_fail_with(op, error);
}

/* With the lock held. */
static enum k7i_verdict store(struct k7i_op *op)
{
    struct state *state = op->state;
    struct k7i_memory *memory = op->instance;
    int64_t now_ms = k7i_memory_now_ms(memory, op);
    const struct k7i_memory_entry *there;

    k7i_memory_store_settle(&memory->store, now_ms);
    if ((there = k7i_memory_store_find(&memory->store, state->namespace_, state->name)) != NULL)
        return refuse_existing(op, there);
    state->entry->created_ms = now_ms;
    state->entry->ready_ms = now_ms + memory->start_ms;
    if (k7i_memory_store_add(&memory->store, state->entry) != 0)
        return k7i_op_fail_memory(op);
    state->entry = NULL;
    return K7I_NEXT;
}

/* With a lost answer the call knows nothing of the effect, and so takes nothing back. */
static enum k7i_verdict store_begin(struct k7i_op *op, struct k7i_request *request)
{
    struct state *state = op->state;
    enum k7i_verdict verdict;

    (void)request;
    if ((verdict = k7i_memory_arrive(op, &state->call, K7I_CREATE)) != K7I_NEXT)
        return verdict;
    k7i_memory_lock(op->instance);
    verdict = store(op);
    k7i_memory_unlock(op->instance);
    if (verdict != K7I_NEXT || (verdict = k7i_memory_return(op, &state->call)) != K7I_NEXT)
        return verdict;
    k7i_op_took_effect(op);
    return K7I_SKIP;
}

/* Taking back is a delete: "fail=delete:…" makes it fail, too. */
static enum k7i_verdict remove_begin(struct k7i_op *op, struct k7i_request *request)
{
    struct state *state = op->state;
    struct k7i_memory *memory = op->instance;
    enum k7i_verdict verdict = k7i_memory_arrive(op, &state->undo, K7I_DELETE);

    (void)request;
    if (verdict != K7I_NEXT)
        return verdict;
    k7i_memory_lock(memory);
    struct k7i_memory_entry *entry = find_ours(op);
    if (entry) {
        k7i_memory_store_remove(&memory->store, entry);
        k7i_memory_wake_all(memory);
    }
    k7i_memory_unlock(memory);
    return K7I_SKIP;
}

static void name_leftover(const struct k7i_op *op, struct k7i_buf *text)
{
    const struct state *state = op->state;

    k7i_buf_printf(text, "sandbox %s in namespace %s (uid %s)", state->name, state->namespace_, state->uid);
}

static const struct k7i_step remove_step = { .name = "remove", .begin = remove_begin };
static const struct k7i_step store_step = {
    .name = "store",
    .begin = store_begin,
    .undo = &remove_step,
    .leftover = name_leftover,
};

/* --- before_script --------------------------------------------------------------------------------------------------------------- */

static enum k7i_verdict script_begin(struct k7i_op *op, struct k7i_request *request)
{
    const struct state *state = op->state;

    (void)request;
    if (state->exit_status == 0)
        return K7I_SKIP;
    return k7i_op_fail(op, K7_ERR_SCRIPT_FAILED, "before_script of sandbox \"%s\" ended with status %d",
                       state->name, state->exit_status);
}

static const struct k7i_step script_step = { .name = "before_script", .begin = script_begin };

/* --- ready ----------------------------------------------------------------------------------------------------------------------- */

/* With the lock held. */
static enum k7i_verdict look(struct k7i_op *op)
{
    struct state *state = op->state;
    struct k7i_memory *memory = op->instance;
    const struct k7i_memory_entry *entry = find_ours(op);
    k7_sandbox *sandbox = NULL;
    k7_error *error = NULL;
    int64_t now_ms = k7i_memory_now_ms(memory, op);

    if (!entry || entry->gone_ms >= 0)
        return k7i_op_fail(op, K7_ERR_CONFLICT, "sandbox \"%s\" was deleted while it was being created",
                           state->name);
    if (now_ms < entry->ready_ms)
        return k7i_memory_wait_until(op, &state->call, entry->ready_ms);
    if (k7i_memory_describe(entry, now_ms, &sandbox, &error) != 0)
        return k7i_op_fail_with(op, error);
    k7i_give_sandbox(op, sandbox);
    return K7I_DONE;
}

static enum k7i_verdict ready_begin(struct k7i_op *op, struct k7i_request *request)
{
    (void)request;
    k7i_memory_lock(op->instance);
    enum k7i_verdict verdict = look(op);
    k7i_memory_unlock(op->instance);
    return verdict;
}

static const struct k7i_step ready_step = { .name = "ready", .begin = ready_begin };

static const struct k7i_step *const steps[] = { &store_step, &script_step, &ready_step };

const struct k7i_plan k7i_memory_create_plan = {
    .operation = "create",
    .steps = steps,
    .step_count = 3,
    .state_size = sizeof(struct state),
    .prepare = prepare,
    .clear = clear,
};
