/* plans.c: each operation is one step: ask the application's function, wait for the answer, read it. */
#include "transport/custom/custom.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

#include <string.h>

struct state {
    k7_reply *reply;
    int asked;
};

static int prepare(struct k7i_op *op, const struct k7i_args *args, k7_error **err)
{
    struct state *state = op->state;
    int operation = k7i_operation_of_name(op->plan->operation);

    return k7i_custom_reply_new(op->instance, (enum k7i_operation)operation, args, &state->reply, err);
}

static void clear(struct k7i_op *op)
{
    struct state *state = op->state;

    if (state->reply) {
        atomic_store(&state->reply->request.is_over, 1);
        k7i_custom_reply_unref(state->reply);
    }
}

/* --- asking ---------------------------------------------------------------------------------------------------------------------- */

static enum k7i_verdict ask(struct k7i_op *op)
{
    struct state *state = op->state;
    k7_reply *reply = state->reply;
    const struct k7i_custom *custom = op->instance;
    int64_t remaining_ms = k7i_op_remaining_ms(op);

    if (!(reply->waker = k7i_op_waker(op)))
        return k7i_op_fail_memory(op);
    if (remaining_ms != K7_NEVER)
        reply->request.deadline_ms = k7i_clock_real.now_ms(&k7i_clock_real) + remaining_ms;
    state->asked = 1;
    k7i_op_handed_over(op, reply->request.operation == K7I_CREATE ? K7I_REPEAT_UNSENT : K7I_REPEAT_SAFE);
    atomic_fetch_add(&reply->references, 1); /* the application's */
    custom->transport->functions[reply->request.operation](custom->transport->user, &reply->request, reply);
    return K7I_NEXT;
}

/* --- reading the answer ---------------------------------------------------------------------------------------------------------- */

/* Errors that say that the application's server was never asked, or that nobody knows what became of it. Any other is a refusal. */
static int outcome_of_code(int code)
{
    switch (code) {
    case K7_ERR_CONNECTION_LOST:
    case K7_ERR_TIMEOUT:
    case K7_ERR_SERVER:
    case K7_ERR_PROTOCOL:
    case K7_ERR_LIMIT:
        return K7_OUTCOME_UNKNOWN;
    case K7_ERR_NO_MEMORY:
    case K7_ERR_INVALID_ARGUMENT:
    case K7_ERR_INVALID_CONFIG:
    case K7_ERR_PARSE:
    case K7_ERR_IO:
    case K7_ERR_UNSUPPORTED_OPERATION:
    case K7_ERR_UNSUPPORTED_ARGUMENT:
    case K7_ERR_RESOLVE:
    case K7_ERR_CONNECT:
    case K7_ERR_TLS:
    case K7_ERR_FORKED:
    case K7_ERR_SYSTEM:
    case K7_ERR_CREDENTIAL:
        return K7_OUTCOME_NOT_SENT;
    default:
        return K7_OUTCOME_REJECTED;
    }
}

/* A message of several lines, or in another encoding, is not shown as it is. */
static void plain_text(char *text)
{
    int utf8 = k7i_text_is_utf8(text, strlen(text));

    for (char *p = text; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7F)
            *p = ' ';
        else if (!utf8 && (unsigned char)*p >= 0x80)
            *p = '?';
    }
}

static enum k7i_verdict fail_as_told(struct k7i_op *op, k7_reply *reply)
{
    const char *meaning = k7_error_code_meaning(reply->code);
    k7_error *error = NULL;

    if (!meaning)
        return k7i_op_fail(op, K7_ERR_PROTOCOL, "the transport answered %s with %d, which is no error number",
                           op->plan->operation, reply->code);
    if (reply->text)
        plain_text(reply->text);
    k7i_fail(&error, reply->code, "%s", reply->text && reply->text[0] ? reply->text : meaning);
    int outcome = outcome_of_code(reply->code);
    k7i_error_set_outcome(error, outcome);
    if (outcome != K7_OUTCOME_UNKNOWN)
        k7i_op_refused(op);
    return k7i_op_fail_with(op, error);
}

