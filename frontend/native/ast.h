/* A parsed tree, as the writer and the converter see it. */
#ifndef DX_AST_H
#define DX_AST_H

#include "values.h"

struct dx_ast {
    dx_context context; /* owns everything below; its `error` and `escape` are stale */
    dx_value *root;
};

/* Nesting that consumers of trees accept: deeper trees are RecursionErrors, as the host's. */
enum { DX_MAX_DEPTH = 2996 };

#endif
