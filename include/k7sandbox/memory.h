/* memory.h: the clock of the memory transport, for tests of programs that use this library.
 *
 * memory: is a complete in-process simulation. Endpoint parameters: "memory:?latency_ms=5&start_ms=100&clock=manual&fail=create:429*2,list:503".
 *   latency_ms  how long each operation takes (0 … 600000; default 0)
 *   start_ms    how long a new sandbox stays Pending before it is Running and ready (default 0)
 *   stop_ms     how long a deleted sandbox takes to go (default 0)
 *   clock       "real" (default) or "manual": time stands still until k7_memory_advance()
 *   fail        comma separated OPERATION:WHAT[*TIMES]; WHAT is an HTTP status (400 … 599), "lost" (carried out, answer lost), "hang"
 *               (never answers) or "unreachable"; TIMES defaults to always. OPERATION is create, list, get or delete: delete_all is made of list
 *               and delete, and taking back a create is a delete
 * No before_script is run: one whose last command is "exit N" with N from 1 to 255 ends the create with K7_ERR_SCRIPT_FAILED, any other succeeds.
 * Every client opened has a store of its own. Namespaces need not be made first. */
#ifndef K7SANDBOX_MEMORY_H
#define K7SANDBOX_MEMORY_H

#include <k7sandbox/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/* k7_memory_advance: moves the manual clock of a memory: client forward by ms (0 or more) and wakes calls that wait on it.
 * Errors: K7_ERR_INVALID_ARGUMENT (another transport, a negative ms, or the clock is real). Any thread. Since 0.1. */
K7_API int k7_memory_advance(k7_client *client, int64_t ms, k7_error **err);

#ifdef __cplusplus
}
#endif

#endif
