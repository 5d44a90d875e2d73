/* gateway.c: starts the gateway as a user would: makes a key, starts it on a free port, reads the address that it prints. */
#include "gateway.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char announcement[] = "listening on ";

static int spawn(char *const argv[], FILE **ret_output)
{
    int ends[2];

    if (pipe(ends) != 0)
        return -1;
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM); /* nothing stays behind, however the tests end */
        if (getppid() != parent)
            _exit(1);
        dup2(ends[1], 1);
        close(ends[0]);
        close(ends[1]);
        execv(argv[0], argv);
        _exit(127);
    }
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return -1;
    }
    *ret_output = fdopen(ends[0], "r");
    return child;
}

static int make_key(struct gateway *gateway, const char *program, const char *keys)
{
    char *const argv[] = { (char *)program, "key", "add", "conformance", "--keys", (char *)keys, NULL };
    char line[512] = "";
    FILE *output;
    int status;
    pid_t child = spawn(argv, &output);

    if (child < 0)
        return -1;
    while (fgets(line, sizeof line, output))
        if (sscanf(line, "%*[^\n]%n", &status) == 0 && strrchr(line, ' ')) {
            snprintf(gateway->api_key, sizeof gateway->api_key, "%s", strrchr(line, ' ') + 1);
            gateway->api_key[strcspn(gateway->api_key, "\n")] = 0;
        }
    fclose(output);
    return waitpid(child, &status, 0) == child && status == 0 && gateway->api_key[0] ? 0 : -1;
}

static int write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    if (!file)
        return -1;
    fputs(text, file);
    return fclose(file);
}

/* The folder of the keys, and of the env file "demo.env" for sandboxes in the namespace default. */
static int make_folder(struct gateway *gateway)
{
    char path[128];

    strcpy(gateway->folder, "/tmp/k7-conformance-XXXXXX");
    if (!mkdtemp(gateway->folder))
        return -1;
    snprintf(path, sizeof path, "%s/env", gateway->folder);
    if (mkdir(path, 0700) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/env/default", gateway->folder);
    if (mkdir(path, 0700) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/env/default/demo.env", gateway->folder);
    return write_file(path, "GREETING=hello\n");
}

int gateway_start(struct gateway *gateway, const char *endpoint)
{
    const char *program = getenv("K7_GATEWAY");
    char keys[128], env[128], line[512];
    FILE *output;

    memset(gateway, 0, sizeof *gateway);
    if (!program || access(program, X_OK) != 0) {
        puts("k7-gateway was not built");
        return 77;
    }
    if (make_folder(gateway) != 0)
        return 1;
    snprintf(keys, sizeof keys, "%s/keys.json", gateway->folder);
    snprintf(env, sizeof env, "%s/env", gateway->folder);
    if (make_key(gateway, program, keys) != 0) {
        fputs("k7-gateway key add failed\n", stderr);
        return 1;
    }
    char *const argv[] = {
        (char *)program, "--listen", "127.0.0.1:0",   "--endpoint", (char *)endpoint, "--keys", keys,
        "--env-dir",     env,        "--max-creates", "64",         "--threads",      "32",     NULL
    };
    if ((gateway->process = spawn(argv, &output)) < 0)
        return 1;
    while (!gateway->url[0] && fgets(line, sizeof line, output)) {
        const char *address = strstr(line, announcement);

        if (address)
            sscanf(address + strlen(announcement), "%127s", gateway->url);
    }
    if (!gateway->url[0])
        fputs("k7-gateway did not say where it listens\n", stderr);
    return gateway->url[0] ? 0 : 1; /* output stays open: the gateway must not get SIGPIPE */
}

void gateway_stop(struct gateway *gateway)
{
    char command[128];

    if (gateway->process > 0) {
        kill(gateway->process, SIGTERM);
        waitpid(gateway->process, NULL, 0);
    }
    if (gateway->folder[0]) {
        snprintf(command, sizeof command, "rm -rf %s", gateway->folder);
        if (system(command) != 0)
            fprintf(stderr, "%s stays\n", gateway->folder);
    }
}
