/* show.h: how the C program writes what it got. */
#ifndef SCENARIOS_SHOW_H
#define SCENARIOS_SHOW_H

#include <k7sandbox/k7sandbox.h>
#include <stdio.h>

extern int full; /* everything is shown, not only what is the same over every transport */

/* One value: its line breaks as "\n"; "-" for nothing. */
void show_text(FILE *out, const char *name, const char *value);
void show_error(FILE *out, const k7_error *error);
/* A sandbox; made: create's answer, of which some servers tell only the name, the namespace and the image. */
void show_sandbox(FILE *out, const k7_sandbox *sandbox, int made);
void show_list(FILE *out, const k7_sandboxes *list);
void show_results(FILE *out, const k7_results *results, int ordered);
void show_fields(FILE *out, const k7_spec *spec);
void show_client(FILE *out, k7_client *client);

#endif
