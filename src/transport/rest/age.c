/* age.c: whether a sandbox was there before a request of this operation. Servers of the K7 API tell no uid, and no time but the pod's age by their own clock. */
#include "transport/rest/rest.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* "0:05:42", "1 day, 0:00:05" in seconds; -1: something else. */
static int64_t age_seconds(const char *text)
{
    int64_t days = 0;
    int hours, minutes, seconds;
    const char *rest = text ? strstr(text, "day") : NULL;

    if (!text)
        return -1;
    if (rest) {
        if (sscanf(text, "%9" SCNd64 " day", &days) != 1 || !(rest = strchr(rest, ' ')))
            return -1;
        text = rest + 1;
    }
    if (sscanf(text, "%3d:%2d:%2d", &hours, &minutes, &seconds) != 3)
        return -1;
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}

int k7i_rest_compare_age(struct k7i_op *op, const struct k7i_response *response)
{
    enum { MARGIN_S = 5 }; /* whole seconds, and the way of the request */
    const struct k7i_rest_state *state = op->state;
    int64_t elapsed = (k7i_now_us() - state->sent_us) / 1000000, age = -1;
    struct k7i_json *json = NULL;
    k7_sandbox *sandbox = NULL;

    if (k7i_json_parse(response->body, response->body_len, &json, NULL) == 0 &&
        k7i_sandbox_from_json(k7i_json_get(k7i_json_root(json), "data"), state->namespace_, &sandbox, NULL) ==
            0)
        age = age_seconds(k7_sandbox_get_age_text(sandbox));
    k7_sandbox_unref(sandbox);
    k7i_json_free(json);
    if (age < 0)
        return 0;
    return age > elapsed + MARGIN_S ? 1 : age + MARGIN_S < elapsed ? -1 : 0;
}
