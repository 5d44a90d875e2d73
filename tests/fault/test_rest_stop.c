/* test_rest_stop.c: cancel and deadline in every state of a request: resolving, connecting, in the TLS handshake, waiting, receiving, backing off. In each the peer
 * would keep the call for ever: that it comes back is the proof; what the peer saw says how far it was. */
#include "rest_fixture.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* --- a resolver that hangs: this definition stands in for the C library's in libcurl, too --- */

static pthread_mutex_t resolver_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t resolver_changed = PTHREAD_COND_INITIALIZER;
static int look_ups, look_ups_over, resolver_released;

#pragma GCC visibility push(default)
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **result);

#pragma GCC visibility pop

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
    static const char hanging[] = ".hangs.test";
    size_t len = node ? strlen(node) : 0;
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

    if (len < sizeof hanging || strcmp(node + len - (sizeof hanging - 1), hanging) != 0) {
        *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
        return real(node, service, hints, result);
    }
    pthread_mutex_lock(&resolver_lock);
    look_ups++;
    pthread_cond_broadcast(&resolver_changed);
    while (!resolver_released)
        pthread_cond_wait(&resolver_changed, &resolver_lock);
    look_ups_over++;
    pthread_cond_broadcast(&resolver_changed);
    pthread_mutex_unlock(&resolver_lock);
    return EAI_FAIL;
}

static void await_look_up(void)
{
    pthread_mutex_lock(&resolver_lock);
    while (look_ups == 0)
        pthread_cond_wait(&resolver_changed, &resolver_lock);
    pthread_mutex_unlock(&resolver_lock);
}

static void hold_resolver(void)
{
    pthread_mutex_lock(&resolver_lock);
    look_ups = look_ups_over = resolver_released = 0;
    pthread_mutex_unlock(&resolver_lock);
}

static int count_look_ups(void)
{
    pthread_mutex_lock(&resolver_lock);
    int count = look_ups;
    pthread_mutex_unlock(&resolver_lock);
    return count;
}

static void release_resolver(void)
{
    pthread_mutex_lock(&resolver_lock);
    resolver_released = 1;
    pthread_cond_broadcast(&resolver_changed);
    while (look_ups_over < look_ups)
        pthread_cond_wait(&resolver_changed, &resolver_lock);
    pthread_mutex_unlock(&resolver_lock);
}

/* --- a port that takes no more connections --- */

enum { WAITERS = 16 };
static int full_listener = -1, waiters[WAITERS];

