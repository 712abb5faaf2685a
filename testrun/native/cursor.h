/* Reading msgpack from front to back, as much of it as test indexes hold: arrays, strings,
 * unsigned integers, nil. Every read checks the bounds; after a failed one `failed` is set and
 * all further reads give nothing. */
#ifndef DX_TEST_CURSOR_H
#define DX_TEST_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dx_cursor {
    const unsigned char *next;
    const unsigned char *end;
    bool failed;
};

/* Points into the data the cursor reads; not NUL-terminated. `data` is NULL for nil. */
struct dx_span {
    const char *data;
    size_t size;
};

/* Number of items of the array that starts here; 0 on failure. */
size_t dx_cursor_array(struct dx_cursor *cursor);

/* A string, or nil. */
struct dx_span dx_cursor_string(struct dx_cursor *cursor);

uint64_t dx_cursor_integer(struct dx_cursor *cursor);

#endif
