/* Displays, slices, unpacking, calls with stars, with statements: what the interpreter does by
 * one routine of its own (Python/bytecodes.c of 3.12), with the same exceptions. */
#include "dx_core.h"

#include "internal/pycore_call.h"
#include "internal/pycore_dict.h"

static PyObject *done(int status)
{
    return status < 0 ? NULL : Py_True;
}

static PyObject *build_set(int count, PyObject **items)
{
    PyObject *result = PySet_New(NULL);

    for (int i = 0; result != NULL && i < count; i++) {
        if (PySet_Add(result, items[i]) < 0) {
            Py_CLEAR(result);
        }
    }
    return result;
}

static PyObject *build_string(int count, PyObject **pieces)
{
    PyObject *empty = PyUnicode_New(0, 0);
    PyObject *result = empty ? _PyUnicode_JoinArray(empty, pieces, count) : NULL;

    Py_XDECREF(empty);
    return result;
}

/* Values, then the tuple of their keys. */
static PyObject *build_const_map(int count, PyObject **operands)
{
    PyObject *keys = operands[count - 1];
    PyObject *result = PyDict_New();

    for (int i = 0; result != NULL && i < count - 1; i++) {
        if (PyDict_SetItem(result, PyTuple_GET_ITEM(keys, i), operands[i]) < 0) {
            Py_CLEAR(result);
        }
    }
    return result;
}

static int is_iterable(PyObject *object)
{
    return Py_TYPE(object)->tp_iter != NULL || PySequence_Check(object);
}

static PyObject *list_extend(PyObject *list, PyObject *iterable)
{
    PyObject *none = _PyList_Extend((PyListObject *)list, iterable);

    if (none == NULL) {
        if (PyErr_ExceptionMatches(PyExc_TypeError) && !is_iterable(iterable)) {
            PyErr_Format(PyExc_TypeError, "Value after * must be an iterable, not %.200s",
                         Py_TYPE(iterable)->tp_name);
        }
        return NULL;
    }
    Py_DECREF(none);
    return Py_True;
}

static PyObject *dict_update(PyObject *dict, PyObject *update)
{
    if (PyDict_Update(dict, update) < 0) {
        if (PyErr_ExceptionMatches(PyExc_AttributeError)) {
            PyErr_Format(PyExc_TypeError, "'%.200s' object is not a mapping",
                         Py_TYPE(update)->tp_name);
        }
        return NULL;
    }
    return Py_True;
}

/* The KeyError of a keyword that was given twice becomes what a caller is told. */
static void explain_repetition(PyObject *name)
{
    PyObject *error = PyErr_GetRaisedException();
    PyObject *arguments = ((PyBaseExceptionObject *)error)->args;

    if (!PyTuple_Check(arguments) || PyTuple_GET_SIZE(arguments) != 1) {
        PyErr_SetRaisedException(error);
        return;
    }
    PyErr_Format(PyExc_TypeError, "%U got multiple values for keyword argument '%S'", name,
                 PyTuple_GET_ITEM(arguments, 0));
    Py_DECREF(error);
}

/* Keyword arguments for `callable`. */
static PyObject *dict_merge(PyObject *dict, PyObject *update, PyObject *callable)
{
    PyObject *name;

    if (_PyDict_MergeEx(dict, update, 2) == 0) {
        return Py_True;
    }
    if (PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        if ((name = _PyObject_FunctionStr(callable)) != NULL) {
            PyErr_Format(PyExc_TypeError, "%U argument after ** must be a mapping, not %.200s",
                         name, Py_TYPE(update)->tp_name);
            Py_DECREF(name);
        }
    }
    else if (PyErr_ExceptionMatches(PyExc_KeyError)) {
        PyObject *error = PyErr_GetRaisedException();
        name = _PyObject_FunctionStr(callable);
        if (name != NULL) {
            PyErr_SetRaisedException(error);
            explain_repetition(name);
            Py_DECREF(name);
        }
        else {
            Py_DECREF(error);
        }
    }
    return NULL;
}

/* `flags`: 1 str, 2 repr, 3 ascii; 4: there is a specification. */
static PyObject *format(PyObject *value, PyObject *specification, int flags)
{
    PyObject *text, *result;

    switch (flags & 3) {
    case 1: text = PyObject_Str(value); break;
    case 2: text = PyObject_Repr(value); break;
    case 3: text = PyObject_ASCII(value); break;
    default: text = Py_NewRef(value);
    }
    if (text == NULL || (specification == NULL && PyUnicode_CheckExact(text))) {
        return text;
    }
    result = PyObject_Format(text, specification);
    Py_DECREF(text);
    return result;
}

static void release_all(PyObject **objects, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_DECREF(objects[i]);
    }
}

