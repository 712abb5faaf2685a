/* Reading the front end's trees: fields by their place in frontend/grammar/python.nodes. */
#ifndef DX_DERIVE_TREE_H
#define DX_DERIVE_TREE_H

#include "ast.h"
#include "texts.h"

typedef const dx_value *dx_tree;

enum { /* fields of the nodes that discovery looks at */
    DX_F_FUNCTION_NAME = 0, DX_F_FUNCTION_ARGS, DX_F_FUNCTION_BODY, DX_F_FUNCTION_DECORATORS,
    DX_F_CLASS_NAME = 0, DX_F_CLASS_BASES, DX_F_CLASS_KEYWORDS, DX_F_CLASS_BODY,
    DX_F_CLASS_DECORATORS,
    DX_F_ARGS_POSITIONAL = 0, DX_F_ARGS_PLAIN, DX_F_ARGS_VARIADIC, DX_F_ARGS_KEYWORD_ONLY,
    DX_F_ARGS_KEYWORD_DEFAULTS, DX_F_ARGS_KEYWORDS, DX_F_ARGS_DEFAULTS,
    DX_F_CALL_FUNCTION = 0, DX_F_CALL_ARGS, DX_F_CALL_KEYWORDS,
};

static inline bool dx_is(dx_tree tree, int kind) {
    return tree && dx_is_node(tree, kind);
}

static inline dx_tree dx_field(dx_tree node, int index) {
    return ((const dx_node *)node)->fields[index];
}

static inline int dx_count(dx_tree list) {
    return list && list->tag == DX_LIST ? ((const dx_list *)list)->size : 0;
}

static inline dx_tree dx_item(dx_tree list, int index) {
    return ((const dx_list *)list)->items[index];
}

static inline int dx_line(dx_tree node) {
    return ((const dx_node *)node)->span.start.line;
}

/* The interned text of an identifier; NULL for None. */
static inline const char *dx_identifier_text(dx_tree tree) {
    if (!tree || tree->tag != DX_IDENTIFIER)
        return NULL;
    const dx_identifier *name = (const dx_identifier *)tree;
    return dx_name_of(name->bytes, name->size);
}

#endif
