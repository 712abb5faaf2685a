/* Commands of dx-py pip and dx-py venv that need no Python. */
#ifndef DX_PKG_QUICK_H
#define DX_PKG_QUICK_H

#include "reply.h"

/* What surrounds a command line. */
struct dx_pkg_setting {
    const char *own_python; /* DX-Py's own interpreter, or NULL */
};

/* `words` begin with "pip" or "venv" and end with NULL. False where any doubt remains: then
 * nothing was done, and Python must be asked. */
bool dx_pkg_quick(struct dx_pkg *pkg, const struct dx_pkg_setting *setting, char *const *words,
                  struct dx_pkg_reply *reply);

/* The same, with the reply printed: the exit status, or DX_PKG_ASK_PYTHON. */
enum { DX_PKG_ASK_PYTHON = -1 };
int dx_pkg_run(const struct dx_pkg_setting *setting, char *const *words);

#endif
