/* Slices and items of builtin containers, for machine code that knows their classes: without
 * slice objects, boxes of indices, or a frame to look at. Bounds are those of a slice whose
 * missing ones are filled in (PySlice_Unpack). */
#include "dx_core.h"

#include <string.h>

PyObject *dx_list_slice(PyObject *list, int64_t start, int64_t stop)
{
    PySlice_AdjustIndices(Py_SIZE(list), &start, &stop, 1);
    return PyList_GetSlice(list, start, stop);
}

PyObject *dx_tuple_slice(PyObject *tuple, int64_t start, int64_t stop)
{
    PySlice_AdjustIndices(Py_SIZE(tuple), &start, &stop, 1);
    return PyTuple_GetSlice(tuple, start, stop);
}

PyObject *dx_str_slice(PyObject *text, int64_t start, int64_t stop)
{
    PySlice_AdjustIndices(PyUnicode_GET_LENGTH(text), &start, &stop, 1);
    return PyUnicode_Substring(text, start, stop);
}

PyObject *dx_bytes_slice(PyObject *bytes, int64_t start, int64_t stop)
{
    Py_ssize_t length = PySlice_AdjustIndices(Py_SIZE(bytes), &start, &stop, 1);

    if (length == Py_SIZE(bytes)) {
        return Py_NewRef(bytes);
    }
    return PyBytes_FromStringAndSize(PyBytes_AS_STRING(bytes) + start, length);
}

PyObject *dx_list_step(PyObject *list, int64_t start, int64_t stop, int64_t step)
{
    Py_ssize_t length = PySlice_AdjustIndices(Py_SIZE(list), &start, &stop, step);
    PyObject *result = PyList_New(length);
    PyObject **items = ((PyListObject *)list)->ob_item;

    if (result != NULL) {
        for (Py_ssize_t i = 0; i < length; i++) {
            PyList_SET_ITEM(result, i, Py_NewRef(items[start + i * step]));
        }
    }
    return result;
}

/* Whether the list's giving it up runs no Python code. */
static int is_given_up_quietly(PyObject *item)
{
    return Py_REFCNT(item) > 1 || PyLong_CheckExact(item) || PyFloat_CheckExact(item) ||
           PyUnicode_CheckExact(item) || PyBytes_CheckExact(item);
}

/* `removed`: a list of the items that went, the caller's to release, where one of them may have
 * a finalizer; else NULL. 0, or -1 with an exception and nothing done. */
int dx_list_store_slice(PyObject *list, int64_t start, int64_t stop, PyObject *value,
                        PyObject **removed)
{
    Py_ssize_t length = PySlice_AdjustIndices(Py_SIZE(list), &start, &stop, 1);
    PyObject **items = ((PyListObject *)list)->ob_item + start;
    PyObject **given;

    *removed = NULL;
    for (Py_ssize_t i = 0; i < length; i++) {
        if (!is_given_up_quietly(items[i])) {
            *removed = PyList_GetSlice(list, start, start + length);
            if (*removed == NULL) {
                return -1;
            }
            break;
        }
    }
    if (value == list || Py_SIZE(value) != length) {
        if (PyList_SetSlice(list, start, start + length, value) < 0) {
            Py_CLEAR(*removed);
            return -1;
        }
        return 0;
    }
    given = PySequence_Fast_ITEMS(value);
    for (Py_ssize_t i = 0; i < length; i++) {
        PyObject *old = items[i];
        items[i] = Py_NewRef(given[i]);
        Py_DECREF(old);
    }
    return 0;
}

/* The item (new reference), or NULL without an exception where there is none. */
PyObject *dx_list_pop(PyObject *list, int64_t index)
{
    Py_ssize_t size = Py_SIZE(list);
    PyObject **items = ((PyListObject *)list)->ob_item;
    PyObject *item;

    if (index < 0) {
        index += size;
    }
    if (index < 0 || index >= size) {
        return NULL;
    }
    item = items[index];
    /* Where the list keeps its room (list_resize in Objects/listobject.c). */
    if (size > 1 && size - 1 >= ((PyListObject *)list)->allocated >> 1) {
        memmove(items + index, items + index + 1, (size_t)(size - 1 - index) * sizeof(item));
        Py_SET_SIZE(list, size - 1);
        return item;
    }
    Py_INCREF(item);
    if (PyList_SetSlice(list, index, index + 1, NULL) < 0) {
        Py_DECREF(item);
        PyErr_Clear();
        return NULL;
    }
    return item;
}

/* Room for one more item, as much as an append would make. 0, or -1 with MemoryError set. */
int dx_list_reserve(PyObject *list)
{
    if (PyList_Append(list, Py_None) < 0) {
        return -1;
    }
    Py_SET_SIZE(list, Py_SIZE(list) - 1);
    return 0;
}

/* By a list or tuple. 0, or -1 with MemoryError set. */
int dx_list_extend(PyObject *list, PyObject *more)
{
    PyObject *none = _PyList_Extend((PyListObject *)list, more);

    Py_XDECREF(none);
    return none == NULL ? -1 : 0;
}

/* A character (new reference), or NULL without an exception where there is none. */
PyObject *dx_str_item(PyObject *text, int64_t index)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    PyObject *result;

    if (index < 0) {
        index += length;
    }
    if (index < 0 || index >= length) {
        return NULL;
    }
    result = PyUnicode_FromOrdinal((int)PyUnicode_READ_CHAR(text, index));
    PyErr_Clear();
    return result;
}
