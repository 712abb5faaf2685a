/* Questions about paths, answered by the file system. */
#ifndef DX_FILES_H
#define DX_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

bool dx_is_file(const char *path);
bool dx_is_folder(const char *path);
bool dx_exists(const char *path);

/* A regular file that this user may execute. */
bool dx_is_program(const char *path);

/* Whether the two paths lead to one file. */
bool dx_same_file(const char *one, const char *other);

/* Whether python would run the file as a zip archive with a __main__ module: the archive's end
 * record is looked for where zipimport looks, so that text may precede the archive. */
bool dx_is_zip(const char *path);

/* The first program called `name` in the folders of `search` (as in $PATH); NULL if none. */
char *dx_find_program(const char *name, const char *search);

/* At most `limit` bytes from the start of a file, with a NUL after them; NULL if unreadable. */
char *dx_read_start(const char *path, size_t limit);

/* The names in a folder, sorted; none if unreadable. */
struct dx_list dx_names_in(const char *folder);

#endif
