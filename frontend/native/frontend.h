/* DX-Py's front end as a plain C11 library: Python source to an AST artifact.
 *
 *   dx_ast *tree = dx_parse(source, size, &options, &error);
 *   uint8_t *body = dx_ast_write(tree, &body_size, &error);
 *
 * Nothing here needs Python. Every function may be called from any number of threads at once:
 * no global is written. All columns are byte offsets into the UTF-8 text of their line.
 */
#ifndef DX_FRONTEND_H
#define DX_FRONTEND_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define DX_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define DX_NORETURN __attribute__((noreturn))
#else
#define DX_PRINTF(text, first)
#define DX_NORETURN __declspec(noreturn)
#endif

#include "frontend.cdef.h"

enum { DX_MESSAGE_SIZE = sizeof((dx_error *)0)->message };

#endif
