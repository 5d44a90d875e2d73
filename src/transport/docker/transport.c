/* transport.c: the docker transport: its table, and the opening of an endpoint.
 *
 *   docker:                 the first of the usual sockets that is there: podman's of this user, podman's of the system, dockerd's
 *   docker:///path.sock     this socket
 *   docker://host[:port]    TLS; port 2376
 *   docker+http://host:port plain TCP, to this machine only: whoever reaches an engine's API is root on its host
 *
 * DOCKER_HOST and docker's contexts are not looked at: an endpoint means the same in every environment. */
#include "transport/docker/engine.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "transport/delete_all.h"
#include "transport/docker/create.h"
#include "transport/docker/delete.h"
#include "transport/docker/list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { TLS_PORT = 2376 }; /* dockerd's registered port */

/* ---- the usual sockets ---- */

enum { SOCKETS = 3 };

static int usual_sockets(char *ret_paths[SOCKETS], k7_error **err)
{
    const char *runtime = secure_getenv("XDG_RUNTIME_DIR");
    size_t count = 0;

    memset(ret_paths, 0, SOCKETS * sizeof *ret_paths);
    if (runtime && *runtime == '/' && !(ret_paths[count++] = k7i_sprintf("%s/podman/podman.sock", runtime)))
        return k7i_fail_memory(err);
    if (!(ret_paths[count++] = k7i_strdup("/run/podman/podman.sock")) ||
        !(ret_paths[count++] = k7i_strdup("/var/run/docker.sock")))
        return k7i_fail_memory(err);
    return 0;
}