static int open_full_port(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;

    full_listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(full_listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(full_listener, 0), 0);
    getsockname(full_listener, (struct sockaddr *)&address, &len);
    for (int i = 0; i < WAITERS; i++) {
        waiters[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(waiters[i], (struct sockaddr *)&address, sizeof address);
    }
    return ntohs(address.sin_port);
}

static void close_full_port(void)
{
    if (full_listener < 0)
        return;
    for (int i = 0; i < WAITERS; i++)
        close(waiters[i]);
    close(full_listener);
    full_listener = -1;
}

/* --- the states --- */

#define HEADERS "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"data\":["

enum state { RESOLVING, CONNECTING, HANDSHAKE, WAITING, RECEIVING, BACKING_OFF, STATES };

static void enter(enum state state)
{
    static const struct scripted_act receiving[] = { { SCRIPTED_SEND, HEADERS, 0 },
                                                     { SCRIPTED_HANG, NULL, 0 } };
    char url[64];
    k7_config *config;

    if (state == RESOLVING) {
        hold_resolver();
        snprintf(url, sizeof url, "https://k7.hangs.test");
    } else if (state == CONNECTING) {
        snprintf(url, sizeof url, "http://127.0.0.1:%d", open_full_port());
    } else {
        server = scripted_server_start(state == HANDSHAKE ? &(struct scripted_tls){ .hang_in_handshake = 1 }
                                                          : NULL);
        snprintf(url, sizeof url, "%s", scripted_server_url(server));
    }
    if (state == WAITING)
        scripted_server_push(server, &(struct scripted_act){ SCRIPTED_HANG, NULL, 0 }, 1);
    if (state == RECEIVING)
        scripted_server_push(server, receiving, 2);
    if (state == BACKING_OFF)
        scripted_server_answer_always(server, 503, "Retry-After: 3000\r\n", "");
    config = new_config(url);
    set_key(config, "rest.api_key", SECRET);
    set_key(config, "connect_timeout_ms", "3600000");
    open_client(config);
}

/* Waits until the call is in its state. Whether a connection is being made cannot be seen from outside: there the trigger may come a little early. */
static void await_state(enum state state)
{
    if (state == RESOLVING)
        await_look_up();
    else if (state == HANDSHAKE)
        scripted_server_await_connections(server, 1);
    else if (state != CONNECTING)
        scripted_server_await_requests(server, 1);
}

struct trigger {
    pthread_t thread;
    enum state state;
    k7_cancel *cancel;
};

static void *trigger_main(void *user)
{
    struct trigger *trigger = user;

    await_state(trigger->state);
    if (trigger->state != BACKING_OFF) /* which begins when the attempt has ended */
        k7_cancel_trigger(trigger->cancel);
    return NULL;
}

static void start_trigger(struct trigger *trigger, enum state state)
{
    trigger->state = state;
    ck_assert_int_eq(k7_cancel_new(&trigger->cancel, NULL), 0);
    if (state == BACKING_OFF)
        cancel_on_trace = trigger->cancel;
    ck_assert_int_eq(k7_call_set_cancel(call, trigger->cancel, NULL), 0);
    ck_assert_int_eq(k7_call_set_timeout_ms(call, K7_NEVER, NULL), 0);
    ck_assert_int_eq(pthread_create(&trigger->thread, NULL, trigger_main, trigger), 0);
}

static void join_trigger(struct trigger *trigger)
{
    pthread_join(trigger->thread, NULL);
    cancel_on_trace = NULL;
    k7_cancel_unref(trigger->cancel);
}

/* The request was handed over: what became of it is unknown. A refusal with Retry-After had no effect. */
static int outcome_of_create(enum state state)
{
    return state == WAITING || state == RECEIVING ? K7_OUTCOME_UNKNOWN : K7_OUTCOME_NOT_SENT;
}

static void leave(enum state state)
{
    if (server) {
        /* The connection was given up, not kept; in a back-off it is warm. */
        if (state != BACKING_OFF)
            scripted_server_await_closed(server, scripted_server_connections(server));
        ck_assert_int_le(scripted_server_requests(server), 1);
    }
    if (state == RESOLVING)
        release_resolver();
}

/* An attempt that the call's end cut short has ended, too. Where the server saw it, it was begun for certain. */
static void expect_traced(enum state state, int code)
{
    if (state == BACKING_OFF || !server || scripted_server_requests(server) == 0)
        return;
    ck_assert_int_eq(traces, 1);
    ck_assert_int_eq(traced_error, code);
}

START_TEST(a_cancelled_list_comes_back)
{
    struct trigger trigger;

    enter((enum state)_i);
    start_trigger(&trigger, (enum state)_i);
    ck_assert_int_eq(list(), K7_ERR_CANCELLED);
    expect_error(K7_ERR_CANCELLED, k7_error_get_outcome(err));
    join_trigger(&trigger);
    expect_traced((enum state)_i, K7_ERR_CANCELLED);
    leave((enum state)_i);
}
END_TEST

START_TEST(a_cancelled_create_comes_back_and_says_what_is_known)
{
    struct trigger trigger;

    enter((enum state)_i);
    ck_assert_int_eq(k7_call_set_cleanup_timeout_ms(call, 0, NULL), 0);
    start_trigger(&trigger, (enum state)_i);
    ck_assert_int_eq(create(), K7_ERR_CANCELLED);
    expect_error(K7_ERR_CANCELLED, outcome_of_create((enum state)_i));
    ck_assert_uint_eq(k7_error_leftover_count(err), outcome_of_create((enum state)_i) == K7_OUTCOME_UNKNOWN);
    join_trigger(&trigger);
    leave((enum state)_i);
}
END_TEST

/* That a cancel was seen does not show from outside. But the wait of a call that a signal interrupts has dealt with everything before it: after the second such
 * wait, a cancel that came before the first is known. */
static pthread_mutex_t interrupt_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t interrupt_changed = PTHREAD_COND_INITIALIZER;
static int interrupts;
static pthread_t caller;

static void on_signal(int number)
{
    (void)number;
}

static int on_interrupt(void *user)
{
    (void)user;
    pthread_mutex_lock(&interrupt_lock);
    interrupts++;
    pthread_cond_broadcast(&interrupt_changed);
    pthread_mutex_unlock(&interrupt_lock);
    return 0;
}

static void interrupt_the_wait(void)
{
    struct timespec soon;

    pthread_mutex_lock(&interrupt_lock);
    for (int before = interrupts; interrupts == before;) {
        pthread_kill(caller,
                     SIGUSR1); /* is lost when the call is not waiting just now: so again until it was */
        clock_gettime(CLOCK_REALTIME, &soon);
        soon.tv_nsec = (soon.tv_nsec + 1000000) % 1000000000;
        soon.tv_sec += soon.tv_nsec < 1000000;
        pthread_cond_timedwait(&interrupt_changed, &interrupt_lock, &soon);
    }
    pthread_mutex_unlock(&interrupt_lock);
}

static void *trigger_then_release(void *user)
{
    struct trigger *trigger = user;

    scripted_server_await_requests(server, 1);
    k7_cancel_trigger(trigger->cancel);
    interrupt_the_wait();
    interrupt_the_wait();
    scripted_server_release(server);
    return NULL;
}

static void start(struct trigger *trigger, void *(*fn)(void *))
{
    ck_assert_int_eq(k7_cancel_new(&trigger->cancel, NULL), 0);
    ck_assert_int_eq(k7_call_set_cancel(call, trigger->cancel, NULL), 0);
    ck_assert_int_eq(k7_call_set_cleanup_timeout_ms(call, 3600000, NULL), 0);
    ck_assert_int_eq(pthread_create(&trigger->thread, NULL, fn, trigger), 0);
}

#define ANSWER_201 "HTTP/1.1 201 Created\r\nContent-Length: 63\r\n\r\n" CREATED

START_TEST(a_cancelled_create_is_taken_back_when_its_answer_comes)
{
    static const struct scripted_act late[] = { { SCRIPTED_WAIT, NULL, 0 },
                                                { SCRIPTED_SEND, ANSWER_201, 0 } };
    struct trigger trigger;

    setup_once();
    scripted_server_push(server, late, 2);
    scripted_server_answer(server, 200, NULL, DELETED);
    caller = pthread_self();
    sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = on_signal }, NULL);
    ck_assert_int_eq(k7_call_set_on_interrupt(call, on_interrupt, NULL, NULL, NULL), 0);
    start(&trigger, trigger_then_release);
    ck_assert_int_eq(create(), K7_ERR_CANCELLED);
    expect_error(K7_ERR_CANCELLED, K7_OUTCOME_NOT_SENT);
    ck_assert_uint_eq(k7_error_leftover_count(err), 0);
    ck_assert_int_eq(scripted_server_bodies(server, "POST"), 1);
    ck_assert_int_eq(scripted_server_bodies(server, "DELETE"), 1);
    ck_assert_str_eq(scripted_server_request(server, 1).target, "/api/v1/sandboxes/demo?namespace=default");
    join_trigger(&trigger);
}
END_TEST

