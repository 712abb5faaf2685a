#include "unpacker.h"

#include <string.h>

/* Codes of one kind with lengths or numbers of 1, 2, 4 and 8 bytes follow each other. */
static bool read_number(dx_unpacker *unpacker, unsigned width, uint64_t *value)
{
    if ((size_t)(unpacker->end - unpacker->at) < width)
        return false;
    *value = 0;
    for (unsigned i = 0; i < width; i++)
        *value = *value << 8 | *unpacker->at++;
    return true;
}

static bool read_slice(dx_unpacker *unpacker, uint64_t size, dx_slice *slice)
{
    if ((uint64_t)(unpacker->end - unpacker->at) < size)
        return false;
    *slice = (dx_slice){unpacker->at, (size_t)size};
    unpacker->at += size;
    return true;
}

static bool take_code(dx_unpacker *unpacker, uint8_t *code)
{
    if (unpacker->at == unpacker->end)
        return false;
    *code = *unpacker->at++;
    return true;
}

static dx_next kind_of(uint8_t code)
{
    if (code <= 0x7F || code >= 0xE0 || (code >= 0xCC && code <= 0xD3))
        return DX_NEXT_INT;
    if (code <= 0x8F || code == 0xDE || code == 0xDF)
        return DX_NEXT_MAP;
    if (code <= 0x9F || code == 0xDC || code == 0xDD)
        return DX_NEXT_ARRAY;
    if (code <= 0xBF || (code >= 0xD9 && code <= 0xDB))
        return DX_NEXT_STRING;
    if (code >= 0xC7 && code <= 0xC9)
        return DX_NEXT_EXTENSION;
    if (code >= 0xD4 && code <= 0xD8)
        return DX_NEXT_EXTENSION;
    switch (code) {
    case 0xC0: return DX_NEXT_NIL;
    case 0xC2: case 0xC3: return DX_NEXT_BOOL;
    case 0xC4: case 0xC5: case 0xC6: return DX_NEXT_BINARY;
    case 0xCB: return DX_NEXT_DOUBLE;
    default: return DX_NEXT_DAMAGED;
    }
}

dx_next dx_unpack_peek(const dx_unpacker *unpacker)
{
    return unpacker->at == unpacker->end ? DX_NEXT_DAMAGED : kind_of(*unpacker->at);
}

/* Takes the code if it is of the kind. */
static bool take(dx_unpacker *unpacker, dx_next kind, uint8_t *code)
{
    return dx_unpack_peek(unpacker) == kind && take_code(unpacker, code);
}

bool dx_unpack_nil(dx_unpacker *unpacker)
{
    uint8_t code;
    return take(unpacker, DX_NEXT_NIL, &code);
}

bool dx_unpack_bool(dx_unpacker *unpacker, bool *value)
{
    uint8_t code;
    if (!take(unpacker, DX_NEXT_BOOL, &code))
        return false;
    *value = code == 0xC3;
    return true;
}

/* The bits of an integer, and whether they are to be read as signed. */
static bool read_int(dx_unpacker *unpacker, uint64_t *bits, bool *is_signed)
{
    uint8_t code;
    if (!take(unpacker, DX_NEXT_INT, &code))
        return false;
    *is_signed = code >= 0xD0;
    if (code <= 0x7F || code >= 0xE0) {
        *bits = (uint64_t)(int64_t)(int8_t)code;
        return true;
    }
    unsigned width = 1u << (code & 3);
    if (!read_number(unpacker, width, bits))
        return false;
    if (*is_signed && width < 8 && *bits >> (8 * width - 1))
        *bits |= ~(uint64_t)0 << (8 * width);
    return true;
}

bool dx_unpack_int(dx_unpacker *unpacker, int64_t *value)
{
    uint64_t bits;
    bool is_signed;
    if (!read_int(unpacker, &bits, &is_signed) || (!is_signed && bits > INT64_MAX))
        return false;
    *value = (int64_t)bits;
    return true;
}

bool dx_unpack_unsigned(dx_unpacker *unpacker, uint64_t *value)
{
    bool is_signed;
    return read_int(unpacker, value, &is_signed) && !(is_signed && *value >> 63);
}

