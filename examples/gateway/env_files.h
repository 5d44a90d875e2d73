/* env_files.h: the body field env_file: a path on this host, below the folder that the operator gave for it. */
#ifndef GATEWAY_ENV_FILES_H
#define GATEWAY_ENV_FILES_H

#include "text.h"

#define ENV_FILE_MAX_BYTES (64 * 1024)

/* Reads `path` below FOLDER/NAMESPACE/ into *text, without following links. Returns 0; -1 when there is no such file or it may not be used:
 * the caller must not let a client tell the two apart. namespace_ must have been checked to be one. */
int env_file_read(const char *folder, const char *namespace_, const char *path, struct text *text);

#endif
