/* kubeconfig_file.c: see kubeconfig_file.h. */
#include "transport/kubernetes/kubeconfig_file.h"

#include "base/alloc.h"
#include "base/base64.h"
#include "base/error.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "format/yaml.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

/* The file as JSON is about as long as it is itself; beyond that aliases may repeat what they stand for. */
enum { JSON_TIMES = 16, JSON_AT_LEAST = 64 * 1024, JSON_MAX = 4 * K7I_KUBECONFIG_MAX };

/* ---- the shape of a file ---- */

enum kind {
    TEXT,
    PATH,    /* text: relative to the file's folder */
    COMMAND, /* text: the same, when there is a slash in it */
    DATA,    /* text: base64 of PEM */
    FLAG,
    LIST,   /* of what is inside */
    OBJECT, /* with the members inside */
    MAP     /* with any members, each as what is inside (NULL: anything) */
};

struct shape {
    const char *name;
    enum kind kind;
    enum k7i_kube_text slot; /* where a selected entry's text goes; 0: nowhere */
    const struct shape *inside;
};

static const struct shape text_item = { NULL, TEXT, 0, NULL }, texts = { NULL, LIST, 0, &text_item };

static const struct shape variable_fields[] = { { "name", TEXT, 0, NULL },
                                                { "value", TEXT, 0, NULL },
                                                { NULL } };
static const struct shape variable = { NULL, OBJECT, 0, variable_fields };

static const struct shape exec_fields[] = {
    { "command", COMMAND, K7I_KUBE_COMMAND, NULL },
    { "args", LIST, 0, &text_item },
    { "env", LIST, 0, &variable },
    { "apiVersion", TEXT, 0, NULL },
    { "installHint", TEXT, 0, NULL },
    { "interactiveMode", TEXT, 0, NULL },
    { "provideClusterInfo", FLAG, 0, NULL },
    { NULL },
};

static const struct shape user_fields[] = {
    { "client-certificate", PATH, K7I_KUBE_CERT_FILE, NULL },
    { "client-certificate-data", DATA, K7I_KUBE_CERT_DATA, NULL },
    { "client-key", PATH, K7I_KUBE_KEY_FILE, NULL },
    { "client-key-data", DATA, K7I_KUBE_KEY_DATA, NULL },
    { "token", TEXT, K7I_KUBE_TOKEN, NULL },
    { "tokenFile", PATH, K7I_KUBE_TOKEN_FILE, NULL },
    { "username", TEXT, K7I_KUBE_USERNAME, NULL },
    { "password", TEXT, K7I_KUBE_PASSWORD, NULL },
    { "as", TEXT, K7I_KUBE_AS, NULL },
    { "as-uid", TEXT, K7I_KUBE_AS_UID, NULL },
    { "as-groups", LIST, 0, &text_item },
    { "as-user-extra", MAP, 0, &texts },
    { "auth-provider", MAP, 0, NULL },
    { "exec", OBJECT, 0, exec_fields },
    { NULL },
};

static const struct shape extension_fields[] = { { "name", TEXT, 0, NULL }, { NULL } };
static const struct shape extension = { NULL, OBJECT, 0, extension_fields };

static const struct shape cluster_fields[] = {
    { "server", TEXT, K7I_KUBE_SERVER, NULL },
    { "tls-server-name", TEXT, K7I_KUBE_SERVER_NAME, NULL },
    { "insecure-skip-tls-verify", FLAG, 0, NULL },
    { "certificate-authority", PATH, K7I_KUBE_CA_FILE, NULL },
    { "certificate-authority-data", DATA, K7I_KUBE_CA_DATA, NULL },
    { "proxy-url", TEXT, K7I_KUBE_PROXY, NULL },
    { "extensions", LIST, 0, &extension },
    { NULL },
};

static const struct shape context_fields[] = {
    { "cluster", TEXT, 0, NULL },
    { "user", TEXT, 0, NULL },
    { "namespace", TEXT, K7I_KUBE_NAMESPACE, NULL },
    { NULL },
};

