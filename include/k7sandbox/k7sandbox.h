/* k7sandbox.h: the whole public interface of libk7sandbox.
 *
 * Conventions, everywhere:
 *  - A function that can fail returns 0 or a negative K7_ERR_* number; its last parameter is `k7_error **err`, which may be NULL.
 *    On entry *err and every output are set to NULL or 0. An error received is released with k7_error_unref().
 *  - Outputs come just before `err` and are named ret_*.
 *  - new/free: builders, owned by one thread at a time. ref/unref: shared objects; unref returns NULL. get/at: borrowed from the object.
 *    set/add: the input is copied. Everything that frees accepts NULL.
 *  - Text is NUL-terminated UTF-8. Units are in the names (timeout_ms, created_unix).
 *  - A callback is a function, a user pointer and an optional function that frees the user pointer; the latter runs exactly once, also when
 *    the call that received it fails. Callbacks run on the thread that makes the call or runs the loop, and may call nothing of this library but the functions for what
 *    they are given, and k7_cancel_trigger();
 *    the completion callbacks of started operations (op.h) may call more.
 *  - In a child process after fork(), every call on a client or a loop of the parent fails with K7_ERR_FORKED. */
#ifndef K7SANDBOX_K7SANDBOX_H
#define K7SANDBOX_K7SANDBOX_H

#include <k7sandbox/export.h>
#include <k7sandbox/library.h>
#include <k7sandbox/error.h>
#include <k7sandbox/config.h>
#include <k7sandbox/client.h>
#include <k7sandbox/call.h>
#include <k7sandbox/spec.h>
#include <k7sandbox/sandbox.h>
#include <k7sandbox/op.h>
#include <k7sandbox/many.h>
#include <k7sandbox/transport.h>
#include <k7sandbox/memory.h>

#endif
