/* Names and paths against shell patterns, as Python's fnmatch and pytest have them. */
#ifndef DX_DERIVE_PATTERNS_H
#define DX_DERIVE_PATTERNS_H

#include <stdbool.h>

#include "texts.h"

/* fnmatch.fnmatchcase: `*` matches `/` too. */
bool dx_pattern_matches(const char *pattern, const char *text);

/* pytest's fnmatch_ex: a pattern without `/` is for the last part of `path`. */
bool dx_pattern_matches_path(const char *pattern, const char *path);
bool dx_any_matches_path(const struct dx_texts *patterns, const char *path);

/* python_functions, python_classes: beginnings, or patterns. */
bool dx_beginning_matches(const struct dx_texts *beginnings, const char *name);

#endif
