/* Escape sequences of string and bytes literals. */
#ifndef DX_ESCAPES_H
#define DX_ESCAPES_H

#include "values.h"

/* The text that `size` bytes between quotes mean: DX_STRING or DX_BYTES by `tag`. `span` is the
 * literal's, for errors and warnings. */
dx_text *dx_unescape(dx_context *context, dx_span span, int tag, const char *bytes, size_t size);

/* The same for literal text of an f-string; the lexer warns of braces after a backslash. */
dx_text *dx_unescape_fstring(dx_context *context, dx_span span, const char *bytes, size_t size);

#endif
