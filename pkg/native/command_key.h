/* What a command line asks for, as a digest: two that have one key ask the same, in whichever
 * environment and by whichever file names. */
#ifndef DX_PKG_COMMAND_KEY_H
#define DX_PKG_COMMAND_KEY_H

#include <stdbool.h>

#include "environment.h"
#include "installed.h"

/* The value of --python, the only option that an answer may be moved across. False where the
 * command line is one whose answers are never kept. `words` begin with the command's own. */
bool dx_pkg_may_keep(char *const *words, const char **python);

/* For `install` and `sync`: words with the content of requirements files in their names' place,
 * settings, interpreter. With `installed`, also what is installed before. False where what a file
 * says leads elsewhere. */
bool dx_pkg_environment_key(struct dx_pkg *pkg, char *const *words,
                            const struct dx_pkg_environment *environment,
                            const struct dx_pkg_installed *installed, char key[65]);

/* For `compile`: the words as they are, the folder, settings, and variables that choose an
 * interpreter. What files say is for the caller to check. */
bool dx_pkg_folder_key(struct dx_pkg *pkg, char *const *words, char key[65]);

#endif
