/* Everything that depends on the host's version: its internal headers and struct layouts.
 *
 * Written for CPython 3.12. Another minor version needs its own form of this file and of
 * dx_frame.c; nothing else looks inside frames, thread states or objects. */
#ifndef DX_HOST_H
#define DX_HOST_H

#define PY_SSIZE_T_CLEAN
#ifndef Py_BUILD_CORE_MODULE
#define Py_BUILD_CORE_MODULE 1
#endif
#include <Python.h>

#if PY_VERSION_HEX >> 16 != 0x030c
#error "the native tier is written for CPython 3.12"
#endif

#include "internal/pycore_code.h"
#include "internal/pycore_floatobject.h"
#include "internal/pycore_frame.h"
#include "internal/pycore_function.h"
#include "internal/pycore_interp.h"
#include "internal/pycore_list.h"
#include "internal/pycore_long.h"
#include "internal/pycore_object.h"
#include "internal/pycore_range.h"
#include "internal/pycore_runtime.h"

/* What tools keep of a code object (Objects/codeobject.c). */
typedef struct {
    Py_ssize_t size;
    void *entries[1];
} dx_extras;

/* Opcodes of 3.12 (Include/opcode.h) that dx_generator.c looks for. */
#define DX_RESUME 151
#define DX_RETURN_GENERATOR 75
#define DX_MAKE_CELL 135
#define DX_COPY_FREE_VARS 149
#define DX_INSTRUMENTED_RESUME 240

#endif
