/* pip's configuration files and variables (pkg/configuration.py), as far as it must be known
 * whether they change what a command does. */
#ifndef DX_PKG_SETTINGS_H
#define DX_PKG_SETTINGS_H

#include <stdbool.h>

#include "memory.h"

/* Whether all that is set says only which indexes there are and how to reach them. */
bool dx_pkg_settings_are_about_indexes(struct dx_pkg *pkg);

/* Adds every variable and the content of every file; false without a home folder. */
bool dx_pkg_add_settings(struct dx_pkg *pkg, struct dx_pkg_bytes *bytes);

#endif
