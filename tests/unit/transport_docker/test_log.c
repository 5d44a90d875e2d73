/* test_log.c: a container's log as engines write it, and what the steps that wait make of it: of its words, of its end, and of what engines write in its place. */
#include "fixture.h"

#include "plan/run.h"

#define CREATE_ID "0123456789abcdef0123456789abcdef"

/* ---- frames ---- */

static void add_frame(struct k7i_buf *buf, int stream, const char *text)
{
    size_t len = strlen(text);
    const char header[8] = { (char)stream,     0,        0, 0, (char)(len >> 24), (char)(len >> 16),
                             (char)(len >> 8), (char)len };

    k7i_buf_add(buf, header, sizeof header);
    k7i_buf_add(buf, text, len);
}

static void shown(const struct k7i_log *log, size_t limit, const char *expected)
{
    struct k7i_buf text;

    k7i_buf_init(&text, 65536);
    k7i_log_show(log, limit, 0, &text);
    ck_assert_str_eq(text.data, expected);
    k7i_buf_clear(&text);
}

START_TEST(frames_may_be_cut_anywhere)
{
    struct k7i_buf stream;

    k7i_buf_init(&stream, 65536);
    add_frame(&stream, 1, "first\n");
    add_frame(&stream, 2, "");
    add_frame(&stream, 2, "k7 " CREATE_ID " scr");
    add_frame(&stream, 1, "between\n");
    add_frame(&stream, 2, "ipt done\n");
    add_frame(&stream, 1, "last\n");
    for (size_t cut = 0; cut <= stream.len; cut++) {
        struct k7i_log log;

        k7i_log_begin(&log, CREATE_ID);
        k7i_log_add(&log, stream.data, cut);
        k7i_log_add(&log, stream.data + cut, stream.len - cut);
        ck_assert(log.script_done && !log.ready && !log.broken);
    }
    for (size_t size = 1; size < 9; size++) {
        struct k7i_log log;

        k7i_log_begin(&log, CREATE_ID);
        for (size_t at = 0; at < stream.len; at += size)
            k7i_log_add(&log, stream.data + at, stream.len - at < size ? stream.len - at : size);
        ck_assert(log.script_done && !log.ready && !log.broken);
    }
    k7i_buf_clear(&stream);
}
END_TEST

START_TEST(recorded_logs_say_ready_and_show_nothing_of_ours)
{
    for (enum engine engine = PODMAN; engine < ENGINES; engine++) {
        struct k7i_log log;
        size_t len;
        const char *text = recorded(engine, "log.bin", &len);
        char id[K7I_CREATE_ID_LEN + 1];

        memcpy(id, (const char *)memmem(text, len, "k7 ", 3) + 3, K7I_CREATE_ID_LEN);
        id[K7I_CREATE_ID_LEN] = '\0';
        k7i_log_begin(&log, id);
        k7i_log_add(&log, text, len);
        ck_assert(log.script_done && log.ready && !log.broken);
        shown(&log, 1000, "");
        k7i_log_begin(&log, CREATE_ID); /* words with another id mean nothing */
        k7i_log_add(&log, text, len);
        ck_assert(!log.script_done && !log.ready);
    }
}
END_TEST

static void trouble(const struct k7i_log *log, const char *expected)
{
    struct k7i_buf text;

    k7i_buf_init(&text, 65536);
    ck_assert(log->broken);
    ck_assert_int_eq(k7i_log_show_trouble(log, &text), 0);
    ck_assert_str_eq(text.data, expected);
    k7i_buf_clear(&text);
}

/* What podman 4.3.1 wrote into an answer that it had begun with 200: the process ended while the log was being opened. */
#define NOT_READ                                                                                             \
    "{\"cause\":\"no such process\",\"message\":\"failed to obtain logs for Container 'd9877ca4ec3c6a': "    \
    "read /proc/1737/cgroup: no such process\",\"response\":500}\n"
#define NOT_READ_WORDS                                                                                       \
    "failed to obtain logs for Container 'd9877ca4ec3c6a': read /proc/1737/cgroup: no such process"
#define HELLO "\1\0\0\0\0\0\0\6hello\n"

