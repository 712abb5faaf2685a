/* Arrays of the standard library's module ``array``: what native code knows of their layout
 * (Modules/arraymodule.c), checked on the first one that is sampled. */
#include "dx_core.h"

#include <string.h>

static PyTypeObject *array_type; /* strong */

/* Whether offsets say of the array what its own attributes say. */
static int has_layout(PyObject *array)
{
    dx_array *fields = (dx_array *)array;
    PyObject *code = PyObject_GetAttrString(array, "typecode");
    PyObject *info = PyObject_CallMethod(array, "buffer_info", NULL);
    int fits = code != NULL && info != NULL && PyUnicode_Check(code) && PyTuple_Check(info) &&
               PyUnicode_READ_CHAR(code, 0) == (Py_UCS4)fields->descriptor->typecode &&
               PyLong_AsVoidPtr(PyTuple_GET_ITEM(info, 0)) == (void *)fields->items &&
               PyLong_AsSsize_t(PyTuple_GET_ITEM(info, 1)) == Py_SIZE(array);

    Py_XDECREF(code);
    Py_XDECREF(info);
    PyErr_Clear();
    return fits;
}

/* ``array.d`` for an array of doubles, and so on; borrowed, NULL for anything else. */
PyObject *dx_array_class(PyObject *object)
{
    static PyObject *names[128];
    PyTypeObject *type = Py_TYPE(object);
    unsigned char code;

    if (type != array_type) {
        /* A program can name a class of its own so, but not make it immutable. */
        if (array_type != NULL || !PyType_HasFeature(type, Py_TPFLAGS_IMMUTABLETYPE) ||
            strcmp(type->tp_name, "array.array") != 0 || !has_layout(object)) {
            return NULL;
        }
        array_type = (PyTypeObject *)Py_NewRef(type);
    }
    code = (unsigned char)((dx_array *)object)->descriptor->typecode;
    if (strchr("dfbBhHiIlq", code) == NULL || code == 0) {
        return NULL;
    }
    if (names[code] == NULL) {
        names[code] = PyUnicode_FromFormat("array.%c", code);
        PyErr_Clear();
    }
    return names[code];
}

/* array_type() -> the class of arrays in a tuple, or None where none was seen yet. */
PyObject *dx_array_type(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    return array_type ? PyTuple_Pack(1, array_type) : Py_NewRef(Py_None);
}

/* know_array(array): for code that is loaded before one was sampled. */
PyObject *dx_know_array(PyObject *module, PyObject *array)
{
    (void)module;
    return PyBool_FromLong(dx_array_class(array) != NULL);
}
