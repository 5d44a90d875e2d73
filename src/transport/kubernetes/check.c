/* check.c: what a create over Kubernetes cannot do, before anything is sent. The front door has validated the spec already. */
#include "transport/kubernetes/create.h"

#include "base/error.h"
#include "base/quote.h"
#include "base/text.h"
#include "model/cidr.h"
#include "model/quantity.h"

#include <string.h>

static int check_fields(const k7_spec *spec, k7_error **err)
{
    const struct {
        const char *field;
        int given;
        const char *why;
    } fields[] = {
        { "docker", spec->docker == 1,
          "only the default backend's plain sandboxes are made, without an engine in them" },
        { "docker_disk", spec->docker_disk != NULL, "a sandbox gets no engine of its own" },
        { "sidecar", spec->sidecar != NULL, "a sandbox is one container" },
        { "root_disk_size", spec->root_disk_size != NULL, "only the backend kql has such disks" },
        { "entrypoint", spec->entrypoint.count > 0, "K7's default backend ignores it; use before_script" },
        { "cmd", spec->cmd.count > 0, "K7's default backend ignores it; use before_script" },
        { "expose_ports", spec->expose_ports.count > 0,
          "no Service is made; ingress_ports opens ports within the cluster" },
        { "env_file", spec->env_file != NULL,
          "it is a path on an API host, and there is none; give the variables themselves (env)" },
    };

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (fields[i].given)
            return k7i_fail(err, K7_ERR_UNSUPPORTED_ARGUMENT, "%s: not on the kubernetes transport: %s",
                            fields[i].field, fields[i].why);
    return 0;
}

int64_t k7i_kube_memory_mib(const k7_spec *spec)
{
    const char *text = k7_spec_get_limit(spec, "memory");
    struct k7i_quantity memory;

    if (!text || k7i_quantity_parse("limits.memory", text, &memory, NULL) != 0)
        return 0;
    int64_t bytes = k7i_quantity_units(&memory);
    return bytes / 1048576 + (bytes % 1048576 != 0);
}

int k7i_kube_check(const k7_spec *spec, k7_error **err)
{
    int code = check_fields(spec, err);
    char normal[K7I_CIDR_TEXT];

    if (code)
        return code;
    if (spec->backend && strcmp(spec->backend, "kfd") != 0 &&
        strcmp(spec->backend, K7I_KUBE_DEFAULT_BACKEND) != 0)
        return k7i_fail(err, K7_ERR_UNSUPPORTED_ARGUMENT,
                        "backend: %s is not on the kubernetes transport; only " K7I_KUBE_DEFAULT_BACKEND
                        " (kfd), the default, is",
                        K7I_QUOTE(spec->backend));
    for (size_t i = 0; i < spec->egress_whitelist.count; i++)
        if (k7i_cidr_normalise(spec->egress_whitelist.items[i], normal) != 0)
            return k7i_fail(err, K7_ERR_UNSUPPORTED_ARGUMENT,
                            "egress_whitelist: %s is a domain name, and NetworkPolicies know addresses only",
                            K7I_QUOTE(spec->egress_whitelist.items[i]));
    if (spec->before_script && strlen(spec->before_script) > K7I_SCRIPT_BYTES)
        return k7i_fail(err, K7_ERR_UNSUPPORTED_ARGUMENT,
                        "before_script: longer than %d bytes, which Linux does not take as an argument",
                        K7I_SCRIPT_BYTES);
    return 0;
}

int k7i_kube_check_profile(const k7_spec *spec, enum k7i_kube_profile profile, k7_error **err)
{
    int64_t mib = k7i_kube_memory_mib(spec);

    if (profile == K7I_PROFILE_V0_4 && mib > 0 && mib < K7I_KATA_LEAST_MIB)
        return k7i_fail(
            err, K7_ERR_INVALID_ARGUMENT,
            "limits.memory: %s is below Kata's minimum of %dMi; give at least that, or leave it out",
            K7I_QUOTE(k7_spec_get_limit(spec, "memory")), K7I_KATA_LEAST_MIB);
    return 0;
}
