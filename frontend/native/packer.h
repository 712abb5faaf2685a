/* Canonical msgpack into a growing buffer. */
#ifndef DX_PACKER_H
#define DX_PACKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Extension types of DX-Py's artifacts (artifacts/extension_types.py). */
enum { DX_EXT_BIG_INT = 2, DX_EXT_SURROGATES = 3, DX_EXT_COMPLEX = 4, DX_EXT_ELLIPSIS = 6 };

typedef struct {
    uint8_t *bytes; /* owned */
    size_t size, capacity;
    bool failed; /* memory was short; later writes do nothing */
} dx_packer;

/* The ways of the inline functions below when a value is large or the buffer full. */
void dx_pack_any_unsigned(dx_packer *packer, uint64_t value);
void dx_pack_any_signed(dx_packer *packer, int64_t value);
void dx_pack_any_array(dx_packer *packer, size_t count);
void dx_pack_any_nil(dx_packer *packer);

/* Makes room for `size` more bytes at once, as a hint. */
void dx_pack_reserve(dx_packer *packer, size_t size);

/* Most integers of a tree, and all its small arrays, are one byte. */
static inline bool dx_pack_byte(dx_packer *packer, uint8_t byte)
{
    bool fits = packer->size < packer->capacity;
    if (fits)
        packer->bytes[packer->size++] = byte;
    return fits;
}

static inline void dx_pack_unsigned(dx_packer *packer, uint64_t value)
{
    if (value >= 128 || !dx_pack_byte(packer, (uint8_t)value))
        dx_pack_any_unsigned(packer, value);
}

static inline void dx_pack_signed(dx_packer *packer, int64_t value)
{
    if (value < -32 || value >= 128 || !dx_pack_byte(packer, (uint8_t)value))
        dx_pack_any_signed(packer, value);
}

/* Four integers of a byte each, as most positions are; false, and nothing written, if not so. */
static inline bool dx_pack_four(dx_packer *packer, int a, int b, int c, int d)
{
    bool fits = packer->capacity - packer->size >= 4 && (unsigned)(a | b | c | d) < 128;
    if (fits) {
        uint8_t *room = packer->bytes + packer->size;
        room[0] = (uint8_t)a;
        room[1] = (uint8_t)b;
        room[2] = (uint8_t)c;
        room[3] = (uint8_t)d;
        packer->size += 4;
    }
    return fits;
}

static inline void dx_pack_array(dx_packer *packer, size_t count)
{
    if (count >= 16 || !dx_pack_byte(packer, (uint8_t)(0x90 | count)))
        dx_pack_any_array(packer, count);
}

static inline void dx_pack_nil(dx_packer *packer)
{
    if (!dx_pack_byte(packer, 0xC0))
        dx_pack_any_nil(packer);
}

void dx_pack_bool(dx_packer *packer, bool value);
void dx_pack_double(dx_packer *packer, double value);
void dx_pack_map(dx_packer *packer, size_t count);
void dx_pack_string(dx_packer *packer, const char *bytes, size_t size);
void dx_pack_binary(dx_packer *packer, const void *bytes, size_t size);
void dx_pack_extension(dx_packer *packer, uint8_t type, const void *bytes, size_t size);
void dx_pack_complex(dx_packer *packer, double real, double imaginary);

#endif
