/* cancel.h: the inside of a cancel token: a counter and an eventfd that stays readable once triggered. */
#ifndef K7I_PLAN_CANCEL_H
#define K7I_PLAN_CANCEL_H

#include <k7sandbox/call.h>

int k7i_cancel_fd(const k7_cancel *cancel);

#endif
