/* Test ids from source, without Python.
 *
 * An id is exact only where nothing on its way is unknown; everything else is a dynamic group,
 * which is named, with the reason. */
#ifndef DX_DERIVE_H
#define DX_DERIVE_H

#include <stddef.h>

struct dx_derived {
    size_t exact, groups, deselected;
    const char *refusal; /* why there is nothing but one group; NULL otherwise */
};

/* Derives what the command line after the word `test` collects, for the project's python at
 * `interpreter`. */
struct dx_derived dx_derive(const char *interpreter, char *const *arguments);

/* Prints the ids that the last dx_derive found, one a line, and its groups with their reasons. */
void dx_print_derived(void);

#endif
