/* no_openat2.c: preloaded into the gateway by a test: Linux before 5.6, which does not know openat2(). */
#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

__attribute__((visibility("default"))) long syscall(long number, ...)
{
    (void)number; /* the gateway makes no other call this way */
    errno = ENOSYS;
    return -1;
}
