/* Where the package manager keeps things: pkg/store_paths.py in C. */
#ifndef DX_PKG_STORE_ROOT_H
#define DX_PKG_STORE_ROOT_H

#include "memory.h"

/* The folder, or NULL where there is none yet or somebody else could change what is in it. */
const char *dx_pkg_store(struct dx_pkg *pkg);

#endif
