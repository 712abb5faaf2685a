/* Whether an environment is what the last `sync` left, for the same files and options. The answer
 * comes from stats alone; anything that a person or another tool does to its distributions changes
 * one of them, and any doubt means no. */
#ifndef DX_PKG_STATE_H
#define DX_PKG_STATE_H

#include "environment.h"

/* What the last `sync` printed when there was nothing to do; NULL unless it is up to date. `key`
 * is dx_pkg_environment_key's, without what is installed. */
const char *dx_pkg_current(struct dx_pkg *pkg, const struct dx_pkg_environment *environment,
                           const char *key);

/* Notes that it is, and what to print. */
bool dx_pkg_note_current(struct dx_pkg *pkg, const struct dx_pkg_environment *environment,
                         const char *key, const char *text);

#endif
