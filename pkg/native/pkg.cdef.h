/* What dx_py.pkg._native binds; pkg.h says what it is. cffi reads this file: no preprocessor
 * directives. */

/* Applies the change that `order` describes (pkg/install/native.py writes it); the caller holds
 * the environment's lock and has recovered what was cut short. NULL on success, or else one line
 * about what went wrong and, after a newline, perhaps what to do: the caller frees it. */
char *dx_pkg_apply_order(const char *order, size_t size);

/* Answers a command line if that needs no Python: the exit status, or -1. `words` end with NULL.
 * The caller frees what is printed, each NUL-terminated, with dx_pkg_free. */
int dx_pkg_answer(const char *own_python, char **words, char **out, char **err);

/* The key under which an answer is kept; `words` begin with "install", "sync" or "compile" and end
 * with NULL, `prefix` is the environment that the command works on. 0, or -1 where no answer to
 * this is kept. The first is about what is installed, too. */
int dx_pkg_answer_key(char **words, const char *prefix, char key[65]);

/* Notes that `sync` with these words has nothing to do in the environment as it is now, whose lock
 * the caller holds, and what it prints then. 0, or -1 where nothing was noted. */
int dx_pkg_note_state(char **words, const char *prefix, const char *text);

void dx_pkg_free(void *text);
