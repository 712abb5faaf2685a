/* The package manager's native code as Python calls it: plans, transactions, and the commands
 * that need no Python. POSIX only. Nothing here keeps global state. */
#ifndef DX_PKG_H
#define DX_PKG_H

#include <stddef.h>

#include "pkg.cdef.h"

#endif
