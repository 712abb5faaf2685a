/* What is at a path, and which folder holds it. */
#ifndef DX_DERIVE_PATHS_H
#define DX_DERIVE_PATHS_H

#include <stdbool.h>

bool dx_path_is_file(const char *path);
bool dx_path_is_folder(const char *path);

/* "." for a name without a slash; "/" for what is in the root, and for the root. */
const char *dx_path_parent(const char *path);

#endif
