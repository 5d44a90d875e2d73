/* test_parts.c: the parts without an operation: the wrapper in real shells, pull progress, credentials, endpoints, and what is refused. */
#include "fixture.h"

#include "config/endpoint.h"

#include <sys/wait.h>
#include <unistd.h>

#define CREATE_ID "0123456789abcdef0123456789abcdef"

/* ---- the wrapper, in the shells that are here ---- */

struct ran {
    int status;
    char output[4096];
};

static struct ran run_wrapper(const char *const *shell, const char *script)
{
    struct ran ran = { 0 };
    int fds[2];
    size_t len = 0;
    ssize_t got;

    ck_assert_int_eq(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        const char *argv[10];
        int n = 0;

        while (shell[n]) {
            argv[n] = shell[n];
            n++;
        }
        argv[n++] = "-c";
        argv[n++] = k7i_script_wrapper;
        argv[n++] = "k7";
        argv[n++] = script;
        argv[n++] = CREATE_ID;
        argv[n++] = "";
        argv[n] = NULL;
        setpgid(0, 0);
        dup2(fds[1], 1);
        dup2(fds[1], 2);
        close(fds[0]);
        close(fds[1]);
        execvp(argv[0], (char *const *)argv);
        _exit(126);
    }
    close(fds[1]);
    while (len < sizeof ran.output - 1 && !strstr(ran.output, " ready\n") &&
           (got = read(fds[0], ran.output + len, sizeof ran.output - 1 - len)) > 0)
        len += (size_t)got;
    close(fds[0]);
    kill(pid, SIGTERM);
    waitpid(pid, &ran.status, 0);
    kill(-pid, SIGKILL); /* its sleep */
    return ran;
}

static const char *const shells[][4] = {
    { "sh", NULL }, { "dash", NULL }, { "bash", NULL }, { "bash", "--posix", NULL }, { "busybox", "sh", NULL }
};

static const struct {
    const char *script;
    int status; /* 143: it became ready, and then ended on TERM */
    const char *words;
} scripts[] = {
    { "", 143, " ready" },
    { "true", 143, "script done" },
    { "exit 7", 7, "" },
    { "echo hello; false; echo unreachable", 1, "hello" },
    { "true # a comment", 143, "script done" },
    { "sleep 0 &", 143, "script done" },
    { "echo \"it's $0\"", 143, "it's k7" },
    { "echo $unset_variable", -1, "unset_variable" },
    { "cat; echo no input", 143, "no input" },
    { "if", -1, "" },
};

START_TEST(the_wrapper_works_in_every_shell)
{
    const char *const *shell = shells[_i / (int)(sizeof scripts / sizeof scripts[0])];
    size_t at = (size_t)_i % (sizeof scripts / sizeof scripts[0]);
    char which[64];

    snprintf(which, sizeof which, "command -v %s >/dev/null", shell[0]);
    if (system(which) != 0)
        return;
    struct ran ran = run_wrapper(shell, scripts[at].script);
    ck_assert_msg(WIFEXITED(ran.status), "%s: %s: killed", shell[0], scripts[at].script);
    if (scripts[at].status >= 0)
        ck_assert_msg(WEXITSTATUS(ran.status) == scripts[at].status, "%s: %s: %d: %s", shell[0],
                      scripts[at].script, WEXITSTATUS(ran.status), ran.output);
    else
        ck_assert_msg(WEXITSTATUS(ran.status) != 0 && WEXITSTATUS(ran.status) != 143, "%s: %s: %d", shell[0],
                      scripts[at].script, WEXITSTATUS(ran.status));
    ck_assert_msg(strstr(ran.output, scripts[at].words) != NULL, "%s: %s: %s", shell[0], scripts[at].script,
                  ran.output);
    ck_assert_ptr_null(strstr(ran.output, "unreachable"));
    ck_assert_int_eq(strstr(ran.output, "k7 " CREATE_ID " ready") != NULL, WEXITSTATUS(ran.status) == 143);
}
END_TEST

/* ---- pull ---- */

