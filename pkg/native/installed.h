/* The distributions of an environment, as pkg/installed.py sees them. */
#ifndef DX_PKG_INSTALLED_H
#define DX_PKG_INSTALLED_H

#include <stdbool.h>
#include <stddef.h>

#include "memory.h"

struct dx_pkg_distribution {
    const char *name;    /* normalised */
    const char *display; /* as its metadata writes it */
    const char *version; /* as its folder's name has it */
    const char *info;    /* the name of its dist-info folder */
    struct dx_pkg_bytes metadata;
};

struct dx_pkg_installed {
    struct dx_pkg_distribution *items; /* by normalised name */
    size_t count;
};

/* False where something is there that only Python reads: eggs, direct references, editable
 * installs, names that occur twice, folders without metadata. */
bool dx_pkg_scan(struct dx_pkg *pkg, const char *site, struct dx_pkg_installed *found);

/* The distribution with this normalised name, or NULL. */
const struct dx_pkg_distribution *dx_pkg_find(const struct dx_pkg_installed *installed,
                                              const char *name);

/* PEP 503: lower case, runs of "-_." as one "-". */
char *dx_pkg_normalize(struct dx_pkg *pkg, const char *name, size_t size);

bool dx_pkg_ends(const char *text, const char *suffix);

#endif
