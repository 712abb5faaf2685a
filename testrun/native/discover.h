/* `dx-py test --collect-only` without Python: with `-q` from what an earlier collection left
 * (testrun/worker/index.py writes it and describes it), with `--static` from source (derive/). */
#ifndef DX_DISCOVER_H
#define DX_DISCOVER_H

enum { DX_ASK_PYTHON = -1 };

/* Prints pytest's ids and its summary line, and returns pytest's exit status; or prints
 * nothing and returns DX_ASK_PYTHON, where the command line asks for something else, nothing
 * is remembered, or anything the ids depended on is not as it was.
 *
 * `interpreter` is the project's python, `arguments` what follows the word `test`, up to NULL. */
int dx_discover(const char *interpreter, char *const *arguments);

#endif
