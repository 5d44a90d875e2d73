/* file.h: reads a whole small file. */
#ifndef K7CTL_FILE_H
#define K7CTL_FILE_H

#include <stddef.h>

/* Reads at most limit bytes of a file, or of standard input where path is "-". *ret_text gets a NUL after its len bytes and is released with file_free(). Returns 0; or -1
 * after saying on stderr what went wrong. */
int file_read(const char *path, size_t limit, char **ret_text, size_t *ret_len);
/* Wipes the text before releasing it: it may be a secret. */
void file_free(char *text, size_t len);

#endif
