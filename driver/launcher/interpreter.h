/* Which interpreter runs the user's program. */
#ifndef DX_INTERPRETER_H
#define DX_INTERPRETER_H

#include "installation.h"

struct dx_interpreter {
    const char *path;        /* NULL: none was found, and `problem` says where it was looked for */
    const char *environment; /* the environment's folder; NULL if it belongs to none */
    const char *problem;     /* with a path: one line to show, or NULL */
};

/* In order: `request` (a path, an environment's folder, a version, a program's name; NULL
 * without one), the active environment, the project's .venv, conda's base environment, the interpreter
 * DX-Py was installed with, any 3.12, and `python3`, `python` of PATH. */
struct dx_interpreter dx_find_interpreter(const char *request,
                                          const struct dx_installation *installation);

/* The value of an environment variable; NULL also where it is empty or must not be believed
 * because the process has more rights than its caller. */
const char *dx_setting(const char *name);

#endif
