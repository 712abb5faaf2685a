/* What pytest would be told to collect: its configuration file and command line. */
#ifndef DX_DERIVE_SETTINGS_H
#define DX_DERIVE_SETTINGS_H

#include <stdbool.h>

#include "texts.h"

/* A path to collect, absolute, and what follows it: "::TestA::test_b[1]", or "". */
struct dx_argument {
    const char *path;
    const char *rest;
};

struct dx_settings {
    const char *folder; /* where it was started */
    const char *root;   /* ids are relative to it */
    struct dx_argument *arguments;
    size_t argument_count;
    struct dx_texts files, classes, functions, no_recursion, python_path, use_fixtures;
    struct dx_texts ignored, ignored_globs, deselected, doctest_globs, marks;
    const char *marks_expression, *keywords_expression; /* NULL without one */
    bool doctest_modules, in_environments, strict_marks, strict_ids, legacy_long_ids;
    bool imports_by_path; /* --import-mode=importlib */
    const char *refusal;  /* why nothing can be said; NULL if all is understood */
};

/* `words` is the command line after the word `test`. */
struct dx_settings dx_read_settings(const char *folder, char *const *words);

#endif
