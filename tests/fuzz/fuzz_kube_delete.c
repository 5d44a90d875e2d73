/* Whatever the API server answers in the course of a delete, the delete goes on, ends, or fails with one line of text. Answers are separated by a line "---"; the first
 * byte of each chooses the status. When they are over, so is the connection. */
#include "plan/run.h"
#include "transport/kubernetes/kubernetes.h"
#include "transport/kubernetes/plans.h"

#include "base/text.h"
#include "text.h"

static const int statuses[] = { 200, 201, 400, 403, 404, 409, 410, 500, 503, 504 };

static enum k7i_verdict answer(struct k7i_op *op, char *text)
{
    const struct k7i_step *step = op->run->active;
    int status = statuses[(unsigned char)*text % (sizeof statuses / sizeof statuses[0])];
    struct k7i_response response = { .status = status, .retry_after_ms = -1 };
    enum k7i_verdict verdict = K7I_MORE;

    response.body = *text ? text + 1 : text;
    response.body_len = strlen(response.body);
    if (status < 300 && step->chunk) {
        size_t half = response.body_len / 2;

        verdict = half ? step->chunk(op, response.body, half) : K7I_MORE;
        if (verdict == K7I_MORE && response.body_len > half)
            verdict = step->chunk(op, response.body + half, response.body_len - half);
        response.body = "";
        response.body_len = 0;
    }
    if (verdict == K7I_MORE)
        verdict = step->reply(op, &response);
    FUZZ_CHECK((verdict == K7I_FAIL) == (op->error != NULL));
    return verdict;
}

static void run(struct k7i_op *op, char *text)
{
    for (int i = 0; i < op->plan->step_count;) {
        op->run->active = op->plan->steps[i];
        op->run->index = i;
        k7i_request_reset(&op->run->request);
        enum k7i_verdict verdict = op->run->active->begin(op, &op->run->request);
        if (verdict == K7I_SEND) {
            FUZZ_CHECK(k7i_request_failed(&op->run->request) == 0);
            FUZZ_CHECK(!k7i_text_has_control(op->run->request.target.data));
            if (!text)
                return;
            char *next = strstr(text, "\n---\n");
            if (next)
                *next = '\0';
            verdict = answer(op, text);
            text = next ? next + 5 : NULL;
        }
        if (verdict == K7I_DONE || verdict == K7I_FAIL)
            return;
        i += verdict == K7I_NEXT || verdict == K7I_SKIP;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct k7i_args args = { .namespace_ = "demo", .name = "web" };
    struct k7i_kubernetes kubernetes = { .lock = PTHREAD_MUTEX_INITIALIZER };
    char *text = fuzz_text(data, size);
    struct k7i_loop *loop;
    struct k7i_op *op;

    if (k7i_loop_new(NULL, &loop, NULL) != 0 ||
        k7i_op_new(&k7i_kubernetes_delete_plan, &kubernetes, &op, NULL) != 0)
        abort();
    op->run->loop = loop;
    op->run->mode = K7I_MODE_FORWARD;
    op->run->deadline_ms = INT64_MAX;
    if (op->plan->prepare(op, &args, NULL) != 0)
        abort();
    run(op, text);
    if (op->error) {
        const char *message = k7_error_get_message(op->error);

        FUZZ_CHECK(!k7i_text_has_control(message) && k7i_text_is_utf8(message, strlen(message)));
    }
    k7i_op_free(op);
    k7i_loop_free(loop);
    free(text);
    return 0;
}
