/* Any bytes are either refused with one line that names a line of the text, or give fields that are text. */
#include "config/client_file.h"

#include "base/text.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct k7i_client_file file;
    k7_error *error = NULL;
    int lines = 1;

    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    if (k7i_client_file_parse("f", text, size, &file, &error) == 0) {
        for (int i = 0; i < K7I_CLIENT_FIELDS; i++) {
            const char *value = file.fields[i].value;

            FUZZ_CHECK((value != NULL) == (file.fields[i].line > 0));
            FUZZ_CHECK(file.fields[i].line <= lines);
            FUZZ_CHECK(!value || k7i_text_is_utf8(value, strlen(value)));
        }
    } else {
        const char *message = k7_error_get_message(error);
        int line = 0;

        FUZZ_CHECK(k7_error_get_code(error) == K7_ERR_PARSE);
        FUZZ_CHECK(!k7i_text_has_control(message));
        FUZZ_CHECK(strncmp(message, "f:", 2) == 0 && (line = atoi(message + 2)) >= 1 && line <= lines);
    }
    k7_error_unref(error);
    k7i_client_file_clear(&file);
    free(text);
    return 0;
}
