/* client_file.h: section [api] of K7's client file, config.toml. */
#ifndef K7I_CONFIG_CLIENT_FILE_H
#define K7I_CONFIG_CLIENT_FILE_H

#include <k7sandbox/error.h>
#include <stddef.h>

enum k7i_client_field { K7I_CLIENT_URL, K7I_CLIENT_KEY, K7I_CLIENT_CA, K7I_CLIENT_FIELDS };

struct k7i_client_file {
    struct {
        char *value; /* NULL: not there */
        int line;
    } fields[K7I_CLIENT_FIELDS];
};

/* Parses the text of a file; path is for errors only. K7_ERR_PARSE names path and line; K7_ERR_NO_MEMORY. len bytes, followed by a NUL. */
int k7i_client_file_parse(const char *path, const char *text, size_t len, struct k7i_client_file *ret_file,
                          k7_error **err);
/* Reads and parses; a file that does not exist is empty. K7_ERR_IO and K7_ERR_LIMIT, too. */
int k7i_client_file_read(const char *path, struct k7i_client_file *ret_file, k7_error **err);
void k7i_client_file_clear(struct k7i_client_file *file); /* wipes and frees */

#endif