static const struct {
    const char *bytes;
    size_t len;
    const char *shown, *trouble;
} broken[] = {
    { NOT_READ, sizeof NOT_READ - 1, "", NOT_READ_WORDS },
    { HELLO NOT_READ, sizeof HELLO NOT_READ - 1, "hello", NOT_READ_WORDS },
    { "plain text\r\nof two lines\n", 26, "", "plain text  of two lines" },
    { "EOF\n", 4, "", "EOF" },
    { HELLO "\3\0\0\0\0\0\0\14disk on fire", sizeof HELLO + 20 - 1, "hello", "disk on fire" },
    { HELLO "\1\0\0\0\0\0\0\14cut", sizeof HELLO + 11 - 1, "hello cut", "it ends in the middle" },
    { "{\"message\":\"\"}", 14, "", "it ends in the middle" },
    { "\1\1\1\1\1\1\1\1\xff\xfe", 10, "", "        ??" },
};

START_TEST(what_is_no_frame_breaks_the_log_and_is_told)
{
    for (size_t cut = 0; cut <= broken[_i].len; cut++) {
        struct k7i_log log;

        k7i_log_begin(&log, CREATE_ID);
        k7i_log_add(&log, broken[_i].bytes, cut);
        k7i_log_add(&log, broken[_i].bytes + cut, broken[_i].len - cut);
        k7i_log_end(&log);
        shown(&log, 1000, broken[_i].shown);
        trouble(&log, broken[_i].trouble);
        k7i_log_add(&log, "\1\0\0\0\0\0\0\1x", 9);
        shown(&log, 1000, broken[_i].shown);
    }
}
END_TEST

START_TEST(no_more_of_what_is_no_frame_is_kept_than_there_is_room_for)
{
    struct k7i_log log;
    char expected[K7I_LOG_TROUBLE + 1];

    k7i_log_begin(&log, CREATE_ID);
    for (int i = 0; i < 1000; i++)
        k7i_log_add(&log, "xxxxxxxxxxx", 11);
    memset(expected, 'x', K7I_LOG_TROUBLE);
    expected[K7I_LOG_TROUBLE] = '\0';
    trouble(&log, expected);
}
END_TEST

START_TEST(only_the_end_is_kept_and_shown_on_one_line)
{
    struct k7i_buf stream;
    struct k7i_log log;
    char many[10001];

    memset(many, 'x', sizeof many - 1);
    many[sizeof many - 1] = '\0';
    k7i_buf_init(&stream, 65536);
    add_frame(&stream, 1, many);
    add_frame(&stream, 1,
              "\n  one\ttwo\x1b[31m\nthr\xc3\xa9"
              "e \xff end \n\n");
    k7i_log_begin(&log, CREATE_ID);
    k7i_log_add(&log, stream.data, stream.len);
    ck_assert_uint_eq(log.tail_len, K7I_OUTPUT_TAIL);
    shown(&log, 26,
          "one two [31m thr\xc3\xa9"
          "e ? end");
    shown(&log, 8, "e ? end"); /* not in the middle of the character before */
    k7i_buf_clear(&stream);
}
END_TEST

/* ---- waiting: what its answers mean ---- */

static struct fixture f;

static void open_fixture(void)
{
    fixture_open(&f);
    fixture_create(&f,
                   "\"egress_whitelist\":[],\"before_script\":\"false\",\"before_script_under_lock\":true");
    strcpy(((struct k7i_create *)f.op->state)->id, NETWORK);
}

static void close_fixture(void)
{
    fixture_close(&f);
}

#define FOLLOW "GET /containers/" NETWORK "/logs?follow=1&stdout=1&stderr=1"
#define READ   "GET /containers/" NETWORK "/logs?stdout=1&stderr=1"
#define LOOK   "GET /containers/" NETWORK "/json"
#define RUNS   "{\"State\":{\"Status\":\"running\"}}"
#define ENDED  "{\"State\":{\"Status\":\"exited\",\"ExitCode\":1}}"

/* Everything in one piece, as the runner hands it on. */
static enum k7i_verdict streams(const char *bytes, size_t len)
{
    const struct k7i_step *step = fixture_step(&f, "ready");
    enum k7i_verdict verdict = len > 0 ? step->chunk(f.op, bytes, len) : K7I_MORE;

    return verdict == K7I_MORE ? fixture_reply(&f, "ready", 200, "") : verdict;
}

static enum k7i_verdict looks(const char *inspected)
{
    fixture_sends(&f, "ready", LOOK);
    return streams(inspected, strlen(inspected));
}