static const struct shape named_fields[][3] = {
    { { "name", TEXT, 0, NULL }, { "cluster", OBJECT, 0, cluster_fields }, { NULL } },
    { { "name", TEXT, 0, NULL }, { "user", OBJECT, 0, user_fields }, { NULL } },
    { { "name", TEXT, 0, NULL }, { "context", OBJECT, 0, context_fields }, { NULL } },
};
static const struct shape named[] = {
    { NULL, OBJECT, 0, named_fields[K7I_KUBE_CLUSTERS] },
    { NULL, OBJECT, 0, named_fields[K7I_KUBE_USERS] },
    { NULL, OBJECT, 0, named_fields[K7I_KUBE_CONTEXTS] },
};

enum { LISTS = 3 }; /* where they begin: */
static const struct shape file_fields[] = {
    { "apiVersion", TEXT, 0, NULL },
    { "kind", TEXT, 0, NULL },
    { "current-context", TEXT, 0, NULL },
    { "clusters", LIST, 0, &named[K7I_KUBE_CLUSTERS] },
    { "users", LIST, 0, &named[K7I_KUBE_USERS] },
    { "contexts", LIST, 0, &named[K7I_KUBE_CONTEXTS] },
    { NULL },
};
static const struct shape whole_file = { NULL, OBJECT, 0, file_fields };

/* ---- errors ---- */

static int refuse(const struct k7i_kube_file *file, const struct k7i_json_step *step, const char *why,
                  k7_error **err)
{
    const struct k7i_json_step *there = step;
    struct k7i_buf place;
    int code, line = 0;

    k7i_buf_init(&place, 4096);
    if (step)
        k7i_json_step_text(step, &place);
    while (there && (line = k7i_json_step_line(file->text.data, file->text.len, there)) == 0)
        there = there->up;
    if (place.failed == K7_ERR_NO_MEMORY)
        code = k7i_fail_memory(err);
    else if (place.failed || !place.len || k7i_text_has_control(place.data)) /* names in it are anybody's */
        code = k7i_fail(err, K7_ERR_INVALID_CONFIG, "%s:%d: %s", file->path, line ? line : 1, why);
    else
        code = k7i_fail(err, K7_ERR_INVALID_CONFIG, "%s:%d: %s: %s", file->path, line ? line : 1, place.data,
                        why);
    k7i_buf_clear(&place);
    return code;
}

int k7i_kube_refuse(const struct k7i_kube_entry *entry, const char *field, const char *part, const char *why,
                    k7_error **err)
{
    const struct k7i_json_step list = { NULL, entry->list, 0 }, item = { &list, NULL, entry->index },
                               member = { &item, entry->member, 0 }, inner = { &member, field, 0 },
                               innermost = { &inner, part, 0 };

    return refuse(entry->file, part ? &innermost : field ? &inner : &member, why, err);
}

/* ---- checking ---- */

struct checking {
    const struct k7i_kube_file *file;
    k7_error **err;
    /* of the map that is being checked: */
    const struct shape *inside;
    const struct k7i_json_step *step;
};

/* base64 of PEM text, into *ret_pem (a secret). 0, or K7_ERR_PARSE when it is none. */
static int decode(const char *text, char **ret_pem)
{
    struct k7i_buf pem;
    int bad;

    *ret_pem = NULL;
    k7i_buf_init(&pem, K7I_KUBECONFIG_MAX);
    pem.secret = 1;
    k7i_buf_reserve(&pem, strlen(text) / 4 * 3 + 3);
    bad = k7i_base64_decode(text, &pem) != 0 || (!pem.failed && strlen(pem.data) != pem.len) ||
          (pem.len > 0 && !pem.failed && !strstr(pem.data, "-----BEGIN "));
    if (!bad && !pem.failed)
        *ret_pem = k7i_secret_dup(pem.data);
    k7i_buf_wipe(&pem);
    return bad ? K7_ERR_PARSE : *ret_pem ? 0 : K7_ERR_NO_MEMORY;
}

static const char not_pem[] = "must be a PEM text in base64";

static int check_data(const struct checking *checking, const char *text, const struct k7i_json_step *step)
{
    char *pem;
    int code = decode(text, &pem);

    k7i_secret_free(pem);
    if (code == K7_ERR_PARSE)
        return refuse(checking->file, step, not_pem, checking->err);
    return code ? k7i_fail_memory(checking->err) : 0;
}

