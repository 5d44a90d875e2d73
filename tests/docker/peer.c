/* peer.c: see peer.h. */
#include "peer.h"

#include <check.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char socket_of_engine[200];

/* Unlike ck_assert, also between the tests, where nothing may be reported. */
#define must(condition, ...)                                                                                 \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            ck_abort_msg(__VA_ARGS__);                                                                       \
    } while (0)

struct answer {
    char *data;
    size_t len;
};

void peer_open(const char *socket_path)
{
    snprintf(socket_of_engine, sizeof socket_of_engine, "%s", socket_path);
}

static size_t collect(char *data, size_t size, size_t count, void *user)
{
    struct answer *answer = user;
    size_t len = size * count;

    answer->data = realloc(answer->data, answer->len + len + 1);
    must(answer->data, "out of memory");
    memcpy(answer->data + answer->len, data, len);
    answer->len += len;
    answer->data[answer->len] = '\0';
    return len;
}

static int call(const char *method, const char *path, const char *body, struct answer *answer)
{
    CURL *easy = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    char url[2048];
    long status = 0;

    snprintf(url, sizeof url, "http://engine/v1.41%s", path);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, socket_of_engine);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, 60L);
    if (body)
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    must(curl_easy_perform(easy) == CURLE_OK, "%s %s at %s", method, path, socket_of_engine);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
    return (int)status;
}

json_object *peer_call(const char *method, const char *path, const char *body, int *ret_status)
{
    struct answer answer = { 0 };
    int status = call(method, path, body, &answer);
    json_object *json = answer.len ? json_tokener_parse(answer.data) : NULL;

    free(answer.data);
    if (ret_status)
        *ret_status = status;
    return json;
}

json_object *peer_inspect(const char *container)
{
    char path[256];
    int status;

    snprintf(path, sizeof path, "/containers/%s/json", container);
    json_object *json = peer_call("GET", path, NULL, &status);
    ck_assert_msg(status == 200, "no container %s", container);
    return json;
}

/* Takes the 8-byte frame headers out. */
static void unframe(const struct answer *answer, char *output, size_t size)
{
    size_t at = 0, len = 0;

    while (at + 8 <= answer->len) {
        const unsigned char *h = (const unsigned char *)answer->data + at;
        size_t frame = (size_t)h[4] << 24 | (size_t)h[5] << 16 | (size_t)h[6] << 8 | h[7];

        at += 8;
        ck_assert(frame <= answer->len - at && len + frame < size);
        memcpy(output + len, answer->data + at, frame);
        len += frame;
        at += frame;
    }
    while (len > 0 && strchr(" \t\r\n", output[len - 1]))
        len--;
    output[len] = '\0';
}

const char *peer_exec(const char *container, const char *command, int *ret_exit)
{
    static char output[65536];
    struct answer answer = { 0 };
    char path[256];
    int status;
    json_object *body = json_object_new_object(), *argv = json_object_new_array();

    json_object_array_add(argv, json_object_new_string("/bin/sh"));
    json_object_array_add(argv, json_object_new_string("-c"));
    json_object_array_add(argv, json_object_new_string(command));
    json_object_object_add(body, "Cmd", argv);
    json_object_object_add(body, "AttachStdout", json_object_new_boolean(1));
    json_object_object_add(body, "AttachStderr", json_object_new_boolean(1));
    snprintf(path, sizeof path, "/containers/%s/exec", container);
    json_object *made = peer_call("POST", path, json_object_to_json_string(body), &status);
    ck_assert_msg(status == 201, "exec in %s: %s", container, json_object_to_json_string(made));
    char id[128];
    snprintf(id, sizeof id, "%s", peer_text(made, "Id"));
    snprintf(path, sizeof path, "/exec/%s/start", id);
    status = call("POST", path, "{\"Detach\":false,\"Tty\":false}", &answer);
    ck_assert_int_eq(status, 200);
    unframe(&answer, output, sizeof output);
    free(answer.data);
    if (ret_exit) {
        snprintf(path, sizeof path, "/exec/%s/json", id);
        json_object *after = peer_call("GET", path, NULL, NULL);
        *ret_exit = (int)peer_int(after, "ExitCode");
        json_object_put(after);
    }
    json_object_put(made);
    json_object_put(body);
    return output;
}

static json_object *list(const char *namespace_)
{
    char path[512];

    snprintf(
        path, sizeof path,
        "/containers/json?all=1&filters=%%7B%%22label%%22%%3A%%5B%%22k7.katakate.org%%2Fnamespace%%3D%s%%22%%5D%%7D",
        namespace_);
    return peer_call("GET", path, NULL, NULL);
}

int peer_count(const char *namespace_)
{
    json_object *all = list(namespace_);
    int count = (int)json_object_array_length(all);

    json_object_put(all);
    return count;
}

void peer_remove_all(const char *namespace_)
{
    /* Twice: podman keeps a companion for as long as its sandbox is there. */
    for (int round = 0; round < 2; round++) {
        json_object *all = list(namespace_);

        for (size_t i = 0; i < json_object_array_length(all); i++) {
            char path[256];

            snprintf(path, sizeof path, "/containers/%s?force=1&v=1",
                     peer_text(json_object_array_get_idx(all, i), "Id"));
            json_object_put(peer_call("DELETE", path, NULL, NULL));
        }
        json_object_put(all);
    }
}
