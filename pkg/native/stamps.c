#include "stamps.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "artifacts.h"
#include "file_tree.h"

static int64_t nanoseconds(struct timespec stamp) {
    return (int64_t)stamp.tv_sec * 1000000000 + stamp.tv_nsec;
}

#ifdef __APPLE__
int64_t dx_pkg_mtime(const struct stat *found) { return nanoseconds(found->st_mtimespec); }
int64_t dx_pkg_ctime(const struct stat *found) { return nanoseconds(found->st_ctimespec); }
#else
int64_t dx_pkg_mtime(const struct stat *found) { return nanoseconds(found->st_mtim); }
int64_t dx_pkg_ctime(const struct stat *found) { return nanoseconds(found->st_ctim); }
#endif

void dx_pkg_add_stamp(struct dx_pkg *pkg, struct dx_pkg_bytes *text, int folder, const char *path,
                      int64_t *newest) {
    struct stat found;
    char stamp[4 * 24];
    if (fstatat(folder, path, &found, 0) != 0) {
        dx_pkg_add_text(pkg, text, "-;");
        return;
    }
    int size = snprintf(stamp, sizeof stamp, "%llu %llu %lld %lld;",
                        (unsigned long long)found.st_ino, (unsigned long long)found.st_size,
                        (long long)dx_pkg_mtime(&found), (long long)dx_pkg_ctime(&found));
    dx_pkg_add(pkg, text, stamp, (size_t)size);
    if (newest && dx_pkg_ctime(&found) > *newest)
        *newest = dx_pkg_ctime(&found);
}

const char *dx_pkg_digest_of(struct dx_pkg *pkg, const char *path) {
    struct dx_pkg_bytes content = dx_pkg_read(pkg, AT_FDCWD, path);
    char hex[65];
    if (!content.data)
        return "-";
    dx_sha256_hex(content.data, content.size, hex);
    return dx_pkg_copy(pkg, hex, 64);
}