static int check(const struct checking *checking, const struct shape *shape,
                 const struct k7i_json_value *value, const struct k7i_json_step *step);

static int check_member(void *user, const char *key, const struct k7i_json_value *value)
{
    const struct checking *map = user;

    return check(map, map->inside, value, &(struct k7i_json_step){ map->step, key, 0 });
}

static int check_inside(const struct checking *checking, const struct shape *shape,
                        const struct k7i_json_value *value, const struct k7i_json_step *step)
{
    const struct shape *inside = shape->inside;
    int code = 0;

    if (shape->kind == LIST) {
        for (size_t i = 0; !code && i < k7i_json_count(value); i++)
            code = check(checking, inside, k7i_json_at(value, i), &(struct k7i_json_step){ step, NULL, i });
    } else if (shape->kind == MAP && inside) {
        struct checking map = { checking->file, checking->err, inside, step };

        code = k7i_json_each(value, check_member, &map);
    } else if (shape->kind == OBJECT) {
        for (; !code && inside->name; inside++)
            code = check(checking, inside, k7i_json_get(value, inside->name),
                         &(struct k7i_json_step){ step, inside->name, 0 });
    }
    return code;
}

/* null is as good as nothing. */
static int check(const struct checking *checking, const struct shape *shape,
                 const struct k7i_json_value *value, const struct k7i_json_step *step)
{
    static const struct {
        enum k7i_json_kind kind;
        const char *wrong;
    } kinds[] = {
        [TEXT] = { K7I_JSON_STRING, "must be text" },        [PATH] = { K7I_JSON_STRING, "must be text" },
        [COMMAND] = { K7I_JSON_STRING, "must be text" },     [DATA] = { K7I_JSON_STRING, not_pem },
        [FLAG] = { K7I_JSON_BOOL, "must be true or false" }, [LIST] = { K7I_JSON_ARRAY, "must be a list" },
        [OBJECT] = { K7I_JSON_OBJECT, "must be a mapping" }, [MAP] = { K7I_JSON_OBJECT, "must be a mapping" },
    };

    if (!value)
        return 0;
    if (k7i_json_kind(value) != kinds[shape->kind].kind)
        return refuse(checking->file, step, kinds[shape->kind].wrong, checking->err);
    if (shape->kind == DATA)
        return check_data(checking, k7i_json_string(value), step);
    return check_inside(checking, shape, value, step);
}

static int check_word(const struct k7i_kube_file *file, const char *key, const char *word, k7_error **err)
{
    const char *text = k7i_json_get_string(k7i_json_root(file->json), key);
    char why[32] = "must be ";

    if (!text || !*text || strcmp(text, word) == 0)
        return 0;
    return refuse(file, &(struct k7i_json_step){ NULL, key, 0 }, strcat(why, word), err);
}

/* ---- reading ---- */

static int find_folder(struct k7i_kube_file *file, k7_error **err)
{
    const char *slash = strrchr(file->path, '/');
    size_t len = slash ? (size_t)(slash - file->path) : 0;
    char here[PATH_MAX] = "";

    if (file->path[0] != '/' && !getcwd(here, sizeof here))
        return k7i_fail(err, K7_ERR_IO, "%s: the current folder is gone", file->path);
    file->folder = k7i_sprintf("%s%s%.*s", here, *here && len ? "/" : "", (int)len, file->path);
    return file->folder ? 0 : k7i_fail_memory(err);
}

static int parse(struct k7i_kube_file *file, const struct k7i_buf *content, k7_error **err)
{
    size_t limit = JSON_AT_LEAST + JSON_TIMES * content->len;
    k7_error *cause = NULL;
    int code;

    k7i_buf_init(&file->text, limit < JSON_MAX ? limit : JSON_MAX);
    file->text.secret = 1;
    if (content->data[strspn(content->data, " \t\r\n")] == '\0' && strlen(content->data) == content->len)
        k7i_buf_text(&file->text, "{}"); /* empty, as somebody has begun it */
    else if ((code = k7i_yaml_to_json(file->path, content->data, content->len, 1, &file->text, err)) != 0)
        return code;
    code = file->text.failed ? k7i_fail_memory(err)
                             : k7i_json_parse(file->text.data, file->text.len, &file->json, &cause);
    if (!cause)
        return code;
    if (code == K7_ERR_NO_MEMORY)
        k7i_error_move(err, cause);
    else {
        code = k7i_fail(err, code, "%s: %s", file->path, k7_error_get_message(cause));
        k7_error_unref(cause);
    }
    return code;
}

