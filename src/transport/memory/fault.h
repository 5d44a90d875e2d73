/* fault.h: failures on demand: the parameter "fail" of a memory: endpoint. */
#ifndef K7I_TRANSPORT_MEMORY_FAULT_H
#define K7I_TRANSPORT_MEMORY_FAULT_H

#include "transport/table.h"

/* What happens to a request: an HTTP status (400 … 599), or one of these. */
enum { K7I_FAULT_NONE = 0, K7I_FAULT_LOST = -1, K7I_FAULT_HANG = -2, K7I_FAULT_UNREACHABLE = -3 };

struct k7i_memory_fault {
    enum k7i_operation operation;
    int what;
    int64_t times; /* how often still; -1: always */
};

struct k7i_memory_faults {
    size_t count;
    struct k7i_memory_fault *items;
};

/* text: "create:429*2,list:503". Errors: K7_ERR_INVALID_CONFIG. */
int k7i_memory_faults_parse(const char *text, struct k7i_memory_faults *faults, k7_error **err);
void k7i_memory_faults_clear(struct k7i_memory_faults *faults);
/* What happens to this request of an operation, and counts it. */
int k7i_memory_faults_next(struct k7i_memory_faults *faults, enum k7i_operation operation);
enum k7i_repeat k7i_memory_repeat_of(enum k7i_operation operation);
/* Fails the operation as an answer of this status, or the lack of one, does over rest. */
enum k7i_verdict k7i_memory_fault_fail(struct k7i_op *op, enum k7i_operation operation, int what);

#endif
