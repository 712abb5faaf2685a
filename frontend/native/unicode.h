/* Code points: UTF-8, identifier characters (PEP 3131), NFKC. */
#ifndef DX_UNICODE_H
#define DX_UNICODE_H

#include <stdbool.h>

#include "context.h"

enum { DX_INVALID_UTF8 = 0xFFFFFFFF };

/* The code point at `*bytes`, which is moved past it; DX_INVALID_UTF8, moving nothing, for
 * bytes that are not strict UTF-8. Reads no byte at or after `end`. */
uint32_t dx_decode_utf8(const char **bytes, const char *end);

/* Writes one code point, a lone surrogate included, as one to four bytes; returns how many. */
int dx_encode_utf8(char *bytes, uint32_t point);

bool dx_is_identifier_start(uint32_t point);
bool dx_is_identifier_part(uint32_t point);
bool dx_is_printable(uint32_t point); /* as str.isprintable; for points above ASCII */

/* NFKC of valid UTF-8. Sets `size`; the result lives as long as the context. */
const char *dx_normalise(dx_context *context, const char *bytes, size_t *size);

#endif
