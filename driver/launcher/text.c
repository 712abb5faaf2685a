#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *dx_allocate(size_t size) {
    void *memory = calloc(1, size ? size : 1);
    if (!memory) {
        fputs("dx-py: out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

char *dx_format(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = dx_allocate((size_t)length + 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

char *dx_slice(const char *start, size_t length) {
    char *text = dx_allocate(length + 1);
    memcpy(text, start, length);
    return text;
}

char *dx_join(const char *folder, const char *name) {
    size_t length = strlen(folder);
    const char *slash = length && folder[length - 1] == '/' ? "" : "/";
    return dx_format("%s%s%s", folder, slash, name);
}

char *dx_folder(const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash)
        return dx_format(".");
    return slash == path ? dx_format("/") : dx_slice(path, (size_t)(slash - path));
}

const char *dx_base(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool dx_starts(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool dx_ends(const char *text, const char *suffix) {
    size_t length = strlen(text), wanted = strlen(suffix);
    return length >= wanted && strcmp(text + length - wanted, suffix) == 0;
}

void dx_list_add(struct dx_list *list, const char *item) {
    if (list->count + 1 >= list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 16;
        char **items = dx_allocate(capacity * sizeof *items);
        if (list->count)
            memcpy(items, list->items, list->count * sizeof *items);
        free(list->items);
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = (char *)item;
    list->items[list->count] = NULL;
}

struct dx_list dx_split(const char *text, char separator) {
    struct dx_list parts = {0};
    for (const char *end; (end = strchr(text, separator)); text = end + 1)
        dx_list_add(&parts, dx_slice(text, (size_t)(end - text)));
    dx_list_add(&parts, dx_format("%s", text));
    return parts;
}

void dx_say(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("dx-py: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}
