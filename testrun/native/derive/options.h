/* pytest's command line, as far as it says what is collected. */
#ifndef DX_DERIVE_OPTIONS_H
#define DX_DERIVE_OPTIONS_H

#include <stdbool.h>

#include "texts.h"

struct dx_options_read {
    struct dx_texts paths, ignored, ignored_globs, deselected, doctest_globs, overrides;
    const char *marks, *keywords, *configuration, *root;
    bool by_package, doctest_modules, in_environments, strict_marks, imports_by_path;
    const char *refusal;
};

/* Adds what `words` say; later words win. */
void dx_read_options(const struct dx_texts *words, struct dx_options_read *read);

#endif
