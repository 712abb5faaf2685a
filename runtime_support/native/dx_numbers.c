/* Boxes of floats, and arithmetic on operands of which each is a float or an int.
 *
 * The host finds its list of free floats through the thread's state, for which a library has to
 * ask the loader each time. Native code runs in the main interpreter alone, which does not move. */
#include "dx_core.h"

static struct _Py_float_state *floats;

void dx_numbers_init(void)
{
    floats = &PyInterpreterState_Main()->float_state;
}

/* Whether the host's own way is to be taken, which tells what traces memory. */
static int is_traced(void)
{
    return _PyRuntime.tracemalloc.config.tracing;
}

PyObject *dx_float_box(double value)
{
    PyFloatObject *box = floats->free_list;

    if (box == NULL || is_traced()) {
        return PyFloat_FromDouble(value);
    }
    floats->free_list = (PyFloatObject *)Py_TYPE(box);
    floats->numfree--;
    Py_SET_TYPE(box, &PyFloat_Type);
    Py_SET_REFCNT((PyObject *)box, 1);
    box->ob_fval = value;
    return (PyObject *)box;
}

void dx_release_leaf(PyObject *object)
{
    if (object == NULL || _Py_IsImmortal(object)) {
        return;
    }
    if (Py_REFCNT(object) > 1 || !PyFloat_CheckExact(object) || is_traced() ||
        floats->numfree >= PyFloat_MAXFREELIST) {
        Py_DECREF(object);
        return;
    }
    Py_SET_TYPE(object, (PyTypeObject *)floats->free_list);
    floats->free_list = (PyFloatObject *)object;
    floats->numfree++;
}

/* A float, or an int of one digit, which a float holds exactly. */
static int as_double(PyObject *number, double *value)
{
    if (PyFloat_CheckExact(number)) {
        *value = PyFloat_AS_DOUBLE(number);
        return 1;
    }
    if (!_PyLong_IsCompact((PyLongObject *)number)) {
        return 0;
    }
    *value = (double)_PyLong_CompactValue((PyLongObject *)number);
    return 1;
}

/* Of exact floats and ints: the result, or NULL with an exception. */
PyObject *dx_arithmetic(PyObject *left, PyObject *right, int operation)
{
    static PyObject *(*const slow[])(PyObject *, PyObject *) = {
        PyNumber_Add, PyNumber_Subtract, PyNumber_Multiply};
    double a, b;

    if ((!PyFloat_CheckExact(left) && !PyFloat_CheckExact(right)) || !as_double(left, &a) ||
        !as_double(right, &b)) {
        return slow[operation](left, right);
    }
    return dx_new_float(operation == 0 ? a + b : operation == 1 ? a - b : a * b);
}
