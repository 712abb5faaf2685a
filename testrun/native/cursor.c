#include "cursor.h"

static bool has(struct dx_cursor *cursor, size_t size) {
    if (!cursor->failed && (size_t)(cursor->end - cursor->next) >= size)
        return true;
    cursor->failed = true;
    return false;
}

/* `size` bytes, big endian. */
static uint64_t number(struct dx_cursor *cursor, size_t size) {
    uint64_t value = 0;
    if (!has(cursor, size))
        return 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | *cursor->next++;
    return value;
}

static unsigned tag(struct dx_cursor *cursor) {
    return (unsigned)number(cursor, 1);
}

static uint64_t fail(struct dx_cursor *cursor) {
    cursor->failed = true;
    return 0;
}

size_t dx_cursor_array(struct dx_cursor *cursor) {
    unsigned code = tag(cursor);
    if (cursor->failed)
        return 0;
    if ((code & 0xF0) == 0x90)
        return code & 0x0F;
    if (code == 0xDC || code == 0xDD)
        return number(cursor, code == 0xDC ? 2 : 4);
    return fail(cursor);
}

static size_t string_size(struct dx_cursor *cursor, unsigned code) {
    if ((code & 0xE0) == 0xA0)
        return code & 0x1F;
    if (code >= 0xD9 && code <= 0xDB)
        return number(cursor, (size_t)1 << (code - 0xD9));
    return fail(cursor);
}

struct dx_span dx_cursor_string(struct dx_cursor *cursor) {
    struct dx_span nothing = {NULL, 0};
    unsigned code = tag(cursor);
    if (cursor->failed || code == 0xC0)
        return nothing;
    size_t size = string_size(cursor, code);
    if (!has(cursor, size))
        return nothing;
    struct dx_span found = {(const char *)cursor->next, size};
    cursor->next += size;
    return found;
}

uint64_t dx_cursor_integer(struct dx_cursor *cursor) {
    unsigned code = tag(cursor);
    if (cursor->failed || code < 0x80)
        return code;
    if (code >= 0xCC && code <= 0xCF)
        return number(cursor, (size_t)1 << (code - 0xCC));
    return fail(cursor);
}
