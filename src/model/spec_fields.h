/* spec_fields.h: the table of a spec's fields, and the operations on a field that are the same for all of its kind. Only for src/model. */
#ifndef K7I_MODEL_SPEC_FIELDS_H
#define K7I_MODEL_SPEC_FIELDS_H

#include "model/spec.h"

enum k7i_field_kind {
    K7I_FIELD_TEXT,    /* char * */
    K7I_FIELD_FLAG,    /* int: -1, 0, 1 */
    K7I_FIELD_STRINGS, /* struct k7i_strings */
    K7I_FIELD_EGRESS,  /* the same, with egress_mode beside it */
    K7I_FIELD_PORTS,   /* struct k7i_ports */
    K7I_FIELD_PAIRS    /* struct k7i_pairs */
};

/* In the contract's order (K7 contract, section 1.6, create), this library's own last. */
enum k7i_field_id {
    K7I_NAME,
    K7I_IMAGE,
    K7I_NAMESPACE,
    K7I_ENV_FILE,
    K7I_EGRESS_WHITELIST,
    K7I_LIMITS,
    K7I_BEFORE_SCRIPT,
    K7I_POD_NON_ROOT,
    K7I_CONTAINER_NON_ROOT,
    K7I_CAP_DROP,
    K7I_CAP_ADD,
    K7I_RUNTIME_CLASS_NAME,
    K7I_ROOT_DISK_SIZE,
    K7I_BACKEND,
    K7I_ENTRYPOINT,
    K7I_CMD,
    K7I_SIDECAR,
    K7I_NODE_NAME,
    K7I_DOCKER,
    K7I_DOCKER_DISK,
    K7I_INGRESS_PORTS,
    K7I_EXPOSE_PORTS,
    K7I_INGRESS_FROM,
    K7I_ENV,
    K7I_BEFORE_SCRIPT_UNDER_LOCK,
    K7I_FIELDS
};

struct k7i_field {
    const char *name;
    enum k7i_field_kind kind;
    size_t offset;
    int extension; /* this library's own: K7's servers do not have it */
    int any_text; /* line breaks and other control characters may be meant; may hold a secret: never shown in errors */
};

const struct k7i_field *k7i_field(enum k7i_field_id id);
const struct k7i_field *k7i_field_find(const char *name); /* NULL: no such field */

/* The members behind a field; the kind must fit. */
char **k7i_field_text(const k7_spec *spec, const struct k7i_field *field);
int *k7i_field_flag(const k7_spec *spec, const struct k7i_field *field);
struct k7i_strings *k7i_field_strings(const k7_spec *spec, const struct k7i_field *field); /* EGRESS, too */
struct k7i_ports *k7i_field_ports(const k7_spec *spec, const struct k7i_field *field);
struct k7i_pairs *k7i_field_pairs(const k7_spec *spec, const struct k7i_field *field);

int k7i_field_is_set(const k7_spec *spec, const struct k7i_field *field);
void k7i_field_unset(k7_spec *spec, const struct k7i_field *field);
int k7i_field_copy(k7_spec *to, const k7_spec *from, const struct k7i_field *field, k7_error **err);

/* The text must be UTF-8, and without control characters unless any_text. NULL unsets. */
int k7i_field_set_text(k7_spec *spec, const struct k7i_field *field, const char *text, k7_error **err);
/* Empties a field of several values and marks it as given; egress becomes blocked. */
void k7i_field_give_empty(k7_spec *spec, const struct k7i_field *field);
int k7i_field_add_string(k7_spec *spec, const struct k7i_field *field, const char *text, k7_error **err);
int k7i_field_add_port(k7_spec *spec, const struct k7i_field *field, int32_t port, k7_error **err);
/* Adds without looking for an equal key. */
int k7i_field_add_pair(k7_spec *spec, const struct k7i_field *field, const char *key, const char *value,
                       k7_error **err);
/* Replaces the value of an equal key. */
int k7i_field_put_pair(k7_spec *spec, const struct k7i_field *field, const char *key, const char *value,
                       k7_error **err);
void k7i_field_remove_pair(k7_spec *spec, const struct k7i_field *field, const char *key);

#endif
