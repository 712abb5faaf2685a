#include "memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ALIGNMENT = 16, BLOCK = 64 << 10, OUT_OF_MEMORY = 1 };

struct dx_pkg_block {
    struct dx_pkg_block *before;
    size_t used;
    size_t size;
    _Alignas(ALIGNMENT) char data[];
};

static void out_of_memory(void) {
    static const char text[] = "ERROR: out of memory\n";
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        _exit(OUT_OF_MEMORY);
    _exit(OUT_OF_MEMORY);
}

static struct dx_pkg_block *new_block(struct dx_pkg_block *before, size_t size) {
    struct dx_pkg_block *block = malloc(sizeof *block + size);
    if (!block)
        out_of_memory();
    *block = (struct dx_pkg_block){.before = before, .size = size};
    return block;
}

void *dx_pkg_take(struct dx_pkg *pkg, size_t size) {
    if (size > SIZE_MAX / 2)
        out_of_memory();
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct dx_pkg_block *block = pkg->blocks;
    if (!block || block->size - block->used < size)
        block = pkg->blocks = new_block(block, size > BLOCK ? size : BLOCK);
    void *taken = block->data + block->used;
    block->used += size;
    return taken;
}

char *dx_pkg_copy(struct dx_pkg *pkg, const char *text, size_t size) {
    char *copy = dx_pkg_take(pkg, size + 1);
    memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

static char *format_list(struct dx_pkg *pkg, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = dx_pkg_take(pkg, (size_t)size + 1);
    vsnprintf(text, (size_t)size + 1, format, arguments);
    return text;
}

char *dx_pkg_format(struct dx_pkg *pkg, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = format_list(pkg, format, arguments);
    va_end(arguments);
    return text;
}

bool dx_pkg_fail(struct dx_pkg *pkg, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    if (!pkg->problem)
        pkg->problem = format_list(pkg, format, arguments);
    va_end(arguments);
    return false;
}

void dx_pkg_release(struct dx_pkg *pkg) {
    while (pkg->blocks) {
        struct dx_pkg_block *before = pkg->blocks->before;
        free(pkg->blocks);
        pkg->blocks = before;
    }
    *pkg = (struct dx_pkg){0};
}

void dx_pkg_add(struct dx_pkg *pkg, struct dx_pkg_bytes *bytes, const void *data, size_t size) {
    if (bytes->capacity < bytes->size + size + 1) {
        size_t capacity = 2 * (bytes->size + size) + 256;
        char *larger = dx_pkg_take(pkg, capacity);
        if (bytes->size)
            memcpy(larger, bytes->data, bytes->size);
        bytes->data = larger;
        bytes->capacity = capacity;
    }
    if (size)
        memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
    bytes->data[bytes->size] = '\0';
}

void dx_pkg_add_text(struct dx_pkg *pkg, struct dx_pkg_bytes *bytes, const char *text) {
    dx_pkg_add(pkg, bytes, text, strlen(text));
}

void dx_pkg_push(struct dx_pkg *pkg, struct dx_pkg_list *list, const char *item) {
    if (list->count == list->capacity) {
        size_t capacity = 2 * list->capacity + 16;
        const char **larger = dx_pkg_take(pkg, capacity * sizeof *larger);
        if (list->count)
            memcpy(larger, list->items, list->count * sizeof *larger);
        list->items = larger;
        list->capacity = capacity;
    }
    list->items[list->count++] = item;
}

static int compare(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

void dx_pkg_sort(struct dx_pkg_list *list) {
    if (list->count)
        qsort(list->items, list->count, sizeof *list->items, compare);
}

bool dx_pkg_holds(const struct dx_pkg_list *sorted, const char *item) {
    return sorted->count &&
           bsearch(&item, sorted->items, sorted->count, sizeof item, compare) != NULL;
}
