/* RECORD: lines of path, hash and size (PEP 376), sorted by bytes. */
#ifndef DX_PKG_RECORD_ROWS_H
#define DX_PKG_RECORD_ROWS_H

#include "memory.h"

/* The line for a file with this content; fields are quoted as CSV where they must be. */
const char *dx_pkg_row_of(struct dx_pkg *pkg, const char *path, const void *data, size_t size);

const char *dx_pkg_row(struct dx_pkg *pkg, const char *path, const char *hash, const char *size);

/* One text of lines that are sorted already and of others that are not. */
struct dx_pkg_bytes dx_pkg_merge_rows(struct dx_pkg *pkg, const struct dx_pkg_list *sorted,
                                      struct dx_pkg_list *others);

#endif
