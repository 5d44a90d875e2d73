/* commands.h: one function per command; each returns the exit status. */
#ifndef K7CTL_COMMANDS_H
#define K7CTL_COMMANDS_H

#include "options.h"
#include "session.h"

int command_create(struct session *session, const k7_spec *spec, const struct options *options);
int command_list(struct session *session, const struct options *options);
int command_get(struct session *session, const struct options *options);
int command_delete(struct session *session, const struct options *options);
int command_delete_all(struct session *session, const struct options *options);

/* These need no endpoint. */
int command_config_keys(const struct options *options);
int command_errors(const struct options *options);

#endif
