/* custom.h: the inside of an application's transport, and of one question to it. */
#ifndef K7I_TRANSPORT_CUSTOM_CUSTOM_H
#define K7I_TRANSPORT_CUSTOM_CUSTOM_H

#include "transport/table.h"

#include <k7sandbox/transport.h>
#include <pthread.h>
#include <stdatomic.h>

typedef void k7i_custom_fn(void *user, const k7_request *request, k7_reply *reply);

struct k7_transport {
    atomic_int references;
    atomic_int in_use; /* given to a configuration: its functions are fixed */
    char *scheme;
    void *user;
    void (*free_user)(void *user);
    k7i_custom_fn *functions[K7I_OPERATIONS];
};

/* What a client of the scheme keeps. */
struct k7i_custom {
    k7_transport *transport;
    char *endpoint; /* as configured */
};

struct k7_request {
    enum k7i_operation operation;
    char *endpoint, *namespace_, *name, *uid;
    k7_spec *spec;
    int missing_is_error, no_wait;
    int64_t deadline_ms; /* of the monotonic clock, or K7_NEVER */
    atomic_int is_over;  /* the call has ended: nobody waits for the answer */
};

enum k7i_answer { K7I_ANSWER_NONE, K7I_ANSWER_SANDBOX, K7I_ANSWER_LIST, K7I_ANSWER_DONE, K7I_ANSWER_ERROR };

/* A question and its answer: one reference is the operation's, the other the application's until it answers. */
struct k7_reply {
    atomic_int references;
    struct k7_request request;
    struct k7i_waker *waker;
    pthread_mutex_t mutex; /* guards what follows */
    enum k7i_answer answer;
    int code;   /* of K7I_ANSWER_ERROR */
    char *text; /* JSON, or the error's message; NULL: memory was too short for it, or none was given */
    size_t len;
};

int k7i_custom_reply_new(const struct k7i_custom *custom, enum k7i_operation operation,
                         const struct k7i_args *args, k7_reply **ret_reply, k7_error **err);
k7_reply *k7i_custom_reply_unref(k7_reply *reply); /* NULL */
/* The answer that has come, or K7I_ANSWER_NONE; once it is there it does not change. */
enum k7i_answer k7i_custom_reply_answer(k7_reply *reply);

extern const struct k7i_plan k7i_custom_create_plan, k7i_custom_list_plan, k7i_custom_get_plan,
    k7i_custom_delete_plan;

#endif
