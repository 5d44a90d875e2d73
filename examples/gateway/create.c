/* create.c: POST /api/v1/sandboxes: from the body to a sandbox. It knows nothing of HTTP but what the answer says. */
#include "operations.h"

#include <stdio.h>
#include <string.h>

#include "env_files.h"
#include "log.h"

/* Returns 0, or -1 after answering. */
static int check_scopes(struct request *request, k7_spec *spec)
{
    const char *namespace_ = k7_spec_get_namespace(spec);
    const char *node = k7_spec_get_node_name(spec);
    k7_error *error = NULL;
    if (!key_allows_namespace(request->key, namespace_)) {
        answer_error(&request->answer, 403, NULL, "API key is not authorized for namespace '%s'", namespace_);
        return -1;
    }
    if (node != NULL && !key_allows_node(request->key, node)) {
        answer_error(&request->answer, 403, NULL, "API key is not authorized for node '%s'", node);
        return -1;
    }
    if (node == NULL && key_node_count(request->key) > 1) {
        answer_error(&request->answer, 403, NULL, "API key is node-scoped; pass an explicit allowed node");
        return -1;
    }
    if (node == NULL && key_node_count(request->key) == 1 &&
        k7_spec_set_node_name(spec, key_node(request->key), &error) != 0) {
        operation_fail(request, error, NULL);
        return -1;
    }
    return 0;
}

/* Variables given in the body win over those of the file, as K7's clients would expect of a file of defaults. */
static int merge_env(k7_spec *spec, const struct text *file, k7_error **err)
{
    k7_spec *given = NULL;
    int result = k7_spec_dup(spec, &given, err);
    if (result == 0) {
        result = k7_spec_set_env_file(spec, NULL, err);
    }
    if (result == 0) {
        result = k7_spec_add_env_text(spec, file->bytes, file->len, err);
    }
    for (size_t i = 0; result == 0 && i < k7_spec_env_count(given); i++) {
        result = k7_spec_add_env(spec, k7_spec_env_key_at(given, i), k7_spec_env_value_at(given, i), err);
    }
    k7_spec_free(given);
    return result;
}

static bool has_variables(const struct text *file)
{
    k7_spec *probe = NULL;
    bool some = file->len > 0 && k7_spec_new(NULL, NULL, &probe, NULL) == 0 &&
                k7_spec_add_env_text(probe, file->bytes, file->len, NULL) == 0 &&
                k7_spec_env_count(probe) > 0;
    k7_spec_free(probe);
    return some;
}

/* Replaces env_file by the variables in it. Returns 0, or -1 after answering. */
static int apply_env_file(struct request *request, k7_spec *spec)
{
    const char *path = k7_spec_get_env_file(spec);
    if (path == NULL) {
        return 0;
    }
    const char *folder = request->gateway->options->env_dir;
    if (folder == NULL) {
        answer_error(&request->answer, 400, "UnsupportedArgument",
                     "env_file is not allowed: this gateway was started without --env-dir");
        return -1;
    }
    struct text file = TEXT_INIT(ENV_FILE_MAX_BYTES);
    k7_error *error = NULL;
    int result = -1;
    if (env_file_read(folder, k7_spec_get_namespace(spec), path, &file) != 0) {
        /* one text for everything, so that nobody learns what exists on this host */
        answer_error(
            &request->answer, 400, "InvalidArgument",
            "env_file must be the path of a regular file of at most 64 KiB, relative to the folder of its namespace");
    } else if (!has_variables(&file)) {
        answer_error(&request->answer, 400, "InvalidArgument",
                     "env_file is empty or invalid; no variables parsed");
    } else if (merge_env(spec, &file, &error) != 0) {
        operation_fail(request, error, NULL);
    } else {
        result = 0;
    }
    text_clear(&file);
    return result;
}

