/* Names that the program assigns to again: native code that took them for constant ends, and is
 * made once more without that. */
#include "dx_core.h"

/* Of more names than these nothing is remembered: their code stays interpreted. */
#define DX_MAX_CHANGES 1024
/* Listening to the calls of code again is dear: it is done so often at most. */
#define DX_MAX_RESTARTS 64

static struct {
    PyObject *dict, *name; /* strong: the dict's address stays its own */
} changes[DX_MAX_CHANGES];
static size_t change_count;
static PyObject *on_change;
static int is_pending, restarts;

static int is_known(PyObject *dict, PyObject *name)
{
    for (size_t i = 0; i < change_count; i++) {
        if (changes[i].dict == dict && changes[i].name == name) {
            return 1;
        }
    }
    return 0;
}

/* Called by the host between two instructions, not in the middle of a store. */
static int tell_change(void *unused)
{
    PyObject *result;

    (void)unused;
    is_pending = 0;
    if (on_change == NULL || on_change == Py_None) {
        return 0;
    }
    result = PyObject_CallNoArgs(on_change);
    if (result == NULL) {
        PyErr_WriteUnraisable(on_change);
    }
    Py_XDECREF(result);
    return 0;
}

void dx_change(PyObject *dict, PyObject *name, dx_unit *unit)
{
    if (!unit->valid || change_count == DX_MAX_CHANGES || restarts == DX_MAX_RESTARTS) {
        return;
    }
    if (!is_known(dict, name)) {
        changes[change_count].dict = Py_NewRef(dict);
        changes[change_count++].name = Py_NewRef(name);
    }
    if (dx_compile_again(unit->code) && !is_pending && Py_AddPendingCall(tell_change, NULL) == 0) {
        is_pending = 1;
        restarts++;
    }
}

/* is_changing(dict, name) -> whether native code was wrong about it once. */
static PyObject *is_changing(PyObject *module, PyObject *args)
{
    PyObject *dict, *name;

    (void)module;
    if (!PyArg_ParseTuple(args, "OU:is_changing", &dict, &name)) {
        return NULL;
    }
    return PyBool_FromLong(is_known(dict, name));
}

/* set_change(hook): called when code is to be made once more, at one of its next calls. */
static PyObject *set_change(PyObject *module, PyObject *hook)
{
    (void)module;
    Py_XSETREF(on_change, Py_NewRef(hook));
    Py_RETURN_NONE;
}

PyMethodDef dx_change_methods[] = {
    {"is_changing", is_changing, METH_VARARGS, "whether a name was assigned to again"},
    {"set_change", set_change, METH_O, "set what listens to calls again"},
    {NULL, NULL, 0, NULL},
};
