/* Where each code object's subtree stands in an AST artifact. */
#ifndef DX_FUNCTION_INDEX_H
#define DX_FUNCTION_INDEX_H

#include "packer.h"
#include "values.h"

typedef struct {
    size_t name, name_size; /* the qualified name, in the pool */
    int first_line;         /* as co_firstlineno: of the first decorator if there is one */
    int line;               /* of the node */
    size_t start, end;      /* the subtree's bytes */
} dx_index_entry;

typedef struct {
    dx_index_entry *entries; /* owned */
    size_t count, capacity;
    char *pool; /* owned: qualified names */
    size_t pool_size, pool_capacity;
    size_t scope, scope_size; /* the current scope's prefix in the pool, "" or "f.<locals>." */
    bool failed;
} dx_function_index;

/* What dx_index_enter changed, for dx_index_leave. */
typedef struct {
    size_t scope, scope_size;
} dx_index_mark;

void dx_index_free(dx_function_index *index);

/* Whether nodes of this class become code objects of their own. */
static inline bool dx_is_scope(int kind)
{
    return kind == DX_K_FunctionDef || kind == DX_K_AsyncFunctionDef || kind == DX_K_Lambda ||
           kind == DX_K_ClassDef || kind == DX_K_GeneratorExp;
}

/* The field that is evaluated inside the scope; the others belong to the enclosing one. */
static inline int dx_scope_field(int kind)
{
    return kind == DX_K_ClassDef ? 3 : kind == DX_K_Lambda ? 1 : kind == DX_K_GeneratorExp ? 0 : 2;
}

/* Adds the scope `node`, whose bytes start at `start`; returns its place in the index. */
size_t dx_index_add(dx_function_index *index, const dx_node *node, size_t start);

/* Makes entry `place` the current scope, and undoes that. */
dx_index_mark dx_index_enter(dx_function_index *index, const dx_node *node, size_t place);
void dx_index_leave(dx_function_index *index, dx_index_mark mark);

/* Writes [[qualified name, first line, line, start, end], ...]. */
void dx_index_pack(const dx_function_index *index, dx_packer *packer);

#endif
