/* The virtual environment that a command works on, found as pkg/environment.py finds it, as far
 * as that needs no interpreter's answer. */
#ifndef DX_PKG_ENVIRONMENT_H
#define DX_PKG_ENVIRONMENT_H

#include <stdbool.h>

#include "memory.h"

/* One in the standard layout that inherits nothing. Paths are absolute. */
struct dx_pkg_environment {
    const char *prefix;
    const char *python;  /* as scripts name it */
    const char *real;    /* the interpreter's own path */
    const char *config;  /* pyvenv.cfg */
    const char *bin;
    const char *site;    /* purelib and platlib */
    const char *include; /* for headers, before the distribution's name */
    const char *state;   /* where transactions are prepared */
    const char *version; /* "3.12" */
    int minor;
};

/* `named` is the value of --python, or NULL. False where there is none, or any doubt. */
bool dx_pkg_find_environment(struct dx_pkg *pkg, const char *named,
                             struct dx_pkg_environment *found);

/* The folder of the process; NULL where it has none. */
const char *dx_pkg_here(struct dx_pkg *pkg);

#endif
