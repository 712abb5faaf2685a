/* Files and folders by path: read whole, written whole, taken away whole. */
#ifndef DX_PKG_FILE_TREE_H
#define DX_PKG_FILE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "memory.h"

bool dx_pkg_is_folder(const char *path); /* through links */
bool dx_pkg_is_file(const char *path);   /* through links */
bool dx_pkg_is_there(const char *path);  /* a dangling link is there */

/* All of a regular file, and a NUL after it; `data` is NULL where it cannot be read. */
struct dx_pkg_bytes dx_pkg_read(struct dx_pkg *pkg, int folder, const char *path);

/* A new file; `mode` as for open. False with the problem noted, for example a full disk. */
bool dx_pkg_write(struct dx_pkg *pkg, const char *path, const void *data, size_t size, int mode);

/* Other processes see the old file or the new one. */
bool dx_pkg_replace(struct dx_pkg *pkg, const char *path, const void *data, size_t size);

/* The folder with those above it that are missing. */
bool dx_pkg_make_folders(struct dx_pkg *pkg, const char *path);

/* What a folder holds, sorted by bytes; nothing where it cannot be read. */
struct dx_pkg_list dx_pkg_names_in(struct dx_pkg *pkg, const char *folder);

/* A folder with all in it, never through a link. What cannot be taken away stays. */
void dx_pkg_remove_tree(struct dx_pkg *pkg, const char *path);

/* `path` absolute, without "." and "..", and without what does not change its meaning by text
 * alone; relative paths begin at `folder`. */
char *dx_pkg_absolute(struct dx_pkg *pkg, const char *folder, const char *path);

/* The way from one absolute folder to another path, both as dx_pkg_absolute gives them. */
char *dx_pkg_relative(struct dx_pkg *pkg, const char *path, const char *folder);

/* The path without its last part. */
char *dx_pkg_parent(struct dx_pkg *pkg, const char *path);

/* Whether `path` lies below `folder`. */
bool dx_pkg_is_below(const char *path, const char *folder);

#endif
