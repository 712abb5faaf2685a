/* ``sys._jit`` as CPython 3.14 has it, for programs that ask whether they are compiled.
 *
 * Only where it was asked for: 3.12 has no such module, and some programs look for it. */
#include "dx_core.h"

/* The frame of native code that was built last, as long as it is there; never followed. */
static const _PyInterpreterFrame *native_frame;

void dx_frame_is_native(const _PyInterpreterFrame *frame)
{
    native_frame = frame;
}

static PyObject *is_available(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    Py_RETURN_TRUE;
}

/* Whether the innermost frame is that of native code, which has called this. */
static PyObject *is_active(PyObject *module, PyObject *unused)
{
    const _PyInterpreterFrame *frame = _PyThreadState_UncheckedGet()->cframe->current_frame;

    (void)module;
    (void)unused;
    return PyBool_FromLong(frame != NULL && frame == native_frame);
}

static PyMethodDef functions[] = {
    {"is_available", is_available, METH_NOARGS,
     "Return True if the current Python executable supports native code, and False otherwise."},
    {"is_enabled", is_available, METH_NOARGS,
     "Return True if native code is made for the current process, and False otherwise."},
    {"is_active", is_active, METH_NOARGS,
     "Return True if the topmost Python frame executes native code, and False otherwise."},
    {NULL, NULL, 0, NULL},
};

PyObject *dx_offer_sys_jit(PyObject *module, PyObject *unused)
{
    PyObject *offered = PyModule_New("sys._jit");

    (void)module;
    (void)unused;
    if (offered == NULL || PyModule_AddFunctions(offered, functions) < 0 ||
        PySys_SetObject("_jit", offered) < 0) {
        Py_XDECREF(offered);
        return NULL;
    }
    Py_DECREF(offered);
    Py_RETURN_NONE;
}
