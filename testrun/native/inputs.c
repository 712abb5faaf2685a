#include "inputs.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "artifacts.h"

enum { CHUNK = 1 << 16 };

/* Names that tools write while tests run: the list of testrun/worker/index.py. */
static const char *const IGNORED_NAMES[] = {
    ".",           "..",           ".coverage",   ".git",        ".hypothesis",
    ".mypy_cache", ".pytest_cache", ".ruff_cache", "__pycache__", NULL};

static int64_t nanoseconds(struct timespec stamp) {
    return (int64_t)stamp.tv_sec * 1000000000 + stamp.tv_nsec;
}

#ifdef __APPLE__
#define MTIME(found) nanoseconds((found)->st_mtimespec)
#define CTIME(found) nanoseconds((found)->st_ctimespec)
#else
#define MTIME(found) nanoseconds((found)->st_mtim)
#define CTIME(found) nanoseconds((found)->st_ctim)
#endif

static bool copy(struct dx_span span, char *target, size_t size) {
    if (!span.data || span.size >= size || memchr(span.data, 0, span.size))
        return false;
    memcpy(target, span.data, span.size);
    target[span.size] = 0;
    return true;
}

static bool equals(struct dx_span span, const char *text) {
    return span.data && span.size == strlen(text) && memcmp(span.data, text, span.size) == 0;
}

static bool content_is(const char *path, struct dx_span digest) {
    static unsigned char chunk[CHUNK];
    struct dx_sha256 hash;
    char found[65];
    ssize_t size;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    dx_sha256_start(&hash);
    while ((size = read(file, chunk, sizeof chunk)) > 0)
        dx_sha256_add(&hash, chunk, (size_t)size);
    close(file);
    dx_sha256_finish(&hash, found);
    return size == 0 && equals(digest, found);
}

static bool file_unchanged(struct dx_cursor *cursor) {
    char path[PATH_MAX];
    struct stat found;
    size_t parts = dx_cursor_array(cursor);
    if (!copy(dx_cursor_string(cursor), path, sizeof path))
        return false;
    bool present = stat(path, &found) == 0;
    if (parts == 1)
        return !present;
    bool same = dx_cursor_integer(cursor) == (uint64_t)found.st_dev;
    same &= dx_cursor_integer(cursor) == (uint64_t)found.st_ino;
    same &= dx_cursor_integer(cursor) == (uint64_t)found.st_size;
    same &= (int64_t)dx_cursor_integer(cursor) == MTIME(&found);
    same &= (int64_t)dx_cursor_integer(cursor) == CTIME(&found);
    struct dx_span digest = dx_cursor_string(cursor);
    return present && parts == 7 && !cursor->failed && (same || content_is(path, digest));
}

static bool is_ignored(const char *name) {
    for (const char *const *entry = IGNORED_NAMES; *entry; entry++)
        if (strcmp(name, *entry) == 0)
            return true;
    return false;
}

struct names {
    char **items;
    size_t count, capacity;
};

static bool add_name(struct names *names, const char *name) {
    if (names->count == names->capacity) {
        size_t capacity = names->capacity ? names->capacity * 2 : 64;
        char **items = realloc(names->items, capacity * sizeof *items);
        if (!items)
            return false;
        names->items = items;
        names->capacity = capacity;
    }
    char *kept = strdup(name);
    if (kept)
        names->items[names->count++] = kept;
    return kept != NULL;
}

static int by_bytes(const void *left, const void *right) {
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void hash_names(struct names *names, char digest[65]) {
    struct dx_sha256 hash;
    dx_sha256_start(&hash);
    if (names->count)
        qsort(names->items, names->count, sizeof *names->items, by_bytes);
    for (size_t i = 0; i < names->count; i++) {
        dx_sha256_add(&hash, names->items[i], strlen(names->items[i]) + 1);
        free(names->items[i]);
    }
    free(names->items);
    dx_sha256_finish(&hash, digest);
}

static bool listing_is(const char *path, struct dx_span digest) {
    struct names names = {0};
    struct dirent *entry;
    char found[65];
    bool complete = true;
    DIR *folder = opendir(path);
    if (!folder)
        return false;
    while ((entry = readdir(folder)))
        if (!is_ignored(entry->d_name))
            complete &= add_name(&names, entry->d_name);
    closedir(folder);
    hash_names(&names, found);
    return complete && equals(digest, found);
}

static bool folder_unchanged(struct dx_cursor *cursor) {
    char path[PATH_MAX];
    struct stat found;
    size_t parts = dx_cursor_array(cursor);
    if (!copy(dx_cursor_string(cursor), path, sizeof path) || stat(path, &found))
        return false;
    bool same = dx_cursor_integer(cursor) == (uint64_t)found.st_dev;
    same &= dx_cursor_integer(cursor) == (uint64_t)found.st_ino;
    same &= (int64_t)dx_cursor_integer(cursor) == MTIME(&found);
    same &= (int64_t)dx_cursor_integer(cursor) == CTIME(&found);
    struct dx_span digest = dx_cursor_string(cursor);
    return parts == 6 && !cursor->failed && (same || listing_is(path, digest));
}

static bool variable_unchanged(struct dx_cursor *cursor) {
    char name[PATH_MAX];
    size_t parts = dx_cursor_array(cursor);
    if (!copy(dx_cursor_string(cursor), name, sizeof name))
        return false;
    struct dx_span value = dx_cursor_string(cursor);
    const char *now = getenv(name);
    return parts == 2 && !cursor->failed && (now ? equals(value, now) : !value.data);
}

static bool all(struct dx_cursor *cursor, bool (*unchanged)(struct dx_cursor *)) {
    for (size_t count = dx_cursor_array(cursor); count > 0; count--)
        if (!unchanged(cursor))
            return false;
    return !cursor->failed;
}

bool dx_files_unchanged(struct dx_cursor *cursor) {
    return all(cursor, file_unchanged);
}

bool dx_folders_unchanged(struct dx_cursor *cursor) {
    return all(cursor, folder_unchanged);
}

bool dx_variables_unchanged(struct dx_cursor *cursor) {
    return all(cursor, variable_unchanged);
}
