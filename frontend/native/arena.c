#include "arena.h"

#include <stdint.h>
#include <stdlib.h>

enum { FIRST_BLOCK = 1 << 14, LARGEST_BLOCK = 1 << 20 };

struct dx_block {
    dx_block *older;
    size_t size;
};

/* Blocks double, so that a small source costs little and a large one few calls. */
static size_t block_size(const dx_arena *arena, size_t needed)
{
    size_t size = arena->blocks ? arena->blocks->size * 2 : FIRST_BLOCK;
    if (size > LARGEST_BLOCK)
        size = LARGEST_BLOCK;
    return needed > size ? needed : size;
}

void *dx_arena_allocate_in_new_block(dx_arena *arena, size_t size)
{
    if (size > SIZE_MAX - sizeof(dx_block))
        return NULL;
    size_t total = block_size(arena, size + sizeof(dx_block));
    dx_block *block = malloc(total);
    if (!block)
        return NULL;
    block->older = arena->blocks;
    block->size = total;
    arena->blocks = block;
    arena->next = (char *)(block + 1) + size;
    arena->end = (char *)block + total;
    return block + 1;
}

void dx_arena_free(dx_arena *arena)
{
    while (arena->blocks) {
        dx_block *older = arena->blocks->older;
        free(arena->blocks);
        arena->blocks = older;
    }
    arena->next = arena->end = NULL;
}
