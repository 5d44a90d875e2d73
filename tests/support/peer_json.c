/* peer_json.c: see peer_json.h. */
#include "peer_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_object *peer_at(json_object *object, const char *path)
{
    char copy[256], *rest = copy, *key;

    snprintf(copy, sizeof copy, "%s", path);
    while (object && (key = strsep(&rest, "|")) != NULL)
        if (json_object_is_type(object, json_type_array))
            object = json_object_array_get_idx(object, strtoul(key, NULL, 10));
        else if (!json_object_object_get_ex(object, key, &object))
            return NULL;
    return object;
}

const char *peer_text(json_object *object, const char *path)
{
    json_object *at = peer_at(object, path);

    return at ? json_object_get_string(at) : "";
}

int64_t peer_int(json_object *object, const char *path)
{
    return json_object_get_int64(peer_at(object, path));
}
