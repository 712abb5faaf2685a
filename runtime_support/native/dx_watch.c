/* What native code takes for granted, watched: functions' code; and which functions have some.
 *
 * One watcher for all of DX-Py, since an interpreter has eight. */
#include "dx_core.h"

typedef struct {
    PyFunctionObject *func; /* borrowed: the unit's `keep` holds it */
    dx_unit *unit;
} function_watch;

static function_watch *functions;
static size_t function_count, function_room;
static PyFunctionObject **installed;
static size_t installed_count, installed_room;

int dx_grow(void **array, size_t *room, size_t count, size_t item)
{
    size_t wanted = *room ? *room * 2 : 16;
    void *moved;

    if (count < *room) {
        return 0;
    }
    moved = PyMem_Realloc(*array, wanted * item);
    if (moved == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    *array = moved;
    *room = wanted;
    return 0;
}

int dx_watch_function(PyFunctionObject *func, dx_unit *unit)
{
    if (dx_grow((void **)&functions, &function_room, function_count, sizeof(*functions)) < 0) {
        return -1;
    }
    functions[function_count++] = (function_watch){func, unit};
    return 0;
}

static void unwatch_functions(dx_unit *unit)
{
    size_t kept = 0;

    for (size_t i = 0; i < function_count; i++) {
        if (functions[i].unit != unit) {
            functions[kept++] = functions[i];
        }
    }
    function_count = kept;
}

/* A function changed: code that has taken it apart is invalid. */
static void function_changed(PyFunctionObject *func)
{
    for (size_t i = 0; i < function_count; i++) {
        if (functions[i].func == func) {
            dx_unit_invalidate(functions[i].unit);
        }
    }
}

void dx_unwatch_unit(dx_unit *unit)
{
    dx_unwatch_types(unit);
    dx_unwatch_keys(unit);
    unwatch_functions(unit);
}

int dx_installed_add(PyFunctionObject *func)
{
    if (dx_grow((void **)&installed, &installed_room, installed_count, sizeof(*installed)) < 0) {
        return -1;
    }
    assert(Py_REFCNT(func) > 0);
    installed[installed_count++] = func;
    return 0;
}

void dx_installed_remove(PyFunctionObject *func)
{
    /* What goes is mostly what came last: a function of a call that ends. */
    for (size_t i = installed_count; i-- > 0;) {
        if (installed[i] == func) {
            installed[i] = installed[--installed_count];
            return;
        }
    }
}

void dx_uninstall_code(PyCodeObject *code)
{
    size_t kept = 0;

    for (size_t i = 0; i < installed_count; i++) {
        if (installed[i]->func_code == (PyObject *)code) {
            PyFunction_SetVectorcall(installed[i], _PyFunction_Vectorcall);
        }
        else {
            installed[kept++] = installed[i];
        }
    }
    installed_count = kept;
}

void dx_installed_switch(int native)
{
    for (size_t i = 0; i < installed_count; i++) {
        PyFunction_SetVectorcall(installed[i], native ? dx_entry : _PyFunction_Vectorcall);
    }
}

static void restore(PyFunctionObject *func)
{
    dx_installed_remove(func);
    if (func->vectorcall == dx_entry) {
        PyFunction_SetVectorcall(func, _PyFunction_Vectorcall);
    }
}

static int on_function(PyFunction_WatchEvent event, PyFunctionObject *func, PyObject *value)
{
    dx_unit *unit;

    (void)value;
    switch (event) {
    case PyFunction_EVENT_CREATE:
        unit = dx_unit_of((PyCodeObject *)func->func_code);
        /* The interpreter makes generators itself, without a call in C: most of these functions
         * are those of generator expressions, which are called once. */
        if (unit != NULL && unit->valid && !unit->is_generator && unit->globals == func->func_globals &&
            dx_installed_add(func) == 0) {
            PyFunction_SetVectorcall(func, dx_entry);
        }
        break;
    case PyFunction_EVENT_MODIFY_CODE:
        restore(func);
        function_changed(func);
        break;
    case PyFunction_EVENT_MODIFY_DEFAULTS:
    case PyFunction_EVENT_MODIFY_KWDEFAULTS:
        function_changed(func);
        break;
    case PyFunction_EVENT_DESTROY:
        /* Programs make and drop many a function whose code is interpreted. */
        if (dx_unit_of((PyCodeObject *)func->func_code) != NULL) {
            dx_installed_remove(func);
        }
        break;
    default:
        break;
    }
    return 0;
}

int dx_watch_init(void)
{
    return PyFunction_AddWatcher(on_function) < 0 ? -1 : 0;
}
