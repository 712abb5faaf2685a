/* Which generic operations run no Python code, for the operands they have: they are done
 * without a frame to look at. Where a key of the program's own class equals a plain one, its
 * comparison runs after all, with the frames of the callers that are shown already. */
#include "dx_core.h"

#include "internal/pycore_dict.h"
#include "internal/pycore_typeobject.h"
#include <opcode.h>
#include <string.h>

/* Whether looking the attribute up runs no Python code. */
static int is_plain_load(PyObject *owner, PyObject *name)
{
    PyTypeObject *type = Py_TYPE(owner);
    PyObject *found;

    if (type->tp_getattro != PyObject_GenericGetAttr) {
        return 0;
    }
    found = _PyType_Lookup(type, name);
    return found == NULL || Py_TYPE(found) == &PyFunction_Type ||
           Py_TYPE(found) == &PyMethodDescr_Type || Py_TYPE(found)->tp_descr_get == NULL;
}

/* Classes whose operators and comparisons run no Python code among themselves. */
static int is_plain_operand(PyObject *operand)
{
    return PyLong_CheckExact(operand) || PyFloat_CheckExact(operand) ||
           PyBool_Check(operand) || operand == Py_None;
}

static int are_plain_sets(PyObject **o)
{
    return dx_are_sets(o[0], o[1]) && dx_has_plain_items(o[0]) && dx_has_plain_items(o[1]);
}

static int both_plain(PyObject **o)
{
    return (is_plain_operand(o[0]) && is_plain_operand(o[1])) ||
           (PyUnicode_CheckExact(o[0]) && PyUnicode_CheckExact(o[1]));
}

/* What is hashed and compared without Python code, among such keys. (Bytes and strings may
 * warn of each other.) */
static int is_plain_key(PyObject *key)
{
    return PyUnicode_CheckExact(key) || is_plain_operand(key);
}

/* Whether a value can be put under the key without Python code: none that had a finalizer
 * goes for it. */
static int is_quiet_store(PyObject *dict, PyObject *key)
{
    PyObject *old;

    if (!is_plain_key(key)) {
        return 0;
    }
    old = PyDict_GetItemWithError(dict, key);
    PyErr_Clear();
    return old == NULL || Py_REFCNT(old) > 1 || is_plain_key(old);
}

/* Of these many items it is asked whether they compare without Python code. */
#define DX_MAX_SEARCH 1000

/* A list or tuple of few items, or a set, all of them plain. */
static int is_plain_sequence(PyObject *argument)
{
    PyObject **items;

    if (PyAnySet_CheckExact(argument)) {
        return dx_has_plain_items(argument);
    }
    if ((!PyList_CheckExact(argument) && !PyTuple_CheckExact(argument)) ||
        Py_SIZE(argument) > DX_MAX_SEARCH) {
        return 0;
    }
    items = PySequence_Fast_ITEMS(argument);
    for (Py_ssize_t i = 0; i < Py_SIZE(argument); i++) {
        if (!is_plain_key(items[i])) {
            return 0;
        }
    }
    return 1;
}

static int is_plain_argument(PyObject *argument)
{
    return is_plain_key(argument) || is_plain_sequence(argument);
}

static int are_plain(PyObject **arguments, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_plain_argument(arguments[i])) {
            return 0;
        }
    }
    return 1;
}

/* Iterators whose next item needs no Python code. */
static int is_plain_iterator(PyObject *iterator)
{
    PyTypeObject *type = Py_TYPE(iterator);

    if (type == &PyEnum_Type) {
        /* The iterator enumerated is the second field (Objects/enumobject.c). */
        return is_plain_iterator(((PyObject **)iterator)[3]);
    }
    return type == &PyListIter_Type || type == &PyTupleIter_Type || type == &PyRangeIter_Type ||
           type == &PyDictIterKey_Type || type == &PyDictIterValue_Type ||
           type == &PyDictIterItem_Type || type == &PyUnicodeIter_Type ||
           type == &PySetIter_Type;
}

