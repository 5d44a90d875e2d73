/* Any bytes as .env text: every key that comes out is a variable's name, and every value is UTF-8. */
#include "fuzz.h"

#include "base/text.h"
#include "model/env.h"

#include <string.h>

static int check(void *user, const char *key, const char *value, k7_error **err)
{
    size_t *count = user;

    (void)err;
    ++*count;
    FUZZ_CHECK(k7i_env_check_key(key, NULL) == 0);
    FUZZ_CHECK(k7i_text_is_utf8(value, strlen(value)));
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t count = 0;
    int code = k7i_env_parse((const char *)data, size, check, &count, NULL);

    FUZZ_CHECK(code == 0 || code == K7_ERR_PARSE);
    FUZZ_CHECK(code != 0 || count > 0);
    return 0;
}
