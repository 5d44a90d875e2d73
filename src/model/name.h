/* name.h: what a name may be (Kubernetes: "Object Names and IDs"; K7 contract, section 6.2). An empty name, ".", "..", a slash, "%", "?" or "#" never passes. */
#ifndef K7I_MODEL_NAME_H
#define K7I_MODEL_NAME_H

#include <k7sandbox/error.h>

int k7i_name_check_sandbox(const char *name,
                           k7_error **err); /* DNS-1123 subdomain, at most 63 characters, not "metrics" */
int k7i_name_check_namespace(const char *namespace_, k7_error **err); /* DNS-1123 label, at most 63 */
/* with expose_ports: "NAME-expose" is a DNS-1035 label: at most 56, starts with a letter, no dots */
int k7i_name_check_exposed(const char *name, k7_error **err);

#endif
