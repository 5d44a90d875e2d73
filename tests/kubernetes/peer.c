/* peer.c: see peer.h. */
#include "fixture.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

/* Unlike ck_assert, also between the tests and in other threads, where nothing may be reported. */
#define must(condition, ...)                                                                                 \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            ck_abort_msg(__VA_ARGS__);                                                                       \
    } while (0)

/* --- the API --------------------------------------------------------------------------------------------------------------------- */

struct answer {
    char *data;
    size_t len;
    int (*wanted)(json_object *event, const void *user); /* a watch */
    const void *user;
    json_object *event; /* the one that was wanted */
};

/* One per thread, so that its connection stays; another one after a fork. */
static __thread CURL *easy;
static __thread pid_t easy_of;
static pthread_key_t end_of_thread;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_key(void)
{
    must(pthread_key_create(&end_of_thread, curl_easy_cleanup) == 0, "no key");
}

static void begin_thread(void)
{
    if (easy_of == getpid())
        return;
    easy = curl_easy_init();
    easy_of = getpid();
    pthread_once(&once, make_key);
    pthread_setspecific(end_of_thread, easy);
}

static void look_at_events(struct answer *answer)
{
    char *end;

    while (!answer->event && (end = memchr(answer->data, '\n', answer->len)) != NULL) {
        size_t line = (size_t)(end + 1 - answer->data);

        *end = '\0';
        json_object *event = json_tokener_parse(answer->data);
        if (event && answer->wanted(event, answer->user))
            answer->event = event;
        else
            json_object_put(event);
        answer->len -= line;
        memmove(answer->data, answer->data + line, answer->len + 1);
    }
}

static size_t collect(char *data, size_t size, size_t count, void *user)
{
    struct answer *answer = user;
    size_t len = size * count;

    answer->data = realloc(answer->data, answer->len + len + 1);
    must(answer->data, "out of memory");
    memcpy(answer->data + answer->len, data, len);
    answer->len += len;
    answer->data[answer->len] = '\0';
    if (answer->wanted)
        look_at_events(answer);
    return answer->event ? 0 : len;
}

struct curl_slist *peer_authorization(void)
{
    char line[300], token[200] = "";
    FILE *file = fopen(getenv("K7_TEST_CLUSTER_TOKEN_FILE"), "r");

    must(file && fgets(token, sizeof token, file), "no token");
    fclose(file);
    snprintf(line, sizeof line, "Authorization: Bearer %s", token);
    return curl_slist_append(NULL, line);
}

static int call(const char *method, const char *path, const char *body, struct answer *answer)
{
    struct curl_slist *headers = curl_slist_append(peer_authorization(), "Content-Type: application/json");
    char url[2048];
    long status = 0;

    begin_thread();
    curl_easy_reset(easy);
    snprintf(url, sizeof url, "%s%s", getenv("K7_TEST_CLUSTER_URL"), path);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_CAINFO, getenv("K7_TEST_CLUSTER_CA"));
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, 120L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    if (body)
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    CURLcode code = curl_easy_perform(easy);
    must(code == CURLE_OK || answer->event, "%s %s: %s", method, path, curl_easy_strerror(code));
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    return (int)status;
}

json_object *peer_call(const char *method, const char *path, const char *body, int *ret_status)
{
    struct answer answer = { 0 };
    int status = call(method, path, body, &answer);
    json_object *json = answer.len ? json_tokener_parse(answer.data) : NULL;

    free(answer.data);
    if (ret_status)
        *ret_status = status;
    return json;
}

json_object *peer_get(const char *path)
{
    int status;
    json_object *json = peer_call("GET", path, NULL, &status);

    ck_assert_msg(status == 200, "GET %s: %d: %s", path, status, json_object_to_json_string(json));
    return json;
}

json_object *peer_await(const char *collection, int (*wanted)(json_object *event, const void *user),
                        const void *user)
{
    struct answer answer = { .wanted = wanted, .user = user };
    char path[1024];

    snprintf(path, sizeof path, "%s%cwatch=1&timeoutSeconds=110", collection,
             strchr(collection, '?') ? '&' : '?');
    int status = call("GET", path, NULL, &answer);
    ck_assert_msg(answer.event, "%s: %d: waited in vain", collection, status);
    free(answer.data);
    return answer.event;
}

