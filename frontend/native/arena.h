/* Memory that is released all at once. */
#ifndef DX_ARENA_H
#define DX_ARENA_H

#include <stddef.h>

enum { DX_ALIGNMENT = 8 };

typedef struct dx_block dx_block;

typedef struct {
    dx_block *blocks; /* owned, newest first */
    char *next, *end; /* free part of the newest block */
} dx_arena;

/* dx_arena_allocate's way when the newest block is full; `size` is aligned. */
void *dx_arena_allocate_in_new_block(dx_arena *arena, size_t size);

/* Returns `size` bytes aligned for any value, which live as long as the arena, or NULL. */
static inline void *dx_arena_allocate(dx_arena *arena, size_t size)
{
    if (size > (size_t)-1 - DX_ALIGNMENT)
        return NULL;
    size = (size + DX_ALIGNMENT - 1) & ~(size_t)(DX_ALIGNMENT - 1);
    if (size > (size_t)(arena->end - arena->next))
        return dx_arena_allocate_in_new_block(arena, size);
    void *result = arena->next;
    arena->next += size;
    return result;
}

/* Releases every block. */
void dx_arena_free(dx_arena *arena);

#endif
