/* secret.h: text that is wiped when freed, and never printed. */
#ifndef K7I_BASE_SECRET_H
#define K7I_BASE_SECRET_H

#include <stddef.h>

char *k7i_secret_dup(const char *text); /* a copy to be released with k7i_secret_free() */
void k7i_secret_free(char *secret);     /* wipes, then frees; NULL is ignored */

#endif
