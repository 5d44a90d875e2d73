/* error.h: making errors. An error is made where it happens, with the value that was wrong, and passed up untouched. */
#ifndef K7I_BASE_ERROR_H
#define K7I_BASE_ERROR_H

#include <k7sandbox/error.h>

#include <stdarg.h>

/* k7i_fail: makes an error and returns its code, so that `return k7i_fail(err, …)` reads well. err may be NULL; *err must be NULL before. When memory is
 * too short for the error itself, the static out-of-memory error takes its place and K7_ERR_NO_MEMORY is returned. */
int k7i_fail(k7_error **err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
int k7i_fail_memory(k7_error **err); /* K7_ERR_NO_MEMORY; needs no memory */

/* Details, set by whoever knows them. All accept NULL and the static error (nothing happens), and leave a detail out when memory is too short. */
void k7i_error_set_outcome(k7_error *error, int outcome);
/* The same, also for the static error: returns the error that takes the place of the given one. */
k7_error *k7i_error_with_outcome(k7_error *error, int outcome);
void k7i_error_set_http_status(k7_error *error, int status);
void k7i_error_set_retry_after_ms(k7_error *error, int64_t ms);
void k7i_error_set_retryable(k7_error *error,
                             int retryable); /* default: by code, when the outcome is not UNKNOWN */
void k7i_error_set_reason(k7_error *error, const char *reason);
void k7i_error_set_operation(k7_error *error, const char *operation); /* static text */
void k7i_error_set_step(k7_error *error, const char *step);           /* static text */
void k7i_error_set_server_text(k7_error *error, const char *text,
                               size_t len); /* cut at 4 KiB, at a character's edge */
/* What is left: takes the list and its texts. Needs no memory; the error must not be the static one. */
void k7i_error_take_leftovers(k7_error *error, char **list, size_t count);
int k7i_error_is_static(const k7_error *error); /* the out-of-memory error that cannot be written to */

/* Moves an error to the caller: *to (if to is not NULL) gets it, else it is released. */
void k7i_error_move(k7_error **to, k7_error *error);

#endif