static int is_socket(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* The first that this user may use. Where there is one that he may not, the error says so. */
static int choose(char *paths[SOCKETS], char **ret_path, k7_error **err)
{
    const char *forbidden = NULL;

    for (int i = 0; i < SOCKETS && paths[i]; i++) {
        int missing = !is_socket(paths[i]);
        int denied = missing ? errno == EACCES : access(paths[i], W_OK) != 0;

        if (denied && !forbidden)
            forbidden = paths[i];
        if (missing || denied)
            continue;
        *ret_path = k7i_strdup(paths[i]);
        return *ret_path ? 0 : k7i_fail_memory(err);
    }
    if (forbidden)
        return k7i_fail(err, K7_ERR_CONNECT,
                        "docker: no permission to use %s: run as a user who may (for dockerd: in the group "
                        "\"docker\"), or start podman.socket for this user",
                        forbidden);
    return k7i_fail(
        err, K7_ERR_CONNECT,
        "docker: no engine is running: none of %s, %s%s%s is there; start one (systemctl --user start "
        "podman.socket), or name its socket (docker:///path)",
        paths[0], paths[1], paths[2] ? ", " : "", paths[2] ? paths[2] : "");
}

static int find_socket(char **ret_path, k7_error **err)
{
    char *paths[SOCKETS];
    int code = usual_sockets(paths, err);

    if (!code)
        code = choose(paths, ret_path, err);
    for (int i = 0; i < SOCKETS; i++)
        k7i_free(paths[i]);
    return code;
}

/* ---- the endpoint ---- */

static int refuse(const char *why, k7_error **err)
{
    return k7i_fail(err, K7_ERR_INVALID_CONFIG, "endpoint: %s", why);
}

static int socket_of(const struct k7i_endpoint *endpoint, char **ret_path, k7_error **err)
{
    struct sockaddr_un address;

    if (!*endpoint->path)
        return find_socket(ret_path, err);
    if (*endpoint->path != '/')
        return refuse("write docker:///path.sock for a socket", err);
    if (strlen(endpoint->path) >= sizeof address.sun_path)
        return refuse("the path of the socket is longer than Linux allows", err);
    *ret_path = k7i_strdup(endpoint->path);
    return *ret_path ? 0 : k7i_fail_memory(err);
}

/* host NULL: a socket, whose path goes to *ret_socket; else its URL to *ret_url. */
static int read_endpoint(const struct k7i_endpoint *endpoint, char **ret_url, char **ret_socket,
                         k7_error **err)
{
    int plain = strcmp(endpoint->scheme, "docker+http") == 0;
    int has_host = endpoint->host && *endpoint->host;

    if (endpoint->parameter_count > 0)
        return refuse("docker endpoints have no parameters", err);
    if (!has_host) {
        if (plain)
            return refuse("docker+http needs a host: docker+http://127.0.0.1:2375", err);
        int code = socket_of(endpoint, ret_socket, err);
        if (code)
            return code;
        *ret_url = k7i_strdup("http://localhost");
        return *ret_url ? 0 : k7i_fail_memory(err);
    }
    if (*endpoint->path && strcmp(endpoint->path, "/") != 0)
        return refuse(
            "an engine's address has no path: docker://HOST:PORT, or docker:///path.sock for a socket", err);
    if (plain && !k7i_endpoint_is_loopback(endpoint))
        return refuse(
            "docker+http only to this machine: whoever can listen or connect is root on the engine's "
            "host; use TLS (docker://HOST:PORT) or an SSH tunnel",
            err);
    if (plain && !endpoint->port)
        return refuse("docker+http needs a port: docker+http://127.0.0.1:2375", err);
    int is_ipv6 = strchr(endpoint->host, ':') != NULL;
    *ret_url = k7i_sprintf("%s://%s%s%s:%d", plain ? "http" : "https", is_ipv6 ? "[" : "", endpoint->host,
                           is_ipv6 ? "]" : "", endpoint->port ? endpoint->port : TLS_PORT);
    return *ret_url ? 0 : k7i_fail_memory(err);
}

static int make_peer(const k7_config *config, const char *url, const char *socket, struct k7i_peer **ret_peer,
                     k7_error **err)
{
    const struct k7i_peer_settings settings = {
        .url = url,
        .unix_socket = socket,
        .ca_file = k7i_config_text(config, "docker.ca_file"),
        .client_cert_file = k7i_config_text(config, "docker.client_cert_file"),
        .client_key_file = k7i_config_text(config, "docker.client_key_file"),
        .tls_min_version = k7i_config_text(config, "docker.tls_min_version"),
        .user_agent = k7i_config_text(config, "user_agent"),
        .connect_timeout_ms = k7i_config_int(config, "connect_timeout_ms"),
        .response_limit = (size_t)k7i_config_int(config, "max_response_bytes"),
    };

    return k7i_peer_new(&settings, ret_peer, err);
}

/* ---- open and close ---- */

static void docker_close(void *instance)
{
    struct k7i_docker *docker = instance;

    if (!docker)
        return;
    k7i_peer_free(docker->peer);
    k7_config_free(docker->config);
    k7i_registry_auth_free(docker->auth);
    pthread_mutex_destroy(&docker->lock);
    k7i_free(docker);
}

static int docker_open(const k7_config *config, const struct k7i_endpoint *endpoint, void **ret_instance,
                       k7_error **err)
{
    char *url = NULL, *socket = NULL;
    struct k7i_docker *docker = k7i_calloc(1, sizeof *docker);

    *ret_instance = NULL;
    if (!docker)
        return k7i_fail_memory(err);
    pthread_mutex_init(&docker->lock, NULL);
    int code = read_endpoint(endpoint, &url, &socket, err);
    if (!code)
        code = k7i_config_dup(config, &docker->config, err);
    if (!code)
        code = k7i_registry_auth_new(k7i_config_text(config, "docker.registry_auth"), &docker->auth, err);
    if (!code)
        code = make_peer(config, url, socket, &docker->peer, err);
    k7i_free(url);
    k7i_free(socket);
    if (code) {
        docker_close(docker);
        return code;
    }
    *ret_instance = docker;
    return 0;
}

static const char *const schemes[] = { "docker", "docker+http", NULL };

const struct k7i_transport k7i_transport_docker = {
    .name = "docker",
    .schemes = schemes,
    .sends_requests = 1,
    .open = docker_open,
    .close = docker_close,
    .plans = { [K7I_CREATE] = &k7i_docker_create_plan,
               [K7I_LIST] = &k7i_docker_list_plan,
               [K7I_GET] = &k7i_docker_get_plan,
               [K7I_DELETE] = &k7i_docker_delete_plan,
               [K7I_DELETE_ALL] = &k7i_delete_all_plan },
};
