/* What commands that change an environment share: its lock, its layout, the words of errors. */
#ifndef DX_PKG_CHANGING_H
#define DX_PKG_CHANGING_H

#include "environment.h"
#include "install.h"
#include "reply.h"

/* Locks the environment, unless somebody else holds the lock or a change of it was cut short:
 * then Python waits and recovers. Returns what to close in the end, or -1. */
int dx_pkg_lock_whole(struct dx_pkg *pkg, const struct dx_pkg_environment *environment);

/* Applies and releases nothing; on failure the reply says why, with exit status 1. */
bool dx_pkg_change(struct dx_pkg *pkg, const struct dx_pkg_environment *environment,
                   const struct dx_pkg_change *change, struct dx_pkg_reply *reply);

#endif
