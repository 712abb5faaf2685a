#include "texts.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_NAMES = 1024, FIRST_BUFFER = 64 };
enum { ALIGNMENT = 8, LARGE_PAGE = 1 << 21, CHUNK = 1 << 22 };

/* What is left of the newest chunk; all zero, as the system gave it. */
static struct {
    char *next;
    size_t left;
} room;

static void *checked(void *block) {
    if (!block) {
        fputs("dx-py: out of memory\n", stderr);
        exit(1);
    }
    return block;
}

char *dx_large_pages(char *start, size_t size) {
    uintptr_t last = (uintptr_t)start + size;
    uintptr_t first = ((uintptr_t)start + LARGE_PAGE - 1) & ~(uintptr_t)(LARGE_PAGE - 1);
    last &= ~(uintptr_t)(LARGE_PAGE - 1);
#ifdef MADV_HUGEPAGE
    if (first < last)
        madvise((void *)first, last - first, MADV_HUGEPAGE);
#endif
    return first < last ? (char *)first : start;
}

static char *new_chunk(size_t size) {
    size_t reserved = size + LARGE_PAGE;
    void *pages =
        mmap(NULL, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return dx_large_pages(checked(pages == MAP_FAILED ? NULL : pages), reserved);
}

static void make_room(size_t size) {
    room.left = size > CHUNK ? size : CHUNK;
    room.next = new_chunk(room.left);
}

void *dx_new(size_t size) {
    checked(size < SIZE_MAX / 2 ? &room : NULL);
    size = size ? (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1) : ALIGNMENT;
    if (size > room.left)
        make_room(size);
    char *block = room.next;
    room.next += size;
    room.left -= size;
    return block;
}

/* Capacities are powers of two, so the count alone says when one is reached. */
void *dx_grown(void *items, size_t count, size_t size) {
    if (count & (count - 1))
        return items;
    void *larger = dx_new(size * (count ? 2 * count : 1));
    if (count)
        memcpy(larger, items, count * size);
    return larger;
}

struct name {
    const char *text;
    size_t size;
};

static struct {
    struct name *slots;
    size_t capacity, count;
} names;

static size_t hash_of(const char *bytes, size_t size) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 16777619u;
    return hash;
}

static struct name *slot_of(const char *bytes, size_t size) {
    size_t place = hash_of(bytes, size) & (names.capacity - 1);
    struct name *slot = &names.slots[place];
    while (slot->text && (slot->size != size || memcmp(slot->text, bytes, size) != 0)) {
        place = (place + 1) & (names.capacity - 1);
        slot = &names.slots[place];
    }
    return slot;
}

static void make_room_for_names(void) {
    struct name *old = names.slots;
    size_t count = names.capacity;
    if (names.count * 2 < names.capacity)
        return;
    names.capacity = count ? count * 2 : FIRST_NAMES;
    names.slots = dx_new(names.capacity * sizeof *names.slots);
    for (size_t i = 0; i < count; i++)
        if (old[i].text)
            *slot_of(old[i].text, old[i].size) = old[i];
}

const char *dx_name_of(const char *bytes, size_t size) {
    make_room_for_names();
    struct name *slot = slot_of(bytes, size);
    if (!slot->text) {
        *slot = (struct name){dx_copy_text(bytes, size), size};
        names.count++;
    }
    return slot->text;
}

char *dx_copy_text(const char *bytes, size_t size) {
    char *copy = dx_new(size + 1);
    memcpy(copy, bytes, size);
    copy[size] = 0;
    return copy;
}

char *dx_text_of(const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    char first[256];
    int size = vsnprintf(first, sizeof first, format, arguments);
    char *text = size >= 0 && (size_t)size < sizeof first ? dx_copy_text(first, (size_t)size)
                                                          : dx_new((size_t)(size < 0 ? 0 : size) + 1);
    if (size >= 0 && (size_t)size >= sizeof first)
        vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    va_end(arguments);
    return text;
}

char *dx_path_of(const char *folder, const char *name) {
    size_t first = strlen(folder), second = strlen(name);
    char *path = dx_new(first + second + 2);
    memcpy(path, folder, first);
    if (first && folder[first - 1] != '/')
        path[first++] = '/';
    memcpy(path + first, name, second + 1);
    return path;
}

static char *content_of(int file, size_t *size) {
    struct stat found;
    if (fstat(file, &found) || !S_ISREG(found.st_mode))
        return NULL;
    char *content = dx_new((size_t)found.st_size + 1);
    ssize_t got;
    content[found.st_size] = 0;
    *size = 0;
    while (*size < (size_t)found.st_size &&
           (got = read(file, content + *size, (size_t)found.st_size - *size)) > 0)
        *size += (size_t)got;
    return *size == (size_t)found.st_size ? content : NULL;
}

char *dx_file_content(const char *path, size_t *size) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return NULL;
    char *content = content_of(file, size);
    close(file);
    return content;
}

void dx_texts_add(struct dx_texts *texts, const char *text) {
    texts->items = dx_grown(texts->items, texts->count, sizeof *texts->items);
    texts->items[texts->count++] = text;
}

bool dx_texts_have(const struct dx_texts *texts, const char *text) {
    for (size_t i = 0; i < texts->count; i++)
        if (texts->items[i] == text || strcmp(texts->items[i], text) == 0)
            return true;
    return false;
}

void dx_put(struct dx_buffer *buffer, const char *bytes, size_t size) {
    size_t needed = buffer->size + size + 1;
    if (needed > buffer->capacity) {
        size_t capacity = buffer->capacity ? buffer->capacity * 2 : FIRST_BUFFER;
        char *data = dx_new(capacity > needed ? capacity : needed);
        if (buffer->size)
            memcpy(data, buffer->data, buffer->size);
        buffer->data = data;
        buffer->capacity = capacity > needed ? capacity : needed;
    }
    memcpy(buffer->data + buffer->size, bytes, size);
    buffer->size += size;
    buffer->data[buffer->size] = 0;
}

void dx_put_text(struct dx_buffer *buffer, const char *text) {
    dx_put(buffer, text, strlen(text));
}

bool dx_begins(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool dx_finishes(const char *text, const char *suffix) {
    size_t size = strlen(text), end = strlen(suffix);
    return size >= end && strcmp(text + size - end, suffix) == 0;
}

bool dx_equal(const char *one, const char *other) {
    return one == other || (one && other && strcmp(one, other) == 0);
}
