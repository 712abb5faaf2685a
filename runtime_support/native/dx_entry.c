/* How a call gets into native code: may it run, what are its arguments. */
#include "dx_core.h"

/* Arguments on the C stack; functions with more keep to the interpreter. */
#define DX_MAX_BOUND 64
/* Entries between two looks for answers of the worker. */
#define DX_POLL_ENTRIES 64

int dx_is_observed(PyInterpreterState *interp, PyCodeObject *code)
{
    uint8_t ours = 1 << PY_MONITORING_OPTIMIZER_ID;
    uint8_t tools = 0;

    for (int event = 0; event < _PY_MONITORING_UNGROUPED_EVENTS; event++) {
        tools |= interp->monitors.tools[event];
        if (code->_co_monitoring != NULL) {
            tools |= code->_co_monitoring->local_monitors.tools[event];
        }
    }
    return (tools & ~ours) != 0;
}

int dx_may_run(PyThreadState *ts, dx_unit *unit)
{
    if (!unit->valid || ts->py_recursion_remaining <= 1 ||
        ts->interp != PyInterpreterState_Main() || dx_is_hooked(ts)) {
        return 0;
    }
    if (unit->checked_version != ts->interp->monitoring_version) {
        if (dx_is_observed(ts->interp, unit->code)) {
            return 0;
        }
        unit->checked_version = ts->interp->monitoring_version;
    }
    return 1;
}

static int may_enter(PyThreadState *ts, dx_unit *unit)
{
    return dx_may_run(ts, unit) && (!unit->is_generator || dx_can_make(ts, unit->code));
}

/* The parameter a keyword names, or -1. */
static Py_ssize_t parameter_index(PyCodeObject *code, PyObject *keyword)
{
    Py_ssize_t count = code->co_argcount + code->co_kwonlyargcount;

    for (Py_ssize_t i = code->co_posonlyargcount; i < count; i++) {
        PyObject *name = PyTuple_GET_ITEM(code->co_localsplusnames, i);
        if (name == keyword || PyUnicode_Compare(name, keyword) == 0) {
            return i;
        }
    }
    return -1;
}

/* Parameters, those with stars last. */
static Py_ssize_t parameter_count(PyCodeObject *code)
{
    return code->co_argcount + code->co_kwonlyargcount + ((code->co_flags & CO_VARARGS) != 0) +
           ((code->co_flags & CO_VARKEYWORDS) != 0);
}

/* Whether positional arguments, as many as there are parameters, are all that is to be bound. */
static int is_plain(PyCodeObject *code)
{
    return code->co_kwonlyargcount == 0 &&
           (code->co_flags & (CO_VARARGS | CO_VARKEYWORDS)) == 0;
}

/* Borrowed from the function; NULL where a parameter has no default. */
static PyObject *default_of(PyFunctionObject *func, PyCodeObject *code, Py_ssize_t parameter)
{
    Py_ssize_t first = code->co_argcount;

    if (parameter >= code->co_argcount) {
        PyObject *name = PyTuple_GET_ITEM(code->co_localsplusnames, parameter);
        PyObject *found = func->func_kwdefaults
                              ? PyDict_GetItemWithError(func->func_kwdefaults, name)
                              : NULL;
        PyErr_Clear();
        return found;
    }
    first -= func->func_defaults ? PyTuple_GET_SIZE(func->func_defaults) : 0;
    return parameter < first ? NULL : PyTuple_GET_ITEM(func->func_defaults, parameter - first);
}

static int bind_keyword(PyCodeObject *code, PyObject *name, PyObject *value, PyObject *keywords,
                        PyObject **bound)
{
    Py_ssize_t index = parameter_index(code, name);

    if (index >= 0 && bound[index] == NULL) {
        bound[index] = value;
        return 1;
    }
    return index < 0 && keywords != NULL && PyDict_SetItem(keywords, name, value) == 0;
}

