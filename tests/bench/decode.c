/* decode.c: decodes one list from memory, for counting instructions: decode COUNT. Callgrind collects inside decode_list() only. */
#include "measure.h"

#include "format/json.h"
#include "model/sandbox.h"

#include <stdlib.h>

int decode_list(const char *body, size_t len); /* not static: its name is known to tests/bench/run */

__attribute__((noinline)) int decode_list(const char *body, size_t len)
{
    struct k7i_json *json;
    k7_sandboxes *list = NULL;

    if (k7i_json_parse(body, len, &json, NULL) != 0 ||
        k7i_sandboxes_from_json(k7i_json_get(k7i_json_root(json), "data"), "default", &list, NULL) != 0)
        return -1;
    k7i_json_free(json);
    k7_sandboxes_unref(list);
    return 0;
}

int main(int argc, char **argv)
{
    size_t len;

    if (argc != 2)
        give_up("usage: decode COUNT");
    char *body = list_answer(strtoul(argv[1], NULL, 10), &len);
    if (decode_list(body, len) != 0)
        give_up("the fixed answer cannot be read");
    free(body);
    return 0;
}
