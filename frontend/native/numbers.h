/* Number literals into values. */
#ifndef DX_NUMBERS_H
#define DX_NUMBERS_H

#include "values.h"

typedef enum { DX_DECIMAL_LITERAL, DX_RADIX_LITERAL, DX_FLOAT_LITERAL, DX_IMAGINARY_LITERAL } dx_number_form;

/* The value of a literal that the lexer has checked. Fails on a decimal integer with more
 * digits than the options allow. */
dx_value *dx_number_value(dx_context *context, dx_span span, const char *text, size_t size,
                          dx_number_form form);

/* The magnitude of a DX_BIG_INT as big-endian bytes without leading zeros: a new block, which
 * the caller releases with free, or NULL when memory is short. Sets `size`. */
uint8_t *dx_big_int_bytes(const dx_text *literal, size_t *size);

#endif
