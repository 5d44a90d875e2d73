/* cidr.h: IPv4 and IPv6 networks: host bits cleared, bare addresses widened to /32 or /128 (K7 contract, section 2.2.4). */
#ifndef K7I_MODEL_CIDR_H
#define K7I_MODEL_CIDR_H

enum { K7I_CIDR_TEXT = 64 }; /* room for any normal form with its NUL */

/* Writes the normal form ("10.0.0.0/8", "2001:db8::/32"); 0, or -1 when text is neither an address nor a network. A netmask
 * ("10.0.0.0/255.0.0.0") is accepted, as K7 does. */
int k7i_cidr_normalise(const char *text, char ret_text[K7I_CIDR_TEXT]);

#endif
