/* delete_all.c: delete-all as one operation that runs the transport's own list, then its own delete for each name. Knows nothing of any transport. */
#include "transport/delete_all.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"

#include <string.h>

struct state {
    const struct k7i_transport *transport;
    char *namespace_;
    k7_sandboxes *list; /* what there was */
    k7_results *results;
    size_t ended; /* deletes that are over */
};

static int prepare(struct k7i_op *op, const struct k7i_args *args, k7_error **err)
{
    struct state *state = op->state;

    state->transport = args->transport;
    state->namespace_ = k7i_strdup(args->namespace_);
    return state->namespace_ ? 0 : k7i_fail_memory(err);
}

static void clear(struct k7i_op *op)
{
    struct state *state = op->state;

    k7i_free(state->namespace_);
    k7_sandboxes_unref(state->list);
    k7_results_unref(state->results);
}

/* A child of ours: an operation of the same transport and instance, with arguments of its own. uid: of what was listed; another sandbox that has the name by now stays. */
static int new_child(struct k7i_op *op, enum k7i_operation operation, const char *name, const char *uid,
                     struct k7i_op **ret_child, k7_error **err)
{
    const struct state *state = op->state;
    const struct k7i_plan *plan = state->transport->plans[operation];
    struct k7i_args args = {
        .transport = state->transport, .namespace_ = state->namespace_, .name = name, .uid = uid, .of_many = 1
    };
    int status = k7i_op_new(plan, op->instance, ret_child, err);

    if (status == 0 && (status = plan->prepare(*ret_child, &args, err)) != 0) {
        k7i_op_free(*ret_child);
        *ret_child = NULL;
    }
    return status;
}

static k7_error *take_error(struct k7i_op *child)
{
    k7_error *error = child->error;

    child->error = NULL;
    return error;
}

/* --- list ------------------------------------------------------------------------------------------------------------------------ */

static enum k7i_verdict list_begin(struct k7i_op *op, struct k7i_request *request)
{
    (void)op, (void)request;
    return K7I_FORK;
}

static enum k7i_verdict list_child(struct k7i_op *op, size_t i, struct k7i_op **ret_child)
{
    k7_error *error = NULL;

    if (i > 0)
        return K7I_DONE;
    return new_child(op, K7I_LIST, NULL, NULL, ret_child, &error) == 0 ? K7I_NEXT
                                                                       : k7i_op_fail_with(op, error);
}

static void list_joined(struct k7i_op *op, size_t i, struct k7i_op *child)
{
    struct state *state = op->state;

    (void)i;
    if (child->error) {
        k7_error *error = take_error(child);

        if (k7_error_get_outcome(error) == K7_OUTCOME_UNKNOWN) /* of reading; nothing was deleted */
            error = k7i_error_with_outcome(error, K7_OUTCOME_NOT_SENT);
        k7i_op_fail_with(op, error);
    } else {
        state->list = child->result;
        child->result = NULL;
    }
}

static enum k7i_verdict give_results(struct k7i_op *op)
{
    struct state *state = op->state;

    k7i_give_results(op, state->results);
    state->results = NULL;
    return K7I_DONE;
}

/* The set is known once every result has its name: from here on the operation succeeds, whatever becomes of the items. */
static enum k7i_verdict list_reply(struct k7i_op *op, const struct k7i_response *response)
{
    struct state *state = op->state;
    k7_error *error = NULL;

    (void)response;
    if (!state->list) /* the child's error, or that of the cancel or the deadline, was kept */
        return op->error ? K7I_FAIL : k7i_op_fail(op, K7_ERR_CANCELLED, "ended before the list was read");
    size_t count = k7_sandboxes_count(state->list);
    if (k7i_results_new(count, &state->results, &error) != 0)
        return k7i_op_fail_with(op, error);
    for (size_t i = 0; i < count; i++) {
        const char *name = k7_sandbox_get_name(k7_sandboxes_at(state->list, i));

        if (k7i_results_set_name(state->results, i, name, &error) != 0)
            return k7i_op_fail_with(op, error);
    }
    return k7i_op_is_ending(op) ? give_results(op) : K7I_NEXT;
}

/* Of each sandbox there would be a delete. */
static enum k7i_verdict list_assume(struct k7i_op *op)
{
    struct state *state = op->state;
    k7_error *error = NULL;

    if (k7i_results_new(1, &state->results, &error) != 0 ||
        k7i_results_set_name(state->results, 0, "{name}", &error) != 0)
        return k7i_op_fail_with(op, error);
    return K7I_NEXT;
}

static const struct k7i_step list = {
    .name = "list",
    .begin = list_begin,
    .child = list_child,
    .joined = list_joined,
    .reply = list_reply,
    .assume = list_assume,
};

/* --- delete each ----------------------------------------------------------------------------------------------------------------- */

static enum k7i_verdict each_begin(struct k7i_op *op, struct k7i_request *request)
{
    (void)request;
    return k7i_op_is_ending(op) ? give_results(op) : K7I_FORK;
}

/* Without memory for a child the rest is not started: the results say so. */
static enum k7i_verdict each_child(struct k7i_op *op, size_t i, struct k7i_op **ret_child)
{
    struct state *state = op->state;
    k7_error *error = NULL;

    if (i >= k7_results_count(state->results))
        return K7I_DONE;
    const char *uid = state->list ? k7_sandbox_get_uid(k7_sandboxes_at(state->list, i)) : NULL;
    if (new_child(op, K7I_DELETE, k7_results_name_at(state->results, i), uid, ret_child, &error) == 0)
        return K7I_NEXT;
    k7i_results_set(state->results, i, K7_ITEM_NOT_STARTED, error);
    return K7I_DONE;
}

static int item_outcome(const k7_error *error)
{
    if (!error)
        return K7_ITEM_DONE;
    if (k7_error_get_outcome(error) == K7_OUTCOME_UNKNOWN)
        return K7_ITEM_UNKNOWN;
    int class = k7_error_get_class(error);
    int ended = class == K7_CLASS_CANCELLED || class == K7_CLASS_TIMEOUT;

    return ended && k7_error_get_outcome(error) == K7_OUTCOME_NOT_SENT ? K7_ITEM_NOT_STARTED : K7_ITEM_FAILED;
}

static void each_joined(struct k7i_op *op, size_t i, struct k7i_op *child)
{
    struct state *state = op->state;
    k7_error *error = take_error(child);

    k7i_error_set_operation(error, child->plan->operation);
    k7i_results_set(state->results, i, item_outcome(error), error);
    state->ended++;
    k7i_op_progress(op, k7_results_name_at(state->results, i), (int64_t)state->ended,
                    (int64_t)k7_results_count(state->results));
}

static enum k7i_verdict each_reply(struct k7i_op *op, const struct k7i_response *response)
{
    (void)response;
    return give_results(op);
}

static const struct k7i_step each = {
    .name = "delete each",
    .begins_anyway = 1,
    .begin = each_begin,
    .child = each_child,
    .joined = each_joined,
    .reply = each_reply,
};

static const struct k7i_step *const steps[] = { &list, &each };

const struct k7i_plan k7i_delete_all_plan = {
    .operation = "delete_all",
    .steps = steps,
    .step_count = 2,
    .state_size = sizeof(struct state),
    .prepare = prepare,
    .clear = clear,
};
