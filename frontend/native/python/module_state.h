/* What the extension keeps per interpreter. */
#ifndef DX_MODULE_STATE_H
#define DX_MODULE_STATE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "kinds.h"

enum { DX_MAX_FIELD_COUNT = 8 };

typedef struct {
    PyObject *classes[DX_KIND_COUNT];   /* of the host's ast; NULL where it has none */
    PyObject *operators[DX_KIND_COUNT]; /* the shared instances of classes without fields */
    PyObject *field_names[DX_KIND_COUNT][DX_MAX_FIELD_COUNT]; /* NULL: the host has none */
    PyObject *position_names[4];
} dx_module_state;

/* Fills the state; -1 with an exception set. */
int dx_load_classes(dx_module_state *state);

#endif
