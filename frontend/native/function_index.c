#include "function_index.h"

#include <stdlib.h>

void dx_index_free(dx_function_index *index)
{
    free(index->entries);
    free(index->pool);
}

/* `block` with room for `needed` units, or NULL with index->failed set. */
static void *grown(dx_function_index *index, void *block, size_t *capacity, size_t needed,
                   size_t unit)
{
    if (needed <= *capacity)
        return block;
    size_t larger = *capacity * 2 + needed + 32;
    void *result = realloc(block, larger * unit);
    if (!result) {
        index->failed = true;
        return block;
    }
    *capacity = larger;
    return result;
}

static void add_text(dx_function_index *index, const char *text, size_t size)
{
    index->pool = grown(index, index->pool, &index->pool_capacity, index->pool_size + size, 1);
    if (index->failed || !size)
        return;
    memcpy(index->pool + index->pool_size, text, size);
    index->pool_size += size;
}

/* The current scope's prefix; it is in the pool itself, which may move. */
static void add_scope(dx_function_index *index)
{
    size_t needed = index->pool_size + index->scope_size;
    index->pool = grown(index, index->pool, &index->pool_capacity, needed, 1);
    if (index->failed || !index->scope_size)
        return;
    memcpy(index->pool + index->pool_size, index->pool + index->scope, index->scope_size);
    index->pool_size = needed;
}

static void add_name(dx_function_index *index, const dx_node *node)
{
    if (node->head.kind == DX_K_Lambda) {
        add_text(index, "<lambda>", 8);
    } else if (node->head.kind == DX_K_GeneratorExp) {
        add_text(index, "<genexpr>", 9);
    } else {
        const dx_identifier *name = (const dx_identifier *)node->fields[0];
        add_text(index, name->bytes, name->size);
    }
}

static int first_line(const dx_node *node)
{
    int kind = node->head.kind;
    if (kind == DX_K_Lambda || kind == DX_K_GeneratorExp)
        return node->span.start.line;
    const dx_list *decorators = (const dx_list *)node->fields[kind == DX_K_ClassDef ? 4 : 3];
    if (!decorators->size)
        return node->span.start.line;
    return ((const dx_node *)decorators->items[0])->span.start.line;
}

size_t dx_index_add(dx_function_index *index, const dx_node *node, size_t start)
{
    size_t place = index->count;
    index->entries = grown(index, index->entries, &index->capacity, place + 1,
                           sizeof *index->entries);
    dx_index_entry entry = {.name = index->pool_size, .first_line = first_line(node),
                            .line = node->span.start.line, .start = start};
    add_scope(index);
    add_name(index, node);
    if (index->failed)
        return 0;
    entry.name_size = index->pool_size - entry.name;
    index->entries[place] = entry;
    index->count++;
    return place;
}

dx_index_mark dx_index_enter(dx_function_index *index, const dx_node *node, size_t place)
{
    dx_index_mark mark = {index->scope, index->scope_size};
    if (index->failed)
        return mark;
    dx_index_entry entry = index->entries[place];
    size_t scope = index->pool_size;
    index->scope = entry.name;
    index->scope_size = entry.name_size;
    add_scope(index);
    if (node->head.kind == DX_K_ClassDef)
        add_text(index, ".", 1);
    else
        add_text(index, ".<locals>.", 10);
    index->scope = scope;
    index->scope_size = index->pool_size - scope;
    return mark;
}

void dx_index_leave(dx_function_index *index, dx_index_mark mark)
{
    index->scope = mark.scope;
    index->scope_size = mark.scope_size;
}

void dx_index_pack(const dx_function_index *index, dx_packer *packer)
{
    dx_pack_array(packer, index->count);
    for (size_t i = 0; i < index->count; i++) {
        const dx_index_entry *entry = &index->entries[i];
        dx_pack_array(packer, 5);
        dx_pack_string(packer, index->pool + entry->name, entry->name_size);
        dx_pack_signed(packer, entry->first_line);
        dx_pack_signed(packer, entry->line);
        dx_pack_unsigned(packer, entry->start);
        dx_pack_unsigned(packer, entry->end);
    }
}
