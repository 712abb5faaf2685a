/* The next item of builtin iterators, for machine code: without a frame to look at, and, where
 * it is a pair that is unpacked at once, without the tuple.
 *
 * Nothing here runs Python code. Where the interpreter's own way might (an old item that goes
 * may have a finalizer), or raises, nothing is done and the interpreter does it: DX_LEAVE. */
#include "dx_core.h"

#include "internal/pycore_tuple.h"

#include <stddef.h>

enum { DX_LEAVE = -1, DX_ENDED = 0, DX_ITEM = 1 };

/* Objects/enumobject.c, Objects/dictobject.c, Python/bltinmodule.c, Objects/setobject.c. */
typedef struct {
    PyObject_HEAD
    Py_ssize_t index;
    PyObject *iterator;
    PyObject *result;
    PyObject *big_index;
} enumerator;

typedef struct {
    PyObject_HEAD
    PyDictObject *dict;
    Py_ssize_t used;
    Py_ssize_t position;
    PyObject *result;
    Py_ssize_t left;
} dict_iterator;

typedef struct {
    PyObject_HEAD
    Py_ssize_t count;
    PyObject *iterators;
    PyObject *result;
    int strict;
} zipper;

typedef struct {
    PyObject_HEAD
    PySetObject *set;
    Py_ssize_t used;
    Py_ssize_t position;
    Py_ssize_t left;
} set_iterator;

/* Machine code, and what follows here, takes one for the other. */
_Static_assert(offsetof(_PyListIterObject, it_seq) == offsetof(_PyTupleIterObject, it_seq) &&
                   offsetof(_PyListIterObject, it_index) == offsetof(_PyTupleIterObject, it_index),
               "iterators of lists and tuples are laid out alike");

static PyTypeObject *ascii_iterator;

int dx_iterators_init(void)
{
    PyObject *text = PyUnicode_FromString("a");
    PyObject *iterator = text ? PyObject_GetIter(text) : NULL;

    ascii_iterator = iterator ? Py_TYPE(iterator) : NULL;
    Py_XDECREF(iterator);
    Py_XDECREF(text);
    return ascii_iterator ? 0 : -1;
}

/* Whether an iterator that ends may give up what it is over. */
static int ends_quietly(PyObject *container)
{
    return container == NULL || dx_goes_quietly(container);
}

/* Whether its next item, or its end, runs no Python code. */
static int is_quiet_iterator(PyObject *iterator)
{
    PyTypeObject *type = Py_TYPE(iterator);

    if (type == &PyListIter_Type || type == &PyTupleIter_Type) {
        _PyListIterObject *over = (_PyListIterObject *)iterator;
        return over->it_seq == NULL || over->it_index < Py_SIZE(over->it_seq) ||
               ends_quietly((PyObject *)over->it_seq);
    }
    if (type == &PyDictIterKey_Type || type == &PyDictIterValue_Type) {
        dict_iterator *over = (dict_iterator *)iterator;
        return over->left > 0 || ends_quietly((PyObject *)over->dict);
    }
    if (type == &PySetIter_Type) {
        set_iterator *over = (set_iterator *)iterator;
        return over->left > 0 || ends_quietly((PyObject *)over->set);
    }
    return type == &PyRangeIter_Type || type == ascii_iterator || type == &PyUnicodeIter_Type ||
           type == &PyBytesIter_Type || type == &PyByteArrayIter_Type;
}

/* `item`: a new reference where the result is DX_ITEM. */
int dx_next(PyObject *iterator, PyObject **item)
{
    if (!is_quiet_iterator(iterator)) {
        return DX_LEAVE;
    }
    *item = Py_TYPE(iterator)->tp_iternext(iterator);
    if (*item != NULL) {
        return DX_ITEM;
    }
    if (PyErr_Occurred()) {
        /* It says so again when the interpreter asks. */
        PyErr_Clear();
        return DX_LEAVE;
    }
    return DX_ENDED;
}

/* Of `enumerate`: the number, and a new reference to the item. */
int dx_next_numbered(PyObject *iterator, int64_t *number, PyObject **item)
{
    enumerator *over = (enumerator *)iterator;
    int status;

    if (!Py_IS_TYPE(iterator, &PyEnum_Type) || over->big_index != NULL ||
        over->index == PY_SSIZE_T_MAX) {
        return DX_LEAVE;
    }
    status = dx_next(over->iterator, item);
    *number = over->index;
    over->index += status == DX_ITEM;
    return status;
}

static int next_entry(dict_iterator *over, PyObject **pair)
{
    PyObject *dict = (PyObject *)over->dict;
    Py_ssize_t position = over->position;

    if (dict == NULL) {
        return DX_ENDED;
    }
    if (over->used != over->dict->ma_used) {
        return DX_LEAVE;
    }
    if (!PyDict_Next(dict, &position, &pair[0], &pair[1])) {
        if (Py_REFCNT(dict) == 1) {
            return DX_LEAVE;
        }
        over->dict = NULL;
        Py_DECREF(dict);
        return DX_ENDED;
    }
    if (over->left == 0) {
        return DX_LEAVE;
    }
    over->position = position;
    over->left--;
    Py_INCREF(pair[0]);
    Py_INCREF(pair[1]);
    return DX_ITEM;
}

/* How many items a list, tuple or range iterator has left, -1 of any other. */
static Py_ssize_t items_left(PyObject *iterator)
{
    if (Py_IS_TYPE(iterator, &PyListIter_Type) || Py_IS_TYPE(iterator, &PyTupleIter_Type)) {
        _PyListIterObject *over = (_PyListIterObject *)iterator;
        return over->it_seq ? Py_MAX(Py_SIZE(over->it_seq) - over->it_index, 0) : 0;
    }
    return Py_IS_TYPE(iterator, &PyRangeIter_Type) ? ((_PyRangeIterObject *)iterator)->len : -1;
}

static int next_of_two(zipper *over, PyObject **pair)
{
    PyObject *first, *second;
    Py_ssize_t left;
    int status;

    if (over->count != 2 || over->strict) {
        return DX_LEAVE;
    }
    first = PyTuple_GET_ITEM(over->iterators, 0);
    second = PyTuple_GET_ITEM(over->iterators, 1);
    left = items_left(first);
    /* Where the second ends first, an item of the first goes. */
    if (left < 0 || (left > 0 && items_left(second) <= 0)) {
        return DX_LEAVE;
    }
    status = dx_next(first, &pair[0]);
    if (status == DX_ITEM && dx_next(second, &pair[1]) != DX_ITEM) {
        Py_UNREACHABLE();
    }
    return status;
}

/* Of a dict's items, or of `zip` over two: new references to both. */
int dx_next_pair(PyObject *iterator, PyObject **pair)
{
    if (Py_IS_TYPE(iterator, &PyDictIterItem_Type)) {
        return next_entry((dict_iterator *)iterator, pair);
    }
    return Py_IS_TYPE(iterator, &PyZip_Type) ? next_of_two((zipper *)iterator, pair) : DX_LEAVE;
}
