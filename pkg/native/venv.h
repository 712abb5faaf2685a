/* `dx-py venv` from a template.
 *
 * pkg/install/venv_note.py writes templates, below `venvs` in the store, named by the SHA-256 of
 * the interpreter's path:
 *
 *     DXVENV1
 *     T <path> <stamp>           what the template rests on
 *     H <path>                   where it was made: stands for the new environment's folder
 *     N <name>                   stands for its name
 *     D <folder>                 parents first
 *     L <link> <target>
 *     F <file> <octal mode> =<content>
 *     W <SHA-256> <name>         a wheel that the interpreter brings along for its environments
 *     P                          all such wheels are named
 */
#ifndef DX_PKG_VENV_H
#define DX_PKG_VENV_H

#include "quick.h"

/* `words` begin with "venv" and end with NULL. False: nothing was done, Python must be asked. */
bool dx_pkg_venv(struct dx_pkg *pkg, const struct dx_pkg_setting *setting, char *const *words,
                 struct dx_pkg_reply *reply);

#endif
