/* Any bytes as the answer of a credential plugin: refused without showing them, or an identity that can be sent. */
#include "transport/kubernetes/exec_credential.h"

#include "base/alloc.h"
#include "base/text.h"
#include "text.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct k7i_exec_source source = { (char *)"login", "client.authentication.k8s.io/v1" };
    struct k7i_identity identity = { .expires_unix = -1 };
    char *text = fuzz_text(data, size);
    k7_error *error = NULL;

    if (k7i_exec_credential_read(&source, text, size, &identity, &error) == 0) {
        FUZZ_CHECK(identity.token || identity.cert_pem);
        FUZZ_CHECK(!identity.cert_pem == !identity.key_pem);
        FUZZ_CHECK(!identity.token || (*identity.token && !k7i_text_has_control(identity.token)));
        FUZZ_CHECK(identity.expires_unix >= 0);
    } else {
        FUZZ_CHECK(k7_error_get_code(error) == K7_ERR_CREDENTIAL);
        FUZZ_CHECK(!k7i_text_has_control(k7_error_get_message(error)));
    }
    k7_error_unref(error);
    k7i_free(identity.token);
    k7i_free(identity.cert_pem);
    k7i_free(identity.key_pem);
    free(text);
    return 0;
}
