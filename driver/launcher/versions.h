/* Interpreters by version: in environments, on PATH, and those that pyenv, uv or an installer
 * of the system keeps. */
#ifndef DX_VERSIONS_H
#define DX_VERSIONS_H

#include <stdbool.h>

/* The interpreter in a folder's bin folder; NULL if none. */
char *dx_python_in(const char *folder);

/* Whether `text` is a version such as 3, 3.12 or 3.12.1. */
bool dx_is_version(const char *text);

/* Whether the environment's pyvenv.cfg, or conda's record, says it has such a version. */
bool dx_environment_has_version(const char *folder, const char *version);

/* The newest interpreter of a version; NULL if there is none. */
char *dx_find_version(const char *version);

/* The versions that dx_find_version knows, separated by commas; "none" if there are none. */
const char *dx_known_versions(void);

#endif
