/* report.h: failures, told to a person and to the shell. */
#ifndef K7CTL_REPORT_H
#define K7CTL_REPORT_H

#include <stdio.h>
#include <k7sandbox/k7sandbox.h>

/* Says on stderr what went wrong with what ("create", a file), with hints; releases err; returns the exit status for it. */
int report_error(const char *what, int code, k7_error *err);
/* The hints alone: reason, effect, leftovers, when to try again. */
void report_hints(const k7_error *err);
/* Ends standard output: returns status, or STATUS_FAILED after saying so when something could not be written. */
int report_output(int status);

#endif
