/* process.c: see process.h. */
#include "plan/process.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/quote.h"
#include "plan/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    OUTPUT_LIMIT = 1024 * 1024,
    COMPLAINT_LIMIT = 1024, /* how much of the end of standard error is kept */
    DEATH_MS = 500          /* a killed process is gone at once, unless the system holds it or is very busy */
};

enum { OUTPUT, COMPLAINT, LIFE, DESCRIPTORS }; /* two pipes, and the one that tells of its end */

struct k7i_process {
    struct k7i_watcher watcher;
    struct k7i_loop *loop;
    const struct k7i_program *program;
    void (*ended)(void *user);
    void *user;
    pid_t pid;            /* 0: there is none any more */
    int fds[DESCRIPTORS]; /* -1: not, or no longer */
    int how, status;      /* waitid()'s si_code and si_status; how 0: nobody knows */
    int problem;          /* errno of reading */
    struct k7i_buf output;
    char complaint[2 * COMPLAINT_LIMIT];
    size_t complaint_len;
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void shut(struct k7i_process *process, int which)
{
    if (process->fds[which] < 0)
        return;
    k7i_loop_unwatch(process->loop, process->fds[which]); /* a fork of the host program may still hold it */
    close_fd(&process->fds[which]);
}

/* ---- running ---- */

static void keep_complaint(struct k7i_process *process, const char *data, size_t len)
{
    size_t room = sizeof process->complaint;

    if (len > room / 2) {
        data += len - room / 2;
        len = room / 2;
    }
    if (process->complaint_len + len > room) {
        size_t gone = process->complaint_len - room / 2;

        memmove(process->complaint, process->complaint + gone, room / 2);
        process->complaint_len = room / 2;
    }
    memcpy(process->complaint + process->complaint_len, data, len);
    process->complaint_len += len;
}

/* What is there now; not without end, if somebody goes on writing. */
static void drain(struct k7i_process *process, int which)
{
    char data[16 * 1024];

    for (int i = 0; i < 64 && process->fds[which] >= 0; i++) {
        ssize_t len = read(process->fds[which], data, sizeof data);

        if (len < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (len < 0 && which == OUTPUT)
            process->problem = errno;
        if (len <= 0)
            shut(process, which);
        else if (which == OUTPUT)
            k7i_buf_add(&process->output, data, (size_t)len);
        else
            keep_complaint(process, data, (size_t)len);
    }
    explicit_bzero(data, sizeof data);
}

/* 1: it has ended, also when the host program was told of that in our place. */
static int has_ended(struct k7i_process *process)
{
    siginfo_t info = { 0 };

    if (process->pid == 0)
        return 1;
    if (waitid(P_PIDFD, (id_t)process->fds[LIFE], &info, WEXITED | WNOHANG) == 0) {
        if (info.si_pid == 0)
            return 0;
        process->how = info.si_code;
        process->status = info.si_status;
    }
    process->pid = 0;
    return 1;
}

static int ready(struct k7i_watcher *watcher, int fd)
{
    struct k7i_process *process = (struct k7i_process *)watcher;

    if (fd != process->fds[OUTPUT] && fd != process->fds[COMPLAINT] && fd != process->fds[LIFE])
        return 0;
    int is_over = has_ended(process); /* before reading: then all that it wrote is there */
    drain(process, OUTPUT);
    drain(process, COMPLAINT);
    if (is_over || process->output.failed || process->problem)
        process->ended(process->user);
    return 1;
}

/* ---- starting ---- */

/* The end that we read does not block; neither is inherited by what others start. */
static int make_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) == 0)
        return fcntl(ends[0], F_SETFL, O_NONBLOCK);
    ends[0] = ends[1] = -1;
    return -1;
}

/* 0 or an errno. The child has no signal blocked or ignored, none of our descriptors, and a group of its own, unless it shall use the terminal. */
static int spawn(struct k7i_process *process, int output, int complaint)
{
    const struct k7i_program *program = process->program;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;

    int problem = posix_spawn_file_actions_init(&actions);
    if (problem)
        return problem;
    posix_spawnattr_init(&attributes); /* neither these nor the next can fail */
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes,
                             (short)(program->is_interactive ? flags : flags | POSIX_SPAWN_SETPGROUP));
    problem = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (!problem && !program->is_interactive) {
        problem = posix_spawn_file_actions_adddup2(&actions, complaint, STDERR_FILENO);
        if (!problem)
            problem = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    }
    if (!problem)
        problem = posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    if (!problem)
        problem = posix_spawnp(&process->pid, program->argv[0], &actions, &attributes,
                               (char *const *)program->argv, (char *const *)program->environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return problem;
}

