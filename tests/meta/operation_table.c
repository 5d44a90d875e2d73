/* Prints which transport has which operation as Markdown, from the library itself. */
#include <k7sandbox/k7sandbox.h>

#include <stdio.h>

int main(void)
{
    printf("| operation |");
    for (size_t i = 0; i < k7_transport_count(); i++)
        printf(" %s |", k7_transport_at(i));
    printf("\n|---|");
    for (size_t i = 0; i < k7_transport_count(); i++)
        printf("---|");
    for (size_t i = 0; i < k7_operation_count(); i++) {
        printf("\n| `%s` |", k7_operation_at(i));
        for (size_t j = 0; j < k7_transport_count(); j++)
            printf(" %s |",
                   k7_transport_supports(k7_transport_at(j), k7_operation_at(i)) == 1 ? "yes" : "no");
    }
    printf("\n");
    return 0;
}
