/* spec.h: the sandbox to create, from -f and the flags. */
#ifndef K7CTL_SPEC_H
#define K7CTL_SPEC_H

#include <k7sandbox/k7sandbox.h>
#include "options.h"

/* Returns STATUS_DONE and a spec to be freed; or another exit status after saying on stderr what is wrong. */
int spec_from_options(const struct options *options, k7_spec **ret_spec);

#endif
