/* keytool.h: "k7-gateway key add|list|revoke". */
#ifndef GATEWAY_KEYTOOL_H
#define GATEWAY_KEYTOOL_H

/* argv[0] is "key". Returns the exit status: 0 done, 1 failed, 2 wrong usage. */
int keytool_main(int argc, char **argv);

#endif
