/* env_files.c: opens a file below a folder and nowhere else. It knows nothing of what is in it. */
#include "env_files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* O_NONBLOCK: opening a FIFO must not wait for a writer. */
#define FILE_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW)

/* Where openat2 is missing (Linux before 5.6, or a seccomp filter that does not know it): every component by itself, none of them a link or "..". */
static int open_by_components(int base, const char *path)
{
    char *copy = strdup(path);
    int folder = copy == NULL ? -1 : fcntl(base, F_DUPFD_CLOEXEC, 0);
    char *at = copy;
    while (folder >= 0) {
        char *slash = strchr(at, '/');
        if (slash != NULL) {
            *slash = '\0';
        }
        int next = -1;
        if (*at == '\0' || strcmp(at, ".") == 0 || strcmp(at, "..") == 0) {
            errno = EXDEV;
        } else {
            next = openat(folder, at,
                          slash == NULL ? FILE_FLAGS : O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        }
        close(folder);
        folder = next;
        if (slash == NULL) {
            break;
        }
        at = slash + 1;
    }
    free(copy);
    return folder;
}

static int open_beneath(int base, const char *path)
{
    struct open_how how = {
        .flags = FILE_FLAGS,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    int fd = (int)syscall(SYS_openat2, base, path, &how, sizeof how);
    if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
        return open_by_components(base, path);
    }
    return fd;
}

static int read_regular(int fd, struct text *text)
{
    struct stat about;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size > ENV_FILE_MAX_BYTES) {
        return -1;
    }
    char block[4096];
    for (;;) {
        ssize_t got = read(fd, block, sizeof block);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            explicit_bzero(block, sizeof block);
            return got == 0 && !text->failed ? 0 : -1;
        }
        text_add(text, block, (size_t)got); /* fails beyond the limit, should the file have grown */
    }
}

int env_file_read(const char *folder, const char *namespace_, const char *path, struct text *text)
{
    int root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int base = root < 0 ? -1 : openat(root, namespace_, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int fd = base < 0 || *path == '\0' ? -1 : open_beneath(base, path);
    int result = fd < 0 ? -1 : read_regular(fd, text);
    if (fd >= 0) {
        close(fd);
    }
    if (base >= 0) {
        close(base);
    }
    if (root >= 0) {
        close(root);
    }
    return result;
}
