#include "store_root.h"

#include <stdlib.h>

#include "artifacts.h"
#include "file_tree.h"

static const char *root(struct dx_pkg *pkg) {
    const char *chosen = getenv("DX_CACHE_DIR"), *home = getenv("HOME");
    if (chosen && *chosen)
        return chosen;
#ifdef __APPLE__
    return home && *home ? dx_pkg_format(pkg, "%s/Library/Caches/dx-py", home) : NULL;
#else
    const char *shared = getenv("XDG_CACHE_HOME");
    if (shared && *shared == '/')
        return dx_pkg_format(pkg, "%s/dx-py", shared);
    return home && *home ? dx_pkg_format(pkg, "%s/.cache/dx-py", home) : NULL;
#endif
}

const char *dx_pkg_store(struct dx_pkg *pkg) {
    const char *found = root(pkg);
    if (!found || *found != '/')
        return NULL;
    const char *folder = dx_pkg_format(pkg, "%s/v1/pkg", found);
    return dx_pkg_is_folder(folder) && dx_path_trusted(folder) == DX_OK ? folder : NULL;
}
