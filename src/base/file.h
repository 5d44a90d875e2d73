/* file.h: reading a local file with a limit. */
#ifndef K7I_BASE_FILE_H
#define K7I_BASE_FILE_H

#include "base/buf.h"
#include <k7sandbox/error.h>

/* Reads a regular file into `content` (initialised here with `limit`). A missing file is K7_ERR_IO, too; *ret_missing (may be NULL) tells. Whoever
 * reads a secret wipes the buffer. */
int k7i_file_read(const char *path, size_t limit, struct k7i_buf *content, int *ret_missing, k7_error **err);

#endif
