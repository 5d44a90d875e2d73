/* admission.h: what is decided from the head of a request alone, before a byte of its body is read. */
#ifndef GATEWAY_ADMISSION_H
#define GATEWAY_ADMISSION_H

#include <stdbool.h>

#include "request.h"

/* version: as the HTTP library gives it. Returns whether the request may go on; if not, request->answer says why. Fills in the route, the key and the
 * arguments from the target. */
bool admit(struct request *request, const char *version);

#endif
