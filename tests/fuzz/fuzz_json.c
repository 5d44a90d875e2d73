/* Any bytes as JSON: what the scan lets through json-c takes, too, and what is written of it is read again, to the same text. */
#include "fuzz.h"

#include "format/json.h"
#include <k7sandbox/error.h>

#include <string.h>

static void write_json(const struct k7i_json *json, struct k7i_buf *buf)
{
    struct k7i_json_writer writer;

    k7i_buf_init(buf, 1 << 24);
    k7i_json_begin(&writer, buf);
    k7i_json_put_value(&writer, k7i_json_root(json));
    FUZZ_CHECK(!buf->failed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct k7i_json *json, *again;
    struct k7i_buf first, second;
    k7_error *err = NULL;
    int code = k7i_json_parse((const char *)data, size, &json, &err);

    if (code) {
        FUZZ_CHECK(code == K7_ERR_PARSE || code == K7_ERR_LIMIT);
        k7_error_unref(err);
        return 0;
    }
    k7i_json_member_line((const char *)data, size, "name");
    write_json(json, &first);
    FUZZ_CHECK(k7i_json_parse(first.data, first.len, &again, NULL) == 0);
    write_json(again, &second);
    FUZZ_CHECK(strcmp(first.data, second.data) == 0);
    k7i_buf_clear(&first);
    k7i_buf_clear(&second);
    k7i_json_free(json);
    k7i_json_free(again);
    return 0;
}
