/* peer_json.h: reading the answers of a real server, past the library. */
#ifndef K7_TESTS_PEER_JSON_H
#define K7_TESTS_PEER_JSON_H

#include <json-c/json.h>

/* "State|Status" of an object; a number is a place in an array ("items|0|metadata|name"); NULL when there is no such thing. Borrowed. */
json_object *peer_at(json_object *object, const char *path);
const char *peer_text(json_object *object, const char *path); /* "" when there is none */
int64_t peer_int(json_object *object, const char *path);

#endif