static void *trigger_twice(void *user)
{
    struct trigger *trigger = user;

    scripted_server_await_requests(server, 1);
    k7_cancel_trigger(trigger->cancel);
    k7_cancel_trigger(trigger->cancel);
    return NULL;
}

START_TEST(the_second_cancel_does_not_await_the_answer)
{
    struct trigger trigger;

    enter(WAITING);
    start(&trigger, trigger_twice);
    ck_assert_int_eq(create(), K7_ERR_CANCELLED);
    expect_error(K7_ERR_CANCELLED, K7_OUTCOME_UNKNOWN);
    ck_assert_uint_eq(k7_error_leftover_count(err), 1);
    join_trigger(&trigger);
}
END_TEST

START_TEST(the_deadline_ends_a_list)
{
    enter((enum state)_i); /* all but the back-off: one that would last longer is not begun */
    ck_assert_int_eq(k7_call_set_timeout_ms(call, 50, NULL), 0);
    ck_assert_int_eq(list(), K7_ERR_TIMEOUT);
    expect_error(K7_ERR_TIMEOUT, k7_error_get_outcome(err));
    expect_traced((enum state)_i, K7_ERR_TIMEOUT);
    leave((enum state)_i);
}
END_TEST

START_TEST(the_deadline_ends_a_create)
{
    enter((enum state)_i);
    ck_assert_int_eq(k7_call_set_timeout_ms(call, 50, NULL), 0);
    ck_assert_int_eq(k7_call_set_cleanup_timeout_ms(call, 50, NULL), 0);
    ck_assert_int_eq(create(), K7_ERR_TIMEOUT);
    ck_assert_int_eq(k7_error_get_outcome(err) == K7_OUTCOME_UNKNOWN, k7_error_leftover_count(err) == 1);
    leave((enum state)_i);
}
END_TEST