bool dx_unpack_double(dx_unpacker *unpacker, double *value)
{
    uint8_t code;
    uint64_t bits;
    if (!take(unpacker, DX_NEXT_DOUBLE, &code) || !read_number(unpacker, 8, &bits))
        return false;
    memcpy(value, &bits, sizeof bits);
    return true;
}

static bool check_count(const dx_unpacker *unpacker, uint64_t count, size_t *result)
{
    *result = (size_t)count;
    return count <= (uint64_t)(unpacker->end - unpacker->at);
}

bool dx_unpack_array(dx_unpacker *unpacker, size_t *count)
{
    uint8_t code;
    if (!take(unpacker, DX_NEXT_ARRAY, &code))
        return false;
    uint64_t number = code & 0x0F;
    if (code >= 0xDC && !read_number(unpacker, code == 0xDC ? 2 : 4, &number))
        return false;
    return check_count(unpacker, number, count);
}

bool dx_unpack_map(dx_unpacker *unpacker, size_t *count)
{
    uint8_t code;
    if (!take(unpacker, DX_NEXT_MAP, &code))
        return false;
    uint64_t number = code & 0x0F;
    if (code >= 0xDE && !read_number(unpacker, code == 0xDE ? 2 : 4, &number))
        return false;
    return check_count(unpacker, number, count);
}

bool dx_unpack_string(dx_unpacker *unpacker, dx_slice *text)
{
    uint8_t code;
    if (!take(unpacker, DX_NEXT_STRING, &code))
        return false;
    uint64_t size = code & 0x1F;
    if (code >= 0xD9 && !read_number(unpacker, 1u << (code - 0xD9), &size))
        return false;
    return read_slice(unpacker, size, text);
}

bool dx_unpack_binary(dx_unpacker *unpacker, dx_slice *bytes)
{
    uint8_t code;
    uint64_t size;
    return take(unpacker, DX_NEXT_BINARY, &code) &&
           read_number(unpacker, 1u << (code - 0xC4), &size) && read_slice(unpacker, size, bytes);
}

bool dx_unpack_extension(dx_unpacker *unpacker, uint8_t *type, dx_slice *bytes)
{
    uint8_t code;
    if (!take(unpacker, DX_NEXT_EXTENSION, &code))
        return false;
    uint64_t size = code >= 0xD4 ? 1u << (code - 0xD4) : 0;
    if (code <= 0xC9 && !read_number(unpacker, 1u << (code - 0xC7), &size))
        return false;
    return take_code(unpacker, type) && read_slice(unpacker, size, bytes);
}

/* Passes over one value but not the values inside it, which are counted in `*inside`. */
static bool skip_head(dx_unpacker *unpacker, size_t *inside)
{
    dx_slice slice;
    uint64_t bits;
    uint8_t type;
    double number;
    bool flag;
    *inside = 0;
    switch (dx_unpack_peek(unpacker)) {
    case DX_NEXT_NIL: return dx_unpack_nil(unpacker);
    case DX_NEXT_BOOL: return dx_unpack_bool(unpacker, &flag);
    case DX_NEXT_INT: return read_int(unpacker, &bits, &flag);
    case DX_NEXT_DOUBLE: return dx_unpack_double(unpacker, &number);
    case DX_NEXT_STRING: return dx_unpack_string(unpacker, &slice);
    case DX_NEXT_BINARY: return dx_unpack_binary(unpacker, &slice);
    case DX_NEXT_EXTENSION: return dx_unpack_extension(unpacker, &type, &slice);
    case DX_NEXT_ARRAY: return dx_unpack_array(unpacker, inside);
    case DX_NEXT_MAP:
        if (!dx_unpack_map(unpacker, inside))
            return false;
        *inside *= 2;
        return true;
    default: return false;
    }
}

bool dx_unpack_skip(dx_unpacker *unpacker)
{
    size_t missing = 1, inside;
    while (missing) {
        if (!skip_head(unpacker, &inside) || inside > SIZE_MAX - missing)
            return false;
        missing += inside - 1;
    }
    return true;
}
