/* Any answer to any step of the rest transport either has a result, or an error of one line that does not repeat the credential. The first byte chooses the step, the
 * second the status; the rest is the body, and the Location. */
#include "transport/rest/rest.h"

#include "base/text.h"
#include "text.h"

#define SECRET "0123456789abcdef"

static const struct {
    const struct k7i_plan *plan;
    int step;
} steps[] = {
    { &k7i_rest_list_plan, 0 },   { &k7i_rest_list_plan, 1 },   { &k7i_rest_get_plan, 0 },
    { &k7i_rest_get_plan, 1 },    { &k7i_rest_create_plan, 0 }, { &k7i_rest_create_plan, 1 },
    { &k7i_rest_create_plan, 2 }, { &k7i_rest_delete_plan, 0 }, { &k7i_rest_delete_plan, 2 },
    { &k7i_rest_delete_plan, 3 },
};
static const int statuses[] = { 200, 201, 204, 400, 404, 500, 302, 401, 403, 409, 422, 503 };

static void check_error(const k7_error *error)
{
    const char *message = k7_error_get_message(error), *reason = k7_error_get_reason(error),
               *text = k7_error_get_server_text(error);

    FUZZ_CHECK(message && !k7i_text_has_control(message) && k7i_text_is_utf8(message, strlen(message)));
    FUZZ_CHECK(!strstr(message, SECRET));
    FUZZ_CHECK(!reason || (!strstr(reason, SECRET) && !k7i_text_has_control(reason)));
    FUZZ_CHECK(!text || (!strstr(text, SECRET) && k7i_text_is_utf8(text, strlen(text))));
}

static void answer(struct k7i_rest *rest, size_t which, const struct k7i_response *response)
{
    const struct k7i_plan *plan = steps[which].plan;
    struct k7i_args args = { .namespace_ = "default", .name = plan == &k7i_rest_list_plan ? NULL : "demo" };
    struct k7i_op *op;
    k7_spec *spec = NULL;

    if (k7_spec_new("demo", "alpine", &spec, NULL) != 0 || k7i_op_new(plan, rest, &op, NULL) != 0)
        abort();
    args.spec = spec;
    if (plan->prepare(op, &args, NULL) != 0)
        abort();
    enum k7i_verdict verdict = plan->steps[steps[which].step]->reply(op, response);
    FUZZ_CHECK((verdict == K7I_FAIL) == (op->error != NULL));
    if (op->error)
        check_error(op->error);
    if (which == 0 && verdict == K7I_NEXT)
        FUZZ_CHECK(op->result != NULL);
    k7i_op_free(op);
    k7_spec_free(spec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct k7i_rest rest = { .peer = NULL };

    if (size < 2)
        return 0;
    char *body = fuzz_text(data + 2, size - 2);
    struct k7i_response response = { .status = statuses[data[1] % (sizeof statuses / sizeof *statuses)],
                                     .body = body,
                                     .body_len = size - 2,
                                     .location = body,
                                     .retry_after_ms = -1 };
    if (k7i_rest_server_init(&rest.server) != 0)
        abort();
    k7i_rest_server_keep_secret(&rest.server, SECRET);
    answer(&rest, data[0] % (sizeof steps / sizeof *steps), &response);
    k7i_rest_server_clear(&rest.server);
    free(body);
    return 0;
}