START_TEST(pull_lines_may_be_cut_anywhere)
{
    static const char text[] =
        "{\"status\":\"Pulling from a\",\"id\":\"1\"}\r\n"
        "{\"status\":\"Downloading\",\"id\":\"aaa\",\"progressDetail\":{\"current\":10,\"total\":100}}\n\n"
        "{\"status\":\"Downloading\",\"id\":\"bbb\",\"progressDetail\":{\"current\":60,\"total\":50}}\n"
        "{\"status\":\"Downloading\",\"id\":\"aaa\",\"progressDetail\":{\"current\":30,\"total\":100}}\n"
        "{\"status\":\"Extracting\",\"id\":\"bbb\",\"progressDetail\":{\"current\":1,\"total\":50}}\n"
        "{\"errorDetail\":{\"message\":\"no luck\"},\"error\":\"no luck\"}";

    for (size_t cut = 0; cut < sizeof text; cut++) {
        struct k7i_pull pull = { 0 };
        int64_t done, total;

        k7i_pull_begin(&pull);
        ck_assert_int_eq(k7i_pull_add(&pull, text, cut), 0);
        ck_assert_int_eq(k7i_pull_add(&pull, text + cut,
                                      sizeof text - 1 - (cut < sizeof text - 1 ? cut : sizeof text - 1)),
                         0);
        ck_assert_int_eq(k7i_pull_end(&pull), 0);
        ck_assert_str_eq(pull.error, "no luck");
        k7i_pull_progress(&pull, &done, &total);
        ck_assert_int_eq(done, 80);
        ck_assert_int_eq(total, 150);
        k7i_pull_clear(&pull);
    }
}
END_TEST

START_TEST(a_pull_line_without_end_is_refused)
{
    struct k7i_pull pull = { 0 };
    char many[1000];
    int code = 0;

    memset(many, ' ', sizeof many);
    k7i_pull_begin(&pull);
    for (int i = 0; i < 100 && !code; i++)
        code = k7i_pull_add(&pull, many, sizeof many);
    ck_assert_int_eq(code, K7_ERR_LIMIT);
    k7i_pull_clear(&pull);
}
END_TEST

START_TEST(more_layers_than_there_is_room_for_do_no_harm)
{
    struct k7i_pull pull = { 0 };

    k7i_pull_begin(&pull);
    for (int i = 0; i < 200; i++) {
        char line[200];
        int len = snprintf(
            line, sizeof line,
            "{\"status\":\"x\",\"id\":\"%d\",\"progressDetail\":{\"current\":9,\"total\":9223372036854775807}}\n"
            "{\"status\":\"x\",\"id\":\"%d\",\"progressDetail\":{\"current\":1,\"total\":2}}\n",
            i, i);
        ck_assert_int_eq(k7i_pull_add(&pull, line, (size_t)len), 0);
    }
    ck_assert_uint_eq(pull.layer_count, K7I_PULL_LAYERS);
    k7i_pull_clear(&pull);
}
END_TEST

/* ---- credentials ---- */

static const char *header_for(const struct k7i_registry_auth *auth, const char *text)
{
    struct k7i_image image;

    ck_assert_int_eq(k7i_image_parse(text, &image, NULL), 0);
    return k7i_registry_auth_for(auth, &image);
}

START_TEST(an_image_gets_its_registrys_credentials_only)
{
    static const char text[] =
        "{\"localhost:5000\":{\"username\":\"k7\",\"password\":\"p\"},\"https://index.docker.io/v1/\":{\"identitytoken\":\"t\"}}";
    struct k7i_registry_auth *auth;

    ck_assert_int_eq(k7i_registry_auth_new(text, &auth, NULL), 0);
    /* {"username":"k7","password":"p","serveraddress":"localhost:5000"} */
    ck_assert_str_eq(
        header_for(auth, "localhost:5000/a/b:1"),
        "eyJ1c2VybmFtZSI6Ims3IiwicGFzc3dvcmQiOiJwIiwic2VydmVyYWRkcmVzcyI6ImxvY2FsaG9zdDo1MDAwIn0=");
    ck_assert_ptr_nonnull(header_for(auth, "alpine"));
    ck_assert_ptr_nonnull(header_for(auth, "library/alpine:3"));
    ck_assert_ptr_nonnull(header_for(auth, "docker.io/library/alpine"));
    ck_assert_ptr_null(header_for(auth, "localhost:5001/a"));
    ck_assert_ptr_null(header_for(auth, "localhost/a"));
    ck_assert_ptr_null(header_for(auth, "ghcr.io/a/b"));
    ck_assert_ptr_null(
        header_for(auth, "Library/alpine")); /* upper case: a host, as docker and containerd see it */
    ck_assert_ptr_null(header_for(NULL, "alpine"));
    k7i_registry_auth_free(auth);
}
END_TEST

