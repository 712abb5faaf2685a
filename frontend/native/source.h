/* Bytes as a caller has them, into the text that the lexer reads. */
#ifndef DX_SOURCE_H
#define DX_SOURCE_H

#include "context.h"

/* Copies the source into context->text: without byte order mark, every newline as '\n', in
 * exec mode ended by one. Fails on NUL bytes and on bytes that are not UTF-8. */
void dx_load_source(dx_context *context, const char *source, size_t size);

#endif
