/* What to take away for a distribution: pkg/install/uninstall.py in C, for those with RECORD. */
#ifndef DX_PKG_REMOVAL_H
#define DX_PKG_REMOVAL_H

#include "environment.h"
#include "installed.h"

/* Adds absolute paths, none inside another: whole folders where all in them goes, and else
 * files. Nothing outside the environment is named, whatever RECORD says. False where there is no
 * RECORD or one that only Python reads. */
bool dx_pkg_removal(struct dx_pkg *pkg, const struct dx_pkg_environment *environment,
                    const struct dx_pkg_distribution *distribution, struct dx_pkg_list *paths);

#endif