/* Fill `bound` from positional arguments, keywords and defaults, all borrowed but the tuple and
 * the dict of parameters with stars, which come last. 0 where the call is an error: the
 * interpreter then does it, and raises. */
static int bind(PyFunctionObject *func, PyCodeObject *code, PyObject *const *args,
                Py_ssize_t given, PyObject *kwnames, PyObject **bound)
{
    Py_ssize_t named = code->co_argcount + code->co_kwonlyargcount;
    Py_ssize_t last = named, positional = Py_MIN(given, code->co_argcount);
    int has_rest = (code->co_flags & CO_VARARGS) != 0, is_bound = 1;
    PyObject *rest = NULL, *keywords = NULL;

    if ((given > code->co_argcount && !has_rest) || parameter_count(code) > DX_MAX_BOUND) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < named; i++) {
        bound[i] = i < positional ? args[i] : NULL;
    }
    if (has_rest) {
        rest = bound[last++] = PyTuple_New(given - positional);
        is_bound = rest != NULL;
        for (Py_ssize_t i = positional; is_bound && i < given; i++) {
            PyTuple_SET_ITEM(rest, i - positional, Py_NewRef(args[i]));
        }
    }
    if (code->co_flags & CO_VARKEYWORDS) {
        keywords = bound[last] = PyDict_New();
        is_bound = is_bound && keywords != NULL;
    }
    for (Py_ssize_t k = 0; is_bound && kwnames != NULL && k < PyTuple_GET_SIZE(kwnames); k++) {
        is_bound = bind_keyword(code, PyTuple_GET_ITEM(kwnames, k), args[given + k], keywords, bound);
    }
    for (Py_ssize_t i = positional; is_bound && i < named; i++) {
        if (bound[i] == NULL) {
            is_bound = (bound[i] = default_of(func, code, i)) != NULL;
        }
    }
    if (!is_bound) {
        PyErr_Clear();
        Py_XDECREF(rest);
        Py_XDECREF(keywords);
    }
    return is_bound;
}

static PyObject *run_held(PyThreadState *ts, dx_unit *unit, PyFunctionObject *func,
                          PyObject *const *args)
{
#ifndef NDEBUG
    _PyInterpreterFrame *frame = ts->cframe->current_frame;
    dx_shadow *lazy = dx_lazy;
    int recursion = ts->py_recursion_remaining, c_recursion = ts->c_recursion_remaining;
    PyObject **top = ts->datastack_top;
#endif
    PyObject *result;

    if (unit->is_generator) {
        /* It is its steps that run natively. */
        return dx_new_generator(func, args);
    }
    assert(PyGILState_Check() && unit->valid && recursion > 0 && PyErr_Occurred() == NULL);
    dx_ask_for_poll(ts);
    unit->entries++;
    unit->active++;
    ts->py_recursion_remaining--;
    ts->c_recursion_remaining--;
    result = unit->run(ts, func, args);
    ts->c_recursion_remaining++;
    ts->py_recursion_remaining++;
    assert(result == NULL || (Py_REFCNT(result) > 0 && PyErr_Occurred() == NULL));
    assert(recursion == ts->py_recursion_remaining && c_recursion == ts->c_recursion_remaining);
    /* Frames of callers may have been built meanwhile; a new thread has no stack at first. */
    assert(lazy != NULL || frame == ts->cframe->current_frame);
    assert(lazy != NULL || top == NULL || top == ts->datastack_top);
    dx_unit_leave(unit);
    return result;
}

/* Gives up what the function was called with. */
static void release(PyObject *argument)
{
    if (Py_REFCNT(argument) == 1) {
        /* A finalizer may look at the frames of the callers. */
        dx_show_frames(_PyThreadState_UncheckedGet());
    }
    Py_DECREF(argument);
}

/* The arguments are held meanwhile, as the interpreter's locals would: a caller may have
 * borrowed them from what the function itself takes apart (WITH_EXCEPT_START its traceback),
 * and the function may lose its defaults. Those from `owned` on are held already. */
