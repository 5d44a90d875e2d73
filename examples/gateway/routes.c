/* routes.c: the table of routes. A new endpoint is a new row here and a function in operations.c. */
#include "routes.h"

#include <stdio.h>
#include <string.h>

#include "operations.h"

static const struct route routes[] = {
    { .method = "GET", .path = "/", .is_open = true, .run = operation_root },
    { .method = "GET", .path = "/health", .is_open = true, .run = operation_health },
    { .method = "GET",
      .path = "/api/v1/sandboxes",
      .parameters = PARAMETER_NAMESPACE | PARAMETER_ALL_NAMESPACES,
      .stops_when_left = true,
      .run = operation_list },
    { .method = "POST",
      .path = "/api/v1/sandboxes",
      .parameters = PARAMETER_STRICT,
      .has_body = true,
      .stops_when_left = true,
      .run = operation_create },
    /* a deletion is carried out to its end: half of one is of no use to anybody */
    { .method = "DELETE",
      .path = "/api/v1/sandboxes",
      .parameters = PARAMETER_NAMESPACE,
      .run = operation_delete_all },
    { .method = "GET",
      .path = "/api/v1/sandboxes/*",
      .parameters = PARAMETER_NAMESPACE,
      .stops_when_left = true,
      .run = operation_get },
    { .method = "DELETE",
      .path = "/api/v1/sandboxes/*",
      .parameters = PARAMETER_NAMESPACE,
      .run = operation_delete },
};

static bool fits(const char *path, const struct target *target, const char **ret_name)
{
    *ret_name = NULL;
    size_t i = 0;
    for (const char *at = path + 1; *at != '\0'; i++) {
        size_t len = strcspn(at, "/");
        if (i == target->segment_count) {
            return false;
        }
        if (len == 1 && *at == '*') {
            *ret_name = target->segments[i];
        } else if (strlen(target->segments[i]) != len || memcmp(target->segments[i], at, len) != 0) {
            return false;
        }
        at += len;
        at += *at == '/';
    }
    return i == target->segment_count;
}

const struct route *route_find(const char *method, const struct target *target, const char **ret_name,
                               char *ret_allow, size_t allow_size)
{
    const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;
    ret_allow[0] = '\0';
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (!fits(routes[i].path, target, ret_name)) {
            continue;
        }
        if (strcmp(routes[i].method, wanted) == 0) {
            return &routes[i];
        }
        size_t len = strlen(ret_allow);
        snprintf(ret_allow + len, allow_size - len, "%s%s", len == 0 ? "" : ", ",
                 strcmp(routes[i].method, "GET") == 0 ? "GET, HEAD" : routes[i].method);
    }
    return NULL;
}