START_TEST(wrong_credentials_are_refused_and_not_shown)
{
    static const char *const rows[] = { "{",
                                        "[]",
                                        "\"s3cret\"",
                                        "{\"h\":\"s3cret\"}",
                                        "{\"h\":{\"username\":\"s3cret\"}}",
                                        "{\"h\":{\"password\":\"s3cret\"}}",
                                        "{\"h\":{\"password\":\"s3cret\",\"username\":1}}",
                                        "{\"h\":{\"password\":\"s3cret\",}}" };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct k7i_registry_auth *auth;
        k7_error *error = NULL;

        ck_assert_msg(k7i_registry_auth_new(rows[i], &auth, &error) == K7_ERR_INVALID_CONFIG, "%s", rows[i]);
        ck_assert_ptr_null(auth);
        ck_assert_ptr_null(strstr(k7_error_get_message(error), "s3cret"));
        k7_error_unref(error);
    }
}
END_TEST

/* ---- endpoints ---- */

static const struct {
    const char *endpoint, *url, *words; /* words: of the refusal */
} endpoints[] = {
    { "docker:///run/some.sock", "/run/some.sock", NULL },
    { "docker://engine.example", "https://engine.example:2376", NULL },
    { "docker://engine.example:99", "https://engine.example:99", NULL },
    { "docker://[::1]:99/", "https://[::1]:99", NULL },
    { "docker+http://127.0.0.1:2375", "http://127.0.0.1:2375", NULL },
    { "docker+http://localhost:2375", "http://localhost:2375", NULL },
    { "docker+http://[::1]:2375", "http://[::1]:2375", NULL },
    { "docker+http://engine.example:2375", NULL, "only to this machine" },
    { "docker+http://127.0.0.1", NULL, "port" },
    { "docker+http:", NULL, "host" },
    { "docker://engine.example/path", NULL, "path" },
    { "docker:///run/some.sock?a=b", NULL, "parameters" },
};

START_TEST(endpoints_are_read_or_refused)
{
    struct k7i_endpoint *endpoint;
    void *instance = NULL;
    k7_config *config;
    k7_error *error = NULL;

    ck_assert_int_eq(k7_config_new(&config, NULL), 0);
    ck_assert_int_eq(k7i_endpoint_parse(endpoints[_i].endpoint, &endpoint, NULL), 0);
    int code = k7i_transport_docker.open(config, endpoint, &instance, &error);
    if (endpoints[_i].url) {
        ck_assert_msg(code == 0, "%s", k7_error_get_message(error));
        ck_assert_ptr_nonnull(strstr(k7i_peer_url(((struct k7i_docker *)instance)->peer), endpoints[_i].url));
        k7i_transport_docker.close(instance);
    } else {
        ck_assert_int_eq(code, K7_ERR_INVALID_CONFIG);
        ck_assert_ptr_null(instance);
        ck_assert_msg(strstr(k7_error_get_message(error), endpoints[_i].words) != NULL, "%s",
                      k7_error_get_message(error));
        k7_error_unref(error);
    }
    k7i_endpoint_free(endpoint);
    k7_config_free(config);
}
END_TEST

START_TEST(a_socket_path_may_not_be_longer_than_linux_allows)
{
    char text[256] = "docker://";
    struct k7i_endpoint *endpoint;
    void *instance;
    k7_config *config;

    for (int i = 0; i < 30; i++)
        strcat(text, "/dir");
    ck_assert_int_eq(k7_config_new(&config, NULL), 0);
    ck_assert_int_eq(k7i_endpoint_parse(text, &endpoint, NULL), 0);
    ck_assert_int_eq(k7i_transport_docker.open(config, endpoint, &instance, NULL), K7_ERR_INVALID_CONFIG);
    k7i_endpoint_free(endpoint);
    k7_config_free(config);
}
END_TEST

