/* spec_yaml.c: a spec as k7.yaml (K7 contract, section 8.3): the same codec as for JSON, through src/format's YAML façade. */
#include "k7i_features.h"
#include "model/spec_json.h"

#include "base/error.h"
#include "base/secret.h"

#ifdef K7I_WITH_YAML

#include "format/json.h"
#include "format/yaml.h"

#include <string.h>

int k7_spec_from_yaml(const char *text, size_t len, k7_spec **ret_spec, k7_error **err)
{
    struct k7i_buf json;
    int code = k7i_spec_begin_read("k7.yaml", text, len, ret_spec, err);

    if (code)
        return code;
    k7i_buf_init(&json, K7I_SPEC_BUF_LIMIT);
    json.secret = 1;
    code = k7i_yaml_to_json("k7.yaml", text, len, 0, &json, err);
    if (code == 0)
        code = k7i_spec_read("k7.yaml", json.data, json.len, ret_spec, err);
    k7i_buf_wipe(&json);
    return code;
}

int k7_spec_to_yaml(const k7_spec *spec, char **ret_text, k7_error **err)
{
    struct k7i_json *json = NULL;
    struct k7i_buf yaml;
    char *text;

    if (ret_text)
        *ret_text = NULL;
    int code = k7_spec_to_json(spec, ret_text ? &text : NULL, err);
    if (code)
        return code;
    code = k7i_json_parse(text, strlen(text), &json, err);
    k7i_secret_free(text); /* it holds the values of env */
    if (code)
        return code;
    k7i_buf_init(&yaml, K7I_SPEC_BUF_LIMIT);
    yaml.secret = 1;
    k7i_yaml_from_json(k7i_json_root(json), &yaml);
    k7i_json_free(json);
    return k7i_spec_end_write(&yaml, ret_text, err);
}

#else

int k7_spec_from_yaml(const char *text, size_t len, k7_spec **ret_spec, k7_error **err)
{
    int code = k7i_spec_begin_read("k7.yaml", text, len, ret_spec, err);

    return code ? code : k7i_fail(err, K7_ERR_UNSUPPORTED_OPERATION, "this library was built without YAML");
}

int k7_spec_to_yaml(const k7_spec *spec, char **ret_text, k7_error **err)
{
    (void)spec;
    if (err)
        *err = NULL;
    if (ret_text)
        *ret_text = NULL;
    return k7i_fail(err, K7_ERR_UNSUPPORTED_OPERATION, "this library was built without YAML");
}

#endif
