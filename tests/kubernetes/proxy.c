/* proxy.c: see proxy.h. */
#include "proxy.h"

#include "fixture.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUESTS_MAX = 1024, CONNECTIONS_MAX = 256, HEAD_MAX = 64 * 1024 };

#define must(condition)                                                                                      \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            perror("proxy: " #condition);                                                                    \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

struct connection {
    struct proxy *proxy;
    pthread_t thread;
    int fd;
};

struct proxy {
    int fd;
    pthread_t thread;
    char kubeconfig[64];
    pthread_mutex_t lock; /* over what follows */
    pthread_cond_t changed;
    int late; /* requests held back until their client is gone */
    struct proxy_plan plan;
    int requests, connection_count;
    char *lines[REQUESTS_MAX];
    unsigned char
        is_told[REQUESTS_MAX]; /* its client has the whole answer, that it succeeded or found nothing */
    struct connection connections[CONNECTIONS_MAX];
};

struct exchange { /* one request */
    struct connection *connection;
    int n;
    enum proxy_act act;
    void (*after)(void *user);
    void *user;
    char method[16], target[4096];
    char accept[512], content_type[128];
    char *body;
    size_t body_len;
    int is_watch;
    /* the answer */
    CURL *easy;
    char answer_type[256];
    char *answer;
    size_t answer_len;
    int is_open; /* the head of a watch was sent */
};

const char *proxy_act_name(enum proxy_act act)
{
    static const char *const names[] = { "forward", "refuse", "cut",  "429",  "500", "503",
                                         "403",     "hang",   "late", "drop", "half" };

    return names[act];
}

/* --- to the client --------------------------------------------------------------------------------------------------------------- */

static int send_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);

        if (sent <= 0)
            return -1;
        data += sent;
        len -= (size_t)sent;
    }
    return 0;
}

static int send_answer(struct exchange *exchange, long status, const char *type, const char *more,
                       const char *body, size_t len, size_t sent)
{
    char head[1024];
    int n = snprintf(head, sizeof head, "HTTP/1.1 %ld X\r\nContent-Type: %s\r\n%sContent-Length: %zu\r\n\r\n",
                     status, type, more, len);

    return send_all(exchange->connection->fd, head, (size_t)n) == 0 &&
                   send_all(exchange->connection->fd, body, sent) == 0 && sent == len
               ? 0
               : -1;
}

static int refuse(struct exchange *exchange)
{
    static const struct {
        enum proxy_act act;
        int status;
        const char *more, *reason, *message;
    } rows[] = {
        { PROXY_429, 429, "Retry-After: 0\r\n", "TooManyRequests", "too many requests of the proxy's" },
        { PROXY_500, 500, "", "InternalError", "etcdserver: request timed out" },
        { PROXY_503, 503, "", "ServiceUnavailable", "the proxy is not available" },
        { PROXY_403, 403, "", "Forbidden", "the proxy cannot allow this" },
        { PROXY_NO_PROTOBUF, 406, "", "NotAcceptable", "the proxy knows JSON only" },
    };
    size_t i = 0;
    char body[512];

    while (rows[i].act != exchange->act)
        i++;
    int len = snprintf(body, sizeof body,
                       "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
                       "\"message\":\"%s\",\"reason\":\"%s\",\"code\":%d}",
                       rows[i].message, rows[i].reason, rows[i].status);
    return send_answer(exchange, rows[i].status, "application/json", rows[i].more, body, (size_t)len,
                       (size_t)len);
}

static void await_gone(int fd)
{
    char byte;

    while (recv(fd, &byte, 1, 0) > 0)
        ;
}

/* --- to the server --------------------------------------------------------------------------------------------------------------- */

static void tell_after(struct exchange *exchange)
{
    if (exchange->after)
        exchange->after(exchange->user);
    exchange->after = NULL;
}

/* A part of a watch goes on at once; 0: no more of it. */
static int stream(struct exchange *exchange, const char *data, size_t len)
{
    static const char head[] =
        "HTTP/1.1 200 X\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    char size[24];
    int fd = exchange->connection->fd;

    tell_after(exchange);
    if (exchange->act == PROXY_DROP || exchange->act == PROXY_LATE)
        return 0;
    if (!exchange->is_open && send_all(fd, head, sizeof head - 1) != 0)
        return 0;
    exchange->is_open = 1;
    if (exchange->act == PROXY_HALF)
        len /= 2;
    snprintf(size, sizeof size, "%zx\r\n", len);
    return send_all(fd, size, strlen(size)) == 0 && send_all(fd, data, len) == 0 &&
           send_all(fd, "\r\n", 2) == 0 && exchange->act != PROXY_HALF;
}

