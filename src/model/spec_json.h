/* spec_json.h: the codec of a spec that JSON and YAML share. Only for src/model. */
#ifndef K7I_MODEL_SPEC_JSON_H
#define K7I_MODEL_SPEC_JSON_H

#include "base/buf.h"
#include "model/spec.h"

enum {
    K7I_SPEC_TEXT_LIMIT = 1024 * 1024,    /* of a text that is read, in bytes */
    K7I_SPEC_BUF_LIMIT = 64 * 1024 * 1024 /* of a text that is written */
};

/* `what` ("spec", "k7.yaml") begins errors. Every key must stand on the line of `text` that errors are to name. */
int k7i_spec_read(const char *what, const char *text, size_t len, k7_spec **ret_spec, k7_error **err);
/* Writes the fields exactly as they were given. */
void k7i_spec_write(const k7_spec *spec, struct k7i_buf *buf);
/* The checks that both public readers begin with; `*err` and `*ret_spec` are emptied. */
int k7i_spec_begin_read(const char *what, const char *text, size_t len, k7_spec **ret_spec, k7_error **err);
/* Hands a written text to the caller and wipes what remains; also for a failed buffer. */
int k7i_spec_end_write(struct k7i_buf *buf, char **ret_text, k7_error **err);

#endif
