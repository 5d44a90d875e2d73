/* Any bytes as a kubeconfig: either refused with one line that names the file, or a context with a cluster, whose paths are absolute. */
#include "transport/kubernetes/access.h"

#include "base/text.h"
#include "fuzz.h"
#include "transport/kubernetes/authentication.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char path[64];

static void put(const uint8_t *data, size_t size)
{
    static int fd = -1;

    if (fd < 0)
        fd = memfd_create("kubeconfig", MFD_CLOEXEC);
    FUZZ_CHECK(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
}

static void check_error(int code, const k7_error *error)
{
    const char *message = k7_error_get_message(error);

    FUZZ_CHECK(code == K7_ERR_PARSE || code == K7_ERR_LIMIT || code == K7_ERR_INVALID_CONFIG ||
               code == K7_ERR_IO);
    FUZZ_CHECK(!k7i_text_has_control(message));
    FUZZ_CHECK(k7i_text_is_utf8(message, strlen(message)));
}

static void check_context(const struct k7i_kube_context *context)
{
    static const enum k7i_kube_text paths[] = { K7I_KUBE_CA_FILE, K7I_KUBE_CERT_FILE, K7I_KUBE_KEY_FILE,
                                                K7I_KUBE_TOKEN_FILE };

    FUZZ_CHECK(context->context.file && context->cluster.file);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        FUZZ_CHECK(!context->text[paths[i]] || context->text[paths[i]][0] == '/');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct k7i_authentication authentication;
    struct k7i_endpoint *endpoint;
    struct k7i_kubeconfig *kubeconfig;
    struct k7i_kube_context context;
    struct k7i_kube_access access;
    k7_config *config;
    k7_error *error = NULL;

    put(data, size);
    int code = k7i_kubeconfig_read(path, "KUBECONFIG", &kubeconfig, &error);
    if (!code) {
        code = k7i_kubeconfig_select(kubeconfig, NULL, &context, &error);
        if (!code) {
            check_context(&context);
            code = k7i_authentication_make(&context, &authentication, &error);
            if (!code)
                k7i_authentication_clear(&authentication);
            k7i_kube_context_clear(&context);
        }
        k7i_kubeconfig_free(kubeconfig);
    }
    if (code)
        check_error(code, error);
    error = k7_error_unref(error);

    FUZZ_CHECK(k7_config_new(&config, NULL) == 0 &&
               k7_config_set(config, "kubernetes.kubeconfig", path, NULL) == 0 &&
               k7i_endpoint_parse("kubernetes:", &endpoint, NULL) == 0);
    code = k7i_kube_access_open(config, endpoint, "/", &access, &error);
    if (code)
        check_error(code, error);
    else
        FUZZ_CHECK(access.peer);
    k7_error_unref(error);
    k7i_kube_access_clear(&access);
    k7i_endpoint_free(endpoint);
    k7_config_free(config);
    return 0;
}
