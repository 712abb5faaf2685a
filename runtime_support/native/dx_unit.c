/* Units: native code of one code object, from bytes to an installed function.
 *
 * The code's pages are readable and executable, never writable; the address table behind
 * them is writable, never executable. */
#include "dx_core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define DX_PAGE 4096

dx_unit *dx_unit_of(PyCodeObject *code)
{
    return dx_extra(code, dx_unit_extra);
}

int dx_set_extra(PyCodeObject *code, Py_ssize_t index, void *value)
{
    dx_extras *extras = code->co_extra;
    Py_ssize_t known = extras == NULL ? 0 : extras->size;

    if (known <= index) {
        extras = PyMem_Realloc(extras, sizeof(dx_extras) + (size_t)index * sizeof(void *));
        if (extras == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        while (known <= index) {
            extras->entries[known++] = NULL;
        }
        extras->size = known;
        code->co_extra = extras;
    }
    extras->entries[index] = value;
    return 0;
}

static void free_unit(dx_unit *unit)
{
    assert(unit->active == 0 && unit->watched_keys == 0);
    munmap(unit->region, unit->region_size);
    Py_XDECREF(unit->globals);
    Py_XDECREF(unit->functions);
    Py_XDECREF(unit->keep);
    PyMem_Free(unit->exits);
    PyMem_Free(unit->slots);
    PyMem_Free(unit);
}

/* co_extra's destructor: the code object goes. */
static void orphan_unit(void *pointer)
{
    if (pointer != NULL) {
        dx_unit_orphan(pointer);
    }
}

void dx_unit_orphan(dx_unit *unit)
{
    dx_unwatch_unit(unit);
    unit->valid = 0;
    unit->orphaned = 1;
    if (unit->active == 0) {
        free_unit(unit);
    }
}

void dx_unit_leave(dx_unit *unit)
{
    assert(unit->active > 0);
    if (--unit->active == 0 && unit->orphaned) {
        free_unit(unit);
    }
}

void dx_unit_invalidate(dx_unit *unit)
{
    if (unit->valid) {
        unit->valid = 0;
        /* Other code takes over loops, and does not depend on what this one did. */
        if (unit->slots == NULL) {
            dx_uninstall_code(unit->code);
        }
    }
}

int dx_units_init(void)
{
    dx_unit_extra = PyUnstable_Eval_RequestCodeExtraIndex(orphan_unit);
    return dx_unit_extra < 0 ? -1 : 0;
}

/* The value of a global, or of a builtin that no global shadows: watched where it is, and
 * where it would be shadowed. NULL without an exception where there is none. */
static PyObject *watched_global(PyFunctionObject *func, PyObject *name, dx_unit *unit)
{
    PyObject *found = PyDict_GetItemWithError(func->func_globals, name);

    if (dx_watch_key(func->func_globals, name, unit) < 0) {
        return NULL;
    }
    if (found != NULL || PyErr_Occurred() || !PyDict_CheckExact(func->func_builtins)) {
        return found;
    }
    if (dx_watch_key(func->func_builtins, name, unit) < 0) {
        return NULL;
    }
    return PyDict_GetItemWithError(func->func_builtins, name);
}

/* "builtin:K:name" and "global:K:name": in the module of the K-th function. */
static void *resolve_global(const char *name, PyFunctionObject *func, dx_unit *unit,
                            void *expected)
{
    PyObject *key = PyUnicode_InternFromString(name);
    PyObject *found = key ? watched_global(func, key, unit) : NULL;

    if (found != NULL &&
        ((expected != NULL && found != expected) || PyList_Append(unit->keep, found) < 0)) {
        found = NULL;
    }
    Py_XDECREF(key);
    return found;
}

static void *resolve_name(const char *name, dx_unit *unit)
{
    PyObject *interned = PyUnicode_InternFromString(name);

    if (interned != NULL && PyList_Append(unit->keep, interned) < 0) {
        Py_CLEAR(interned);
    }
    Py_XDECREF(interned);
    return interned;
}

static void *resolve_constant(PyCodeObject *code, const char *rest)
{
    Py_ssize_t index = strtol(rest, NULL, 10);

    if (index < 0 || index >= PyTuple_GET_SIZE(code->co_consts)) {
        return NULL;
    }
    return PyTuple_GET_ITEM(code->co_consts, index);
}

/* The function of a row "kind:K:rest" or "kind:K"; `rest` is set to what follows. */
static PyFunctionObject *row_function(const char *row, PyFunctionObject *func, dx_unit *unit,
                                      const char **rest)
{
    char *end;
    Py_ssize_t index = strtol(strchr(row, ':') + 1, &end, 10);

    *rest = *end ? end + 1 : end;
    if (index == 0) {
        return func;
    }
    if (index < 0 || index >= PyTuple_GET_SIZE(unit->functions) ||
        PyTuple_GET_ITEM(unit->functions, index) == Py_None) {
        return NULL;
    }
    return (PyFunctionObject *)PyTuple_GET_ITEM(unit->functions, index);
}

static int starts_with(const char *row, const char *prefix)
{
    return strncmp(row, prefix, strlen(prefix)) == 0;
}

static void *resolve(const char *row, PyFunctionObject *own, dx_unit *unit)
{
    const char *rest;
    PyFunctionObject *func;

    if (strcmp(row, "unit") == 0) {
        return unit;
    }
    if (strcmp(row, "address:eval_breaker") == 0) {
        return &PyInterpreterState_Get()->ceval.eval_breaker;
    }
    if (starts_with(row, "helper:")) {
        return dx_helper_address(row + strlen("helper:"));
    }
    if (starts_with(row, "name:")) {
        return resolve_name(row + strlen("name:"), unit);
    }
    if (starts_with(row, "type:") || starts_with(row, "object:")) {
        return dx_builtin_address(row);
    }
    func = strchr(row, ':') ? row_function(row, own, unit, &rest) : NULL;
    if (func == NULL) {
        return NULL;
    }
    if (starts_with(row, "code:")) {
        return func->func_code;
    }
    if (starts_with(row, "func:")) {
        return func;
    }
    if (starts_with(row, "globals:")) {
        return func->func_globals;
    }
    if (starts_with(row, "const:")) {
        return resolve_constant((PyCodeObject *)func->func_code, rest);
    }
    if (starts_with(row, "default:")) {
        Py_ssize_t index = strtol(rest, NULL, 10);
        return func->func_defaults && index < PyTuple_GET_SIZE(func->func_defaults)
                   ? PyTuple_GET_ITEM(func->func_defaults, index)
                   : NULL;
    }
    if (starts_with(row, "global:")) {
        return resolve_global(rest, func, unit, NULL);
    }
    if (starts_with(row, "builtin:")) {
        char known[64];
        snprintf(known, sizeof(known), "builtin:%s", rest);
        return resolve_global(rest, func, unit, dx_builtin_address(known));
    }
    return NULL;
}

/* What the tier has found for a row: a number, or an object in a tuple, which is held. */
static int take_given(dx_unit *unit, PyObject *given, void **cell)
{
    if (PyLong_Check(given)) {
        *cell = PyLong_AsVoidPtr(given);
        return PyErr_Occurred() ? -1 : 0;
    }
    *cell = PyTuple_GET_ITEM(given, 0);
    return PyList_Append(unit->keep, *cell);
}

static int fill_table(dx_unit *unit, PyFunctionObject *func, PyObject *rows, PyObject *given)
{
    assert((char *)(unit->table + unit->row_count) <= (char *)unit->region + unit->region_size);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(rows); i++) {
        const char *row = PyUnicode_AsUTF8(PyTuple_GET_ITEM(rows, i));
        PyObject *found = PyDict_GetItemWithError(given, PyTuple_GET_ITEM(rows, i));
        if (row == NULL || PyErr_Occurred() ||
            (found != NULL && take_given(unit, found, &unit->table[i]) < 0)) {
            return -1;
        }
        if (found == NULL) {
            unit->table[i] = resolve(row, func, unit);
        }
        if (found == NULL && unit->table[i] == NULL) {
            if (!PyErr_Occurred()) {
                PyErr_Format(PyExc_LookupError, "address table row '%s' is not known here", row);
            }
            return -1;
        }
    }
    return 0;
}

