/* calling.h: how every call is made, blocking or started: what the front door's files share. */
#ifndef K7I_API_CALLING_H
#define K7I_API_CALLING_H

#include "api/op.h"

/* Blocking with ret_result (NULL: the result is not wanted), or started with loop and ret_op. */
struct k7i_calling {
    enum k7i_operation operation;
    k7_client *client;
    const k7_call *call;
    void **ret_result;
    int is_started;
    k7_loop *loop;
    k7_op **ret_op;
};

/* At the head of every call: the output is written, and who is asked can be. */
int k7i_calling_begin(const struct k7i_calling *calling, k7_error **err);
/* namespace_ NULL: the client's. */
int k7i_calling_namespace(const k7_client *client, const char *namespace_, const char **ret_namespace,
                          k7_error **err);
int k7i_calling_is_dry(const struct k7i_calling *calling);
int k7i_calling_run(const struct k7i_calling *calling, struct k7i_args *args, k7_error **err);
/* The error belongs to the operation, whoever made it. Moves it to the caller. */
int k7i_calling_finish(const struct k7i_calling *calling, int status, k7_error *error, k7_error **err);

#endif
