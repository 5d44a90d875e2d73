/* terminal.h: the person in front of the program: signals, questions, and the progress line. */
#ifndef K7CTL_TERMINAL_H
#define K7CTL_TERMINAL_H

#include <k7sandbox/k7sandbox.h>

/* From now on SIGINT, SIGTERM and SIGHUP trigger cancel instead of ending the process; NULL: as before. Those that were ignored stay ignored. */
void terminal_catch_signals(k7_cancel *cancel);
/* The first signal caught, or 0. */
int terminal_caught_signal(void);

/* Asks on the terminal: 1 yes, 0 no (also: end of input, or a signal), -1 there is no terminal. */
int terminal_confirm(const char *question);

/* The progress line: one line on stderr while a call runs, only where stderr is a terminal. begin adds its callbacks to call; end removes the line. Returns 0, or the error
 * number of the library. */
int terminal_progress_begin(k7_call *call, const char *subject, k7_error **err);
void terminal_progress_end(void);

#endif