/* The unit ends when one of its functions, or of these classes and keys, changes. 0, or -1 with an exception. */
static int watch_all(dx_unit *unit, PyObject *types, PyObject *keys)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(keys); i++) {
        PyObject *scope, *name;
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(keys, i), "O!U", &PyDict_Type, &scope, &name) ||
            dx_watch_key(scope, name, unit) < 0) {
            return -1;
        }
    }
    for (Py_ssize_t i = 1; i < PyTuple_GET_SIZE(unit->functions); i++) {
        PyObject *function = PyTuple_GET_ITEM(unit->functions, i);
        if (function != Py_None && dx_watch_function((PyFunctionObject *)function, unit) < 0) {
            return -1;
        }
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(types); i++) {
        if (PyList_Append(unit->keep, PyTuple_GET_ITEM(types, i)) < 0 ||
            dx_watch_type(PyTuple_GET_ITEM(types, i), unit) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Map code and table; 0, or -1 with an exception. */
static int map_region(dx_unit *unit, const char *code, size_t size, size_t rows)
{
    size_t table_size = (rows * sizeof(void *) + DX_PAGE - 1) / DX_PAGE * DX_PAGE;
    char *region = mmap(NULL, size + table_size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (region == MAP_FAILED) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    memcpy(region, code, size);
    unit->region = region;
    unit->region_size = size + table_size;
    unit->table = (void **)(region + size);
    if (mprotect(region, size, PROT_READ | PROT_EXEC) < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    __builtin___clear_cache(region, region + size);
    return 0;
}

/* Whether the functions look their names up in plain dicts; a subclass may have a __missing__. */
static int have_plain_globals(PyFunctionObject *own, PyObject *functions)
{
    int plain = PyDict_CheckExact(own->func_globals);

    for (Py_ssize_t i = 1; plain && i < PyTuple_GET_SIZE(functions); i++) {
        PyObject *function = PyTuple_GET_ITEM(functions, i);
        plain = function == Py_None ||
                PyDict_CheckExact(((PyFunctionObject *)function)->func_globals);
    }
    if (!plain) {
        PyErr_SetString(PyExc_LookupError, "global names are kept in a subclass of dict");
    }
    return plain;
}

/* What a unit is made of, as load_unit got it. */
typedef struct {
    PyFunctionObject *func;
    Py_buffer code;
    Py_ssize_t entry;
    PyObject *rows, *functions, *types, *given, *keys;
    PyObject *slots; /* of the loop at `header`, or NULL */
    Py_ssize_t header;
    unsigned int guards;
} parts;

/* 0, or -1 with an exception. */
static int copy_slots(dx_unit *unit, const parts *p)
{
    if (p->slots == NULL) {
        return 0;
    }
    unit->header = p->header;
    unit->slot_count = PyBytes_GET_SIZE(p->slots);
    unit->slots = PyMem_Malloc((size_t)unit->slot_count + 1);
    if (unit->slots == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(unit->slots, PyBytes_AS_STRING(p->slots), (size_t)unit->slot_count);
    return 0;
}

static dx_unit *new_unit(parts *p)
{
    dx_unit *unit = PyMem_Calloc(1, sizeof(dx_unit));

    if (unit == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    unit->code = (PyCodeObject *)p->func->func_code;
    unit->is_generator = (unit->code->co_flags & (CO_GENERATOR | CO_COROUTINE)) != 0;
    unit->globals = Py_NewRef(p->func->func_globals);
    unit->functions = Py_NewRef(p->functions);
    unit->keep = PyList_New(0);
    /* Not among the objects a program can count. */
    PyObject_GC_UnTrack(unit->functions);
    if (unit->keep != NULL) {
        PyObject_GC_UnTrack(unit->keep);
    }
    unit->guard_count = p->guards;
    unit->row_count = (size_t)PyTuple_GET_SIZE(p->rows);
    unit->exits = PyMem_Calloc(p->guards + 1, sizeof(uint32_t));
    if (unit->exits == NULL || unit->keep == NULL) {
        PyErr_NoMemory();
    }
    else if (copy_slots(unit, p) == 0 &&
             map_region(unit, p->code.buf, (size_t)p->code.len,
                        (size_t)PyTuple_GET_SIZE(p->rows)) == 0 &&
             fill_table(unit, p->func, p->rows, p->given) == 0 &&
             watch_all(unit, p->types, p->keys) == 0) {
        char *start = (char *)unit->region + p->entry;
        memcpy(&unit->run, &start, sizeof(start));
        unit->valid = 1;
        return unit;
    }
    dx_unwatch_unit(unit);
    if (unit->region != NULL) {
        munmap(unit->region, unit->region_size);
    }
    Py_DECREF(unit->globals);
    Py_DECREF(unit->functions);
    Py_XDECREF(unit->keep);
    PyMem_Free(unit->exits);
    PyMem_Free(unit->slots);
    PyMem_Free(unit);
    return NULL;
}

/* load_unit(function, code, entry, rows, guards, functions, types, given, keys, header, slots)
 * -> installed?
 * guards: how many there are; functions: that of each routine number; types: classes to watch; given: for some rows an
 * address or number, or an object in a tuple; keys: (dict, key) to watch. The last two are of
 * code that takes over a running loop: where that begins, and of each slot 1 for an object. */
PyObject *dx_load_unit(PyObject *module, PyObject *args)
{
    parts p = {.slots = NULL};
    dx_unit *unit = NULL;
    dx_unit *old;

    (void)module;
    if (!PyArg_ParseTuple(args, "O!y*nO!IO!O!O!O!|nS:load_unit", &PyFunction_Type, &p.func,
                          &p.code, &p.entry, &PyTuple_Type, &p.rows, &p.guards, &PyTuple_Type,
                          &p.functions, &PyTuple_Type, &p.types, &PyDict_Type, &p.given,
                          &PyTuple_Type, &p.keys, &p.header, &p.slots)) {
        return NULL;
    }
    old = dx_unit_of((PyCodeObject *)p.func->func_code);
    if (p.code.len == 0 || p.code.len % DX_PAGE != 0 || p.entry < 0 || p.entry >= p.code.len) {
        PyErr_SetString(PyExc_ValueError, "native code is not a whole number of pages");
    }
    else if (have_plain_globals(p.func, p.functions)) {
        unit = new_unit(&p);
    }
    PyBuffer_Release(&p.code);
    if (unit == NULL) {
        return NULL;
    }
    if (p.slots != NULL) {
        return dx_loop_add((PyCodeObject *)p.func->func_code, unit) < 0 ? NULL
                                                                        : Py_NewRef(Py_True);
    }
    if (old != NULL) {
        dx_unit_invalidate(old);
    }
    if (dx_set_extra((PyCodeObject *)p.func->func_code, dx_unit_extra, unit) < 0) {
        orphan_unit(unit);
        return NULL;
    }
    /* Frees the unit it replaces, now or when its last activation ends. */
    orphan_unit(old);
    return dx_install(module, (PyObject *)p.func);
}

PyObject *dx_install(PyObject *module, PyObject *callable)
{
    PyFunctionObject *func = (PyFunctionObject *)callable;
    dx_unit *unit;

    (void)module;
    if (!PyFunction_Check(callable)) {
        PyErr_SetString(PyExc_TypeError, "only functions have native code");
        return NULL;
    }
    unit = dx_unit_of((PyCodeObject *)func->func_code);
    if (unit == NULL || !unit->valid || unit->globals != func->func_globals ||
        func->vectorcall != _PyFunction_Vectorcall) {
        Py_RETURN_FALSE;
    }
    if (dx_installed_add(func) < 0) {
        return NULL;
    }
    PyFunction_SetVectorcall(func, dx_entry);
    Py_RETURN_TRUE;
}

/* suspend(func): interpreted until it is installed again. */
PyObject *dx_suspend(PyObject *module, PyObject *callable)
{
    PyFunctionObject *func = (PyFunctionObject *)callable;

    (void)module;
    if (PyFunction_Check(callable) && func->vectorcall == dx_entry) {
        dx_installed_remove(func);
        PyFunction_SetVectorcall(func, _PyFunction_Vectorcall);
    }
    Py_RETURN_NONE;
}

/* invalidate(code): its functions are interpreted from now on. */
PyObject *dx_invalidate(PyObject *module, PyObject *code)
{
    dx_unit *unit = PyCode_Check(code) ? dx_unit_of((PyCodeObject *)code) : NULL;

    (void)module;
    if (unit != NULL) {
        dx_unit_invalidate(unit);
    }
    Py_RETURN_NONE;
}

PyObject *dx_unit_stats(PyObject *module, PyObject *code)
{
    dx_unit *unit;
    PyObject *exits;

    (void)module;
    if (!PyCode_Check(code)) {
        PyErr_SetString(PyExc_TypeError, "a code object is needed");
        return NULL;
    }
    unit = dx_unit_of((PyCodeObject *)code);
    if (unit == NULL) {
        Py_RETURN_NONE;
    }
    exits = PyTuple_New(unit->guard_count);
    for (uint32_t i = 0; exits != NULL && i < unit->guard_count; i++) {
        PyObject *count = PyLong_FromUnsignedLong(unit->exits[i]);
        if (count == NULL) {
            Py_CLEAR(exits);
            break;
        }
        PyTuple_SET_ITEM(exits, i, count);
    }
    return Py_BuildValue("{s:O,s:K,s:K,s:N,s:(IIdd)}", "valid", unit->valid ? Py_True : Py_False,
                         "entries", unit->entries, "raises", unit->raises, "exits", exits,
                         "trial", unit->trial.counts[0], unit->trial.counts[1],
                         unit->trial.sums[0], unit->trial.sums[1]);
}
