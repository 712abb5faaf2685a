#include "files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ZIP_END_RECORD = 22, ZIP_COMMENT = 0xFFFF };

bool dx_is_file(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

bool dx_is_folder(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool dx_exists(const char *path) { return access(path, F_OK) == 0; }

bool dx_is_program(const char *path) { return dx_is_file(path) && access(path, X_OK) == 0; }

bool dx_same_file(const char *one, const char *other) {
    struct stat left, right;
    return stat(one, &left) == 0 && stat(other, &right) == 0 && left.st_dev == right.st_dev &&
           left.st_ino == right.st_ino;
}

static bool holds_end_record(const unsigned char *bytes, size_t count) {
    for (size_t i = 0; i + ZIP_END_RECORD <= count; i++)
        if (memcmp(bytes + i, "PK\005\006", 4) == 0)
            return true;
    return false;
}

bool dx_is_zip(const char *path) {
    if (!dx_is_file(path))
        return false;
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    if (fseek(file, -(long)(ZIP_END_RECORD + ZIP_COMMENT), SEEK_END) != 0)
        rewind(file);
    unsigned char *bytes = dx_allocate(ZIP_END_RECORD + ZIP_COMMENT);
    size_t count = fread(bytes, 1, ZIP_END_RECORD + ZIP_COMMENT, file);
    fclose(file);
    bool found = holds_end_record(bytes, count);
    free(bytes);
    return found;
}

char *dx_find_program(const char *name, const char *search) {
    struct dx_list folders = dx_split(search, ':');
    for (size_t i = 0; i < folders.count; i++) {
        const char *folder = *folders.items[i] ? folders.items[i] : ".";
        char *path = dx_join(folder, name);
        if (dx_is_program(path))
            return path;
    }
    return NULL;
}

char *dx_read_start(const char *path, size_t limit) {
    FILE *file = dx_is_file(path) ? fopen(path, "rb") : NULL;
    if (!file)
        return NULL;
    char *text = dx_allocate(limit + 1);
    text[fread(text, 1, limit, file)] = '\0';
    fclose(file);
    return text;
}

static int compare_names(const void *one, const void *other) {
    return strcmp(*(char *const *)one, *(char *const *)other);
}

struct dx_list dx_names_in(const char *folder) {
    struct dx_list names = {0};
    DIR *stream = opendir(folder);
    if (!stream)
        return names;
    for (struct dirent *entry; (entry = readdir(stream));)
        dx_list_add(&names, dx_format("%s", entry->d_name));
    closedir(stream);
    qsort(names.items, names.count, sizeof *names.items, compare_names);
    return names;
}