int dx_is_quiet(enum dx_operation op, int extra, const dx_shadow *shadow, PyObject **o, int count)
{
    switch (op) {
    case OP_LOAD_GLOBAL: return 1;
    case OP_LOAD_ATTR:
    case OP_LOAD_METHOD: return is_plain_load(o[1], o[0]);
    case OP_BINARY:
    case OP_INPLACE:
        /* Formatting a string may call anything. */
        return (both_plain(o) && (extra != NB_REMAINDER || !PyUnicode_Check(o[0]))) ||
               are_plain_sets(o);
    case OP_COMPARE: return both_plain(o);
    case OP_BINARY_SUBSCR:
        return ((PyList_CheckExact(o[0]) || PyTuple_CheckExact(o[0]) ||
                 PyUnicode_CheckExact(o[0])) &&
                (PyLong_CheckExact(o[1]) || PySlice_Check(o[1]))) ||
               (PyDict_CheckExact(o[0]) && is_plain_key(o[1]));
    case OP_BINARY_SLICE:
        return (PyList_CheckExact(o[0]) || PyTuple_CheckExact(o[0]) ||
                PyUnicode_CheckExact(o[0])) &&
               is_plain_operand(o[1]) && is_plain_operand(o[2]);
    case OP_UNARY_NEGATIVE: return is_plain_operand(o[0]);
    case OP_UNARY_INVERT: return PyLong_CheckExact(o[0]); /* a bool warns */
    case OP_UNARY_NOT:
    case OP_TRUTH:
        return is_plain_operand(o[0]) || PyUnicode_CheckExact(o[0]) ||
               PyList_CheckExact(o[0]) || PyTuple_CheckExact(o[0]) ||
               PyDict_CheckExact(o[0]) || PyAnySet_CheckExact(o[0]) ||
               (Py_TYPE(o[0])->tp_as_number == NULL && Py_TYPE(o[0])->tp_as_mapping == NULL &&
                Py_TYPE(o[0])->tp_as_sequence == NULL);
    case OP_GET_ITER:
        return PyList_CheckExact(o[0]) || PyTuple_CheckExact(o[0]) ||
               PyRange_Check(o[0]) || PyDict_CheckExact(o[0]) || PyAnySet_CheckExact(o[0]) ||
               PyGen_CheckExact(o[0]);
    case OP_FOR_ITER: return is_plain_iterator(o[0]) || PyGen_CheckExact(o[0]);
    case OP_SEND:
    case OP_AWAITABLE:
    case OP_YIELD_FROM_ITER: return dx_is_resumable(o[0]);
    case OP_BUILD_TUPLE:
    case OP_BUILD_LIST:
    case OP_LIST_APPEND:
    case OP_BUILD_SLICE:
    case OP_BUILD_STRING:
    case OP_BUILD_CONST_MAP:
    case OP_LIST_TO_TUPLE:
    case OP_MAKE_FUNCTION: return 1;
    case OP_CALL:
    case OP_CALL_EX:
    case OP_SUPER_ATTR: return 1; /* it sees to it itself */
    case OP_STORE_SUBSCR: return PyDict_CheckExact(o[0]) && is_quiet_store(o[0], o[1]);
    case OP_MAP_ADD: return is_quiet_store(o[0], o[1]);
    case OP_STORE_GLOBAL: return is_quiet_store(dx_shadow_function(shadow)->func_globals, o[0]);
    case OP_SET_ADD: return is_plain_key(o[1]);
    case OP_FORMAT:
        return (PyUnicode_CheckExact(o[0]) || is_plain_operand(o[0])) &&
               (count < 2 || PyUnicode_CheckExact(o[1]));
    case OP_UNPACK_SEQUENCE:
    case OP_UNPACK_EX:
        return PyList_CheckExact(o[0]) || PyTuple_CheckExact(o[0]);
    case OP_LIST_EXTEND:
        return PyList_CheckExact(o[1]) || PyTuple_CheckExact(o[1]) || PyRange_Check(o[1]) ||
               PyDict_CheckExact(o[1]) || PyAnySet_CheckExact(o[1]);
    case OP_STORE_SLICE:
        return PyList_CheckExact(o[1]) && are_plain(&o[1], 1) && are_plain(&o[2], 2) &&
               (PyList_CheckExact(o[0]) || PyTuple_CheckExact(o[0]));
    case OP_DELETE_SUBSCR:
        return PyDict_CheckExact(o[0]) ? is_quiet_store(o[0], o[1])
                                       : PyList_CheckExact(o[0]) && are_plain(o, 2);
    case OP_DICT_MERGE:
        return PyDict_CheckExact(o[1]) && DK_IS_UNICODE(((PyDictObject *)o[1])->ma_keys) &&
               DK_IS_UNICODE(((PyDictObject *)o[0])->ma_keys);
    default: return 0;
    }
}

