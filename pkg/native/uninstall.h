/* `dx-py pip uninstall`. */
#ifndef DX_PKG_UNINSTALL_H
#define DX_PKG_UNINSTALL_H

#include "reply.h"

/* `words` begin with the command's own and end with NULL. False: nothing was done, Python must be
 * asked. */
bool dx_pkg_uninstall(struct dx_pkg *pkg, char *const *words, struct dx_pkg_reply *reply);

#endif
