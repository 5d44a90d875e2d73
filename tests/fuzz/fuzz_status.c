/* Refusals of the API server, in either encoding: their texts are UTF-8 on one line, and the error that they become has words. The first byte chooses the HTTP status. */
#include "transport/kubernetes/kubernetes.h"

#include "base/text.h"
#include "text.h"

static void check_line(const char *text)
{
    FUZZ_CHECK(!text || (!k7i_text_has_control(text) && k7i_text_is_utf8(text, strlen(text))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int http[] = { 400, 401, 403, 404, 409, 410, 422, 429, 500, 503, 504, 302 };
    static const struct k7i_target target = { "list", K7I_KIND_POD, "demo", NULL };
    static const struct k7i_plan plan = { .operation = "list" };
    struct k7i_status status;
    struct k7i_op *op;

    if (size < 1)
        return 0;
    char *body = fuzz_text(data + 1, size - 1);
    const struct k7i_response response = { .status = http[data[0] % (sizeof http / sizeof http[0])],
                                           .body = body,
                                           .body_len = size - 1,
                                           .retry_after_ms = -1 };
    k7i_status_read(&response, &status);
    check_line(status.reason);
    check_line(status.message);
    check_line(status.causes);
    FUZZ_CHECK(status.retry_after_ms >= -1);
    if (k7i_op_new(&plan, NULL, &op, NULL) != 0)
        abort();
    FUZZ_CHECK(k7i_kube_refused(op, &response, &target) == K7I_FAIL && op->error);
    check_line(k7_error_get_message(op->error));
    FUZZ_CHECK(k7_error_get_message(op->error)[0]);
    check_line(k7_error_get_reason(op->error));
    k7i_op_free(op);
    free(body);
    return 0;
}
