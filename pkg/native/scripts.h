/* The scripts of entry points, and first lines that name an interpreter: pkg/install/scripts.py
 * in C, byte for byte. */
#ifndef DX_PKG_SCRIPTS_H
#define DX_PKG_SCRIPTS_H

#include "memory.h"

/* `target` is "module:attribute". */
struct dx_pkg_bytes dx_pkg_entry_point(struct dx_pkg *pkg, const char *target,
                                       const char *python);

/* A wheel's script with the interpreter in the first line's place. */
struct dx_pkg_bytes dx_pkg_rewrite_script(struct dx_pkg *pkg, struct dx_pkg_bytes script,
                                          const char *python);

#endif
