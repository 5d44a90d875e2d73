/* rest.h: what the files of the rest transport share: the client's instance, the state of one operation, and how answers are read. Knows the
 * K7 REST API (K7 contract, sections 1 and 6); knows neither sockets nor the other transports. */
#ifndef K7I_TRANSPORT_REST_REST_H
#define K7I_TRANSPORT_REST_REST_H

#include "format/json.h"
#include "transport/rest/server.h"
#include "transport/table.h"

/* One per client. */
struct k7i_rest {
    struct k7i_peer *peer;
    int has_credential;
    struct k7i_rest_server server;
};

/* Whether create made the sandbox, for taking it back. */
enum k7i_rest_made { K7I_REST_MADE_UNKNOWN, K7I_REST_MADE, K7I_REST_NOT_MADE };

/* The state of every operation of this transport. */
struct k7i_rest_state {
    char *namespace_; /* NULL: all (list only) */
    char *name;       /* NULL: list */
    /* create */
    char *image;
    struct k7i_buf body;
    struct k7i_rest_needs needs;
    int unexplained; /* the server refused without saying why */
    enum k7i_rest_made made;
    int64_t sent_us; /* when, by k7i_now_us() */
    char *left;      /* what the server says it left; NULL: it does not say */
    /* list, get, delete */
    int doubtful; /* the answer would look the same while K7's server cannot reach Kubernetes */
    int wait, look_first;
    int64_t pause_ms;
};

extern const struct k7i_plan k7i_rest_create_plan, k7i_rest_list_plan, k7i_rest_get_plan,
    k7i_rest_delete_plan;

/* --- state.c: preparing an operation --- */

static inline struct k7i_rest *k7i_rest_of(const struct k7i_op *op)
{
    return op->instance;
}
static inline struct k7i_rest_state *k7i_rest_state_of(const struct k7i_op *op)
{
    return op->state;
}
int k7i_rest_prepare(struct k7i_op *op, const struct k7i_args *args, k7_error **err);
void k7i_rest_clear(struct k7i_op *op);

/* The request for the operation's sandbox: METHOD /api/v1/sandboxes/NAME?namespace=NAMESPACE. */
enum k7i_verdict k7i_rest_sandbox_request(const struct k7i_op *op, const char *method,
                                          struct k7i_request *request);
enum k7i_verdict k7i_rest_request(struct k7i_request *request, const char *method, const char *path);

/* --- answer.c: reading answers --- */

/* Reads the body of a 2xx. Returns 1 with *ret_json (to be freed) and *ret_data, the envelope's `data` or, without an envelope, the whole; both are NULL for an
 * empty body. Returns 0 when the operation was failed: garbage, or an error in spite of the status. */
int k7i_rest_read(struct k7i_op *op, const struct k7i_response *response, struct k7i_json **ret_json,
                  const struct k7i_json_value **ret_data);
/* Reads `data` as the operation's own sandbox and gives it. */
enum k7i_verdict k7i_rest_give_sandbox(struct k7i_op *op, const struct k7i_response *response);

/* --- age.c: was it there before? --- */

/* Compares the sandbox in an answer with state->sent_us: 1: it is older than that request, -1: it was made since, 0: that cannot be told. */
int k7i_rest_compare_age(struct k7i_op *op, const struct k7i_response *response);

/* --- refusal.c: what a refusing answer says --- */

enum k7i_rest_shape {
    K7I_REST_EMPTY,      /* no body */
    K7I_REST_ENVELOPE,   /* {"error":{"code":…,"message":…}}: K7's handlers */
    K7I_REST_DETAIL,     /* {"detail":"…"}: its framework: a path or method that it does not know */
    K7I_REST_VALIDATION, /* {"detail":[…]}: its framework: a body or query that does not fit */
    K7I_REST_FOREIGN     /* anything else: not from K7 */
};

struct k7i_rest_refusal {
    enum k7i_rest_shape shape;
    char *text;   /* one line for a person; "" when it said nothing */
    char *reason; /* the server's own code, or NULL */
    /* Our gateway's: */
    int is_unknown; /* what it asked its endpoint for may have been done */
    char *left;     /* what it could not take back there, or NULL */
};

/* 0, or -1 without memory. Release with k7i_rest_refusal_clear() in both cases. */
int k7i_rest_refusal_read(const char *body, size_t len, struct k7i_rest_refusal *ret_refusal);
void k7i_rest_refusal_clear(struct k7i_rest_refusal *refusal);

/* --- failure.c: refusing answers as errors --- */

/* The answer's refusal, without the credential should the server send that back. As k7i_rest_refusal_read(). */
int k7i_rest_refusal_of(const struct k7i_op *op, const struct k7i_response *response,
                        struct k7i_rest_refusal *ret_refusal);
/* Fails the operation with what the answer says. */
enum k7i_verdict k7i_rest_refuse(struct k7i_op *op, const struct k7i_response *response);
/* Whether it is K7's own "not found" of a sandbox, not that of a server that has no such path: 1, 0, or -1 without memory. */
int k7i_rest_is_missing(const struct k7i_response *response);
enum k7i_verdict k7i_rest_missing(struct k7i_op *op);
/* "sandbox "demo" in namespace "default"", "the sandboxes of all namespaces" */
void k7i_rest_subject(const struct k7i_op *op, struct k7i_buf *text);

/* --- prose.c: what K7's sentences mean --- */

/* The K7_ERR_* that a 400 of K7's core means, told from its text only where that is certain; 0: nothing more than that. */
int k7i_rest_prose_code(const char *operation, const char *name, const char *text);
/* The error number that a code string means ("QuotaExceeded", "AlreadyExists"); 0: none. */
int k7i_rest_reason_code(const char *reason);
/* Appends K7's text as one short line: its quotation of a Kubernetes answer with all headers becomes that answer's message. */
void k7i_rest_summary(const char *text, struct k7i_buf *line);

/* --- outage.c: telling nothing there from nothing seen --- */

extern const struct k7i_step k7i_rest_outage_step;

#endif
