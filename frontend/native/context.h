/* One parse: its text, options, memory and way out on error.
 *
 * Errors leave through dx_fail, which jumps to the one setjmp in parse.c; whatever is
 * allocated during a parse therefore hangs off the context, which dx_context_close releases.
 */
#ifndef DX_CONTEXT_H
#define DX_CONTEXT_H

#include <setjmp.h>
#include <stdbool.h>

#include "arena.h"
#include "frontend.h"

typedef struct {
    int line, column;
} dx_position;

typedef struct {
    dx_position start, end;
} dx_span;

typedef struct dx_identifier dx_identifier;
typedef struct dx_type_ignore dx_type_ignore;

/* Interned identifiers, open addressing; slots are owned, identifiers live in the arena. */
typedef struct {
    dx_identifier **slots;
    size_t capacity, count;
} dx_names;

typedef struct {
    char *text; /* owned; newlines are '\n'; four NULs follow the last byte */
    size_t size;
    bool is_utf8; /* all of the text, so that no token needs a check */
    dx_options options;
    dx_arena arena;
    dx_names names;
    dx_warning *warnings; /* owned */
    size_t warning_count, warning_capacity;
    dx_error *error; /* the caller's */
    jmp_buf escape;
} dx_context;

/* Releases what the context owns. */
void dx_context_close(dx_context *context);

DX_NORETURN void dx_fail_memory(dx_context *context);

/* `block` resized by realloc; fails instead of returning NULL, `block` then stays valid. */
void *dx_resize(dx_context *context, void *block, size_t size);

/* Records the error and leaves the parse. */
DX_NORETURN void dx_fail(dx_context *context, int kind, dx_span span, const char *format, ...)
    DX_PRINTF(4, 5);

/* Records a warning. */
void dx_warn(dx_context *context, dx_position place, const char *format, ...) DX_PRINTF(3, 4);

/* Bytes from the arena; fails instead of returning NULL. */
static inline void *dx_allocate(dx_context *context, size_t size)
{
    void *block = dx_arena_allocate(&context->arena, size);
    if (!block)
        dx_fail_memory(context);
    return block;
}

static inline dx_span dx_span_at(dx_position place)
{
    return (dx_span){place, place};
}

static inline bool dx_same_position(dx_position a, dx_position b)
{
    return a.line == b.line && a.column == b.column;
}

#endif
