/* export.h: how symbols are exported, and every opaque type of libk7sandbox.
 *
 * All types are opaque: they are only ever handled through pointers, so their content may change without breaking the ABI. */
#ifndef K7SANDBOX_EXPORT_H
#define K7SANDBOX_EXPORT_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define K7_API __attribute__((visibility("default")))
#else
#define K7_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct k7_error k7_error;           /* what went wrong; reference counted, freely readable */
typedef struct k7_config k7_config;         /* builder: settings of a client */
typedef struct k7_config_key k7_config_key; /* one row of the table of configuration keys; static */
typedef struct k7_token k7_token;           /* what a token provider fills in */
typedef struct k7_client
    k7_client; /* a connection to one endpoint; reference counted, usable from any thread */
typedef struct k7_cancel k7_cancel; /* cancels calls from any thread or signal handler; reference counted */
typedef struct k7_call k7_call;     /* builder: how one call is to run */
typedef struct k7_progress k7_progress;       /* one progress report, valid during the callback */
typedef struct k7_trace k7_trace;             /* one request attempt, valid during the callback */
typedef struct k7_dry_request k7_dry_request; /* a request that is not sent, valid during the callback */
typedef struct k7_spec k7_spec;               /* builder: the sandbox to create */
typedef struct k7_query k7_query;             /* builder: what to list */
typedef struct k7_delete_options k7_delete_options; /* builder: how to delete */
typedef struct k7_sandbox k7_sandbox;     /* an immutable description of one sandbox; reference counted */
typedef struct k7_sandboxes k7_sandboxes; /* an immutable list of them; reference counted */
typedef struct k7_results k7_results;     /* per-item outcomes; reference counted */
typedef struct k7_transport k7_transport; /* an application's own transport; reference counted */
typedef struct k7_request k7_request;     /* what a custom transport is asked to do */
typedef struct k7_batch k7_batch; /* builder: the items of a call over many, and how fast they may go */
typedef struct k7_loop k7_loop;   /* what started operations run on; used by one thread at a time */
typedef struct k7_op k7_op;       /* one started operation; belongs to the thread of its loop */
typedef struct k7_reply k7_reply; /* how a custom transport answers, exactly once */

#ifdef __cplusplus
}
#endif

#endif
