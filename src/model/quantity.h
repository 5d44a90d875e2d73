/* quantity.h: Kubernetes quantities (resource.Quantity): "500m", "1.5Gi", "12e6". */
#ifndef K7I_MODEL_QUANTITY_H
#define K7I_MODEL_QUANTITY_H

#include <k7sandbox/error.h>
#include <stdint.h>

struct k7i_quantity {
    int64_t
        nanos_high; /* the value is nanos_high * 10^9 + nanos_low billionths; exact, as Kubernetes keeps it */
    int32_t nanos_low; /* 0 … 999999999 */
};

/* field: for the error ("limits.cpu"). Refuses what Kubernetes refuses; a value too large for 2^63-1 units is K7_ERR_INVALID_ARGUMENT. Negative values
 * are refused, too: no field can have one. */
int k7i_quantity_parse(const char *field, const char *text, struct k7i_quantity *ret_quantity,
                       k7_error **err);
int k7i_quantity_is_zero(const struct k7i_quantity *quantity);
/* Whole units, rounded up (as Kubernetes' Value() does): bytes for memory. */
int64_t k7i_quantity_units(const struct k7i_quantity *quantity);
/* Billionths, rounded up, for the engines' NanoCpus: INT64_MAX when larger. */
int64_t k7i_quantity_nanos(const struct k7i_quantity *quantity);

#endif
