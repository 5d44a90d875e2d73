/* Any answer to any step of the docker transport either moves the operation on or fails it with one line of text. The first byte chooses the step, the second the
 * status; the rest is the body. */
#include "transport/docker/create.h"
#include "transport/docker/delete.h"
#include "transport/docker/list.h"

#include "base/text.h"
#include "text.h"

static const int statuses[] = { 200, 201, 204, 304, 400, 404, 409, 500, 503, 302 };

static void check_error(const k7_error *error)
{
    const char *message = k7_error_get_message(error), *reason = k7_error_get_reason(error),
               *text = k7_error_get_server_text(error);

    FUZZ_CHECK(message && !k7i_text_has_control(message) && k7i_text_is_utf8(message, strlen(message)));
    FUZZ_CHECK(!reason || !k7i_text_has_control(reason));
    FUZZ_CHECK(!text || k7i_text_is_utf8(text, strlen(text)));
}

static void answer(struct k7i_docker *docker, const struct k7i_plan *plan, int which,
                   const struct k7i_response *response)
{
    struct k7i_args args = { .namespace_ = "default", .name = "demo" };
    struct k7i_op *op;
    k7_spec *spec = NULL;

    if (k7_spec_new("demo", "alpine", &spec, NULL) != 0 || k7i_op_new(plan, docker, &op, NULL) != 0)
        abort();
    args.spec = spec;
    if (plan->prepare(op, &args, NULL) != 0)
        abort();
    const struct k7i_step *step = plan->steps[which];
    if (step->reply && !step->child) {
        /* A stream's bytes come first, as they would: only for answers that have them. */
        enum k7i_verdict verdict = K7I_MORE;

        if (step == &k7i_create_pull_image)
            k7i_pull_begin(&((struct k7i_create *)op->state)->pull);
        if (step->chunk && response->status < 300)
            verdict = step->chunk(op, response->body, response->body_len);
        if (verdict == K7I_MORE)
            verdict = step->reply(op, response);
        FUZZ_CHECK((verdict == K7I_FAIL) == (op->error != NULL));
    }
    if (!op->error && step->settle)
        step->settle->reply(op, response);
    if (op->error)
        check_error(op->error);
    k7i_op_free(op);
    k7_spec_free(spec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct k7i_plan *const plans[] = { &k7i_docker_create_plan, &k7i_docker_get_plan,
                                                    &k7i_docker_list_plan, &k7i_docker_delete_plan };
    struct k7i_docker docker = { .lock = PTHREAD_MUTEX_INITIALIZER };

    if (size < 2)
        return 0;
    char *body = fuzz_text(data + 2, size - 2);
    const struct k7i_response response = { .status =
                                               statuses[data[1] % (sizeof statuses / sizeof statuses[0])],
                                           .body = body,
                                           .body_len = size - 2,
                                           .retry_after_ms = -1 };
    int step = data[0] % 20;
    size_t plan = 0;
    while (plan < 3 && step >= plans[plan]->step_count)
        step -= plans[plan++]->step_count;
    if (k7_config_new(&docker.config, NULL) != 0)
        abort();
    if (step < plans[plan]->step_count)
        answer(&docker, plans[plan], step, &response);
    k7_config_free(docker.config);
    free(body);
    return 0;
}