/* `before` items, a list of the rest, `after` items, all new references in `out`. */
static PyObject *unpack_ex(PyObject *sequence, PyObject **out, Py_ssize_t before, Py_ssize_t after)
{
    PyObject *iterator = PyObject_GetIter(sequence);
    PyObject *rest;
    Py_ssize_t got = 0, left;

    if (iterator == NULL) {
        if (PyErr_ExceptionMatches(PyExc_TypeError) && !is_iterable(sequence)) {
            PyErr_Format(PyExc_TypeError, "cannot unpack non-iterable %.200s object",
                         Py_TYPE(sequence)->tp_name);
        }
        return NULL;
    }
    while (got < before && (out[got] = PyIter_Next(iterator)) != NULL) {
        got++;
    }
    rest = got == before && !PyErr_Occurred() ? PySequence_List(iterator) : NULL;
    Py_DECREF(iterator);
    left = rest ? PyList_GET_SIZE(rest) : 0;
    if (rest == NULL || left < after) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_ValueError,
                         "not enough values to unpack (expected at least %zd, got %zd)",
                         before + after, got + left);
        }
        release_all(out, got);
        Py_XDECREF(rest);
        return NULL;
    }
    out[before] = rest;
    for (Py_ssize_t i = 0; i < after; i++) {
        out[before + 1 + i] = Py_NewRef(PyList_GET_ITEM(rest, left - after + i));
    }
    if (after > 0 && PyList_SetSlice(rest, left - after, left, NULL) < 0) {
        release_all(out, before + 1 + after);
        return NULL;
    }
    return Py_True;
}

/* Results: the bound ``__exit__``, and what ``__enter__`` gave. */
static PyObject *before_with(PyObject *manager, PyObject **out)
{
    PyObject *enter = _PyObject_LookupSpecial(manager, &_Py_ID(__enter__));
    PyObject *leave;

    if (enter == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_TypeError,
                         "'%.200s' object does not support the context manager protocol",
                         Py_TYPE(manager)->tp_name);
        }
        return NULL;
    }
    leave = _PyObject_LookupSpecial(manager, &_Py_ID(__exit__));
    if (leave == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_TypeError,
                         "'%.200s' object does not support the context manager protocol "
                         "(missed __exit__ method)",
                         Py_TYPE(manager)->tp_name);
        }
        Py_DECREF(enter);
        return NULL;
    }
    out[1] = PyObject_CallNoArgs(enter);
    Py_DECREF(enter);
    if (out[1] == NULL) {
        Py_DECREF(leave);
        return NULL;
    }
    out[0] = leave;
    return Py_True;
}

/* Operands by the flags: defaults, their dict, annotations, closure; then the code. */
static PyObject *make_function(PyObject *globals, int flags, PyObject **operands, int count)
{
    PyFunctionObject *func =
        (PyFunctionObject *)PyFunction_New(operands[count - 1], globals);
    int next = 0;

    if (func == NULL) {
        return NULL;
    }
    if (flags & 1) {
        func->func_defaults = Py_NewRef(operands[next++]);
    }
    if (flags & 2) {
        func->func_kwdefaults = Py_NewRef(operands[next++]);
    }
    if (flags & 4) {
        func->func_annotations = Py_NewRef(operands[next++]);
    }
    if (flags & 8) {
        func->func_closure = Py_NewRef(operands[next++]);
    }
    return (PyObject *)func;
}

/* The positional arguments as a tuple (new reference). */
static PyObject *star_arguments(PyObject *callable, PyObject *arguments)
{
    PyObject *name;

    if (PyTuple_CheckExact(arguments)) {
        return Py_NewRef(arguments);
    }
    if (!is_iterable(arguments)) {
        name = _PyObject_FunctionStr(callable);
        if (name != NULL) {
            PyErr_Format(PyExc_TypeError, "%U argument after * must be an iterable, not %.200s",
                         name, Py_TYPE(arguments)->tp_name);
            Py_DECREF(name);
        }
        return NULL;
    }
    return PySequence_Tuple(arguments);
}

/* Function, positional arguments, keywords or NULL. */
static PyObject *call_ex(PyThreadState *ts, PyObject **o)
{
    PyObject *arguments, *result;

    if (PyTuple_CheckExact(o[1]) && o[2] == NULL && PyFunction_Check(o[0]) &&
        ((PyFunctionObject *)o[0])->vectorcall == dx_entry) {
        return dx_call_native(ts, o[0], &PyTuple_GET_ITEM(o[1], 0),
                              (size_t)PyTuple_GET_SIZE(o[1]), NULL);
    }
    dx_show_frames(ts);
    arguments = star_arguments(o[0], o[1]);
    if (arguments == NULL) {
        return NULL;
    }
    result = PyObject_Call(o[0], arguments, o[2]);
    Py_DECREF(arguments);
    return result;
}

