/* Command lines of dx-py pip and dx-py venv, as far as they are answered without Python. */
#ifndef DX_PKG_ARGUMENTS_H
#define DX_PKG_ARGUMENTS_H

#include <stdbool.h>

#include "memory.h"

struct dx_pkg_arguments {
    const char *python; /* the value of --python, or NULL */
    const char *format; /* of --format, or NULL */
    bool quiet;
    bool all;
    bool yes;
    bool without_pip;
    struct dx_pkg_list positional;
};

/* `options` holds the long options that the command takes here, ended by NULL: "--python",
 * "--format", "--quiet", "--all", "--yes", "--without-pip". False for every other word that
 * begins with "-". */
bool dx_pkg_parse(struct dx_pkg *pkg, char *const *words, const char *const *options,
                  struct dx_pkg_arguments *found);

#endif
