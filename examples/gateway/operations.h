/* operations.h: what each route does. All of them fill in request->answer; those that are not open run on a worker and may take long. */
#ifndef GATEWAY_OPERATIONS_H
#define GATEWAY_OPERATIONS_H

#include "request.h"

void operation_root(struct request *request);
void operation_health(struct request *request);
void operation_list(struct request *request);
void operation_create(struct request *request); /* create.c */
void operation_get(struct request *request);
void operation_delete(struct request *request);
void operation_delete_all(struct request *request);

/* A call with the request's cancel token. Returns 0, or -1 after answering that memory ran out. */
int operation_call(struct request *request, k7_call **ret_call);
/* Answers with an error of the library and releases it. */
void operation_fail(struct request *request, k7_error *error, const char *message);

#endif
