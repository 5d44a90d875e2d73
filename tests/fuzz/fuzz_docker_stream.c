/* Any bytes as a container's log and as the progress of a pull: cut in two anywhere, they mean the same, and what is shown of them is text on one line. The first byte
 * chooses where they are cut. */
#include "transport/docker/pull.h"
#include "transport/docker/script.h"

#include "base/text.h"
#include "text.h"

#define ID "0123456789abcdef0123456789abcdef"

static void check_shown(const struct k7i_log *log)
{
    struct k7i_buf text;

    k7i_buf_init(&text, 65536);
    k7i_log_show(log, 1000, 0, &text);
    FUZZ_CHECK(!text.failed && !k7i_text_has_control(text.data) && k7i_text_is_utf8(text.data, text.len));
    k7i_buf_reset(&text);
    k7i_log_show(log, K7I_OUTPUT_TAIL, 1, &text);
    FUZZ_CHECK(!text.failed && k7i_text_is_utf8(text.data, text.len));
    k7i_buf_reset(&text);
    FUZZ_CHECK(k7i_log_show_trouble(log, &text) == 0 && !k7i_text_has_control(text.data) &&
               k7i_text_is_utf8(text.data, text.len));
    k7i_buf_clear(&text);
}

static void read_log(const uint8_t *data, size_t size, size_t cut)
{
    struct k7i_log whole, parts;

    k7i_log_begin(&whole, ID);
    k7i_log_add(&whole, data, size);
    k7i_log_end(&whole);
    k7i_log_begin(&parts, ID);
    k7i_log_add(&parts, data, cut);
    k7i_log_add(&parts, data + cut, size - cut);
    k7i_log_end(&parts);
    FUZZ_CHECK(whole.ready == parts.ready && whole.script_done == parts.script_done &&
               whole.broken == parts.broken && whole.trouble_len == parts.trouble_len);
    FUZZ_CHECK(whole.tail_len <= sizeof whole.tail);
    check_shown(&whole);
    check_shown(&parts);
}

static int pull_in_parts(struct k7i_pull *pull, const uint8_t *data, size_t size, size_t cut)
{
    k7i_pull_begin(pull);
    int code = k7i_pull_add(pull, data, cut);
    if (!code)
        code = k7i_pull_add(pull, data + cut, size - cut);
    return code ? code : k7i_pull_end(pull);
}

static void read_pull(const uint8_t *data, size_t size, size_t cut)
{
    struct k7i_pull whole = { 0 }, parts = { 0 };
    int64_t done, total;

    int one = pull_in_parts(&whole, data, size, size), two = pull_in_parts(&parts, data, size, cut);
    FUZZ_CHECK(one == two);
    FUZZ_CHECK(k7i_text_equal(whole.error, parts.error));
    k7i_pull_progress(&whole, &done, &total);
    FUZZ_CHECK(done <= total && done >= -1);
    k7i_pull_clear(&whole);
    k7i_pull_clear(&parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    size_t cut = size > 1 ? data[0] % size : 0;
    read_log(data + 1, size - 1, cut < size - 1 ? cut : size - 1);
    read_pull(data + 1, size - 1, cut < size - 1 ? cut : size - 1);
    return 0;
}
