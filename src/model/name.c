/* name.c: see name.h. */
#include "model/name.h"

#include "base/error.h"
#include "base/quote.h"

#include <string.h>

enum { LABEL = 63, EXPOSED = 56 }; /* "-expose" is added to the name of an exposed sandbox: 56 + 7 = 63 */

static int lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* What is wrong with a DNS-1123 label of len characters (RFC 1123, 2.1; lower case only); NULL: nothing. */
static const char *label_fault(const char *label, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!lower_or_digit(label[i]) && label[i] != '-')
            return "may hold only lower-case letters, digits and '-'";
    if (len == 0 || !lower_or_digit(label[0]) || !lower_or_digit(label[len - 1]))
        return "must begin and end with a lower-case letter or a digit";
    return NULL;
}

/* The same of labels with dots between. */
static const char *subdomain_fault(const char *name)
{
    const char *fault = NULL;

    for (size_t len; !fault; name += len + 1) {
        len = strcspn(name, ".");
        fault = label_fault(name, len);
        if (name[len] == '\0')
            break;
    }
    return fault;
}

static int fail(const char *what, const char *value, const char *fault, k7_error **err)
{
    return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "%s %s %s", what, K7I_QUOTE(value), fault);
}

int k7i_name_check_sandbox(const char *name, k7_error **err)
{
    const char *fault;

    if (!name || !*name)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "name is missing: a sandbox needs one");
    if (strlen(name) > LABEL)
        return fail("name", name, "is longer than 63 characters", err);
    if ((fault = subdomain_fault(name)) != NULL)
        return fail("name", name, fault, err);
    if (strcmp(name, "metrics") == 0) /* GET /api/v1/sandboxes/metrics is something else */
        return fail("name", name, "is reserved by the K7 API", err);
    return 0;
}

int k7i_name_check_namespace(const char *namespace_, k7_error **err)
{
    const char *fault;

    if (!namespace_ || !*namespace_)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "namespace is empty");
    if (strlen(namespace_) > LABEL)
        return fail("namespace", namespace_, "is longer than 63 characters", err);
    if ((fault = label_fault(namespace_, strlen(namespace_))) != NULL)
        return fail("namespace", namespace_, fault, err);
    return 0;
}

int k7i_name_check_exposed(const char *name, k7_error **err)
{
    int code = k7i_name_check_sandbox(name, err);

    if (code)
        return code;
    if (strlen(name) > EXPOSED)
        return fail("name", name, "is longer than the 56 characters that expose_ports allows", err);
    if (strchr(name, '.'))
        return fail("name", name, "may not hold a '.' together with expose_ports", err);
    if (name[0] >= '0' && name[0] <= '9')
        return fail("name", name, "must begin with a letter when expose_ports is given", err);
    return 0;
}
