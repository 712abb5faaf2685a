/* `dx-py pip freeze` and `list`. */
#ifndef DX_PKG_LISTING_H
#define DX_PKG_LISTING_H

#include "reply.h"

/* `words` begin with the command's own and end with NULL. False: nothing was done, Python must be
 * asked. */
bool dx_pkg_freeze(struct dx_pkg *pkg, char *const *words, struct dx_pkg_reply *reply);
bool dx_pkg_list(struct dx_pkg *pkg, char *const *words, struct dx_pkg_reply *reply);

#endif
