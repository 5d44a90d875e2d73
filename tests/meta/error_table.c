/* Prints the table of errors as Markdown, by class, from the library itself. */
#include <k7sandbox/k7sandbox.h>

#include <stdio.h>

int main(void)
{
    printf("| class | error | number | meaning |\n|---|---|---|---|\n");
    for (int error_class = 1; k7_error_class_name(error_class); error_class++)
        for (size_t i = 0; i < k7_error_code_count(); i++) {
            int code = k7_error_code_at(i);

            if (k7_error_code_class(code) == error_class)
                printf("| %s | `%s` | %d | %s |\n", k7_error_class_name(error_class),
                       k7_error_code_name(code), code, k7_error_code_meaning(code));
        }
    return 0;
}