static void assert_failed(int code, const char *message)
{
    ck_assert_str_eq(k7_error_code_name(k7_error_get_code(f.op->error)), k7_error_code_name(code));
    ck_assert_str_eq(k7_error_get_message(f.op->error), message);
}

START_TEST(an_error_in_place_of_the_log_is_not_the_end)
{
    fixture_sends(&f, "ready", FOLLOW);
    ck_assert_int_eq(streams(NOT_READ, strlen(NOT_READ)), K7I_AGAIN);
    ck_assert_int_eq(looks(ENDED), K7I_AGAIN);
    fixture_sends(&f, "ready", READ);
    ck_assert_int_eq(streams(HELLO, sizeof HELLO - 1), K7I_FAIL);
    assert_failed(K7_ERR_SCRIPT_FAILED, "before_script: ended with exit status 1; its output: hello");
}
END_TEST

static const struct {
    const char *bytes;
    size_t len;
    int status;
    const char *message;
} unread[] = {
    { NOT_READ, sizeof NOT_READ - 1, 200, "; its output could not be read: " NOT_READ_WORDS },
    { HELLO NOT_READ, sizeof HELLO NOT_READ - 1, 200,
      "; its output: hello; the rest of its output could not be read: " NOT_READ_WORDS },
    { NOT_READ, sizeof NOT_READ - 1, 500, "; its output could not be read: " NOT_READ_WORDS },
    { "EOF\n", 4, 200, "; its output could not be read: EOF" },
    { "", 0, 404, "; its output could not be read: HTTP status 404" },
    { "<html>\n", 7, 502, "; its output could not be read: <html>" },
};

START_TEST(why_a_container_ended_is_told_also_without_its_log)
{
    char message[1024];

    fixture_sends(&f, "ready", FOLLOW);
    ck_assert_int_eq(streams("", 0), K7I_AGAIN);
    ck_assert_int_eq(looks(ENDED), K7I_AGAIN);
    fixture_sends(&f, "ready", READ);
    if (unread[_i].status == 200)
        ck_assert_int_eq(streams(unread[_i].bytes, unread[_i].len), K7I_FAIL);
    else
        ck_assert_int_eq(fixture_reply(&f, "ready", unread[_i].status, unread[_i].bytes), K7I_FAIL);
    snprintf(message, sizeof message, "before_script: ended with exit status 1%s", unread[_i].message);
    assert_failed(K7_ERR_SCRIPT_FAILED, message);
}
END_TEST

START_TEST(what_was_heard_is_not_forgotten_when_the_log_cannot_be_read_again)
{
    static const char done[] = "\2\0\0\0\0\0\0\60k7 " CREATE_ID " script done\n";

    fixture_sends(&f, "ready", FOLLOW);
    ck_assert_int_eq(streams(done, sizeof done - 1), K7I_AGAIN);
    ck_assert_int_eq(looks(ENDED), K7I_AGAIN);
    fixture_sends(&f, "ready", READ);
    ck_assert_int_eq(streams(NOT_READ, strlen(NOT_READ)), K7I_FAIL);
    assert_failed(K7_ERR_START_FAILED,
                  "the sandbox did not become ready: ended with exit status 1; its log could "
                  "not be read: " NOT_READ_WORDS);
}
END_TEST

/* Each is followed by a look at the container and a pause; the second kind does not end by itself. */
START_TEST(a_log_that_is_none_is_not_asked_for_for_ever)
{
    static const char endless[2 * K7I_LOG_TROUBLE] = "this is no log";
    int times = 0;

    for (;;) {
        fixture_sends(&f, "ready", FOLLOW);
        if (_i == 0)
            ck_assert_int_eq(streams(NOT_READ, strlen(NOT_READ)), K7I_AGAIN);
        else
            ck_assert_int_eq(fixture_step(&f, "ready")->chunk(f.op, endless, sizeof endless), K7I_AGAIN);
        times++;
        if (looks(RUNS) == K7I_FAIL)
            break;
        ck_assert_int_gt(f.op->run->pause_ms, 0);
    }
    ck_assert_int_eq(times, 50);
    ck_assert_int_eq(k7_error_get_code(f.op->error), K7_ERR_PROTOCOL);
    ck_assert_ptr_nonnull(
        strstr(k7_error_get_message(f.op->error), _i == 0 ? NOT_READ_WORDS : "this is no log"));
}
END_TEST