int peer_is_any(json_object *event, const void *unused)
{
    (void)event;
    (void)unused;
    return 1;
}

/* --- kubectl --------------------------------------------------------------------------------------------------------------------- */

__attribute__((format(printf, 3, 0))) static int run(const char *input, const char **ret_output,
                                                     const char *format, va_list arguments)
{
    static char *outputs[16];
    static size_t next;
    char words[4096], command[4600], path[] = "/tmp/k7-kubectl-XXXXXX";
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    if (input)
        ck_assert_int_eq(write(fd, input, strlen(input)), (ssize_t)strlen(input));
    close(fd);
    ck_assert_int_lt(vsnprintf(words, sizeof words, format, arguments), (int)sizeof words);
    snprintf(command, sizeof command, "timeout 110 kubectl -n %s --request-timeout=100s %s 2>&1 <%s",
             namespace_, words, path);
    FILE *pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    struct answer answer = { 0 };
    char part[4096];
    size_t len;
    collect(part, 0, 0, &answer);
    while ((len = fread(part, 1, sizeof part, pipe)) > 0)
        collect(part, 1, len, &answer);
    int status = pclose(pipe);
    unlink(path);
    while (answer.len > 0 && strchr(" \t\r\n", answer.data[answer.len - 1]))
        answer.data[--answer.len] = '\0';
    next = (next + 1) % (sizeof outputs / sizeof outputs[0]);
    free(outputs[next]);
    *ret_output = outputs[next] = answer.data;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int kubectl_try(const char **ret_output, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int status = run(NULL, ret_output, format, arguments);
    va_end(arguments);
    return status;
}

const char *kubectl(const char *format, ...)
{
    const char *output;
    va_list arguments;

    va_start(arguments, format);
    int status = run(NULL, &output, format, arguments);
    va_end(arguments);
    ck_assert_msg(status == 0, "kubectl %s …: %d: %s", format, status, output);
    return output;
}

const char *kubectl_with(const char *input, const char *format, ...)
{
    const char *output;
    va_list arguments;

    va_start(arguments, format);
    int status = run(input, &output, format, arguments);
    va_end(arguments);
    ck_assert_msg(status == 0, "kubectl %s …: %d: %s", format, status, output);
    return output;
}

/* --- what is there --------------------------------------------------------------------------------------------------------------- */

char *peer_objects(const char *in_namespace, int *ret_count)
{
    static const struct {
        const char *kind, *path, *resource;
    } kinds[] = {
        { "Deployment", "/apis/apps/v1", "deployments" },
        { "NetworkPolicy", "/apis/networking.k8s.io/v1", "networkpolicies" },
        { "Pod", "/api/v1", "pods" },
        { "ReplicaSet", "/apis/apps/v1", "replicasets" },
        { "Secret", "/api/v1", "secrets" },
        { "Service", "/api/v1", "services" },
    };
    size_t len = 0, size = 65536;
    char *text = calloc(1, size);
    int count = 0;

    must(text, "out of memory");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        char path[512];
        int status;

        snprintf(path, sizeof path, "%s/namespaces/%s/%s", kinds[i].path, in_namespace, kinds[i].resource);
        json_object *list = peer_call("GET", path, NULL, &status), *items = peer_at(list, "items");
        must(status == 200, "GET %s: %d", path, status);
        for (size_t k = 0; k < json_object_array_length(items) && len < size; k++) {
            json_object *item = json_object_array_get_idx(items, k);

            len += (size_t)snprintf(text + len, size - len, "%s %s %s\n", kinds[i].kind,
                                    peer_text(item, "metadata|name"), peer_text(item, "metadata|uid"));
            count++;
        }
        json_object_put(list);
    }
    must(len < size, "more objects than expected");
    if (ret_count)
        *ret_count = count;
    return text;
}
