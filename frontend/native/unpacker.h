/* A reader of msgpack that trusts nothing: the way into the trees of AST artifacts.
 *
 * Each function reads one thing at `at` and moves past it, or returns false, which says that
 * the bytes are not what was asked for; nothing after that is meaningful.
 */
#ifndef DX_UNPACKER_H
#define DX_UNPACKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const uint8_t *at, *end;
} dx_unpacker;

typedef struct {
    const uint8_t *bytes; /* inside the input */
    size_t size;
} dx_slice;

/* What comes next; at the end of the bytes, or for codes no artifact holds, DX_NEXT_DAMAGED. */
typedef enum {
    DX_NEXT_DAMAGED,
    DX_NEXT_NIL,
    DX_NEXT_BOOL,
    DX_NEXT_INT,
    DX_NEXT_DOUBLE,
    DX_NEXT_STRING,
    DX_NEXT_BINARY,
    DX_NEXT_ARRAY,
    DX_NEXT_MAP,
    DX_NEXT_EXTENSION
} dx_next;

dx_next dx_unpack_peek(const dx_unpacker *unpacker);
bool dx_unpack_nil(dx_unpacker *unpacker);
bool dx_unpack_bool(dx_unpacker *unpacker, bool *value);
/* Integers of 2**63 and above are refused; dx_unpack_unsigned takes them. */
bool dx_unpack_int(dx_unpacker *unpacker, int64_t *value);
bool dx_unpack_unsigned(dx_unpacker *unpacker, uint64_t *value);
bool dx_unpack_double(dx_unpacker *unpacker, double *value);
/* A count never exceeds the bytes that are left. */
bool dx_unpack_array(dx_unpacker *unpacker, size_t *count);
bool dx_unpack_map(dx_unpacker *unpacker, size_t *count);
bool dx_unpack_string(dx_unpacker *unpacker, dx_slice *text);
bool dx_unpack_binary(dx_unpacker *unpacker, dx_slice *bytes);
bool dx_unpack_extension(dx_unpacker *unpacker, uint8_t *type, dx_slice *bytes);
/* Passes over one whole value of any depth. */
bool dx_unpack_skip(dx_unpacker *unpacker);

#endif
