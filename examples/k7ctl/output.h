/* output.h: sandboxes and results on standard output: as a table for people, as the K7 API's own objects for programs. */
#ifndef K7CTL_OUTPUT_H
#define K7CTL_OUTPUT_H

#include <k7sandbox/k7sandbox.h>

/* Each returns the exit status. */
int output_created(const k7_sandbox *sandbox, int json);
int output_sandbox(k7_sandbox *sandbox, int json);
int output_sandboxes(k7_sandbox *const *sandboxes, size_t count, int json);
int output_deleted(const char *name, int json);
int output_results(const k7_results *results, int json);

#endif
