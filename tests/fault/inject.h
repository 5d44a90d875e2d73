/* inject.h: makes the n-th allocation, or the n-th interaction with the system, fail: of this whole process, libcurl and json-c included. */
#ifndef FAULT_INJECT_H
#define FAULT_INJECT_H

enum inject_kind {
    INJECT_ALLOCATION,  /* one */
    INJECT_ALLOCATIONS, /* the n-th and all after it: nothing can be had any more */
    INJECT_SYSTEM       /* one */
};

enum inject_result {
    INJECT_NOT_REACHED, /* there were fewer */
    INJECT_FAILED,      /* it was made to fail */
    INJECT_SPARED /* its turn came in a place where the library that made it does not survive: inject_spared() */
};

void inject_arm(enum inject_kind kind, long n); /* n from 0 */
enum inject_result inject_disarm(void);
const char *inject_where(void);    /* what was made to fail, or was spared and why */
long inject_outstanding(void);     /* allocations not yet freed */
int inject_open_descriptors(void); /* how many */

#endif
