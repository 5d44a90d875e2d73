/* many.h: operations over a batch, composed of a transport's own create, get or delete for each item. */
#ifndef K7I_TRANSPORT_MANY_H
#define K7I_TRANSPORT_MANY_H

#include "transport/table.h"

/* The plan of any operation; NULL: unsupported. */
const struct k7i_plan *k7i_plan_of(const struct k7i_transport *transport, enum k7i_operation operation);
/* What an operation over many does with each item; any other operation: itself. */
enum k7i_operation k7i_operation_of_item(enum k7i_operation operation);

#endif