static int read_content(struct k7i_kube_file *file, int *ret_missing, k7_error **err)
{
    k7_error *cause = NULL;
    struct k7i_buf content;
    int code = k7i_file_read(file->path, K7I_KUBECONFIG_MAX, &content, ret_missing, &cause);
    if (*ret_missing) {
        k7_error_unref(cause);
        return 0;
    }
    if (code) {
        k7i_error_move(err, cause);
        return code;
    }
    code = find_folder(file, err);
    if (!code)
        code = parse(file, &content, err);
    k7i_buf_wipe(&content);
    if (!code)
        code = check(&(struct checking){ .file = file, .err = err }, &whole_file, k7i_json_root(file->json),
                     NULL);
    if (!code)
        code = check_word(file, "apiVersion", "v1", err);
    return code ? code : check_word(file, "kind", "Config", err);
}

int k7i_kube_file_read(const char *path, struct k7i_kube_file *ret_file, int *ret_missing, k7_error **err)
{
    *ret_file = (struct k7i_kube_file){ .path = k7i_strdup(path) };
    *ret_missing = 0;
    k7i_buf_init(&ret_file->text, 0);
    int code = ret_file->path ? read_content(ret_file, ret_missing, err) : k7i_fail_memory(err);
    if (code || *ret_missing)
        k7i_kube_file_clear(ret_file);
    return code;
}

void k7i_kube_file_clear(struct k7i_kube_file *file)
{
    k7i_free(file->path);
    k7i_free(file->folder);
    k7i_buf_wipe(&file->text);
    k7i_json_wipe(file->json);
    file->path = file->folder = NULL;
    file->json = NULL;
}

/* ---- entries ---- */

int k7i_kube_file_find(const struct k7i_kube_file *file, enum k7i_kube_list list, const char *name,
                       struct k7i_kube_entry *ret_entry, k7_error **err)
{
    const char *items_name = file_fields[LISTS + (int)list].name;
    const struct k7i_json_value *items = k7i_json_get(k7i_json_root(file->json), items_name);

    *ret_entry = (struct k7i_kube_entry){ .list = items_name, .member = named_fields[list][1].name };
    for (size_t i = 0; i < k7i_json_count(items); i++) {
        const struct k7i_json_value *item = k7i_json_at(items, i);

        if (!k7i_text_equal(k7i_json_get_string(item, "name"), name))
            continue;
        ret_entry->index = i;
        if (ret_entry->file)
            return k7i_kube_refuse(ret_entry, NULL, NULL, "another one of this name is in the file", err);
        ret_entry->file = file;
        ret_entry->value = k7i_json_get(item, ret_entry->member);
    }
    return 0;
}

static int take(const struct k7i_kube_entry *entry, const struct shape *shape, const char *text, char **slot,
                k7_error **err)
{
    int is_relative = (shape->kind == PATH || (shape->kind == COMMAND && strchr(text, '/'))) && *text != '/';

    if (shape->kind == DATA)
        return decode(text, slot) ? k7i_fail_memory(err) : 0;
    *slot = is_relative ? k7i_sprintf("%s/%s", entry->file->folder, text) : k7i_secret_dup(text);
    return *slot ? 0 : k7i_fail_memory(err);
}

static int take_texts(const struct k7i_kube_entry *entry, const struct k7i_json_value *object,
                      const struct shape *shape, char **text, k7_error **err)
{
    int code = 0;

    for (; !code && shape->name; shape++) {
        const struct k7i_json_value *value = k7i_json_get(object, shape->name);
        const char *content = k7i_json_string(value);

        if (shape->kind == OBJECT)
            code = take_texts(entry, value, shape->inside, text, err);
        else if (shape->slot && content && *content)
            code = take(entry, shape, content, &text[shape->slot], err);
    }
    return code;
}

int k7i_kube_take(const struct k7i_kube_entry *entry, enum k7i_kube_list list, char **text, k7_error **err)
{
    return take_texts(entry, entry->value, named_fields[list][1].inside, text, err);
}
