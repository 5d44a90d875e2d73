/* memory.c: opening a memory: endpoint, its clock, and how a call reaches the simulated server and comes back. */
#include "transport/memory/memory.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/quote.h"
#include "base/text.h"
#include "transport/delete_all.h"

#include <string.h>

enum { MS_MAX = 600000 };

/* --- open and close -------------------------------------------------------------------------------------------------------------- */

static int read_ms(const struct k7i_endpoint_parameter *parameter, int64_t *ret_ms, k7_error **err)
{
    long long ms;

    if (k7i_text_to_int64(parameter->value, &ms) != 0 || ms < 0 || ms > MS_MAX)
        return k7i_fail(err, K7_ERR_INVALID_CONFIG, "endpoint: %s: %s is not a number from 0 to %d",
                        parameter->name, K7I_QUOTE(parameter->value), MS_MAX);
    *ret_ms = ms;
    return 0;
}

static int read_clock(const char *value, int *ret_manual, k7_error **err)
{
    *ret_manual = k7i_text_equal(value, "manual");
    if (*ret_manual || k7i_text_equal(value, "real"))
        return 0;
    return k7i_fail(err, K7_ERR_INVALID_CONFIG, "endpoint: clock: %s is neither real nor manual",
                    K7I_QUOTE(value));
}

static int read_parameter(struct k7i_memory *memory, const struct k7i_endpoint_parameter *parameter,
                          k7_error **err)
{
    if (k7i_text_equal(parameter->name, "latency_ms"))
        return read_ms(parameter, &memory->latency_ms, err);
    if (k7i_text_equal(parameter->name, "start_ms"))
        return read_ms(parameter, &memory->start_ms, err);
    if (k7i_text_equal(parameter->name, "stop_ms"))
        return read_ms(parameter, &memory->stop_ms, err);
    if (k7i_text_equal(parameter->name, "clock"))
        return read_clock(parameter->value, &memory->manual_clock, err);
    if (k7i_text_equal(parameter->name, "fail"))
        return k7i_memory_faults_parse(parameter->value, &memory->faults, err);
    return k7i_fail(
        err, K7_ERR_INVALID_CONFIG,
        "endpoint: memory: has no parameter %s; it has latency_ms, start_ms, stop_ms, clock, fail",
        K7I_QUOTE(parameter->name));
}

static void memory_close(void *instance)
{
    struct k7i_memory *memory = instance;

    k7i_memory_store_clear(&memory->store);
    k7i_memory_faults_clear(&memory->faults);
    pthread_mutex_destroy(&memory->mutex);
    k7i_free(memory);
}

static int memory_open(const k7_config *config, const struct k7i_endpoint *endpoint, void **ret_instance,
                       k7_error **err)
{
    int status = 0;

    (void)config;
    if (endpoint->host || endpoint->path[0])
        return k7i_fail(err, K7_ERR_INVALID_CONFIG,
                        "endpoint: memory: takes parameters only: memory:?latency_ms=5");
    struct k7i_memory *memory = k7i_calloc(1, sizeof *memory);
    if (!memory)
        return k7i_fail_memory(err);
    pthread_mutex_init(&memory->mutex, NULL);
    for (size_t i = 0; i < endpoint->parameter_count && status == 0; i++)
        status = read_parameter(memory, &endpoint->parameters[i], err);
    if (status != 0) {
        memory_close(memory);
        return status;
    }
    *ret_instance = memory;
    return 0;
}

static const char *const schemes[] = { "memory", NULL };

const struct k7i_transport k7i_transport_memory = {
    .name = "memory",
    .schemes = schemes,
    .open = memory_open,
    .close = memory_close,
    .plans = {
        [K7I_CREATE] = &k7i_memory_create_plan,
        [K7I_LIST] = &k7i_memory_list_plan,
        [K7I_GET] = &k7i_memory_get_plan,
        [K7I_DELETE] = &k7i_memory_delete_plan,
        [K7I_DELETE_ALL] = &k7i_delete_all_plan,
    },
};

/* --- the clock ------------------------------------------------------------------------------------------------------------------- */

void k7i_memory_lock(struct k7i_memory *memory)
{
    pthread_mutex_lock(&memory->mutex);
}

void k7i_memory_unlock(struct k7i_memory *memory)
{
    pthread_mutex_unlock(&memory->mutex);
}

int64_t k7i_memory_now_ms(const struct k7i_memory *memory, const struct k7i_op *op)
{
    return memory->manual_clock ? memory->manual_now_ms : k7i_op_now_ms(op);
}

void k7i_memory_wake_all(struct k7i_memory *memory)
{
    for (struct k7i_memory_call *call = memory->waiting; call; call = call->next)
        k7i_waker_wake(call->waker);
}