/* When a function in C is quiet: whatever its arguments are; if all of them are numbers, strings
 * and the like, or lists and tuples of such; if the one is a builtin container; if the second is
 * a class without a metaclass. */
enum condition { DX_ALWAYS, DX_IF_PLAIN, DX_IF_SIZED, DX_IF_CLASS };

typedef struct {
    PyTypeObject *type; /* NULL: a builtin function */
    const char *name;
    enum condition condition;
} quiet_name;

static const quiet_name quiet_names[] = {
    {&PyList_Type, "append", DX_ALWAYS},
    {&PyList_Type, "pop", DX_IF_PLAIN},
    {&PyList_Type, "insert", DX_IF_PLAIN},
    {&PyList_Type, "copy", DX_ALWAYS},
    {&PyList_Type, "reverse", DX_ALWAYS},
    {&PyDict_Type, "get", DX_IF_PLAIN},
    {&PyDict_Type, "keys", DX_ALWAYS},
    {&PyDict_Type, "values", DX_ALWAYS},
    {&PyDict_Type, "items", DX_ALWAYS},
    {&PyDict_Type, "copy", DX_ALWAYS},
    {&PyDict_Type, "pop", DX_IF_PLAIN},
    {&PyDict_Type, "setdefault", DX_IF_PLAIN},
    {&PySet_Type, "add", DX_IF_PLAIN},
    {&PySet_Type, "discard", DX_IF_PLAIN},
    {&PySet_Type, "remove", DX_IF_PLAIN},
    {&PySet_Type, "copy", DX_ALWAYS},
    {&PyUnicode_Type, "join", DX_IF_PLAIN},
    {&PyUnicode_Type, "split", DX_IF_PLAIN},
    {&PyUnicode_Type, "rsplit", DX_IF_PLAIN},
    {&PyUnicode_Type, "strip", DX_IF_PLAIN},
    {&PyUnicode_Type, "lstrip", DX_IF_PLAIN},
    {&PyUnicode_Type, "rstrip", DX_IF_PLAIN},
    {&PyUnicode_Type, "find", DX_IF_PLAIN},
    {&PyUnicode_Type, "rfind", DX_IF_PLAIN},
    {&PyUnicode_Type, "index", DX_IF_PLAIN},
    {&PyUnicode_Type, "count", DX_IF_PLAIN},
    {&PyUnicode_Type, "lower", DX_ALWAYS},
    {&PyUnicode_Type, "upper", DX_ALWAYS},
    {&PyUnicode_Type, "replace", DX_IF_PLAIN},
    {&PyUnicode_Type, "startswith", DX_IF_PLAIN},
    {&PyUnicode_Type, "endswith", DX_IF_PLAIN},
    {&PyUnicode_Type, "partition", DX_IF_PLAIN},
    {&PyUnicode_Type, "rpartition", DX_IF_PLAIN},
    {&PyUnicode_Type, "isdigit", DX_ALWAYS},
    {&PyUnicode_Type, "isalpha", DX_ALWAYS},
    {&PyUnicode_Type, "isalnum", DX_ALWAYS},
    {&PyUnicode_Type, "isspace", DX_ALWAYS},
    {&PyUnicode_Type, "isidentifier", DX_ALWAYS},
    {&PyUnicode_Type, "isupper", DX_ALWAYS},
    {&PyUnicode_Type, "islower", DX_ALWAYS},
    {&PyUnicode_Type, "ljust", DX_IF_PLAIN},
    {&PyUnicode_Type, "rjust", DX_IF_PLAIN},
    {&PyUnicode_Type, "zfill", DX_IF_PLAIN},
    {&PyBytes_Type, "find", DX_IF_PLAIN},
    {&PyBytes_Type, "startswith", DX_IF_PLAIN},
    {&PyLong_Type, "bit_length", DX_ALWAYS},
    {NULL, "ord", DX_IF_PLAIN},
    {NULL, "chr", DX_IF_PLAIN},
    {NULL, "abs", DX_IF_PLAIN},
    {NULL, "min", DX_IF_PLAIN},
    {NULL, "max", DX_IF_PLAIN},
    {NULL, "divmod", DX_IF_PLAIN},
    {NULL, "hash", DX_IF_PLAIN},
    {NULL, "sum", DX_IF_PLAIN},
    {NULL, "any", DX_IF_PLAIN},
    {NULL, "all", DX_IF_PLAIN},
    {NULL, "sorted", DX_IF_PLAIN},
    {NULL, "id", DX_ALWAYS},
    {NULL, "callable", DX_ALWAYS},
    {NULL, "len", DX_IF_SIZED},
    {NULL, "isinstance", DX_IF_CLASS},
};

