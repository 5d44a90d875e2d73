/* process.h: a program under a loop: what it writes is collected, its end is told, and it can be ended with all that it started. No signal handler: the host
 * program may ignore SIGCHLD, or wait for children that are not its own. */
#ifndef K7I_PLAN_PROCESS_H
#define K7I_PLAN_PROCESS_H

#include "net/credential.h"
#include "plan/loop.h"

struct k7i_process;

/* ended is called once, from k7i_loop_process(), never from here. */
int k7i_process_start(struct k7i_loop *loop, const struct k7i_program *program, void (*ended)(void *user),
                      void *user, struct k7i_process **ret_process, k7_error **err);
/* After ended: 0 and what it wrote (borrowed, NUL-terminated), or how it failed. When nobody knows how it ended, what it wrote has to tell. */
int k7i_process_output(const struct k7i_process *process, const char **ret_output, size_t *ret_len,
                       k7_error **err);
/* One that still runs is killed, and every process in its group. */
void k7i_process_free(struct k7i_process *process);

#endif
