/* test_rest_http2.c: HTTP/2 where it is offered, with a real server of nothing else: nghttpd. */
#include "rest_fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t nghttpd;
static int output = -1, port;
static char folder[] = "/tmp/k7-http2-XXXXXX";

static int free_port(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    getsockname(fd, (struct sockaddr *)&address, &len);
    close(fd);
    return ntohs(address.sin_port);
}

static void write_answer(void)
{
    char path[128];
    FILE *file;

    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/api", folder);
    mkdir(path, 0700);
    strcat(path, "/v1");
    mkdir(path, 0700);
    strcat(path, "/sandboxes");
    file = fopen(path, "w");
    fputs(LIST_OF_ONE, file);
    fclose(file);
}

static void remove_answer(void)
{
    char path[128];

    snprintf(path, sizeof path, "%s/api/v1/sandboxes", folder);
    unlink(path);
    for (int i = 0; i < 3; i++) {
        *strrchr(path, '/') = '\0';
        rmdir(path);
    }
}

static int read_until(const char *text)
{
    static char seen[65536];
    static size_t len;
    ssize_t more = 1;

    while (!strstr(seen, text) && more > 0 && len < sizeof seen - 1) {
        more = read(output, seen + len, sizeof seen - 1 - len);
        len += more > 0 ? (size_t)more : 0;
        seen[len] = '\0';
    }
    return strstr(seen, text) != NULL;
}

static void start_nghttpd(void)
{
    int ends[2];
    char number[16];

    write_answer();
    port = free_port();
    snprintf(number, sizeof number, "%d", port);
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    nghttpd = fork();
    if (nghttpd == 0) {
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        execlp("nghttpd", "nghttpd", "-v", "-a", "127.0.0.1", "-d", folder, number, certificate("server.key"),
               certificate("server.pem"), NULL);
        _exit(127);
    }
    close(ends[1]);
    output = ends[0];
    ck_assert_msg(read_until("listen"), "nghttpd does not listen");
}

static void stop_nghttpd(void)
{
    close_client();
    kill(nghttpd, SIGTERM);
    waitpid(nghttpd, NULL, 0);
    close(output);
    remove_answer();
}

START_TEST(http2_is_spoken_where_it_is_offered)
{
    k7_config *config;
    char url[64];

    snprintf(url, sizeof url, "https://localhost:%d", port);
    config = new_config(url);
    set_key(config, "rest.ca_file", certificate("ca.pem"));
    set_key(config, "rest.api_key", SECRET);
    open_client(config);
    for (int i = 0; i < 20; i++)
        expect_success(list());
    ck_assert(read_until("recv HEADERS frame"));
    /* twenty requests are twenty streams of one connection: [id=1] is nghttpd's number of the connection, 39 the twentieth client stream */
    ck_assert(read_until("stream_id=39"));
    ck_assert(read_until("x-api-key: " SECRET)); /* lower case, as HTTP/2 wants it */
}
END_TEST

static int is_installed(void)
{
    int status = 127;
    pid_t child = fork();

    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);

        dup2(null, 1);
        dup2(null, 2);
        execlp("nghttpd", "nghttpd", "--version", NULL);
        _exit(127);
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(void)
{
    Suite *suite = suite_create("rest http2");
    TCase *tests = tcase_create("http2");
    char path[4096];

    snprintf(path, sizeof path, "%s:/usr/sbin", getenv("PATH") ? getenv("PATH") : "/usr/bin");
    setenv("PATH", path, 1);
    if (!is_installed()) {
        printf("nghttpd is not there (Debian: nghttp2-server)\n");
        return 77;
    }
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, start_nghttpd, stop_nghttpd);
    tcase_add_test(tests, http2_is_spoken_where_it_is_offered);
    suite_add_tcase(suite, tests);
    return run(suite);
}
