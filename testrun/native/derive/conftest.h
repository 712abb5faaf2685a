/* conftest.py files: what they keep from being collected, and what they may do to the rest. */
#ifndef DX_DERIVE_CONFTEST_H
#define DX_DERIVE_CONFTEST_H

#include "scope.h"

struct dx_conftest {
    struct dx_module *module;
    const struct dx_conftest *above; /* NULL for the outermost */
    bool ignores, ignores_globs;     /* whether it says anything of the two */
    struct dx_texts ignored, globs;  /* absolute */
    const char *folder_problem;      /* why nothing below its folder is known */
    const char *session_problem;     /* why nothing at all is known */
};

const struct dx_conftest *dx_read_conftest(const char *path, const struct dx_conftest *above);

/* Whether collect_ignore or collect_ignore_glob of the nearest conftest leaves `path` out. */
bool dx_conftest_ignores(const struct dx_conftest *conftest, const char *path);

#endif
