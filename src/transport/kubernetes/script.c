/* script.c: process 1 of a sandbox with before_script.
 *
 * K7 0.1 puts the script into the command's text, where a script that ends in "&" or a comment swallows what follows, and `set -e` of dash images kills it; 0.4 runs
 * it by exec, ignores its exit status, and never again after a restart (K7 contract, section 9.3 #3 and #4). Here it is an argument of a shell of its
 * own, on lines of its own, under 0.4's settings: -eu, and pipefail where the shell has it. Its exit status becomes the container's, the end of its
 * output the termination message (FallbackToLogsOnError). Plain POSIX shell, for busybox and dash alike.
 *
 * $1: the script. $2: K7's mark, by which its probe knows readiness. */
#include "transport/kubernetes/create.h"

const char k7i_kube_script_wrapper[] = "rm -f \"$2\"\n"
                                       "/bin/sh -c '(set -o pipefail) 2>/dev/null && set -o pipefail\n"
                                       "set -eu\n"
                                       "'\"$1\" k7 </dev/null\n"
                                       "s=$?\n"
                                       "[ $s = 0 ] || exit $s\n"
                                       "echo >\"$2\" || exit 125\n"
                                       "exec sleep 365d\n";
