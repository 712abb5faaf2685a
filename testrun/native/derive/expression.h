/* The expressions of `-m` and `-k`: names, `and`, `or`, `not`, parentheses. */
#ifndef DX_DERIVE_EXPRESSION_H
#define DX_DERIVE_EXPRESSION_H

#include "texts.h"

/* Whether a name of the expression holds; `context` is the caller's. */
typedef bool (*dx_holds)(const void *context, const char *name);

/* 1 or 0; -1 where the expression is not understood. */
int dx_evaluate_expression(const char *expression, dx_holds holds, const void *context);

/* Case-insensitive: `name` is a part of `text`. */
bool dx_contains_word(const char *text, const char *name);

#endif
