/* api_key.c: the API key in force: of the configuration, or read from its file. */
#include "config/config.h"

#include "base/error.h"
#include "base/file.h"
#include "base/secret.h"
#include "config/keys.h"

#include <string.h>

enum { FILE_MAX = 16 * 1024 };

static int read_key(const char *path, char **ret_key, k7_error **err)
{
    const struct k7_config_key *row = k7i_key_find("rest.api_key", NULL);
    struct k7i_buf content;
    k7_error *cause = NULL;
    int code = k7i_file_read(path, FILE_MAX, &content, NULL, err);

    if (code)
        return code;
    if (strlen(content.data) != content.len) {
        code = k7i_fail(err, K7_ERR_INVALID_CONFIG, "rest.api_key_file %s: not a text file", path);
    } else {
        code = k7i_key_normalise(row, content.data, ret_key, &cause);
        if (code == K7_ERR_INVALID_CONFIG) {
            code = k7i_fail(err, code, "rest.api_key_file %s: %s", path, k7_error_get_message(cause));
            k7_error_unref(cause);
        } else {
            k7i_error_move(err, cause);
        }
    }
    k7i_buf_wipe(&content);
    return code;
}

int k7i_config_api_key(const k7_config *config, char **ret_key, k7_error **err)
{
    const char *key = k7i_config_text(config, "rest.api_key"),
               *path = k7i_config_text(config, "rest.api_key_file");

    *ret_key = NULL;
    if (path)
        return read_key(path, ret_key, err);
    if (!key)
        return 0;
    *ret_key = k7i_secret_dup(key);
    return *ret_key ? 0 : k7i_fail_memory(err);
}