START_TEST(a_connection_that_is_not_made_in_time_is_an_error)
{
    k7_config *config;
    char url[64];

    snprintf(url, sizeof url, "http://127.0.0.1:%d", open_full_port());
    config = new_config(url);
    set_key(config, "connect_timeout_ms", "50");
    set_key(config, "retry_attempts", "2");
    open_client(config);
    ck_assert_int_eq(create(), K7_ERR_CONNECT);
    expect_error(K7_ERR_CONNECT, K7_OUTCOME_NOT_SENT);
    ck_assert_int_eq(traces, 2);
}
END_TEST

START_TEST(a_call_with_a_triggered_token_sends_nothing)
{
    k7_cancel *cancel = NULL;

    enter(WAITING);
    ck_assert_int_eq(k7_cancel_new(&cancel, NULL), 0);
    ck_assert_int_eq(k7_call_set_cancel(call, cancel, NULL), 0);
    k7_cancel_trigger(cancel);
    ck_assert_int_eq(create(), K7_ERR_CANCELLED);
    expect_error(K7_ERR_CANCELLED, K7_OUTCOME_NOT_SENT);
    ck_assert_int_eq(scripted_server_requests(server), 0);
    k7_cancel_unref(cancel);
}
END_TEST

/* Look-ups that were given up go on in threads of libcurl: a client has a limited number of them. */
START_TEST(look_ups_that_hang_do_not_pile_up)
{
    int code = K7_ERR_TIMEOUT, calls = 0;

    enter(RESOLVING);
    ck_assert_int_eq(k7_call_set_timeout_ms(call, 30, NULL), 0);
    for (; code == K7_ERR_TIMEOUT && calls < 1000; calls++)
        code = list();
    ck_assert_int_eq(code, K7_ERR_SYSTEM);
    expect_message("look-up");
    ck_assert_int_le(count_look_ups(), 20);
    release_resolver();
}
END_TEST

START_TEST(the_client_is_usable_after_a_cancel)
{
    struct trigger trigger;

    enter(WAITING);
    start_trigger(&trigger, WAITING);
    ck_assert_int_eq(list(), K7_ERR_CANCELLED);
    join_trigger(&trigger);
    ck_assert_int_eq(k7_call_set_cancel(call, NULL, NULL), 0);
    scripted_server_answer_always(server, 200, NULL, LIST_OF_ONE);
    expect_success(list());
}
END_TEST

static void stop_all(void)
{
    teardown();
    close_full_port();
}

int main(void)
{
    Suite *suite = suite_create("rest stop");
    TCase *tests = tcase_create("stop");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, NULL, stop_all);
    tcase_add_loop_test(tests, a_cancelled_list_comes_back, 0, STATES);
    tcase_add_loop_test(tests, a_cancelled_create_comes_back_and_says_what_is_known, 0, STATES);
    tcase_add_test(tests, a_cancelled_create_is_taken_back_when_its_answer_comes);
    tcase_add_test(tests, the_second_cancel_does_not_await_the_answer);
    tcase_add_loop_test(tests, the_deadline_ends_a_list, 0, BACKING_OFF);
    tcase_add_loop_test(tests, the_deadline_ends_a_create, 0, BACKING_OFF);
    tcase_add_test(tests, a_connection_that_is_not_made_in_time_is_an_error);
    tcase_add_test(tests, a_call_with_a_triggered_token_sends_nothing);
    tcase_add_test(tests, look_ups_that_hang_do_not_pile_up);
    tcase_add_test(tests, the_client_is_usable_after_a_cancel);
    suite_add_tcase(suite, tests);
    return run(suite);
}
