/* The valid choice that a mistyped word most resembles. */
#ifndef DX_NEAREST_H
#define DX_NEAREST_H

#include <stddef.h>

/* One of `choices` (ended by NULL), or NULL where all are further than a third of its length. */
const char *dx_nearest(const char *word, const char *const *choices);

#endif
