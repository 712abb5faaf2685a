/* What `stat` says of a file, as text: it changes with everything anybody does to the file. */
#ifndef DX_PKG_STAMPS_H
#define DX_PKG_STAMPS_H

#include <stdint.h>
#include <sys/stat.h>

#include "memory.h"

/* Adds "inode size mtime ctime;" of `path` below the open folder, through links, or "-;". Raises
 * `*newest`, in nanoseconds, to the latest moment that it saw, where it is not NULL. */
void dx_pkg_add_stamp(struct dx_pkg *pkg, struct dx_pkg_bytes *text, int folder, const char *path,
                      int64_t *newest);

int64_t dx_pkg_mtime(const struct stat *found);
int64_t dx_pkg_ctime(const struct stat *found);

/* SHA-256 of a file's content in hexadecimal, or "-" where it cannot be read. */
const char *dx_pkg_digest_of(struct dx_pkg *pkg, const char *path);

#endif
