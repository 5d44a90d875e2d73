/* json_verdict: reads documents, each preceded by its length in bytes on a line of its own, and says of each whether it is JSON: "yes", or "no" and why. */
#include "format/json.h"
#include <k7sandbox/error.h>

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    size_t len;

    while (scanf("%zu", &len) == 1) {
        struct k7i_json *json;
        k7_error *err = NULL;
        char *text = malloc(len ? len : 1);

        if (getchar() != '\n' || !text || fread(text, 1, len, stdin) != len)
            return 1;
        if (k7i_json_parse(text, len, &json, &err) == 0)
            puts("yes");
        else
            printf("no: %s\n", k7_error_get_message(err));
        k7_error_unref(err);
        k7i_json_free(json);
        free(text);
    }
    return 0;
}
