#include "paths.h"

#include <string.h>
#include <sys/stat.h>

#include "texts.h"

bool dx_path_is_file(const char *path) {
    struct stat found;
    return stat(path, &found) == 0 && S_ISREG(found.st_mode);
}

bool dx_path_is_folder(const char *path) {
    struct stat found;
    return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

const char *dx_path_parent(const char *path) {
    const char *end = strrchr(path, '/');
    if (!end)
        return ".";
    return end == path ? "/" : dx_copy_text(path, (size_t)(end - path));
}
