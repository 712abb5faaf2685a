/* Former answers: what a command line did when all it depends on was as it is now.
 *
 * pkg/commands/answers.py writes them, below `replies` in the store, named by the command's key:
 *
 *     DXANSWER1
 *     E <seconds>                  until when the index pages that were read may be believed
 *     H <path> <SHA-256 or "-">    a file whose content matters
 *     T <path> <stamp>             a file or folder that must not have been touched
 *     O =<text>                    what is printed; \1 stands for the site-packages folder
 *     N =<text>                    what `sync` prints when there is nothing to do
 *     W <SHA-256> <name> <0 or 1>  a wheel of the store to install, and whether it was asked for
 */
#ifndef DX_PKG_ANSWERS_H
#define DX_PKG_ANSWERS_H

#include "reply.h"

/* `words` begin with the command's own and end with NULL. False: nothing was done, Python must be
 * asked. */
bool dx_pkg_install(struct dx_pkg *pkg, char *const *words, struct dx_pkg_reply *reply);
bool dx_pkg_sync(struct dx_pkg *pkg, char *const *words, struct dx_pkg_reply *reply);
bool dx_pkg_compile(struct dx_pkg *pkg, char *const *words, struct dx_pkg_reply *reply);

#endif