/* By the address of the C function, open addressing; sized for few collisions. */
#define DX_QUIET_ROOM 256
static struct {
    PyCFunction function;
    enum condition condition;
} quiet_functions[DX_QUIET_ROOM];

static size_t quiet_place(PyCFunction function)
{
    size_t place = ((uintptr_t)function >> 4) % DX_QUIET_ROOM;

    while (quiet_functions[place].function != NULL && quiet_functions[place].function != function) {
        place = (place + 1) % DX_QUIET_ROOM;
    }
    return place;
}

/* The C function behind a builtin function, a bound or an unbound method; or NULL. */
static PyCFunction c_function(PyObject *callable)
{
    if (PyCFunction_CheckExact(callable)) {
        return ((PyCFunctionObject *)callable)->m_ml->ml_meth;
    }
    if (Py_IS_TYPE(callable, &PyMethodDescr_Type)) {
        return ((PyMethodDescrObject *)callable)->d_method->ml_meth;
    }
    return NULL;
}

int dx_quiet_init(void)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(quiet_names); i++) {
        const quiet_name *q = &quiet_names[i];
        PyObject *scope = q->type ? PyType_GetDict(q->type) : Py_NewRef(PyEval_GetBuiltins());
        PyObject *found = PyDict_GetItemString(scope, q->name);
        PyCFunction function = found ? c_function(found) : NULL;
        Py_DECREF(scope);
        if (function != NULL) {
            size_t place = quiet_place(function);
            quiet_functions[place].function = function;
            quiet_functions[place].condition = q->condition;
        }
    }
    return 0;
}

static int is_sized(PyObject *object)
{
    return PyList_CheckExact(object) || PyTuple_CheckExact(object) || PyDict_CheckExact(object) ||
           PyUnicode_CheckExact(object) || PyAnySet_CheckExact(object) ||
           PyBytes_CheckExact(object);
}

int dx_is_quiet_call(PyObject *callable, PyObject **arguments, size_t count)
{
    PyCFunction function = c_function(callable);
    size_t place = function ? quiet_place(function) : 0;
    /* Its self comes first, and is of the method's class or a derived one. */
    size_t first = Py_IS_TYPE(callable, &PyMethodDescr_Type) && count > 0;

    if (function == NULL || quiet_functions[place].function == NULL) {
        return 0;
    }
    switch (quiet_functions[place].condition) {
    case DX_ALWAYS: return 1;
    case DX_IF_PLAIN: return are_plain(arguments + first, count - first);
    case DX_IF_SIZED: return count == 1 && is_sized(arguments[0]);
    case DX_IF_CLASS: return count == 2 && Py_IS_TYPE(arguments[1], &PyType_Type);
    }
    Py_UNREACHABLE();
}
