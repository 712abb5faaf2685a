/* Bytes as a caller has them, into the text that the lexer reads. */
#ifndef DX_SOURCE_H
#define DX_SOURCE_H

#include "context.h"

/* Copies the source into context->text: every newline as '\n', in exec mode ended by one. Fails
 * on NUL bytes, and notes whether all is UTF-8. */
void dx_load_source(dx_context *context, const char *source, size_t size);

/* Fails unless the bytes are UTF-8. As CPython does, the lexer asks this of each token, so that
 * anything may stand in a comment. */
void dx_check_utf8(dx_context *context, dx_span span, const char *bytes, size_t size);

#endif
