/* Units: native code of one code object, from bytes to an installed function.
 *
 * The code's pages are readable and executable, never writable; the address table behind
 * them is writable, never executable. */
#include "dx_core.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define DX_PAGE 4096

dx_unit *dx_unit_of(PyCodeObject *code)
{
    void *unit = NULL;
    PyUnstable_Code_GetExtra((PyObject *)code, dx_unit_extra, &unit);
    return unit;
}

static void free_unit(dx_unit *unit)
{
    munmap(unit->region, unit->region_size);
    Py_XDECREF(unit->globals);
    Py_XDECREF(unit->keep);
    PyMem_Free(unit->exits);
    PyMem_Free(unit);
}

/* co_extra's destructor: the code object goes. */
static void orphan_unit(void *pointer)
{
    dx_unit *unit = pointer;

    if (unit == NULL) {
        return;
    }
    dx_unwatch_unit(unit);
    unit->valid = 0;
    unit->orphaned = 1;
    if (unit->active == 0) {
        free_unit(unit);
    }
}

void dx_unit_leave(dx_unit *unit)
{
    if (--unit->active == 0 && unit->orphaned) {
        free_unit(unit);
    }
}

void dx_unit_invalidate(dx_unit *unit)
{
    if (unit->valid) {
        unit->valid = 0;
        dx_uninstall_code(unit->code);
    }
}

int dx_units_init(void)
{
    dx_unit_extra = PyUnstable_Eval_RequestCodeExtraIndex(orphan_unit);
    return dx_unit_extra < 0 ? -1 : 0;
}

/* A builtin the function's module does not shadow: watched in both dicts. NULL with an
 * exception set, or without one where the name means something else here. */
static void *resolve_builtin(const char *row, PyFunctionObject *func, dx_unit *unit)
{
    PyObject *expected = dx_builtin_address(row);
    PyObject *name = PyUnicode_InternFromString(row + strlen("builtin:"));
    PyObject *found = NULL;

    if (name == NULL) {
        return NULL;
    }
    if (PyDict_CheckExact(func->func_builtins) &&
        PyDict_GetItemWithError(func->func_globals, name) == NULL && !PyErr_Occurred()) {
        found = PyDict_GetItemWithError(func->func_builtins, name);
    }
    if (found == NULL || (expected != NULL && found != expected) ||
        PyList_Append(unit->keep, found) < 0 ||
        dx_watch_key(func->func_globals, name, unit) < 0 ||
        dx_watch_key(func->func_builtins, name, unit) < 0) {
        found = NULL;
    }
    Py_DECREF(name);
    return found;
}

static void *resolve_name(const char *name, PyCodeObject *code)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(code->co_names); i++) {
        PyObject *candidate = PyTuple_GET_ITEM(code->co_names, i);
        const char *text = PyUnicode_AsUTF8(candidate);
        if (text != NULL && strcmp(text, name) == 0) {
            return candidate;
        }
        PyErr_Clear();
    }
    return NULL;
}

static void *resolve_constant(const char *row, PyCodeObject *code)
{
    Py_ssize_t owner, index;

    if (sscanf(row, "const:%zd:%zd", &owner, &index) != 2 || owner != 0 || index < 0 ||
        index >= PyTuple_GET_SIZE(code->co_consts)) {
        return NULL;
    }
    return PyTuple_GET_ITEM(code->co_consts, index);
}

static void *resolve(const char *row, PyFunctionObject *func, dx_unit *unit)
{
    if (strcmp(row, "unit") == 0) {
        return unit;
    }
    if (strcmp(row, "code:0") == 0) {
        return unit->code;
    }
    if (strcmp(row, "address:eval_breaker") == 0) {
        return &PyInterpreterState_Get()->ceval.eval_breaker;
    }
    if (strncmp(row, "helper:", 7) == 0) {
        return dx_helper_address(row + 7);
    }
    if (strncmp(row, "name:", 5) == 0) {
        return resolve_name(row + 5, unit->code);
    }
    if (strncmp(row, "const:", 6) == 0) {
        return resolve_constant(row, unit->code);
    }
    if (strncmp(row, "builtin:", 8) == 0) {
        return resolve_builtin(row, func, unit);
    }
    return dx_builtin_address(row);
}