/* A function that a class after `cls` among the ancestors of `self` has; borrowed, or NULL for
 * whatever is less plain. */
static PyObject *next_method(PyObject *cls, PyObject *self, PyObject *name)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject *mro = type->tp_mro;
    Py_ssize_t i = 0, count;

    if (!PyType_Check(cls) || mro == NULL || !PyTuple_Check(mro) || PyType_Check(self)) {
        return NULL;
    }
    count = PyTuple_GET_SIZE(mro);
    while (i < count && PyTuple_GET_ITEM(mro, i) != cls) {
        i++;
    }
    for (i++; i < count; i++) {
        PyObject *members = PyType_GetDict((PyTypeObject *)PyTuple_GET_ITEM(mro, i));
        PyObject *found = members ? PyDict_GetItemWithError(members, name) : NULL;
        /* The class has it further on. */
        Py_XDECREF(members);
        if (found != NULL || PyErr_Occurred()) {
            PyErr_Clear();
            return found != NULL && PyFunction_Check(found) ? found : NULL;
        }
    }
    return NULL;
}

/* o: name, super, class, self. With `is_method` a function and its self, or NULL and what else
 * the attribute is. */
static PyObject *super_attribute(PyThreadState *ts, PyObject **o, PyObject **out, int is_method,
                                 int has_arguments)
{
    PyObject *method, *proxy, *result;

    method = is_method && o[1] == (PyObject *)&PySuper_Type ? next_method(o[2], o[3], o[0]) : NULL;
    if (method != NULL) {
        out[0] = Py_NewRef(method);
        out[1] = Py_NewRef(o[3]);
        return Py_True;
    }
    dx_show_frames(ts);
    if (o[1] == (PyObject *)&PySuper_Type || has_arguments) {
        proxy = PyObject_Vectorcall(o[1], o + 2, 2, NULL);
    }
    else {
        proxy = PyObject_CallNoArgs(o[1]);
    }
    result = proxy ? PyObject_GetAttr(proxy, o[0]) : NULL;
    Py_XDECREF(proxy);
    if (result == NULL || !is_method) {
        return result;
    }
    out[0] = NULL;
    out[1] = result;
    return Py_True;
}

PyObject *dx_construct(PyThreadState *ts, enum dx_operation op, int extra, dx_shadow *shadow,
                       PyObject **out, PyObject **o, int count)
{
    switch (op) {
    case OP_STORE_GLOBAL:
        return done(PyDict_SetItem(dx_shadow_function(shadow)->func_globals, o[0], o[1]));
    case OP_DELETE_SUBSCR: return done(PyObject_DelItem(o[0], o[1]));
    case OP_DELETE_ATTR: return done(PyObject_SetAttr(o[1], o[0], NULL));
    case OP_STORE_SLICE: {
        PyObject *range = PySlice_New(o[2], o[3], NULL);
        int status = range ? PyObject_SetItem(o[1], range, o[0]) : -1;
        Py_XDECREF(range);
        return done(status);
    }
    case OP_BUILD_SET: return build_set(count, o);
    case OP_BUILD_SLICE: return PySlice_New(o[0], o[1], count > 2 ? o[2] : NULL);
    case OP_BUILD_STRING: return build_string(count, o);
    case OP_BUILD_CONST_MAP: return build_const_map(count, o);
    case OP_LIST_EXTEND: return list_extend(o[0], o[1]);
    case OP_SET_UPDATE: return done(_PySet_Update(o[0], o[1]));
    case OP_DICT_UPDATE: return dict_update(o[0], o[1]);
    case OP_DICT_MERGE: return dict_merge(o[0], o[1], o[2]);
    case OP_SET_ADD: return done(PySet_Add(o[0], o[1]));
    case OP_MAP_ADD: return done(PyDict_SetItem(o[0], o[1], o[2]));
    case OP_FORMAT: return format(o[0], count > 1 ? o[1] : NULL, extra);
    case OP_UNPACK_EX: return unpack_ex(o[0], out, extra & 0xff, extra >> 8);
    case OP_LIST_TO_TUPLE: return PyList_AsTuple(o[0]);
    case OP_UNARY_POSITIVE: return PyNumber_Positive(o[0]);
    case OP_BEFORE_WITH: return before_with(o[0], out);
    case OP_MAKE_FUNCTION:
        return make_function(dx_shadow_function(shadow)->func_globals, extra, o, count);
    case OP_CALL_EX: return call_ex(ts, o);
    case OP_SUPER_ATTR: return super_attribute(ts, o, out, extra & 1, extra & 2);
    default: Py_UNREACHABLE();
    }
}