/* Returns the spec to create, or NULL after answering. */
static k7_spec *read_spec(struct request *request)
{
    k7_spec *spec = NULL;
    k7_error *error = NULL;
    const char *body = request->body.bytes == NULL ? "" : request->body.bytes;
    if (k7_spec_from_json(body, request->body.len, &spec, &error) != 0) {
        int code = k7_error_get_code(error);
        if (code == K7_ERR_PARSE || code == K7_ERR_LIMIT || code == K7_ERR_INVALID_ARGUMENT) {
            answer_error(&request->answer, 422, "InvalidBody", "%s", k7_error_get_message(error));
            k7_error_unref(error);
        } else {
            operation_fail(request, error, NULL);
        }
        return NULL;
    }
    int result =
        k7_spec_get_namespace(spec) == NULL ? k7_spec_set_namespace(spec, NAMESPACE_DEFAULT, &error) : 0;
    if (result == 0) {
        result = k7_spec_validate(spec, &error); /* also: the namespace is one, before it names a folder */
    }
    if (result != 0) {
        operation_fail(request, error, NULL);
    } else {
        result = check_scopes(request, spec) == 0 ? apply_env_file(request, spec) : -1;
    }
    if (result != 0) {
        k7_spec_free(spec);
        spec = NULL;
    }
    return spec;
}

static void answer_created(struct request *request, const k7_spec *spec, const k7_sandbox *sandbox)
{
    const char *image = k7_sandbox_get_image(sandbox);
    struct text json = TEXT_INIT(ANSWER_MAX_BYTES);
    text_add_string(&json, "{\"data\":{\"name\":");
    text_add_json(&json, k7_spec_get_name(spec));
    text_add_string(&json, ",\"namespace\":");
    text_add_json(&json, k7_spec_get_namespace(spec));
    text_add_string(&json, ",\"image\":");
    text_add_json(&json, image == NULL ? k7_spec_get_image(spec) : image);
    for (size_t i = 0; i < k7_sandbox_endpoint_count(sandbox); i++) {
        text_add_format(&json, "%s{\"port\":%d,\"node_port\":%d,\"url\":", i == 0 ? ",\"endpoints\":[" : ",",
                        (int)k7_sandbox_endpoint_port_at(sandbox, i),
                        (int)k7_sandbox_endpoint_node_port_at(sandbox, i));
        text_add_json(&json, k7_sandbox_endpoint_url_at(sandbox, i));
        text_add_string(&json, "}");
    }
    text_add_string(&json, k7_sandbox_endpoint_count(sandbox) > 0 ? "]}}" : "}}");
    answer_json(&request->answer, 201, &json);
    snprintf(request->answer.location, sizeof request->answer.location, "/api/v1/sandboxes/%s?namespace=%s",
             k7_spec_get_name(spec), k7_spec_get_namespace(spec));
}

/* The client left just as the create succeeded: nobody knows of the sandbox. */
static void take_back(struct request *request, const k7_spec *spec, const k7_sandbox *sandbox)
{
    const char *name = k7_spec_get_name(spec);
    const char *namespace_ = k7_spec_get_namespace(spec);
    k7_delete_options *options = NULL;
    k7_error *error = NULL;
    int result = 0;
    if (k7_sandbox_get_uid(sandbox) != NULL) {
        result = k7_delete_options_new(&options, &error);
        if (result == 0) {
            result = k7_delete_options_set_uid(options, k7_sandbox_get_uid(sandbox), &error);
        }
    }
    if (result == 0) {
        result = k7_sandbox_delete(request->gateway->client, namespace_, name, options, NULL, &error);
    }
    if (result != 0) {
        log_event("leftover", "sandbox %s in namespace %s, whose client left: %s", name, namespace_,
                  k7_error_get_message(error));
    }
    k7_delete_options_free(options);
    k7_error_unref(error);
}

void operation_create(struct request *request)
{
    k7_call *call = NULL;
    k7_sandbox *sandbox = NULL;
    k7_error *error = NULL;
    k7_spec *spec = read_spec(request);
    if (spec == NULL || operation_call(request, &call) != 0) {
        k7_spec_free(spec);
        return;
    }
    if (k7_sandbox_create(request->gateway->client, spec, call, &sandbox, &error) == 0) {
        if (k7_cancel_count(request->cancel) > 0 && connection_end(request->connection) != CONNECTION_OPEN) {
            take_back(request, spec, sandbox);
        }
        answer_created(request, spec, sandbox);
    } else if (k7_error_get_code(error) == K7_ERR_ALREADY_EXISTS) {
        char message[128];
        snprintf(message, sizeof message, "Sandbox %s already exists", k7_spec_get_name(spec));
        operation_fail(request, error, message);
    } else {
        operation_fail(request, error, NULL);
    }
    k7_sandbox_unref(sandbox);
    k7_call_free(call);
    k7_spec_free(spec);
}
