/* Trees into the host's `ast` objects. */
#ifndef DX_CONVERT_H
#define DX_CONVERT_H

#include "module_state.h"

#include "ast.h"

/* A new reference to the tree's root object, or NULL with an exception set. */
PyObject *dx_convert_tree(const dx_module_state *state, const dx_ast *ast);

/* The same from the tree bytes and the names of an AST artifact; the first node, if it has a
 * position, starts on `line`, or where its own bytes say if `line` is 0. ValueError if the
 * bytes are not what the writer writes. */
PyObject *dx_convert_bytes(const dx_module_state *state, const uint8_t *bytes, size_t size,
                           PyObject *names, int line);

/* ---- Shared by the two converters. */

/* A new node with its position set (when the class has one). */
PyObject *dx_new_object(const dx_module_state *state, int kind, const int position[4]);

/* Sets a field, if the host's class has it, and releases `value`, which may be NULL with an
 * exception set; -1 then, or when setting fails. */
int dx_set_field(const dx_module_state *state, PyObject *node, int kind, int index,
                 PyObject *value);

#endif
