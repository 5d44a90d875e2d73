/* capability.c: the names of Linux capabilities (capabilities(7), Linux 6.x: all 41). */
#include "model/spec.h"

#include <stdio.h>
#include <strings.h>

static const char *const names[] = {
    "ALL",
    "AUDIT_CONTROL",
    "AUDIT_READ",
    "AUDIT_WRITE",
    "BLOCK_SUSPEND",
    "BPF",
    "CHECKPOINT_RESTORE",
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "IPC_LOCK",
    "IPC_OWNER",
    "KILL",
    "LEASE",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "MKNOD",
    "NET_ADMIN",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_RAW",
    "PERFMON",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_CHROOT",
    "SYS_MODULE",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "WAKE_ALARM",
};

int k7i_spec_capability(const char *text, char *ret_text, size_t size)
{
    const char *name = strncasecmp(text, "CAP_", 4) == 0 ? text + 4 : text;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcasecmp(name, names[i]) != 0 || (i == 0 && name != text)) /* there is no CAP_ALL */
            continue;
        int len = snprintf(ret_text, size, "%s", names[i]);
        return len >= 0 && (size_t)len < size ? 0 : -1;
    }
    return -1;
}
