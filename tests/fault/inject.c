/* inject.c: stands before the C library's functions: a definition in the program is found before that of any shared library. */
#pragma GCC visibility push(default) /* the libraries are to find what is defined here */
#include "inject.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_long left = -1; /* until one fails; -1: none will */
static enum inject_kind armed;
static enum inject_result result;
static char where[512];
static __thread int inside; /* what is done here is not counted */

/* Places that do not survive a failure of theirs, found by this sweep. */
static const struct {
    const char *library, *reason;
} spared[] = {
    { "libjson-c.so",
      "json-c 0.16 dereferences what it could not allocate, or drops the member and reports success; "
      "src/format checks beforehand that the memory for its tree can be had" },
};

static struct {
    uintptr_t from, to;
} spared_code; /* of the library above */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static int find_spared_code(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size, (void)unused;
    if (strncmp(base_name(info->dlpi_name), spared[0].library, strlen(spared[0].library)) != 0)
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];

        if (part->p_type == PT_LOAD && part->p_flags & PF_X) {
            spared_code.from = info->dlpi_addr + part->p_vaddr;
            spared_code.to = spared_code.from + part->p_memsz;
        }
    }
    return 1;
}

/* 1: the call comes from a place that is spared. Notes where it comes from in any case. */
static int is_spared(const char *what)
{
    void *frames[24];
    int count = backtrace(frames, 24);
    size_t len = (size_t)snprintf(where, sizeof where, "%s:", what);

    for (int i = 2; i < count; i++) {
        Dl_info info;

        if (!dladdr(frames[i], &info) || !info.dli_fname)
            continue;
        const char *library = base_name(info.dli_fname);
        for (size_t k = 0; k < sizeof spared / sizeof spared[0]; k++) {
            if (strncmp(library, spared[k].library, strlen(spared[k].library)) == 0) {
                snprintf(where, sizeof where, "%s in %s (%s)", info.dli_sname ? info.dli_sname : "a function",
                         library, spared[k].reason);
                return 1;
            }
        }
        if (len < sizeof where)
            len += (size_t)snprintf(where + len, sizeof where - len, " %s",
                                    info.dli_sname ? info.dli_sname : library);
    }
    return 0;
}

static int fails(enum inject_kind kind, const char *what)
{
    int to_all = armed == INJECT_ALLOCATIONS;

    if (inside || kind != (to_all ? INJECT_ALLOCATION : armed) || atomic_load(&left) < 0)
        return 0;
    long before = atomic_fetch_sub(&left, 1);
    if (before > 0)
        return 0;
    inside = 1;
    int spare = is_spared(what);
    inside = 0;
    if (to_all)
        atomic_store(&left, 0);
    if (!spare)
        result = INJECT_FAILED;
    else if (result == INJECT_NOT_REACHED)
        result = INJECT_SPARED;
    return !spare;
}

void inject_arm(enum inject_kind kind, long n)
{
    void *frames[2];

    inside = 1;
    backtrace(frames, 2); /* it allocates when first used */
    dl_iterate_phdr(find_spared_code, NULL);
    inside = 0;
    armed = kind;
    result = INJECT_NOT_REACHED;
    where[0] = 0;
    atomic_store(&left, n);
}

enum inject_result inject_disarm(void)
{
    atomic_store(&left, -1);
    return result;
}

const char *inject_where(void)
{
    return where;
}

int inject_open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;

    while (folder && readdir(folder))
        count++;
    closedir(folder);
    return count;
}

/* --- allocations ----------------------------------------------------------------------------------------------------------------- */

static atomic_long outstanding;

long inject_outstanding(void)
{
    return atomic_load(&outstanding);
}

#ifndef SANITIZED /* a sanitizer brings its own */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);

static void *counted(void *memory)
{
    if (memory)
        atomic_fetch_add(&outstanding, 1);
    return memory;
}

/* What a spared library asks for itself is no place of the sweep: most of the allocations of a program that reads JSON. */
#define ALLOCATION_FAILS(name) allocation_fails(name, (uintptr_t)__builtin_return_address(0))

static int allocation_fails(const char *what, uintptr_t caller)
{
    return (caller < spared_code.from || caller >= spared_code.to) && fails(INJECT_ALLOCATION, what);
}

void *malloc(size_t size)
{
    return ALLOCATION_FAILS("malloc") ? (errno = ENOMEM, NULL) : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return ALLOCATION_FAILS("calloc") ? (errno = ENOMEM, NULL) : counted(__libc_calloc(count, size));
}

void *realloc(void *memory, size_t size)
{
    if (memory && size == 0) {
        free(memory);
        return NULL;
    }
    if (ALLOCATION_FAILS("realloc"))
        return errno = ENOMEM, NULL;
    void *moved = __libc_realloc(memory, size);
    return memory ? moved : counted(moved);
}

void free(void *memory)
{
    if (memory)
        atomic_fetch_sub(&outstanding, 1);
    __libc_free(memory);
}

