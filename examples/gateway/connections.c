/* connections.c: the table of connections and the thread that watches them. It never reads or writes a connection, it only shuts some down; the HTTP
 * library then sees the end and closes them. */
#include "connections.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* Connections beyond the limit that can still be told so, and ask for /health. */
#define RESERVE 64
/* How exactly total times are kept. */
#define WATCH_INTERVAL_MS 250
/* As long as other servers wait for a client that is still sending what nobody wants. */
#define LINGER_MS  2000
#define WAKE_EVENT UINT64_MAX

enum state { STATE_FREE, STATE_IDLE, STATE_REQUEST, STATE_WORKING, STATE_ANSWERING };

struct connection {
    struct connections *table;
    enum state state;
    enum connection_end end;
    uint32_t generation; /* tells an event of an earlier connection in this place */
    int fd;
    int excess;
    int64_t since_ms; /* when it became idle */
    int64_t deadline_ms;
    uint8_t network[16]; /* IPv4, mapped, or the first 64 bits of IPv6 */
    char peer[64];
    k7_cancel *cancel;
    bool cancel_when_left;
};

struct connections {
    pthread_mutex_t lock;
    pthread_t watcher;
    int epoll;
    int wake;
    bool ending;
    size_t max;
    size_t max_per_ip;
    int64_t request_ms;
    size_t count; /* in use */
    size_t capacity;
    struct connection *places;
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* With the lock held. */
static void cut(struct connection *connection, enum connection_end why)
{
    connection->end = why;
    shutdown(connection->fd, SHUT_RDWR);
}

static void note_left(struct connections *table, uint64_t event)
{
    struct connection *connection = &table->places[(uint32_t)event];
    if (connection->state == STATE_FREE || connection->generation != (uint32_t)(event >> 32)) {
        return;
    }
    if (connection->end == CONNECTION_OPEN) {
        connection->end = CONNECTION_LEFT;
    }
    if (connection->cancel != NULL && connection->cancel_when_left &&
        k7_cancel_count(connection->cancel) == 0) {
        k7_cancel_trigger(connection->cancel);
    }
}

static void cut_late(struct connections *table)
{
    int64_t now = now_ms();
    for (size_t i = 0; i < table->capacity; i++) {
        struct connection *connection = &table->places[i];
        if (connection->state != STATE_FREE && connection->state != STATE_WORKING &&
            connection->deadline_ms <= now &&
            (connection->end == CONNECTION_OPEN || connection->end == CONNECTION_LEFT)) {
            cut(connection, CONNECTION_TOO_SLOW);
        }
    }
}

static void *watch(void *user)
{
    struct connections *table = user;
    struct epoll_event events[64];
    pthread_mutex_lock(&table->lock);
    while (!table->ending) {
        int timeout = table->count == 0 ? -1 : WATCH_INTERVAL_MS;
        pthread_mutex_unlock(&table->lock);
        int count = epoll_wait(table->epoll, events, sizeof events / sizeof *events, timeout);
        pthread_mutex_lock(&table->lock);
        for (int i = 0; i < count; i++) {
            if (events[i].data.u64 == WAKE_EVENT) {
                uint64_t times;
                ssize_t ignored = read(table->wake, &times, sizeof times);
                (void)ignored;
            } else {
                note_left(table, events[i].data.u64);
            }
        }
        cut_late(table);
    }
    pthread_mutex_unlock(&table->lock);
    return NULL;
}

static void wake(struct connections *table)
{
    uint64_t one = 1;
    ssize_t ignored = write(table->wake, &one, sizeof one);
    (void)ignored;
}

struct connections *connections_new(size_t max, size_t max_per_ip, int64_t request_ms)
{
    struct connections *table = calloc(1, sizeof *table);
    if (table == NULL) {
        return NULL;
    }
    table->max = max;
    table->max_per_ip = max_per_ip;
    table->request_ms = request_ms;
    table->capacity = max + RESERVE;
    table->places = calloc(table->capacity, sizeof *table->places);
    table->epoll = epoll_create1(EPOLL_CLOEXEC);
    table->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event event = { .events = EPOLLIN, .data.u64 = WAKE_EVENT };
    if (table->places == NULL || table->epoll < 0 || table->wake < 0 ||
        epoll_ctl(table->epoll, EPOLL_CTL_ADD, table->wake, &event) != 0 ||
        pthread_mutex_init(&table->lock, NULL) != 0 ||
        pthread_create(&table->watcher, NULL, watch, table) != 0) {
        close(table->epoll);
        close(table->wake);
        free(table->places);
        free(table);
        return NULL;
    }
    return table;
}

void connections_free(struct connections *table)
{
    if (table == NULL) {
        return;
    }
    pthread_mutex_lock(&table->lock);
    table->ending = true;
    pthread_mutex_unlock(&table->lock);
    wake(table);
    pthread_join(table->watcher, NULL);
    pthread_mutex_destroy(&table->lock);
    close(table->epoll);
    close(table->wake);
    free(table->places);
    free(table);
}

size_t connections_capacity(const struct connections *table)
{
    return table->capacity;
}

static void describe_peer(struct connection *connection, const struct sockaddr *peer)
{
    memset(connection->network, 0, sizeof connection->network);
    strcpy(connection->peer, "unknown");
    if (peer == NULL) {
        return;
    }
    socklen_t len = peer->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    getnameinfo(peer, len, connection->peer, sizeof connection->peer, NULL, 0, NI_NUMERICHOST);
    if (peer->sa_family == AF_INET) {
        memset(connection->network + 10, 0xff, 2);
        memcpy(connection->network + 12, &((const struct sockaddr_in *)(const void *)peer)->sin_addr, 4);
    } else if (peer->sa_family == AF_INET6) {
        const struct in6_addr *v6 = &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr;
        memcpy(connection->network, v6, IN6_IS_ADDR_V4MAPPED(v6) ? 16 : 8);
    }
}

static bool is_counted(const struct connection *connection)
{
    return connection->state != STATE_FREE && connection->end != CONNECTION_CUT &&
           connection->end != CONNECTION_TOO_SLOW;
}

/* With the lock held: makes room for `added` among the connections of its network (same_network) or among all. Returns false when all the others are busy. */
static bool make_room(struct connections *table, const struct connection *added, bool same_network,
                      size_t limit)
{
    size_t count = 0;
    struct connection *oldest = NULL;
    for (size_t i = 0; i < table->capacity; i++) {
        struct connection *other = &table->places[i];
        if (!is_counted(other) ||
            (same_network && memcmp(other->network, added->network, sizeof other->network) != 0)) {
            continue;
        }
        count++;
        if (other != added && other->state == STATE_IDLE &&
            (oldest == NULL || other->since_ms < oldest->since_ms)) {
            oldest = other;
        }
    }
    if (count <= limit) {
        return true;
    }
    if (oldest == NULL) {
        return false;
    }
    cut(oldest, CONNECTION_CUT);
    return true;
}

struct connection *connection_open(struct connections *table, int fd, const struct sockaddr *peer)
{
    pthread_mutex_lock(&table->lock);
    struct connection *connection = NULL;
    for (size_t i = 0; i < table->capacity && connection == NULL; i++) {
        if (table->places[i].state == STATE_FREE) {
            connection = &table->places[i];
        }
    }
    if (connection != NULL) {
        uint32_t generation = connection->generation + 1;
        int64_t now = now_ms();
        *connection = (struct connection){ .table = table,
                                           .state = STATE_IDLE,
                                           .generation = generation,
                                           .fd = fd,
                                           .since_ms = now,
                                           .deadline_ms = now + table->request_ms };
        describe_peer(connection, peer);
        /* edge: told once, when the other side closes; the HTTP library does not look at a connection while its request is carried out */
        struct epoll_event event = { .events = EPOLLRDHUP | EPOLLET,
                                     .data.u64 = (uint64_t)generation << 32 |
                                                 (uint64_t)(connection - table->places) };
        if (epoll_ctl(table->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
            connection->state = STATE_FREE;
            connection = NULL;
        }
    }
    if (connection != NULL) {
        if (!make_room(table, connection, true, table->max_per_ip)) {
            connection->excess = 429;
        } else if (!make_room(table, connection, false, table->max)) {
            connection->excess = 503;
        }
        if (table->count++ == 0) {
            wake(table);
        }
    }
    pthread_mutex_unlock(&table->lock);
    return connection;
}

void connection_close(struct connection *connection)
{
    struct connections *table = connection->table;
    pthread_mutex_lock(&table->lock);
    epoll_ctl(table->epoll, EPOLL_CTL_DEL, connection->fd, NULL);
    connection->state = STATE_FREE;
    connection->fd = -1;
    table->count--;
    pthread_mutex_unlock(&table->lock);
}

const char *connection_peer(const struct connection *connection)
{
    return connection->peer;
}

int connection_excess(const struct connection *connection)
{
    return connection->excess;
}

enum connection_end connection_end(const struct connection *connection)
{
    pthread_mutex_lock(&connection->table->lock);
    enum connection_end end = connection->end;
    pthread_mutex_unlock(&connection->table->lock);
    return end;
}

static void change(struct connection *connection, enum state state, int64_t time_ms)
{
    pthread_mutex_lock(&connection->table->lock);
    connection->state = state;
    int64_t now = now_ms();
    if (state == STATE_IDLE) {
        connection->since_ms = now;
    }
    if (time_ms > 0) {
        connection->deadline_ms = now + time_ms;
    }
    pthread_mutex_unlock(&connection->table->lock);
}

void connection_request(struct connection *connection)
{
    change(connection, STATE_REQUEST, 0); /* the time it has includes the head's */
}

void connection_answer(struct connection *connection)
{
    change(connection, STATE_ANSWERING, connection->table->request_ms);
}

void connection_linger(struct connection *connection)
{
    change(connection, STATE_ANSWERING, LINGER_MS);
}

void connection_idle(struct connection *connection)
{
    change(connection, STATE_IDLE, connection->table->request_ms);
}

bool connection_work(struct connection *connection, k7_cancel *cancel, bool cancel_when_left)
{
    pthread_mutex_lock(&connection->table->lock);
    bool stays = !cancel_when_left || connection->end == CONNECTION_OPEN;
    if (stays) {
        connection->state = STATE_WORKING;
        connection->cancel = k7_cancel_ref(cancel);
        connection->cancel_when_left = cancel_when_left;
    }
    pthread_mutex_unlock(&connection->table->lock);
    return stays;
}

bool connection_work_done(struct connection *connection)
{
    pthread_mutex_lock(&connection->table->lock);
    connection->cancel = k7_cancel_unref(connection->cancel);
    bool left = connection->end != CONNECTION_OPEN;
    pthread_mutex_unlock(&connection->table->lock);
    return left;
}

void connections_cut_idle(struct connections *table)
{
    pthread_mutex_lock(&table->lock);
    for (size_t i = 0; i < table->capacity; i++) {
        if (table->places[i].state == STATE_IDLE && is_counted(&table->places[i])) {
            cut(&table->places[i], CONNECTION_CUT);
        }
    }
    pthread_mutex_unlock(&table->lock);
}

size_t connections_busy(struct connections *table)
{
    size_t busy = 0;
    pthread_mutex_lock(&table->lock);
    for (size_t i = 0; i < table->capacity; i++) {
        busy += table->places[i].state > STATE_IDLE;
    }
    pthread_mutex_unlock(&table->lock);
    return busy;
}

void connections_cancel(struct connections *table)
{
    pthread_mutex_lock(&table->lock);
    for (size_t i = 0; i < table->capacity; i++) {
        struct connection *connection = &table->places[i];
        if (connection->cancel != NULL) {
            k7_cancel_trigger(connection->cancel);
        } else if (connection->state == STATE_REQUEST && is_counted(connection)) {
            cut(connection, CONNECTION_CUT);
        }
    }
    pthread_mutex_unlock(&table->lock);
}
