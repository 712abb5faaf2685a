/* Following the statements of a module or class body. */
#ifndef DX_DERIVE_FLOW_H
#define DX_DERIVE_FLOW_H

#include "scope.h"

void dx_follow(struct dx_scope *scope, dx_tree body);

/* The binding of `name`, a new one if there is none. */
struct dx_binding *dx_bind(struct dx_scope *scope, const char *name);

#endif