static int fail_start(const struct k7i_program *program, int problem, k7_error **err)
{
    const char *hint = problem == ENOENT && program->install_hint ? program->install_hint : "";
    int is_ours = problem == EMFILE || problem == ENFILE || problem == EAGAIN || problem == EPERM;

    if (problem == ENOMEM)
        return k7i_fail_memory(err);
    return k7i_fail(err, is_ours ? K7_ERR_SYSTEM : K7_ERR_CREDENTIAL, "the program %s cannot be run: %s%s%s",
                    K7I_QUOTE(program->argv[0]), strerror(problem), *hint ? ": " : "", hint);
}

int k7i_process_start(struct k7i_loop *loop, const struct k7i_program *program, void (*ended)(void *user),
                      void *user, struct k7i_process **ret_process, k7_error **err)
{
    struct k7i_process *process = k7i_calloc(1, sizeof *process);
    int output[2] = { -1, -1 }, complaint[2] = { -1, -1 }, problem = 0;

    *ret_process = NULL;
    if (!process)
        return k7i_fail_memory(err);
    *process = (struct k7i_process){ .watcher = { .ready = ready },
                                     .loop = loop,
                                     .program = program,
                                     .ended = ended,
                                     .user = user,
                                     .fds = { -1, -1, -1 } };
    k7i_buf_init(&process->output, OUTPUT_LIMIT);
    process->output.secret = 1;
    if (make_pipe(output) != 0 || make_pipe(complaint) != 0) {
        problem = errno;
    } else if ((problem = spawn(process, output[1], complaint[1])) == 0 &&
               (process->fds[LIFE] = pidfd_open(process->pid, 0)) < 0) {
        if (errno == ESRCH) /* it has ended, and somebody else was told */
            process->pid = 0;
        else
            problem = errno;
    }
    process->fds[OUTPUT] = output[0];
    process->fds[COMPLAINT] = complaint[0];
    close_fd(&output[1]);
    close_fd(&complaint[1]);
    if (!problem && k7i_loop_add_watcher(loop, &process->watcher, process->fds, DESCRIPTORS) != 0)
        problem = errno;
    if (problem) {
        k7i_process_free(process);
        return fail_start(program, problem, err);
    }
    *ret_process = process;
    return 0;
}

/* ---- ending ---- */

int k7i_process_output(const struct k7i_process *process, const char **ret_output, size_t *ret_len,
                       k7_error **err)
{
    const char *name = process->program->argv[0];
    struct k7i_buf why;

    *ret_output = process->output.data;
    *ret_len = process->output.len;
    if (process->output.failed == K7_ERR_NO_MEMORY)
        return k7i_fail_memory(err);
    if (process->output.failed)
        return k7i_fail(err, K7_ERR_CREDENTIAL, "the program %s wrote more than %d bytes", K7I_QUOTE(name),
                        OUTPUT_LIMIT);
    if (process->problem)
        return k7i_fail(err, K7_ERR_SYSTEM, "the output of the program %s cannot be read: %s",
                        K7I_QUOTE(name), strerror(process->problem));
    if (process->how == 0 || (process->how == CLD_EXITED && process->status == 0))
        return 0;
    k7i_buf_init(&why, 4 * COMPLAINT_LIMIT);
    k7i_quote_tail(&why, process->complaint, process->complaint_len, COMPLAINT_LIMIT, 0);
    int code = k7i_fail(err, K7_ERR_CREDENTIAL, "the program %s ended with %s %d%s%s", K7I_QUOTE(name),
                        process->how == CLD_EXITED ? "exit code" : "signal", process->status,
                        why.len > 0 ? ": " : "", why.data);
    k7i_buf_clear(&why);
    return code;
}

/* Until it is waited for its number is its own, as long as the host program did not do that: the descriptor tells. */
static void kill_and_reap(const struct k7i_process *process)
{
    struct pollfd life = { .fd = process->fds[LIFE], .events = POLLIN };
    siginfo_t info;

    if (life.fd >= 0 && pidfd_send_signal(life.fd, SIGKILL, NULL, 0) != 0)
        return;
    kill(process->program->is_interactive ? process->pid : -process->pid, SIGKILL);
    while (poll(&life, 1, DEATH_MS) < 0 && errno == EINTR)
        ;
    waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG);
}

void k7i_process_free(struct k7i_process *process)
{
    if (!process)
        return;
    if (process->pid > 0)
        kill_and_reap(process);
    k7i_loop_remove_watcher(process->loop, &process->watcher);
    for (int i = 0; i < DESCRIPTORS; i++)
        shut(process, i);
    k7i_buf_clear(&process->output);
    k7i_free(process);
}