static size_t collect(char *data, size_t size, size_t count, void *user)
{
    struct exchange *exchange = user;
    size_t len = size * count;
    long status = 0;

    curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    if (exchange->is_watch && status == 200)
        return stream(exchange, data, len) ? len : 0;
    must(exchange->answer = realloc(exchange->answer, exchange->answer_len + len + 1));
    memcpy(exchange->answer + exchange->answer_len, data, len);
    exchange->answer_len += len;
    return len;
}

/* Runs the transfer; also ends it when the client goes away. */
static CURLcode perform(struct exchange *exchange)
{
    CURLM *multi = curl_multi_init();
    CURLcode code = CURLE_OK;
    int running = 1;

    curl_multi_add_handle(multi, exchange->easy);
    while (curl_multi_perform(multi, &running) == CURLM_OK && running) {
        struct curl_waitfd client_fd = { .fd = exchange->connection->fd, .events = CURL_WAIT_POLLIN };
        char byte;

        curl_multi_poll(multi, &client_fd, exchange->is_watch ? 1 : 0, 60000, NULL);
        if (exchange->is_watch && recv(client_fd.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
            break;
    }
    for (int left = 1; left > 0;) {
        CURLMsg *message = curl_multi_info_read(multi, &left);
        if (message && message->msg == CURLMSG_DONE)
            code = message->data.result;
    }
    curl_multi_remove_handle(multi, exchange->easy);
    curl_multi_cleanup(multi);
    return code;
}

static void note_told(struct exchange *exchange)
{
    struct proxy *proxy = exchange->connection->proxy;

    pthread_mutex_lock(&proxy->lock);
    proxy->is_told[exchange->n] = 1;
    pthread_mutex_unlock(&proxy->lock);
}

/* Has the server execute the request; 0: the connection to the client goes on. */
static int forward(struct exchange *exchange)
{
    struct curl_slist *headers = peer_authorization();
    char url[4300], line[600];
    const char *type = NULL;
    long status = 0;
    int result = -1;

    headers = curl_slist_append(headers, "Expect:");
    snprintf(line, sizeof line, "Accept: %s", exchange->accept);
    headers = curl_slist_append(headers, line);
    snprintf(line, sizeof line, "Content-Type: %s", exchange->content_type);
    headers = curl_slist_append(headers, line);
    snprintf(url, sizeof url, "%s%s", getenv("K7_TEST_CLUSTER_URL"), exchange->target);
    curl_easy_reset(exchange->easy);
    curl_easy_setopt(exchange->easy, CURLOPT_URL, url);
    curl_easy_setopt(exchange->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(exchange->easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(exchange->easy, CURLOPT_CAINFO, getenv("K7_TEST_CLUSTER_CA"));
    curl_easy_setopt(exchange->easy, CURLOPT_CUSTOMREQUEST, exchange->method);
    curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(exchange->easy, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(exchange->easy, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(exchange->easy, CURLOPT_NOSIGNAL, 1L);
    if (exchange->body_len > 0) {
        curl_easy_setopt(exchange->easy, CURLOPT_POSTFIELDSIZE, (long)exchange->body_len);
        curl_easy_setopt(exchange->easy, CURLOPT_POSTFIELDS, exchange->body);
    }
    CURLcode code = perform(exchange);
    curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(exchange->easy, CURLINFO_CONTENT_TYPE, &type);
    tell_after(exchange);
    if (exchange->is_open && code == CURLE_OK)
        result = send_all(exchange->connection->fd, "0\r\n\r\n", 5);
    else if (!exchange->is_open && code == CURLE_OK && status > 0 && exchange->act != PROXY_DROP &&
             exchange->act != PROXY_LATE)
        result = send_answer(exchange, status, type ? type : "text/plain", "", exchange->answer,
                             exchange->answer_len,
                             exchange->act == PROXY_HALF ? exchange->answer_len / 2 : exchange->answer_len);
    curl_slist_free_all(headers);
    if (result == 0 && ((status >= 200 && status < 300) || status == 404))
        note_told(exchange);
    return result;
}

/* --- requests -------------------------------------------------------------------------------------------------------------------- */

static void read_header(const char *head, const char *name, char *room, size_t size)
{
    const char *at = strcasestr(head, name);

    if (at) {
        at += strlen(name);
        at += strspn(at, " ");
        snprintf(room, size, "%.*s", (int)strcspn(at, "\r"), at);
    }
}

/* Reads a request whose first line is `head`'s; 0, or -1 when the client is gone. */
static int read_request(struct exchange *exchange, char *head, size_t size)
{
    int fd = exchange->connection->fd;
    size_t len = 0;
    char length[32] = "0", *end;

    do {
        ssize_t got = recv(fd, head + len, size - 1 - len, 0);

        if (got <= 0)
            return -1;
        len += (size_t)got;
        head[len] = '\0';
    } while (!(end = strstr(head, "\r\n\r\n")));
    size_t rest = len - (size_t)(end + 4 - head);
    end[2] = '\0';
    must(sscanf(head, "%15s %4095s", exchange->method, exchange->target) == 2);
    must(!strcasestr(head, "\r\ntransfer-encoding:"));
    strcpy(exchange->accept, "application/json");
    strcpy(exchange->content_type, "application/json");
    read_header(head, "\r\naccept:", exchange->accept, sizeof exchange->accept);
    read_header(head, "\r\ncontent-type:", exchange->content_type, sizeof exchange->content_type);
    read_header(head, "\r\ncontent-length:", length, sizeof length);
    exchange->body_len = strtoul(length, NULL, 10);
    exchange->is_watch = strstr(exchange->target, "watch=1") || strstr(exchange->target, "watch=true");
    must(rest <= exchange->body_len);
    must(exchange->body = calloc(1, exchange->body_len + 1));
    memcpy(exchange->body, end + 4, rest);
    while (rest < exchange->body_len) {
        ssize_t got = recv(fd, exchange->body + rest, exchange->body_len - rest, 0);

        if (got <= 0)
            return -1;
        rest += (size_t)got;
    }
    return 0;
}

/* The number of the request that begins to arrive, and what is to be done with it. */
static void next_request(struct exchange *exchange, void (**ret_before)(void *user))
{
    struct proxy *proxy = exchange->connection->proxy;

    pthread_mutex_lock(&proxy->lock);
    int n = exchange->n = ++proxy->requests;
    must(n < REQUESTS_MAX);
    exchange->act = n == proxy->plan.fails ? PROXY_403 : PROXY_FORWARD;
    *ret_before = NULL;
    if (proxy->plan.n > 0 && (n == proxy->plan.n || (n > proxy->plan.n && proxy->plan.and_later)))
        exchange->act = proxy->plan.act;
    if (n == proxy->plan.n) {
        *ret_before = proxy->plan.before;
        exchange->after = proxy->plan.after;
        exchange->user = proxy->plan.user;
    }
    pthread_mutex_unlock(&proxy->lock);
}

static void note_request(struct exchange *exchange)
{
    struct proxy *proxy = exchange->connection->proxy;
    int n = exchange->n;

    pthread_mutex_lock(&proxy->lock);
    if (n <= proxy->requests && !proxy->lines[n])
        must(asprintf(&proxy->lines[n], "%s %s", exchange->method, exchange->target) > 0);
    pthread_mutex_unlock(&proxy->lock);
}

static void count_late(struct exchange *exchange, int change)
{
    struct proxy *proxy = exchange->connection->proxy;

    pthread_mutex_lock(&proxy->lock);
    proxy->late += change;
    pthread_cond_broadcast(&proxy->changed);
    pthread_mutex_unlock(&proxy->lock);
}

static int play(struct exchange *exchange, char *head, size_t size)
{
    static const struct linger reset = { .l_onoff = 1 };
    int fd = exchange->connection->fd;
    void (*before)(void *user);
    char byte;

    if (recv(fd, &byte, 1, MSG_PEEK) <= 0)
        return -1;
    next_request(exchange, &before);
    if (exchange->act == PROXY_REFUSE) {
        if (before)
            before(exchange->user);
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        return -1;
    }
    if (read_request(exchange, head, size) != 0)
        return -1;
    note_request(exchange);
    if (before)
        before(exchange->user);
    switch (exchange->act) {
    case PROXY_CUT:
        return -1;
    case PROXY_429:
    case PROXY_500:
    case PROXY_503:
    case PROXY_403:
        return refuse(exchange);
    case PROXY_NO_PROTOBUF:
        return strstr(exchange->accept, "protobuf") ? refuse(exchange) : forward(exchange);
    case PROXY_HANG:
        await_gone(fd);
        return -1;
    case PROXY_LATE:
        count_late(exchange, 1);
        await_gone(fd);
        forward(exchange);
        count_late(exchange, -1);
        return -1;
    default:
        return forward(exchange);
    }
}

static void *serve(void *user)
{
    struct connection *connection = user;
    char *head = malloc(HEAD_MAX);
    CURL *easy = curl_easy_init();
    int status;

    must(head && easy);
    do {
        struct exchange exchange = { .connection = connection, .easy = easy };

        status = play(&exchange, head, HEAD_MAX);
        free(exchange.body);
        free(exchange.answer);
    } while (status == 0);
    curl_easy_cleanup(easy);
    free(head);
    pthread_mutex_lock(&connection->proxy->lock);
    close(connection->fd);
    connection->fd = -1;
    pthread_mutex_unlock(&connection->proxy->lock);
    return NULL;
}

static void *accept_all(void *user)
{
    struct proxy *proxy = user;
    int fd;

    while ((fd = accept(proxy->fd, NULL, NULL)) >= 0) {
        pthread_mutex_lock(&proxy->lock);
        must(proxy->connection_count < CONNECTIONS_MAX);
        struct connection *connection = &proxy->connections[proxy->connection_count++];
        connection->proxy = proxy;
        connection->fd = fd;
        must(pthread_create(&connection->thread, NULL, serve, connection) == 0);
        pthread_mutex_unlock(&proxy->lock);
    }
    return NULL;
}

/* --- the proxy ------------------------------------------------------------------------------------------------------------------- */

struct proxy *proxy_start(void)
{
    struct proxy *proxy = calloc(1, sizeof *proxy);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;

    must(proxy);
    pthread_mutex_init(&proxy->lock, NULL);
    pthread_cond_init(&proxy->changed, NULL);
    must((proxy->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) >= 0);
    must(bind(proxy->fd, (struct sockaddr *)&address, sizeof address) == 0);
    must(listen(proxy->fd, 128) == 0);
    must(getsockname(proxy->fd, (struct sockaddr *)&address, &len) == 0);
    strcpy(proxy->kubeconfig, "/tmp/k7-proxy-XXXXXX");
    int fd = mkstemp(proxy->kubeconfig);
    must(fd >= 0);
    must(dprintf(fd,
                 "apiVersion: v1\nkind: Config\n"
                 "clusters: [{name: proxy, cluster: {server: \"http://127.0.0.1:%d\"}}]\n"
                 "users: [{name: nobody, user: {}}]\n"
                 "contexts: [{name: proxy, context: {cluster: proxy, user: nobody}}]\n"
                 "current-context: proxy\n",
                 ntohs(address.sin_port)) > 0);
    close(fd);
    must(pthread_create(&proxy->thread, NULL, accept_all, proxy) == 0);
    return proxy;
}

static void forget_requests(struct proxy *proxy)
{
    for (int i = 0; i < REQUESTS_MAX; i++) {
        free(proxy->lines[i]);
        proxy->lines[i] = NULL;
    }
    memset(proxy->is_told, 0, sizeof proxy->is_told);
    proxy->requests = 0;
}

void proxy_stop(struct proxy *proxy)
{
    shutdown(proxy->fd, SHUT_RDWR);
    pthread_join(proxy->thread, NULL);
    close(proxy->fd);
    for (int i = 0; i < proxy->connection_count; i++) {
        pthread_mutex_lock(&proxy->lock);
        if (proxy->connections[i].fd >= 0)
            shutdown(proxy->connections[i].fd, SHUT_RDWR);
        pthread_mutex_unlock(&proxy->lock);
        pthread_join(proxy->connections[i].thread, NULL);
    }
    unlink(proxy->kubeconfig);
    forget_requests(proxy);
    pthread_mutex_destroy(&proxy->lock);
    pthread_cond_destroy(&proxy->changed);
    free(proxy);
}

void proxy_set_plan(struct proxy *proxy, const struct proxy_plan *plan)
{
    pthread_mutex_lock(&proxy->lock);
    forget_requests(proxy);
    proxy->plan = plan ? *plan : (struct proxy_plan){ 0 };
    pthread_mutex_unlock(&proxy->lock);
}

void proxy_await_late(struct proxy *proxy)
{
    pthread_mutex_lock(&proxy->lock);
    while (proxy->late > 0)
        pthread_cond_wait(&proxy->changed, &proxy->lock);
    pthread_mutex_unlock(&proxy->lock);
}

int proxy_requests(struct proxy *proxy)
{
    pthread_mutex_lock(&proxy->lock);
    int requests = proxy->requests;
    pthread_mutex_unlock(&proxy->lock);
    return requests;
}

const char *proxy_request(struct proxy *proxy, int n)
{
    pthread_mutex_lock(&proxy->lock);
    const char *line = n > 0 && n < REQUESTS_MAX && proxy->lines[n] ? proxy->lines[n] : "";
    pthread_mutex_unlock(&proxy->lock);
    return line;
}

int proxy_has_told(struct proxy *proxy, const char *method, const char *end)
{
    size_t len = strlen(method), end_len = strlen(end);
    int has_told = 0;

    pthread_mutex_lock(&proxy->lock);
    for (int n = 1; n < proxy->requests; n++) {
        const char *line = proxy->lines[n] ? proxy->lines[n] : "";
        size_t path_len = strcspn(line, "?");

        has_told |= proxy->is_told[n] && strncmp(line, method, len) == 0 && path_len > end_len &&
                    strncmp(line + path_len - end_len, end, end_len) == 0;
    }
    pthread_mutex_unlock(&proxy->lock);
    return has_told;
}

const char *proxy_kubeconfig(const struct proxy *proxy)
{
    return proxy->kubeconfig;
}
