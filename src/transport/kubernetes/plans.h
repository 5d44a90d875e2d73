/* plans.h: the operations of the kubernetes transport, one file each. */
#ifndef K7I_KUBERNETES_PLANS_H
#define K7I_KUBERNETES_PLANS_H

#include "plan/op.h"

extern const struct k7i_plan k7i_kubernetes_create_plan, k7i_kubernetes_list_plan, k7i_kubernetes_get_plan,
    k7i_kubernetes_delete_plan;

#endif
