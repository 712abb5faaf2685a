/* Expressions of test files into what is known of their values. */
#ifndef DX_DERIVE_EVALUATE_H
#define DX_DERIVE_EVALUATE_H

#include "scope.h"

/* Names of comprehensions, the innermost first. */
struct dx_locals {
    const char *name;
    struct dx_datum *datum;
    const struct dx_locals *next;
};

struct dx_place {
    struct dx_scope *scope;
    const struct dx_locals *locals;
};

/* Never NULL. */
struct dx_datum *dx_evaluate(struct dx_place place, dx_tree expression);
struct dx_datum *dx_evaluate_in(struct dx_scope *scope, dx_tree expression);

/* What a name of a scope stands for. */
struct dx_datum *dx_value_of(struct dx_binding *binding);

/* Member `name` of a module; `module` may import it from elsewhere. */
struct dx_datum *dx_member_of(struct dx_module *module, const char *name);

/* Whether the expression is a thing of a library called `dotted`, as "pytest.mark.skip". */
bool dx_is_external(struct dx_scope *scope, dx_tree expression, const char *dotted);

/* The dotted name of a library's thing; NULL for anything else. */
const char *dx_external_name(struct dx_scope *scope, dx_tree expression);

/* The value of a call's keyword argument; NULL if it is not given. */
dx_tree dx_keyword(dx_tree call, const char *name);
bool dx_has_double_star(dx_tree call);

/* Calls of functions and methods that are known: calls.c. */
struct dx_datum *dx_evaluate_call(struct dx_place place, dx_tree call);

/* `a op b`, `a < b < c`: operators.c. */
struct dx_datum *dx_evaluate_binary(struct dx_place place, dx_tree expression);
struct dx_datum *dx_evaluate_comparison(struct dx_place place, dx_tree expression);

/* The items of what a loop runs over, as a LIST; UNKNOWN where they cannot be told. */
struct dx_datum *dx_items_of(struct dx_datum *datum);

#endif