START_TEST(the_end_counts_however_often_the_log_was_none)
{
    for (int times = 1; times < 50; times++) {
        fixture_sends(&f, "ready", FOLLOW);
        ck_assert_int_eq(streams(NOT_READ, strlen(NOT_READ)), K7I_AGAIN);
        ck_assert_int_eq(looks(RUNS), K7I_AGAIN);
    }
    fixture_sends(&f, "ready", FOLLOW);
    ck_assert_int_eq(streams(NOT_READ, strlen(NOT_READ)), K7I_AGAIN); /* once more would be too often */
    ck_assert_int_eq(looks(ENDED), K7I_AGAIN);
    fixture_sends(&f, "ready", READ);
}
END_TEST

START_TEST(an_engine_that_fails_for_a_moment_is_asked_again)
{
    fixture_sends(&f, "ready", FOLLOW);
    ck_assert_int_eq(fixture_reply(&f, "ready", 500, NOT_READ), K7I_AGAIN);
    fixture_sends(&f, "ready", LOOK);
    int times = 0;
    while (fixture_reply(&f, "ready", 500, NOT_READ) == K7I_AGAIN) {
        ck_assert_int_gt(f.op->run->pause_ms, 0);
        fixture_sends(&f, "ready", LOOK);
        times++;
    }
    ck_assert_int_gt(times, 10);
    assert_failed(K7_ERR_SERVER, "cannot follow the container k7_team-a_demo: " NOT_READ_WORDS);
    fixture_fails(&f, "ready", 403, "{\"message\":\"not for you\"}", K7_ERR_FORBIDDEN, "not for you");
    fixture_fails(&f, "ready", 404, "{\"message\":\"no such container\"}", K7_ERR_START_FAILED,
                  "no such container");
}
END_TEST

/* podman 4.3.1 never ends the log of a container that ends while it begins to follow it. */
START_TEST(a_silent_log_is_not_waited_for_alone)
{
    const struct k7i_step *step = fixture_step(&f, "ready");
    int64_t before = 0;

    for (int i = 0; i < 20; i++) {
        fixture_sends(&f, "ready", FOLLOW);
        ck_assert_int_ge(f.op->run->silence_ms, before ? before : 1);
        ck_assert_int_le(f.op->run->silence_ms, 60000);
        before = f.op->run->silence_ms;
        ck_assert_int_eq(step->chunk(f.op, HELLO, sizeof HELLO - 1), K7I_MORE);
        ck_assert_int_eq(step->chunk(f.op, NULL, 0), K7I_AGAIN);
        ck_assert_int_eq(looks(RUNS), K7I_AGAIN);
    }
    fixture_sends(&f, "ready", FOLLOW);
    ck_assert_int_eq(step->chunk(f.op, NULL, 0), K7I_AGAIN);
    ck_assert_int_eq(looks(ENDED), K7I_AGAIN);
    f.op->run->silence_ms = 0;
    fixture_sends(&f, "ready", READ);
    ck_assert_int_eq(f.op->run->silence_ms, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transport/docker log");
    TCase *tests = tcase_create("frames"), *waits = tcase_create("waiting");

    tcase_add_test(tests, frames_may_be_cut_anywhere);
    tcase_add_test(tests, recorded_logs_say_ready_and_show_nothing_of_ours);
    tcase_add_loop_test(tests, what_is_no_frame_breaks_the_log_and_is_told, 0,
                        (int)(sizeof broken / sizeof broken[0]));
    tcase_add_test(tests, no_more_of_what_is_no_frame_is_kept_than_there_is_room_for);
    tcase_add_test(tests, only_the_end_is_kept_and_shown_on_one_line);
    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(waits, open_fixture, close_fixture);
    tcase_add_test(waits, an_error_in_place_of_the_log_is_not_the_end);
    tcase_add_loop_test(waits, why_a_container_ended_is_told_also_without_its_log, 0,
                        (int)(sizeof unread / sizeof unread[0]));
    tcase_add_test(waits, what_was_heard_is_not_forgotten_when_the_log_cannot_be_read_again);
    tcase_add_loop_test(waits, a_log_that_is_none_is_not_asked_for_for_ever, 0, 2);
    tcase_add_test(waits, the_end_counts_however_often_the_log_was_none);
    tcase_add_test(waits, an_engine_that_fails_for_a_moment_is_asked_again);
    tcase_add_test(waits, a_silent_log_is_not_waited_for_alone);
    suite_add_tcase(suite, waits);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