/* ---- what is refused before anything is sent ---- */

static const struct {
    const char *fields, *words;
} refused[] = {
    { "\"egress_whitelist\":[\"10.0.0.0/8\"]", "egress_whitelist" },
    { "\"env_file\":\"/x\"", "env_file" },
    { "\"backend\":\"k7d\"", "backend" },
    { "\"node_name\":\"n\"", "node_name" },
    { "\"docker\":true", "docker" },
    { "\"docker_disk\":\"1Gi\"", "docker_disk" },
    { "\"sidecar\":\"docker\"", "sidecar" },
    { "\"root_disk_size\":\"1Gi\"", "root_disk_size" },
    { "\"entrypoint\":[\"x\"]", "entrypoint" },
    { "\"cmd\":[\"x\"]", "cmd" },
    { "\"ingress_ports\":[80]", "ingress_ports" },
    { "\"ingress_from\":[\"cidr:10.0.0.0/8\"]", "ingress_from" },
    { "\"expose_ports\":[80]", "expose_ports" },
    { "\"runtime_class_name\":\"kata\"", "docker.runtimes" },
    { "\"cap_add\":[\"CAP_SYS_ADMIN\"]", "SYS_ADMIN" },
    { "\"cap_add\":[\"all\"]", "ALL" },
    { "\"cap_drop\":[]", "cap_drop: leaves AUDIT_WRITE" },
    { "\"cap_drop\":[\"chown\",\"cap_audit_write\"]", "cap_drop: leaves MKNOD" },
    { "\"limits\":{\"cpu\":\"9m\"}", "limits.cpu" },
    { "\"limits\":{\"memory\":\"6291455\"}", "limits.memory" },
    { "\"limits\":{\"ephemeral-storage\":\"0\"}", "limits.ephemeral-storage" },
};

START_TEST(a_field_that_no_engine_honours_is_refused_by_name)
{
    struct fixture f;
    k7_error *error = NULL;

    fixture_open(&f);
    ck_assert_msg(fixture_create_spec(&f, refused[_i].fields, &error) == K7_ERR_UNSUPPORTED_ARGUMENT, "%s",
                  refused[_i].fields);
    ck_assert_msg(strstr(k7_error_get_message(error), refused[_i].words) != NULL, "%s",
                  k7_error_get_message(error));
    k7_error_unref(error);
    fixture_close(&f);
}
END_TEST

START_TEST(a_field_that_asks_for_nothing_is_not_refused)
{
    struct fixture f;

    fixture_open(&f);
    fixture_create(
        &f,
        "\"docker\":false,\"ingress_ports\":[],\"expose_ports\":[],\"cap_add\":[],\"limits\":{\"cpu\":\"10m\",\"memory\":\"6Mi\"}");
    fixture_close(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transport/docker parts");
    TCase *tests = tcase_create("parts");
    int scripts_and_shells = (int)(sizeof scripts / sizeof scripts[0] * (sizeof shells / sizeof shells[0]));

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, the_wrapper_works_in_every_shell, 0, scripts_and_shells);
    tcase_add_test(tests, pull_lines_may_be_cut_anywhere);
    tcase_add_test(tests, a_pull_line_without_end_is_refused);
    tcase_add_test(tests, more_layers_than_there_is_room_for_do_no_harm);
    tcase_add_test(tests, an_image_gets_its_registrys_credentials_only);
    tcase_add_test(tests, wrong_credentials_are_refused_and_not_shown);
    tcase_add_loop_test(tests, endpoints_are_read_or_refused, 0,
                        (int)(sizeof endpoints / sizeof endpoints[0]));
    tcase_add_test(tests, a_socket_path_may_not_be_longer_than_linux_allows);
    tcase_add_loop_test(tests, a_field_that_no_engine_honours_is_refused_by_name, 0,
                        (int)(sizeof refused / sizeof refused[0]));
    tcase_add_test(tests, a_field_that_asks_for_nothing_is_not_refused);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    unlink(k7i_script_mark); /* the wrapper made it here, not in a container */
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