int k7i_memory_advance(struct k7i_memory *memory, int64_t ms, k7_error **err)
{
    const int64_t end_ms = INT64_MAX - MS_MAX; /* leaves room for what is added to it */

    if (!memory->manual_clock)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT,
                        "the clock is real; open the endpoint with clock=manual");
    if (ms < 0)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "ms: %lld is negative; time goes forward only",
                        (long long)ms);
    k7i_memory_lock(memory);
    memory->manual_now_ms = ms < end_ms - memory->manual_now_ms ? memory->manual_now_ms + ms : end_ms;
    k7i_memory_wake_all(memory);
    k7i_memory_unlock(memory);
    return 0;
}

/* --- calls ----------------------------------------------------------------------------------------------------------------------- */

/* A call stays in the list from its first wait to its end: being woken once too often does no harm. */
enum k7i_verdict k7i_memory_wait_until(struct k7i_op *op, struct k7i_memory_call *call, int64_t due_ms)
{
    struct k7i_memory *memory = call->memory;

    if (!memory->manual_clock)
        return k7i_op_sleep(op, due_ms - k7i_op_now_ms(op));
    if (!call->link) {
        if (!(call->waker = k7i_op_waker(op)))
            return k7i_op_fail_memory(op);
        call->next = memory->waiting;
        if (call->next)
            call->next->link = &call->next;
        call->link = &memory->waiting;
        memory->waiting = call;
    }
    return K7I_WAIT;
}

void k7i_memory_end(struct k7i_memory_call *call)
{
    if (!call->waker) /* it never waited; `link` may be written by other calls, the waker is ours */
        return;
    k7i_memory_lock(call->memory);
    *call->link = call->next;
    if (call->next)
        call->next->link = call->link;
    k7i_memory_unlock(call->memory);
    call->link = NULL;
    call->waker = k7i_waker_unref(call->waker);
}

/* With the lock held. */
static enum k7i_verdict arrive(struct k7i_op *op, struct k7i_memory_call *call, enum k7i_operation operation,
                               int *ret_fault)
{
    struct k7i_memory *memory = call->memory;
    int64_t now_ms = k7i_memory_now_ms(memory, op);

    if (!call->sent) {
        call->sent = 1;
        call->due_ms = now_ms + memory->latency_ms;
    }
    if (now_ms < call->due_ms)
        return k7i_memory_wait_until(op, call, call->due_ms);
    call->arrived = 1;
    *ret_fault = k7i_memory_faults_next(&memory->faults, operation);
    return K7I_NEXT;
}

enum k7i_verdict k7i_memory_arrive(struct k7i_op *op, struct k7i_memory_call *call,
                                   enum k7i_operation operation)
{
    int fault = K7I_FAULT_NONE;

    if (call->hanging)
        return K7I_WAIT;
    if (call->arrived)
        return K7I_NEXT;
    k7i_memory_lock(call->memory);
    enum k7i_verdict verdict = arrive(op, call, operation, &fault);
    k7i_memory_unlock(call->memory);
    if (verdict != K7I_NEXT || fault == K7I_FAULT_NONE)
        return verdict;
    if (fault == K7I_FAULT_LOST) {
        call->answer_lost = 1;
        return K7I_NEXT;
    }
    if (fault == K7I_FAULT_HANG) {
        call->hanging = 1;
        k7i_op_handed_over(op, k7i_memory_repeat_of(operation));
        return K7I_WAIT;
    }
    return k7i_memory_fault_fail(op, operation, fault);
}

enum k7i_verdict k7i_memory_return(struct k7i_op *op, const struct k7i_memory_call *call)
{
    int operation = k7i_operation_of_name(op->plan->operation);

    return call->answer_lost ? k7i_memory_fault_fail(op, (enum k7i_operation)operation, K7I_FAULT_LOST)
                             : K7I_NEXT;
}

int k7i_memory_describe(const struct k7i_memory_entry *entry, int64_t now_ms, k7_sandbox **ret_sandbox,
                        k7_error **err)
{
    struct k7i_sandbox_fields fields = K7I_SANDBOX_FIELDS;
    char age[64];

    k7i_sandbox_format_age((now_ms - entry->created_ms) / 1000, age, sizeof age);
    fields.ready = entry->gone_ms < 0 && now_ms >= entry->ready_ms;
    fields.status = entry->gone_ms >= 0 ? "Terminating" : fields.ready ? "Running" : "Pending";
    fields.reason = entry->gone_ms >= 0 ? "Terminating" : fields.ready ? NULL : "ContainerCreating";
    fields.name = entry->name;
    fields.namespace_ = entry->namespace_;
    fields.image = entry->image;
    fields.backend = entry->backend;
    fields.uid = entry->uid;
    fields.node = "memory";
    fields.error_message = "";
    fields.age_text = age;
    fields.restarts = 0;
    fields.created_unix = entry->created_unix;
    fields.node_ports = entry->node_ports;
    fields.node_port_count = entry->node_port_count;
    fields.has_node_ports = entry->node_port_count > 0;
    return k7i_sandbox_new(&fields, ret_sandbox, err);
}
