#include "packer.h"

#include <stdlib.h>
#include <string.h>

/* Room for `count` more bytes, or NULL. */
static uint8_t *reserve(dx_packer *packer, size_t count)
{
    if (packer->failed || count > SIZE_MAX / 2 - packer->size)
        return NULL;
    if (!packer->bytes || packer->capacity - packer->size < count) {
        size_t capacity = packer->capacity * 2 + count + 256;
        uint8_t *bytes = realloc(packer->bytes, capacity);
        if (!bytes) {
            packer->failed = true;
            return NULL;
        }
        packer->bytes = bytes;
        packer->capacity = capacity;
    }
    return packer->bytes + packer->size;
}

void dx_pack_reserve(dx_packer *packer, size_t size)
{
    reserve(packer, size);
}

static void put_bytes(dx_packer *packer, const void *bytes, size_t size)
{
    uint8_t *room = reserve(packer, size);
    if (room && size) {
        memcpy(room, bytes, size);
        packer->size += size;
    }
}

/* A code byte and a big-endian number of `width` bytes. */
static void put_number(dx_packer *packer, uint8_t code, uint64_t value, int width)
{
    uint8_t *room = reserve(packer, 9);
    if (!room)
        return;
    room[0] = code;
    for (int i = 0; i < width; i++)
        room[1 + i] = (uint8_t)(value >> (8 * (width - 1 - i)));
    packer->size += 1 + (size_t)width;
}

static void put_byte(dx_packer *packer, uint8_t byte)
{
    put_number(packer, byte, 0, 0);
}

void dx_pack_any_nil(dx_packer *packer)
{
    put_byte(packer, 0xC0);
}

void dx_pack_bool(dx_packer *packer, bool value)
{
    put_byte(packer, value ? 0xC3 : 0xC2);
}

void dx_pack_any_unsigned(dx_packer *packer, uint64_t value)
{
    if (value < 128)
        put_byte(packer, (uint8_t)value);
    else if (value <= UINT8_MAX)
        put_number(packer, 0xCC, value, 1);
    else if (value <= UINT16_MAX)
        put_number(packer, 0xCD, value, 2);
    else if (value <= UINT32_MAX)
        put_number(packer, 0xCE, value, 4);
    else
        put_number(packer, 0xCF, value, 8);
}

void dx_pack_any_signed(dx_packer *packer, int64_t value)
{
    if (value >= 0)
        dx_pack_any_unsigned(packer, (uint64_t)value);
    else if (value >= -32)
        put_byte(packer, (uint8_t)value);
    else if (value >= INT8_MIN)
        put_number(packer, 0xD0, (uint64_t)value, 1);
    else if (value >= INT16_MIN)
        put_number(packer, 0xD1, (uint64_t)value, 2);
    else if (value >= INT32_MIN)
        put_number(packer, 0xD2, (uint64_t)value, 4);
    else
        put_number(packer, 0xD3, (uint64_t)value, 8);
}

static uint64_t double_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

void dx_pack_double(dx_packer *packer, double value)
{
    put_number(packer, 0xCB, double_bits(value), 8);
}

void dx_pack_any_array(dx_packer *packer, size_t count)
{
    if (count < 16)
        put_byte(packer, (uint8_t)(0x90 | count));
    else if (count <= UINT16_MAX)
        put_number(packer, 0xDC, count, 2);
    else
        put_number(packer, 0xDD, count, 4);
}

void dx_pack_map(dx_packer *packer, size_t count)
{
    if (count < 16)
        put_byte(packer, (uint8_t)(0x80 | count));
    else
        put_number(packer, 0xDE, count, 2);
}

void dx_pack_string(dx_packer *packer, const char *bytes, size_t size)
{
    if (size < 32)
        put_byte(packer, (uint8_t)(0xA0 | size));
    else if (size <= UINT8_MAX)
        put_number(packer, 0xD9, size, 1);
    else if (size <= UINT16_MAX)
        put_number(packer, 0xDA, size, 2);
    else
        put_number(packer, 0xDB, size, 4);
    put_bytes(packer, bytes, size);
}

void dx_pack_binary(dx_packer *packer, const void *bytes, size_t size)
{
    if (size <= UINT8_MAX)
        put_number(packer, 0xC4, size, 1);
    else if (size <= UINT16_MAX)
        put_number(packer, 0xC5, size, 2);
    else
        put_number(packer, 0xC6, size, 4);
    put_bytes(packer, bytes, size);
}

/* The code of a fixed-size extension, or 0. */
static uint8_t fixed_extension(size_t size)
{
    switch (size) {
    case 1: return 0xD4;
    case 2: return 0xD5;
    case 4: return 0xD6;
    case 8: return 0xD7;
    case 16: return 0xD8;
    default: return 0;
    }
}

void dx_pack_extension(dx_packer *packer, uint8_t type, const void *bytes, size_t size)
{
    if (fixed_extension(size))
        put_byte(packer, fixed_extension(size));
    else if (size <= UINT8_MAX)
        put_number(packer, 0xC7, size, 1);
    else if (size <= UINT16_MAX)
        put_number(packer, 0xC8, size, 2);
    else
        put_number(packer, 0xC9, size, 4);
    put_byte(packer, type);
    put_bytes(packer, bytes, size);
}

void dx_pack_complex(dx_packer *packer, double real, double imaginary)
{
    put_byte(packer, fixed_extension(16));
    put_number(packer, DX_EXT_COMPLEX, double_bits(real), 8);
    uint8_t *room = reserve(packer, 8);
    if (!room)
        return;
    for (int i = 0; i < 8; i++)
        room[i] = (uint8_t)(double_bits(imaginary) >> (56 - 8 * i));
    packer->size += 8;
}
