/* What native code takes for granted, watched: names in dicts, and functions' code.
 *
 * One watcher of each kind for all of DX-Py, since an interpreter has eight. A dict watcher
 * sees every store to a watched dict, so keys are filtered here, in C. */
#include "dx_core.h"

#include <string.h>

typedef struct {
    PyObject *dict; /* strong: a dict may be freed while its watch stands */
    PyObject *key;  /* strong */
    dx_unit *unit;
} watch;

typedef struct {
    PyFunctionObject *func; /* borrowed: the unit's `keep` holds it */
    dx_unit *unit;
} function_watch;

static int dict_watcher = -1;
static function_watch *functions;
static size_t function_count, function_room;
static watch *watches;
static size_t watch_count, watch_room;
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

/* A bit for each pair of dict and key that may be watched: most stores are of others. */
#define DX_FILTER_BITS 4096
static uint64_t filter[DX_FILTER_BITS / 64];

static size_t filter_bit(PyObject *dict, PyObject *key)
{
    uintptr_t mixed = ((uintptr_t)dict >> 4) * 31 + ((uintptr_t)key >> 4);

    return (mixed ^ mixed >> 12) % DX_FILTER_BITS;
}

static void add_to_filter(PyObject *dict, PyObject *key)
{
    size_t bit = filter_bit(dict, key);

    filter[bit / 64] |= (uint64_t)1 << bit % 64;
}

static int on_dict(PyDict_WatchEvent event, PyObject *dict, PyObject *key, PyObject *value)
{
    int whole = event == PyDict_EVENT_CLEARED || event == PyDict_EVENT_CLONED ||
                event == PyDict_EVENT_DEALLOCATED;
    size_t bit = filter_bit(dict, key);

    (void)value;
    if (!whole && (filter[bit / 64] >> bit % 64 & 1) == 0) {
        return 0;
    }
    for (size_t i = 0; i < watch_count; i++) {
        if (watches[i].dict == dict && (whole || watches[i].key == key)) {
            if (!whole) {
                dx_change(dict, key, watches[i].unit);
            }
            dx_unit_invalidate(watches[i].unit);
        }
    }
    return 0;
}

int dx_watch_key(PyObject *dict, PyObject *key, dx_unit *unit)
{
    if (dx_grow((void **)&watches, &watch_room, watch_count, sizeof(watch)) < 0 ||
        PyDict_Watch(dict_watcher, dict) < 0) {
        return -1;
    }
    watches[watch_count++] = (watch){Py_NewRef(dict), Py_NewRef(key), unit};
    add_to_filter(dict, key);
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
    size_t kept = 0;

    dx_unwatch_types(unit);
    unwatch_functions(unit);
    memset(filter, 0, sizeof(filter));
    for (size_t i = 0; i < watch_count; i++) {
        if (watches[i].unit == unit) {
            Py_DECREF(watches[i].dict);
            Py_DECREF(watches[i].key);
        }
        else {
            add_to_filter(watches[i].dict, watches[i].key);
            watches[kept++] = watches[i];
        }
    }
    watch_count = kept;
}

int dx_installed_add(PyFunctionObject *func)
{
    if (dx_grow((void **)&installed, &installed_room, installed_count, sizeof(*installed)) < 0) {
        return -1;
    }
    installed[installed_count++] = func;
    return 0;
}

void dx_installed_remove(PyFunctionObject *func)
{
    for (size_t i = 0; i < installed_count; i++) {
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
    dict_watcher = PyDict_AddWatcher(on_dict);
    return dict_watcher < 0 || PyFunction_AddWatcher(on_function) < 0 ? -1 : 0;
}
