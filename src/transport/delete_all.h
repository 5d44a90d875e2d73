/* delete_all.h: delete-all composed of a transport's own list and delete: list the namespace, then delete one by one under a cap, and report each. */
#ifndef K7I_TRANSPORT_DELETE_ALL_H
#define K7I_TRANSPORT_DELETE_ALL_H

#include "transport/table.h"

extern const struct k7i_plan k7i_delete_all_plan;

#endif
