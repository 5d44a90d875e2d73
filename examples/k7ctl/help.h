/* help.h: the tables of commands and options: read by the parser, and printed as --help. */
#ifndef K7CTL_HELP_H
#define K7CTL_HELP_H

#include <stdio.h>
#include "options.h"

struct command_row {
    enum command command;
    const char *name;
    const char *arguments; /* as shown */
    int least, most;       /* how many arguments */
    const char *summary;
    const char *notes; /* further paragraphs of its --help, or NULL */
};

struct option_row {
    int id;            /* enum option_id, or the letter */
    const char *name;  /* without the dashes */
    const char *value; /* as shown; NULL: takes none */
    unsigned commands; /* bits of enum command */
    const char *help;  /* NULL: another name of the option before it, or not for show */
};

enum { OPTION_ROWS_MOST = 80 };

extern const struct command_row command_rows[];
extern const size_t command_row_count;
extern const struct option_row option_rows[];
extern const size_t option_row_count;

/* command NULL: the program as a whole. */
void help_print(FILE *out, const struct command_row *command);

#endif