void *memalign(size_t alignment, size_t size)
{
    return ALLOCATION_FAILS("memalign") ? (errno = ENOMEM, NULL) : counted(__libc_memalign(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **ret_memory, size_t alignment, size_t size)
{
    *ret_memory = memalign(alignment, size);
    return *ret_memory ? 0 : ENOMEM;
}
#endif

/* --- the system ------------------------------------------------------------------------------------------------------------------ */

#define FAIL_WITH(name, number)                                                                              \
    do {                                                                                                     \
        if (fails(INJECT_SYSTEM, name)) {                                                                    \
            errno = number;                                                                                  \
            return -1;                                                                                       \
        }                                                                                                    \
    } while (0)

int epoll_create1(int flags)
{
    FAIL_WITH("epoll_create1", EMFILE);
    return (int)syscall(SYS_epoll_create1, flags);
}

int eventfd(unsigned count, int flags)
{
    FAIL_WITH("eventfd", EMFILE);
    return (int)syscall(SYS_eventfd2, count, flags);
}

int epoll_ctl(int epoll_fd, int operation, int fd, struct epoll_event *event)
{
    if (operation != EPOLL_CTL_DEL)
        FAIL_WITH("epoll_ctl", ENOMEM);
    return (int)syscall(SYS_epoll_ctl, epoll_fd, operation, fd, event);
}

int epoll_wait(int epoll_fd, struct epoll_event *events, int count, int timeout_ms)
{
    FAIL_WITH("epoll_wait", EINTR);
    return (int)syscall(SYS_epoll_pwait, epoll_fd, events, count, timeout_ms, NULL, 8);
}

ssize_t getrandom(void *buffer, size_t len, unsigned flags)
{
    FAIL_WITH("getrandom", ENOSYS);
    return syscall(SYS_getrandom, buffer, len, flags);
}

int pipe2(int ends[2], int flags)
{
    FAIL_WITH("pipe2", EMFILE);
    return (int)syscall(SYS_pipe2, ends, flags);
}

int pidfd_open(pid_t pid, unsigned flags)
{
    FAIL_WITH("pidfd_open", EMFILE);
    return (int)syscall(SYS_pidfd_open, pid, flags);
}

/* fork() and exec() in one. */
int posix_spawnp(pid_t *ret_pid, const char *file, const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attributes, char *const argv[], char *const environment[])
{
    static int (*real)(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *,
                       char *const[], char *const[]);

    if (fails(INJECT_SYSTEM, "posix_spawnp"))
        return EAGAIN;
    if (!real)
        *(void **)(void *)&real = dlsym(RTLD_NEXT, "posix_spawnp");
    return real(ret_pid, file, actions, attributes, argv, environment);
}

int socket(int domain, int type, int protocol)
{
    FAIL_WITH("socket", EMFILE);
    return (int)syscall(SYS_socket, domain, type, protocol);
}

int socketpair(int domain, int type, int protocol, int ends[2])
{
    FAIL_WITH("socketpair", EMFILE);
    return (int)syscall(SYS_socketpair, domain, type, protocol, ends);
}

int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t len)
{
    FAIL_WITH("connect", ENETUNREACH);
    return (int)syscall(SYS_connect, fd, address.__sockaddr__, len);
}

ssize_t send(int fd, const void *data, size_t len, int flags)
{
    FAIL_WITH("send", ECONNRESET);
    return syscall(SYS_sendto, fd, data, len, flags, NULL, 0);
}

ssize_t recv(int fd, void *data, size_t len, int flags)
{
    FAIL_WITH("recv", ECONNRESET);
    return syscall(SYS_recvfrom, fd, data, len, flags, NULL, NULL);
}

ssize_t write(int fd, const void *data, size_t len)
{
    FAIL_WITH("write", EIO);
    return syscall(SYS_write, fd, data, len);
}

int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    FAIL_WITH("poll", EINTR);
    return (int)syscall(SYS_poll, fds, count, timeout_ms);
}

int getsockname(int fd, __SOCKADDR_ARG address, socklen_t *len)
{
    FAIL_WITH("getsockname", ENOBUFS);
    return (int)syscall(SYS_getsockname, fd, address.__sockaddr__, len);
}

int getpeername(int fd, __SOCKADDR_ARG address, socklen_t *len)
{
    FAIL_WITH("getpeername", ENOTCONN);
    return (int)syscall(SYS_getpeername, fd, address.__sockaddr__, len);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
    FAIL_WITH("setsockopt", ENOPROTOOPT);
    return (int)syscall(SYS_setsockopt, fd, level, name, value, len);
}

int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
    FAIL_WITH("getsockopt", ENOBUFS);
    return (int)syscall(SYS_getsockopt, fd, level, name, value, len);
}

ssize_t read(int fd, void *data, size_t len)
{
    FAIL_WITH("read", EIO);
    return syscall(SYS_read, fd, data, len);
}

int open(const char *path, int flags, ...)
{
    va_list args;

    FAIL_WITH("open", EMFILE);
    va_start(args, flags);
    int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, int) : 0;
    va_end(args);
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*fn)(void *), void *user)
{
    static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

    if (fails(INJECT_SYSTEM, "pthread_create"))
        return EAGAIN;
    if (!real)
        *(void **)(void *)&real = dlsym(RTLD_NEXT, "pthread_create");
    return real(thread, attributes, fn, user);
}
