#include "file_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool dx_pkg_is_folder(const char *path) {
    struct stat found;
    return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

bool dx_pkg_is_file(const char *path) {
    struct stat found;
    return stat(path, &found) == 0 && S_ISREG(found.st_mode);
}

bool dx_pkg_is_there(const char *path) {
    struct stat found;
    return lstat(path, &found) == 0;
}

static bool read_all(int file, char *data, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t count = read(file, data + done, size - done);
        if (count <= 0)
            return false;
        done += (size_t)count;
    }
    return true;
}

struct dx_pkg_bytes dx_pkg_read(struct dx_pkg *pkg, int folder, const char *path) {
    struct dx_pkg_bytes bytes = {0};
    struct stat found;
    int file = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not hold us */
    if (file < 0)
        return bytes;
    if (fstat(file, &found) == 0 && S_ISREG(found.st_mode)) {
        size_t size = (size_t)found.st_size;
        char *data = dx_pkg_take(pkg, size + 1);
        data[size] = '\0';
        if (read_all(file, data, size))
            bytes = (struct dx_pkg_bytes){data, size, size + 1};
    }
    close(file);
    return bytes;
}

static bool write_all(int file, const char *data, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t count = write(file, data + done, size - done);
        if (count < 0 && errno != EINTR)
            return false;
        done += count > 0 ? (size_t)count : 0;
    }
    return true;
}

bool dx_pkg_write(struct dx_pkg *pkg, const char *path, const void *data, size_t size, int mode) {
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);
    if (file < 0)
        return dx_pkg_fail(pkg, "cannot write '%s': %s", path, strerror(errno));
    bool written = write_all(file, data, size);
    int reason = errno;
    if (close(file) != 0 && written) {
        written = false;
        reason = errno;
    }
    return written || dx_pkg_fail(pkg, "cannot write '%s': %s", path, strerror(reason));
}

bool dx_pkg_replace(struct dx_pkg *pkg, const char *path, const void *data, size_t size) {
    char *temporary = dx_pkg_format(pkg, "%s.%ld", path, (long)getpid());
    unlink(temporary);
    bool done = dx_pkg_write(pkg, temporary, data, size, 0600) && rename(temporary, path) == 0;
    if (!done)
        unlink(temporary);
    return done || dx_pkg_fail(pkg, "cannot write '%s'", path);
}

bool dx_pkg_make_folders(struct dx_pkg *pkg, const char *path) {
    if (mkdir(path, 0777) == 0 || (errno == EEXIST && dx_pkg_is_folder(path)))
        return true;
    int reason = errno;
    const char *parent = dx_pkg_parent(pkg, path);
    if (reason == ENOENT && *parent && dx_pkg_make_folders(pkg, parent)) {
        if (mkdir(path, 0777) == 0 || errno == EEXIST)
            return true;
        reason = errno;
    }
    return dx_pkg_fail(pkg, "cannot make the folder '%s': %s", path, strerror(reason));
}

struct dx_pkg_list dx_pkg_names_in(struct dx_pkg *pkg, const char *folder) {
    struct dx_pkg_list names = {0};
    DIR *stream = opendir(folder);
    if (!stream)
        return names;
    for (struct dirent *entry; (entry = readdir(stream));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            dx_pkg_push(pkg, &names, dx_pkg_copy(pkg, entry->d_name, strlen(entry->d_name)));
    closedir(stream);
    dx_pkg_sort(&names);
    return names;
}

void dx_pkg_remove_tree(struct dx_pkg *pkg, const char *path) {
    if (unlink(path) == 0 || errno == ENOENT)
        return;
    struct dx_pkg_list names = dx_pkg_names_in(pkg, path);
    for (size_t i = 0; i < names.count; i++)
        dx_pkg_remove_tree(pkg, dx_pkg_format(pkg, "%s/%s", path, names.items[i]));
    rmdir(path);
}

/* Cuts the last part off; nothing is above the root. */
static void ascend(char *path, size_t *size) {
    while (*size && path[*size - 1] != '/')
        --*size;
    *size -= *size > 0;
}

char *dx_pkg_absolute(struct dx_pkg *pkg, const char *folder, const char *path) {
    const char *given = path[0] == '/' ? path : dx_pkg_format(pkg, "%s/%s", folder, path);
    char *clean = dx_pkg_take(pkg, strlen(given) + 2);
    size_t size = 0;
    for (const char *part = given; *part;) {
        part += strspn(part, "/");
        size_t length = strcspn(part, "/");
        if (length == 2 && memcmp(part, "..", 2) == 0) {
            ascend(clean, &size);
        } else if (length && !(length == 1 && *part == '.')) {
            clean[size++] = '/';
            memcpy(clean + size, part, length);
            size += length;
        }
        part += length;
    }
    if (!size)
        clean[size++] = '/';
    clean[size] = '\0';
    return clean;
}

char *dx_pkg_relative(struct dx_pkg *pkg, const char *path, const char *folder) {
    size_t common = 0;
    for (size_t i = 0;; i++) {
        bool ends = (!path[i] || path[i] == '/') && (!folder[i] || folder[i] == '/');
        common = ends ? i : common;
        if (!path[i] || path[i] != folder[i])
            break;
    }
    struct dx_pkg_bytes steps = {0};
    for (const char *at = folder + common; *at; at++)
        if (*at == '/')
            dx_pkg_add_text(pkg, &steps, "../");
    dx_pkg_add_text(pkg, &steps, path + common + (path[common] == '/'));
    return steps.data;
}

char *dx_pkg_parent(struct dx_pkg *pkg, const char *path) {
    const char *slash = strrchr(path, '/');
    return dx_pkg_copy(pkg, path, slash ? (size_t)(slash - path) : 0);
}

bool dx_pkg_is_below(const char *path, const char *folder) {
    size_t size = strlen(folder);
    return strncmp(path, folder, size) == 0 && path[size] == '/';
}
