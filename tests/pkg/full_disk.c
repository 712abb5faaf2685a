/* Preloaded into a process: after DX_TEST_SPACE calls that need room, the disk is full. With
 * DX_TEST_RENAMES=1 renames need room, too. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_full(void) {
    static int left = -1;
    if (left < 0)
        left = getenv("DX_TEST_SPACE") ? atoi(getenv("DX_TEST_SPACE")) : 1 << 30;
    if (left > 0) {
        left--;
        return 0;
    }
    errno = ENOSPC;
    return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int linkat(int from, const char *old, int to, const char *new, int flags) {
    return is_full() ? -1 : REAL(linkat)(from, old, to, new, flags);
}

int link(const char *old, const char *new) { return is_full() ? -1 : REAL(link)(old, new); }

int mkdir(const char *path, mode_t mode) { return is_full() ? -1 : REAL(mkdir)(path, mode); }

ssize_t write(int file, const void *data, size_t size) {
    return file > 2 && is_full() ? -1 : REAL(write)(file, data, size);
}

int rename(const char *old, const char *new) {
    const char *too = getenv("DX_TEST_RENAMES");
    return too && strcmp(too, "1") == 0 && is_full() ? -1 : REAL(rename)(old, new);
}

/* Both names of one function: only what is created needs room. */
static int opens(int folder, const char *path, int flags, mode_t mode) {
    return (flags & O_CREAT) && is_full() ? -1 : REAL(openat)(folder, path, flags, mode);
}

int open(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = va_arg(more, mode_t);
    va_end(more);
    return opens(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = va_arg(more, mode_t);
    va_end(more);
    return opens(AT_FDCWD, path, flags, mode);
}
