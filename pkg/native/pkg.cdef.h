/* What dx_py.pkg._native binds; pkg.h says what it is. cffi reads this file: no preprocessor
 * directives. */

/* Applies the change that `order` describes (pkg/install/native.py writes it); the caller holds
 * the environment's lock and has recovered what was cut short. NULL on success, or else one line
 * about what went wrong and, after a newline, perhaps what to do: the caller frees it. */
char *dx_pkg_apply_order(const char *order, size_t size);

/* Answers a command line if that needs no Python: the exit status, or -1. `words` end with NULL.
 * The caller frees what is printed, each NUL-terminated, with dx_pkg_free. */
int dx_pkg_answer(const char *own_python, char **words, char **out, char **err);

void dx_pkg_free(void *text);
