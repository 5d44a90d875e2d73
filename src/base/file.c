/* file.c: see file.h. Opens without blocking, so a FIFO or a device in the place of a file is an error, not a hang. */
#include "base/file.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_all(int fd, const char *path, struct k7i_buf *content, k7_error **err)
{
    struct stat about;

    if (fstat(fd, &about) != 0)
        return k7i_fail(err, K7_ERR_IO, "%s: %s", path, strerror(errno));
    if (!S_ISREG(about.st_mode))
        return k7i_fail(err, K7_ERR_IO, "%s: not a regular file", path);
    /* At once, so that a secret leaves no copies behind where the buffer was before it grew. */
    if (about.st_size > 0 && (uintmax_t)about.st_size <= content->limit)
        k7i_buf_reserve(content, (size_t)about.st_size);
    for (;;) {
        char piece[4096];
        ssize_t n = read(fd, piece, sizeof piece);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return k7i_fail(err, K7_ERR_IO, "%s: %s", path, strerror(errno));
        if (n > 0)
            k7i_buf_add(content, piece, (size_t)n);
        explicit_bzero(piece, sizeof piece); /* it may be a key */
        if (content->failed == K7_ERR_LIMIT)
            return k7i_fail(err, K7_ERR_LIMIT, "%s: larger than %zu bytes", path, content->limit);
        if (content->failed)
            return k7i_fail_memory(err);
        if (n == 0)
            return 0;
    }
}

int k7i_file_read(const char *path, size_t limit, struct k7i_buf *content, int *ret_missing, k7_error **err)
{
    k7i_buf_init(content, limit);
    if (ret_missing)
        *ret_missing = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        if (ret_missing)
            *ret_missing = errno == ENOENT || errno == ENOTDIR;
        return k7i_fail(err, K7_ERR_IO, "%s: %s", path, strerror(errno));
    }
    int code = read_all(fd, path, content, err);
    close(fd);
    if (code)
        k7i_buf_wipe(content);
    return code;
}