static enum k7i_verdict wrong_answer(struct k7i_op *op, const char *wanted)
{
    return k7i_op_fail(op, K7_ERR_PROTOCOL, "the transport answered %s with something else than %s",
                       op->plan->operation, wanted);
}

/* The error of a text that is not what it should be names the text as the transport's fault. */
static enum k7i_verdict unreadable(struct k7i_op *op, k7_error *error)
{
    if (k7_error_get_code(error) == K7_ERR_NO_MEMORY || k7_error_get_code(error) == K7_ERR_PROTOCOL)
        return k7i_op_fail_with(op, error);
    k7i_op_fail(op, K7_ERR_PROTOCOL, "the transport's answer to %s: %s", op->plan->operation,
                k7_error_get_message(error));
    k7_error_unref(error);
    return K7I_FAIL;
}

static enum k7i_verdict read_sandbox(struct k7i_op *op, const k7_reply *reply)
{
    struct k7i_json *json = NULL;
    k7_sandbox *sandbox = NULL;
    k7_error *error = NULL;
    int status = k7i_json_parse(reply->text, reply->len, &json, &error);

    if (status == 0)
        status = k7i_sandbox_from_json(k7i_json_root(json), reply->request.namespace_, &sandbox, &error);
    k7i_json_free(json);
    if (status != 0)
        return unreadable(op, error);
    k7i_give_sandbox(op, sandbox);
    return K7I_DONE;
}

static enum k7i_verdict read_list(struct k7i_op *op, const k7_reply *reply)
{
    struct k7i_json *json = NULL;
    k7_sandboxes *list = NULL;
    k7_error *error = NULL;
    int status = k7i_json_parse(reply->text, reply->len, &json, &error);

    if (status == 0)
        status = k7i_sandboxes_from_json(k7i_json_root(json), reply->request.namespace_, &list, &error);
    k7i_json_free(json);
    if (status != 0)
        return unreadable(op, error);
    k7i_give_list(op, list);
    return K7I_DONE;
}

static enum k7i_verdict read_answer(struct k7i_op *op, enum k7i_answer answer)
{
    k7_reply *reply = ((struct state *)op->state)->reply;
    enum k7i_operation operation = reply->request.operation;

    if (answer == K7I_ANSWER_ERROR) {
        if (operation == K7I_DELETE && reply->code == K7_ERR_NOT_FOUND && !reply->request.missing_is_error)
            return K7I_DONE;
        return fail_as_told(op, reply);
    }
    k7i_op_took_effect(op);
    if (operation == K7I_DELETE)
        return answer == K7I_ANSWER_DONE ? K7I_DONE : wrong_answer(op, "done");
    if (operation == K7I_LIST && answer != K7I_ANSWER_LIST)
        return wrong_answer(op, "a list");
    if (operation != K7I_LIST && answer != K7I_ANSWER_SANDBOX)
        return wrong_answer(op, "a sandbox");
    if (!reply->text)
        return k7i_op_fail_memory(op);
    return operation == K7I_LIST ? read_list(op, reply) : read_sandbox(op, reply);
}

static enum k7i_verdict begin(struct k7i_op *op, struct k7i_request *request)
{
    struct state *state = op->state;
    enum k7i_verdict verdict;
    enum k7i_answer answer;

    (void)request;
    if (!state->asked && (verdict = ask(op)) != K7I_NEXT)
        return verdict;
    answer = k7i_custom_reply_answer(state->reply);
    return answer == K7I_ANSWER_NONE ? K7I_WAIT : read_answer(op, answer);
}

static const struct k7i_step step = { .name = "ask", .begin = begin };
static const struct k7i_step *const steps[] = { &step };

#define PLAN(name)                                                                                           \
    {                                                                                                        \
        .operation = name, .steps = steps, .step_count = 1, .state_size = sizeof(struct state),              \
        .prepare = prepare, .clear = clear,                                                                  \
    }

const struct k7i_plan k7i_custom_create_plan = PLAN("create");
const struct k7i_plan k7i_custom_list_plan = PLAN("list");
const struct k7i_plan k7i_custom_get_plan = PLAN("get");
const struct k7i_plan k7i_custom_delete_plan = PLAN("delete");
