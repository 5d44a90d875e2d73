/* fill.h: what k7_config_load_default() does to a configuration. Only for this folder. */
#ifndef K7I_CONFIG_FILL_H
#define K7I_CONFIG_FILL_H

#include <k7sandbox/config.h>

/* Whether a key is still to be filled in: it exists in this build, and neither it nor what stands for it is set. */
int k7i_config_wants(const k7_config *config, const char *key);
/* Sets a key as found, not as chosen: a client of another transport ignores it. source begins the error: "K7_API_URL", "/path/config.toml:3". */
int k7i_config_fill(k7_config *config, const char *key, const char *value, const char *source,
                    k7_error **err);

#endif
