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

void dx_pack_nil(dx_packer *packer);
void dx_pack_bool(dx_packer *packer, bool value);
void dx_pack_unsigned(dx_packer *packer, uint64_t value);
void dx_pack_signed(dx_packer *packer, int64_t value);
void dx_pack_double(dx_packer *packer, double value);
void dx_pack_array(dx_packer *packer, size_t count);
void dx_pack_map(dx_packer *packer, size_t count);
void dx_pack_string(dx_packer *packer, const char *bytes, size_t size);
void dx_pack_binary(dx_packer *packer, const void *bytes, size_t size);
void dx_pack_extension(dx_packer *packer, uint8_t type, const void *bytes, size_t size);
void dx_pack_complex(dx_packer *packer, double real, double imaginary);

#endif
