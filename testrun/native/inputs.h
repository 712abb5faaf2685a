/* Whether the files, folders and variables that a collection read are what they were. */
#ifndef DX_TEST_INPUTS_H
#define DX_TEST_INPUTS_H

#include <stdbool.h>

#include "cursor.h"

/* Each reads one list of an index and moves the cursor past it only where it returns true. */
bool dx_files_unchanged(struct dx_cursor *cursor);
bool dx_folders_unchanged(struct dx_cursor *cursor);
bool dx_variables_unchanged(struct dx_cursor *cursor);

#endif
