/* spec.h: the content of a k7_spec, for codecs and transports. The public functions of spec.h are implemented beside it. */
#ifndef K7I_MODEL_SPEC_H
#define K7I_MODEL_SPEC_H

#include <k7sandbox/spec.h>

struct k7i_strings {
    int given; /* the field was given, also when empty */
    size_t count;
    char **items;
};

struct k7i_ports {
    int given;
    size_t count;
    int32_t *items;
};

struct k7i_pair {
    char *key, *value;
};

struct k7i_pairs {
    int given;
    size_t count;
    struct k7i_pair *items;
};

struct k7_spec {
    /* NULL: unset */
    char *name, *image, *namespace_, *env_file, *before_script;
    char *backend, *runtime_class_name, *root_disk_size, *sidecar, *node_name, *docker_disk;
    /* -1 unset, 0, 1 */
    int pod_non_root, container_non_root, docker, before_script_under_lock;
    int egress_mode; /* K7_EGRESS_* */
    struct k7i_strings egress_whitelist, cap_drop, cap_add, entrypoint, cmd, ingress_from;
    struct k7i_ports ingress_ports, expose_ports;
    struct k7i_pairs limits, env; /* the values of env are wiped when freed */
};

const char *k7i_spec_namespace(const k7_spec *spec,
                               const char *otherwise); /* the spec's, else the client's default */
int k7i_spec_has_script(const k7_spec *spec);          /* a script of white space is none */
int k7i_spec_dup_for_show(const k7_spec *spec, k7_spec **ret_spec,
                          k7_error **err); /* "{value}" for all in env */
/* A capability as engines want it: upper case, without "CAP_": writes at most size bytes; 0, or -1 when it is no capability name. */
int k7i_spec_capability(const char *text, char *ret_text, size_t size);
/* Appends the create body (the API's own JSON), with `namespace_` in the place of an unset namespace when it is not NULL, and with this library's own fields (env, …) only if
 * `extensions`. Capabilities are written as Kubernetes wants them, upper case and without "CAP_": K7's server only does the former, and a prefix left
 * there makes the container fail, or a drop go unheard. */
struct k7i_buf;
void k7i_spec_write_json(const k7_spec *spec, const char *namespace_, int extensions, struct k7i_buf *buf);

#endif
