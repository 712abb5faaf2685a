/* Memory that is released all at once. */
#ifndef DX_ARENA_H
#define DX_ARENA_H

#include <stddef.h>

typedef struct dx_block dx_block;

typedef struct {
    dx_block *blocks; /* owned, newest first */
    char *next, *end; /* free part of the newest block */
} dx_arena;

/* Returns `size` bytes aligned for any value, which live as long as the arena, or NULL. */
void *dx_arena_allocate(dx_arena *arena, size_t size);

/* Releases every block. */
void dx_arena_free(dx_arena *arena);

#endif