static PyObject *run(PyThreadState *ts, dx_unit *unit, PyFunctionObject *func,
                     PyObject *const *args, Py_ssize_t owned)
{
    Py_ssize_t count = parameter_count(unit->code);
    PyObject *held[DX_MAX_BOUND];
    PyObject *result;

    for (Py_ssize_t i = 0; i < count; i++) {
        held[i] = i < owned ? Py_NewRef(args[i]) : args[i];
    }
    result = run_held(ts, unit, func, held);
    for (Py_ssize_t i = 0; i < count; i++) {
        release(held[i]);
    }
    return result;
}

/* Little C stack is left. The interpreter calls Python functions without using any, so for
 * the extent of this call nothing runs natively. */
static PyObject *run_deep(PyObject *callable, PyObject *const *args, size_t nargsf,
                          PyObject *kwnames)
{
    PyObject *result;

    dx_installed_switch(0);
    result = _PyFunction_Vectorcall(callable, args, nargsf, kwnames);
    dx_installed_switch(1);
    return result;
}

int dx_is_native(PyObject *callable)
{
    PyFunctionObject *func = (PyFunctionObject *)callable;
    PyCodeObject *code = (PyCodeObject *)func->func_code;

    /* Those of generator expressions are not installed. */
    return func->vectorcall == dx_entry ||
           ((code->co_flags & (CO_GENERATOR | CO_COROUTINE)) && dx_unit_of(code) != NULL);
}

/* From native code, which owns the arguments until the call has returned. */
PyObject *dx_call_native(PyThreadState *ts, PyObject *callable, PyObject *const *args,
                         size_t given, PyObject *kwnames)
{
    PyFunctionObject *func = (PyFunctionObject *)callable;
    PyCodeObject *code = (PyCodeObject *)func->func_code;
    dx_unit *unit = dx_unit_of(code);

    if (kwnames != NULL || given != (size_t)code->co_argcount || !is_plain(code) ||
        ts->c_recursion_remaining < DX_MIN_C_RECURSION || unit == NULL || !may_enter(ts, unit)) {
        return dx_entry(callable, args, given, kwnames);
    }
    return run_held(ts, unit, func, args);
}

static uint32_t entries;

PyObject *dx_entry(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    PyFunctionObject *func = (PyFunctionObject *)callable;
    PyCodeObject *code = (PyCodeObject *)func->func_code;
    Py_ssize_t given = PyVectorcall_NARGS(nargsf);
    PyThreadState *ts = _PyThreadState_UncheckedGet();
    PyObject *bound[DX_MAX_BOUND];
    dx_unit *unit;

    /* May replace the unit. */
    if (dx_awaited != 0 && dx_lazy == NULL && ++entries % DX_POLL_ENTRIES == 0) {
        dx_look_for_answers();
    }
    unit = dx_unit_of(code);

    if (ts->c_recursion_remaining < DX_MIN_C_RECURSION) {
        dx_show_frames(ts);
        return run_deep(callable, args, nargsf, kwnames);
    }
    if (unit == NULL || !may_enter(ts, unit)) {
        dx_show_frames(ts);
        return _PyFunction_Vectorcall(callable, args, nargsf, kwnames);
    }
    if (!unit->is_generator && dx_wants_trial(unit)) {
        return dx_try(ts, unit, func, args, nargsf, kwnames);
    }
    if (kwnames == NULL && given == code->co_argcount && given <= DX_MAX_BOUND &&
        is_plain(code)) {
        return run(ts, unit, func, args, given);
    }
    if (!bind(func, code, args, given, kwnames, bound)) {
        dx_show_frames(ts);
        return _PyFunction_Vectorcall(callable, args, nargsf, kwnames);
    }
    return run(ts, unit, func, bound, code->co_argcount + code->co_kwonlyargcount);
}
