/* file.c: see file.h. */
#include "file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int complain(const char *path, const char *problem)
{
    fprintf(stderr, "k7ctl: %s: %s\n", strcmp(path, "-") == 0 ? "standard input" : path, problem);
    return -1;
}

void file_free(char *text, size_t len)
{
    if (text != NULL)
        explicit_bzero(text, len);
    free(text);
}

/* One byte more than the limit is asked for, to see whether there is more. */
static int read_all(int descriptor, const char *path, size_t limit, char *text, size_t *ret_len)
{
    size_t len = 0;
    while (len <= limit) {
        ssize_t got = read(descriptor, text + len, limit + 1 - len);
        if (got < 0)
            return complain(path, strerror(errno));
        if (got == 0)
            break;
        len += (size_t)got;
    }
    if (len > limit)
        return complain(path, "larger than what can be meant");
    text[len] = '\0';
    *ret_len = len;
    return 0;
}

int file_read(const char *path, size_t limit, char **ret_text, size_t *ret_len)
{
    int descriptor = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    *ret_text = NULL;
    if (descriptor < 0)
        return complain(path, strerror(errno));
    char *text = malloc(limit + 1);
    int status =
        text == NULL ? complain(path, "out of memory") : read_all(descriptor, path, limit, text, ret_len);
    if (descriptor != STDIN_FILENO)
        close(descriptor);
    if (status < 0)
        file_free(text, text == NULL ? 0 : limit + 1);
    else
        *ret_text = text;
    return status;
}