static int fill_table(dx_unit *unit, PyFunctionObject *func, PyObject *rows)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(rows); i++) {
        const char *row = PyUnicode_AsUTF8(PyTuple_GET_ITEM(rows, i));
        if (row == NULL) {
            return -1;
        }
        unit->table[i] = resolve(row, func, unit);
        if (unit->table[i] == NULL) {
            if (!PyErr_Occurred()) {
                PyErr_Format(PyExc_LookupError, "address table row '%s' is not known here", row);
            }
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

static dx_unit *new_unit(PyFunctionObject *func, Py_buffer *code, Py_ssize_t entry,
                         PyObject *rows, uint32_t guards)
{
    dx_unit *unit = PyMem_Calloc(1, sizeof(dx_unit));

    if (unit == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    unit->code = (PyCodeObject *)func->func_code;
    unit->globals = Py_NewRef(func->func_globals);
    unit->keep = PyList_New(0);
    if (unit->keep != NULL) {
        /* Not one of the objects a program can count. */
        PyObject_GC_UnTrack(unit->keep);
    }
    unit->guard_count = guards;
    unit->exits = PyMem_Calloc(guards + 1, sizeof(uint32_t));
    if (unit->exits == NULL || unit->keep == NULL) {
        PyErr_NoMemory();
    }
    else if (map_region(unit, code->buf, (size_t)code->len, (size_t)PyTuple_GET_SIZE(rows)) == 0 &&
             fill_table(unit, func, rows) == 0) {
        char *start = (char *)unit->region + entry;
        memcpy(&unit->run, &start, sizeof(start));
        unit->valid = 1;
        return unit;
    }
    dx_unwatch_unit(unit);
    if (unit->region != NULL) {
        munmap(unit->region, unit->region_size);
    }
    Py_DECREF(unit->globals);
    Py_XDECREF(unit->keep);
    PyMem_Free(unit->exits);
    PyMem_Free(unit);
    return NULL;
}

PyObject *dx_load_unit(PyObject *module, PyObject *args)
{
    PyFunctionObject *func;
    Py_buffer code;
    Py_ssize_t entry;
    PyObject *rows;
    unsigned int guards;
    dx_unit *unit = NULL;

    (void)module;
    if (!PyArg_ParseTuple(args, "O!y*nO!I:load_unit", &PyFunction_Type, &func, &code, &entry,
                          &PyTuple_Type, &rows, &guards)) {
        return NULL;
    }
    if (code.len == 0 || code.len % DX_PAGE != 0 || entry < 0 || entry >= code.len) {
        PyErr_SetString(PyExc_ValueError, "native code is not a whole number of pages");
    }
    else if (dx_unit_of((PyCodeObject *)func->func_code) != NULL &&
             dx_unit_of((PyCodeObject *)func->func_code)->active > 0) {
        PyErr_SetString(PyExc_RuntimeError, "the code that would be replaced is running");
    }
    else {
        unit = new_unit(func, &code, entry, rows, guards);
    }
    PyBuffer_Release(&code);
    if (unit == NULL) {
        return NULL;
    }
    /* Frees the unit it replaces. */
    if (PyUnstable_Code_SetExtra(func->func_code, dx_unit_extra, unit) < 0) {
        orphan_unit(unit);
        return NULL;
    }
    return dx_install(module, (PyObject *)func);
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
    return Py_BuildValue("{s:O,s:K,s:K,s:N}", "valid", unit->valid ? Py_True : Py_False,
                         "entries", unit->entries, "raises", unit->raises, "exits", exits);
}
