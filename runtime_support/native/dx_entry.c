/* How a call gets into native code: may it run, what are its arguments. */
#include "dx_core.h"

/* Arguments on the C stack; functions with more keep to the interpreter. */
#define DX_MAX_BOUND 64
/* Entries between two looks for answers of the worker. */
#define DX_POLL_ENTRIES 64
/* Of the host's budget of 1,500 nested C calls, what the interpreter is left. */
#define DX_MIN_C_RECURSION 600

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

static int may_run(PyThreadState *ts, dx_unit *unit)
{
    if (!unit->valid || ts->py_recursion_remaining <= 1 || ts->interp != PyInterpreterState_Main()) {
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

/* The parameter a keyword names, or -1. */
static Py_ssize_t parameter_index(PyCodeObject *code, PyObject *keyword)
{
    for (Py_ssize_t i = code->co_posonlyargcount; i < code->co_argcount; i++) {
        PyObject *name = PyTuple_GET_ITEM(code->co_localsplusnames, i);
        if (name == keyword || PyUnicode_Compare(name, keyword) == 0) {
            return i;
        }
    }
    return -1;
}

/* Fill `bound` (borrowed) from positional arguments, keywords and defaults. 0 where the call
 * is not a plain one: the interpreter then does it, or raises. */
static int bind(PyFunctionObject *func, PyCodeObject *code, PyObject *const *args,
                Py_ssize_t given, PyObject *kwnames, PyObject **bound)
{
    Py_ssize_t count = code->co_argcount;
    Py_ssize_t defaults = func->func_defaults ? PyTuple_GET_SIZE(func->func_defaults) : 0;

    if (given > count || count > DX_MAX_BOUND || code->co_kwonlyargcount > 0) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        bound[i] = i < given ? args[i] : NULL;
    }
    for (Py_ssize_t k = 0; kwnames != NULL && k < PyTuple_GET_SIZE(kwnames); k++) {
        Py_ssize_t index = parameter_index(code, PyTuple_GET_ITEM(kwnames, k));
        if (index < 0 || bound[index] != NULL) {
            return 0;
        }
        bound[index] = args[given + k];
    }
    for (Py_ssize_t i = given; i < count; i++) {
        if (bound[i] == NULL) {
            if (i < count - defaults) {
                return 0;
            }
            bound[i] = PyTuple_GET_ITEM(func->func_defaults, i - (count - defaults));
        }
    }
    return 1;
}

static PyObject *run_held(PyThreadState *ts, dx_unit *unit, PyFunctionObject *func,
                          PyObject *const *args)
{
    PyObject *result;

    unit->entries++;
    unit->active++;
    ts->py_recursion_remaining--;
    ts->c_recursion_remaining--;
    result = unit->run(ts, func, args);
    ts->c_recursion_remaining++;
    ts->py_recursion_remaining++;
    dx_unit_leave(unit);
    return result;
}

/* The arguments are held meanwhile, as the interpreter's locals would: a caller may have
 * borrowed them from what the function itself takes apart (WITH_EXCEPT_START its traceback),
 * and the function may lose its defaults. */
static PyObject *run(PyThreadState *ts, dx_unit *unit, PyFunctionObject *func,
                     PyObject *const *args)
{
    Py_ssize_t count = unit->code->co_argcount;
    PyObject *held[DX_MAX_BOUND];
    PyObject *result;

    for (Py_ssize_t i = 0; i < count; i++) {
        held[i] = Py_NewRef(args[i]);
    }
    result = run_held(ts, unit, func, held);
    for (Py_ssize_t i = 0; i < count; i++) {
        if (Py_REFCNT(held[i]) == 1) {
            /* A finalizer may look at the frames of the callers. */
            dx_show_frames(ts);
        }
        Py_DECREF(held[i]);
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

/* From native code, which owns the arguments until the call has returned. */
PyObject *dx_call_native(PyThreadState *ts, PyObject *callable, PyObject *const *args,
                         size_t given, PyObject *kwnames)
{
    PyFunctionObject *func = (PyFunctionObject *)callable;
    PyCodeObject *code = (PyCodeObject *)func->func_code;
    dx_unit *unit = dx_unit_of(code);

    if (kwnames != NULL || given != (size_t)code->co_argcount || code->co_kwonlyargcount > 0 ||
        ts->c_recursion_remaining < DX_MIN_C_RECURSION || unit == NULL || !may_run(ts, unit)) {
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
    if (unit == NULL || !may_run(ts, unit)) {
        dx_show_frames(ts);
        return _PyFunction_Vectorcall(callable, args, nargsf, kwnames);
    }
    if (dx_wants_trial(unit)) {
        return dx_try(ts, unit, func, args, nargsf, kwnames);
    }
    if (kwnames == NULL && given == code->co_argcount && given <= DX_MAX_BOUND &&
        code->co_kwonlyargcount == 0) {
        return run(ts, unit, func, args);
    }
    if (!bind(func, code, args, given, kwnames, bound)) {
        dx_show_frames(ts);
        return _PyFunction_Vectorcall(callable, args, nargsf, kwnames);
    }
    return run(ts, unit, func, bound);
}
