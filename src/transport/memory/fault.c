/* fault.c: reads "fail=create:429*2,list:503", counts, and makes the errors that a client of a real server would see. */
#include "transport/memory/fault.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/quote.h"
#include "base/text.h"

#include <string.h>

enum { FAULTS_MAX = 64, FAULT_TEXT = 64 };

static int read_what(const char *text)
{
    long long status;

    if (k7i_text_equal(text, "lost"))
        return K7I_FAULT_LOST;
    if (k7i_text_equal(text, "hang"))
        return K7I_FAULT_HANG;
    if (k7i_text_equal(text, "unreachable"))
        return K7I_FAULT_UNREACHABLE;
    return k7i_text_to_int64(text, &status) == 0 && status >= 400 && status <= 599 ? (int)status
                                                                                   : K7I_FAULT_NONE;
}

/* item: "create:429*2"; it is cut into its parts. */
static int read_item(char *item, struct k7i_memory_fault *fault)
{
    char *what = strchr(item, ':'), *star = strchr(item, '*');
    long long times = -1;

    if (!what)
        return -1;
    *what++ = 0;
    if (star) {
        *star++ = 0;
        if (k7i_text_to_int64(star, &times) != 0 || times < 1)
            return -1;
    }
    int operation = k7i_operation_of_name(item);
    if (operation < 0 || operation == K7I_DELETE_ALL)
        return -1;
    fault->operation = (enum k7i_operation)operation;
    fault->what = read_what(what);
    fault->times = times;
    return fault->what == K7I_FAULT_NONE ? -1 : 0;
}

int k7i_memory_faults_parse(const char *text, struct k7i_memory_faults *faults, k7_error **err)
{
    size_t count = 1;

    for (const char *comma = strchr(text, ','); comma; comma = strchr(comma + 1, ','))
        count++;
    if (count > FAULTS_MAX)
        return k7i_fail(err, K7_ERR_INVALID_CONFIG, "endpoint: fail has more than %d entries", FAULTS_MAX);
    if (!(faults->items = k7i_calloc(count, sizeof *faults->items)))
        return k7i_fail_memory(err);
    for (const char *item = text; faults->count < count; faults->count++) {
        size_t len = strcspn(item, ",");
        char copy[FAULT_TEXT];

        if (len < sizeof copy) {
            memcpy(copy, item, len);
            copy[len] = 0;
        }
        if (len >= sizeof copy || read_item(copy, &faults->items[faults->count]) != 0)
            return k7i_fail(
                err, K7_ERR_INVALID_CONFIG,
                "endpoint: fail: %s does not begin with OPERATION:WHAT[*TIMES] with create, list, get or "
                "delete, and 400 … 599, lost, hang or unreachable",
                K7I_QUOTE(item));
        item += len + (item[len] == ',');
    }
    return 0;
}

void k7i_memory_faults_clear(struct k7i_memory_faults *faults)
{
    k7i_free(faults->items);
    *faults = (struct k7i_memory_faults){ 0 };
}

int k7i_memory_faults_next(struct k7i_memory_faults *faults, enum k7i_operation operation)
{
    for (size_t i = 0; i < faults->count; i++) {
        struct k7i_memory_fault *fault = &faults->items[i];

        if (fault->operation == operation && fault->times != 0) {
            fault->times -= fault->times > 0;
            return fault->what;
        }
    }
    return K7I_FAULT_NONE;
}

static int code_of_status(int status, enum k7i_operation operation)
{
    switch (status) {
    case 401:
        return K7_ERR_UNAUTHENTICATED;
    case 403:
        return K7_ERR_FORBIDDEN;
    case 404:
        return K7_ERR_NOT_FOUND;
    case 409:
        return operation == K7I_CREATE ? K7_ERR_ALREADY_EXISTS : K7_ERR_CONFLICT;
    case 429:
        return K7_ERR_RATE_LIMITED;
    case 502:
    case 503:
    case 504:
        return K7_ERR_UNAVAILABLE;
    default:
        return status < 500 ? K7_ERR_REJECTED : K7_ERR_SERVER;
    }
}

enum k7i_repeat k7i_memory_repeat_of(enum k7i_operation operation)
{
    return operation == K7I_CREATE ? K7I_REPEAT_UNSENT : K7I_REPEAT_SAFE;
}

/* A write answered with 408 or 5xx may have taken effect; a read has none that could be in doubt. */
static int is_doubtful(int what, enum k7i_operation operation)
{
    if (what == K7I_FAULT_LOST)
        return 1;
    return (what == 408 || what >= 500) && (operation == K7I_CREATE || operation == K7I_DELETE);
}

enum k7i_verdict k7i_memory_fault_fail(struct k7i_op *op, enum k7i_operation operation, int what)
{
    const char *name = k7i_operation_name(operation);
    k7_error *error = NULL;

    if (is_doubtful(what, operation))
        k7i_op_handed_over(op, k7i_memory_repeat_of(operation));
    if (what == K7I_FAULT_UNREACHABLE)
        return k7i_op_fail(op, K7_ERR_CONNECT, "the simulated server is unreachable for %s, as fail= demands",
                           name);
    if (what == K7I_FAULT_LOST)
        return k7i_op_fail(op, K7_ERR_CONNECTION_LOST, "the answer to %s was lost, as fail= demands", name);
    k7i_fail(&error, code_of_status(what, operation),
             "the simulated server answered %s with status %d, as fail= demands", name, what);
    k7i_error_set_http_status(error, what);
    return k7i_op_fail_with(op, error);
}
