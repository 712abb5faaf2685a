/* Classes as native code sees them: where instances keep an attribute, and whether that stays.
 *
 * A type watcher ends units that assume something of a class when it, or a base of it, is
 * changed. An assignment to ``__class__`` is not seen by it: the setter in ``object``'s table is
 * exchanged. (An audit hook would see it, and make each ``id()`` of the program dearer.) */
#include "dx_core.h"

#include "internal/pycore_dict.h"
#include "internal/pycore_typeobject.h"
#include <structmember.h>

typedef struct {
    PyTypeObject *type; /* borrowed: the unit's `keep` holds it */
    dx_unit *unit;
} type_watch;

static int type_watcher = -1;
static type_watch *watches;
static size_t watch_count, watch_room;
static PyObject *class_name, *property_fget, *wrapped_function;

/* The keys instances of the class share, or NULL where they have no inline values. */
static PyDictKeysObject *shared_keys(PyTypeObject *type)
{
    if (!PyType_HasFeature(type, Py_TPFLAGS_MANAGED_DICT)) {
        return NULL;
    }
    return ((PyHeapTypeObject *)type)->ht_cached_keys;
}

/* The position of an interned name among the shared keys, or -1. */
static Py_ssize_t key_index(PyDictKeysObject *keys, PyObject *name)
{
    PyDictUnicodeEntry *entries;

    if (keys == NULL || keys->dk_kind == DICT_KEYS_GENERAL) {
        return -1;
    }
    entries = DK_UNICODE_ENTRIES(keys);
    for (Py_ssize_t i = 0; i < keys->dk_nentries; i++) {
        if (entries[i].me_key == name) {
            return i;
        }
    }
    return -1;
}

/* A class the program made, by a class statement or otherwise. */
static int is_own(PyTypeObject *type)
{
    return PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE);
}

/* Whether instances may have attributes beside those native code knows about: they have a
 * dict that is not made of inline values. */
static int has_other_dict(PyTypeObject *type)
{
    return type->tp_dictoffset != 0 && !PyType_HasFeature(type, Py_TPFLAGS_MANAGED_DICT);
}

static PyObject *of_member(PyMemberDescrObject *member, PyTypeObject *type)
{
    PyMemberDef *definition = member->d_member;

    if (definition->type != T_OBJECT_EX || definition->flags != 0 ||
        !PyType_IsSubtype(type, PyDescr_TYPE(member))) {
        Py_RETURN_NONE;
    }
    return Py_BuildValue("snO", "slot", definition->offset, Py_None);
}

static PyObject *of_property(PyObject *property)
{
    PyObject *getter = PyObject_GetAttr(property, property_fget);
    PyObject *result;

    if (getter == NULL || !PyFunction_Check(getter)) {
        Py_XDECREF(getter);
        PyErr_Clear();
        Py_RETURN_NONE;
    }
    result = Py_BuildValue("snO", "property", (Py_ssize_t)0, getter);
    Py_DECREF(getter);
    return result;
}

/* A static or class method: the function in it, which a class whose instances have a dict may
 * hide. */
static PyObject *of_wrapped(PyObject *found, int hidden)
{
    const char *kind = Py_IS_TYPE(found, &PyStaticMethod_Type) ? "staticmethod" : "classmethod";
    PyObject *function = PyObject_GetAttr(found, wrapped_function);
    PyObject *result;

    if (function == NULL || !PyFunction_Check(function)) {
        Py_XDECREF(function);
        PyErr_Clear();
        Py_RETURN_NONE;
    }
    result = Py_BuildValue("snO", kind, (Py_ssize_t)hidden, function);
    Py_DECREF(function);
    return result;
}

static int is_wrapped(PyObject *found)
{
    return Py_IS_TYPE(found, &PyStaticMethod_Type) || Py_IS_TYPE(found, &PyClassMethod_Type);
}

/* Whether it is what a class in C has for all that are derived from it. */
static int is_of_builtin(PyObject *found)
{
    return (Py_IS_TYPE(found, &PyMethodDescr_Type) || Py_IS_TYPE(found, &PyWrapperDescr_Type)) &&
           PyType_HasFeature(PyDescr_TYPE(found), Py_TPFLAGS_IMMUTABLETYPE);
}

/* attribute(cls, name) -> None, or (kind, offset, object), as ir/environment.py says. */
PyObject *dx_attribute(PyObject *module, PyObject *args)
{
    PyTypeObject *type;
    PyObject *name, *found;
    PyDictKeysObject *keys;
    Py_ssize_t index;

    (void)module;
    if (!PyArg_ParseTuple(args, "O!U:attribute", &PyType_Type, &type, &name)) {
        return NULL;
    }
    if (!is_own(type) || type->tp_getattro != PyObject_GenericGetAttr || has_other_dict(type)) {
        Py_RETURN_NONE;
    }
    keys = shared_keys(type);
    index = key_index(keys, name);
    found = _PyType_Lookup(type, name);
    if (found != NULL && Py_TYPE(found) == &PyMemberDescr_Type) {
        return of_member((PyMemberDescrObject *)found, type);
    }
    if (found != NULL && Py_TYPE(found) == &PyProperty_Type) {
        return of_property(found);
    }
    if (found != NULL && Py_TYPE(found)->tp_descr_set != NULL) {
        Py_RETURN_NONE;
    }
    if (dx_has_dicts(type) && (index >= 0 || found == NULL)) {
        return Py_BuildValue("snO", "field", (Py_ssize_t)0, Py_None);
    }
    if (index >= 0) {
        return Py_BuildValue("snO", "value", index * (Py_ssize_t)sizeof(PyObject *), Py_None);
    }
    if (found == NULL) {
        Py_RETURN_NONE;
    }
    if (PyFunction_Check(found)) {
        return Py_BuildValue("snO", "method", (Py_ssize_t)(keys != NULL), found);
    }
    if (is_wrapped(found)) {
        return of_wrapped(found, keys != NULL);
    }
    if (is_of_builtin(found)) {
        return Py_BuildValue("snO", "inherited", (Py_ssize_t)(keys != NULL), found);
    }
    if (Py_TYPE(found)->tp_descr_get != NULL) {
        Py_RETURN_NONE;
    }
    return Py_BuildValue("snO", "constant", (Py_ssize_t)(keys != NULL), found);
}

/* storage(cls, name) -> None, or (kind, offset, None): where a store puts the value. */
PyObject *dx_storage(PyObject *module, PyObject *args)
{
    PyTypeObject *type;
    PyObject *name, *found;
    Py_ssize_t index;

    (void)module;
    if (!PyArg_ParseTuple(args, "O!U:storage", &PyType_Type, &type, &name)) {
        return NULL;
    }
    if (!is_own(type) || type->tp_setattro != PyObject_GenericSetAttr || has_other_dict(type)) {
        Py_RETURN_NONE;
    }
    found = _PyType_Lookup(type, name);
    if (found != NULL && Py_TYPE(found) == &PyMemberDescr_Type) {
        return of_member((PyMemberDescrObject *)found, type);
    }
    if (found != NULL && Py_TYPE(found)->tp_descr_set != NULL) {
        Py_RETURN_NONE;
    }
    if (dx_has_dicts(type)) {
        return Py_BuildValue("snO", "field", (Py_ssize_t)0, Py_None);
    }
    index = key_index(shared_keys(type), name);
    if (index < 0) {
        Py_RETURN_NONE;
    }
    return Py_BuildValue("snO", "value", index * (Py_ssize_t)sizeof(PyObject *), Py_None);
}

int dx_look_for_key(Py_ssize_t *count, PyObject *name, Py_ssize_t *known)
{
    char *keys = (char *)count - offsetof(PyDictKeysObject, dk_nentries);

    if (key_index((PyDictKeysObject *)keys, name) >= 0) {
        return 1;
    }
    *known = *count;
    return 0;
}

/* keys_address(cls) -> the address of the count of the class's shared keys. */
PyObject *dx_keys_address(PyObject *module, PyObject *cls)
{
    PyDictKeysObject *keys = PyType_Check(cls) ? shared_keys((PyTypeObject *)cls) : NULL;

    (void)module;
    return keys ? PyLong_FromVoidPtr(&keys->dk_nentries) : Py_NewRef(Py_None);
}

/* keys_count(cls) -> how many shared keys there are now. */
PyObject *dx_keys_count(PyObject *module, PyObject *cls)
{
    PyDictKeysObject *keys = PyType_Check(cls) ? shared_keys((PyTypeObject *)cls) : NULL;

    (void)module;
    return PyLong_FromSsize_t(keys ? keys->dk_nentries : 0);
}

/* The same of what is there wrapped. */
static PyObject *of_class(PyObject *found)
{
    PyObject *function = PyObject_GetAttr(found, wrapped_function);
    PyObject *result = NULL;

    if (function != NULL && PyFunction_Check(function)) {
        result = Py_IS_TYPE(found, &PyStaticMethod_Type)
                     ? PyTuple_Pack(1, function)
                     : Py_BuildValue("Os", function, "classmethod");
    }
    else {
        PyErr_Clear();
        result = Py_NewRef(Py_None);
    }
    Py_XDECREF(function);
    return result;
}

/* class_attribute(cls, name) -> None, or the object that ``cls.name`` is, in a tuple; or the
 * function that it calls with the class, and "classmethod". */
PyObject *dx_class_attribute(PyObject *module, PyObject *args)
{
    PyTypeObject *type;
    PyObject *name, *found, *meta;

    (void)module;
    if (!PyArg_ParseTuple(args, "O!U:class_attribute", &PyType_Type, &type, &name)) {
        return NULL;
    }
    meta = _PyType_Lookup(Py_TYPE(type), name);
    found = _PyType_Lookup(type, name);
    if (Py_TYPE(type) != &PyType_Type || meta != NULL || found == NULL) {
        Py_RETURN_NONE;
    }
    if (is_wrapped(found)) {
        return of_class(found);
    }
    if (Py_TYPE(found)->tp_descr_get != NULL && !PyFunction_Check(found)) {
        Py_RETURN_NONE;
    }
    return PyTuple_Pack(1, found);
}

/* traits(cls) -> whether instances compare by identity, whether they are always true, and
 * whether isinstance() with the class asks nobody. */
PyObject *dx_traits(PyObject *module, PyObject *cls)
{
    PyTypeObject *type = (PyTypeObject *)cls;
    PyNumberMethods *number;
    int always_true;

    (void)module;
    if (!PyType_Check(cls)) {
        PyErr_SetString(PyExc_TypeError, "a class is needed");
        return NULL;
    }
    number = type->tp_as_number;
    always_true = (number == NULL || number->nb_bool == NULL) &&
                  (type->tp_as_mapping == NULL || type->tp_as_mapping->mp_length == NULL) &&
                  (type->tp_as_sequence == NULL || type->tp_as_sequence->sq_length == NULL);
    return Py_BuildValue(
        "NNN", PyBool_FromLong(type->tp_richcompare == PyBaseObject_Type.tp_richcompare),
        PyBool_FromLong(always_true), PyBool_FromLong(Py_TYPE(type) == &PyType_Type));
}

/* constructor(cls) -> None, or ``__init__`` (a function) where a call of the class does
 * nothing but allocate a plain object and call that. */
PyObject *dx_constructor(PyObject *module, PyObject *cls)
{
    PyTypeObject *type = (PyTypeObject *)cls;
    PyObject *init;

    (void)module;
    if (!PyType_Check(cls) || Py_TYPE(cls) != &PyType_Type || !is_own(type) ||
        type->tp_new != PyBaseObject_Type.tp_new || type->tp_alloc != PyType_GenericAlloc ||
        type->tp_itemsize != 0 || PyType_HasFeature(type, Py_TPFLAGS_IS_ABSTRACT)) {
        Py_RETURN_NONE;
    }
    init = _PyType_Lookup(type, &_Py_ID(__init__));
    if (init == NULL || !PyFunction_Check(init)) {
        Py_RETURN_NONE;
    }
    return Py_NewRef(init);
}

int dx_watch_type(PyObject *cls, dx_unit *unit)
{
    PyTypeObject *type = (PyTypeObject *)cls;

    if (dx_grow((void **)&watches, &watch_room, watch_count, sizeof(type_watch)) < 0 ||
        PyType_Watch(type_watcher, cls) < 0) {
        return -1;
    }
    /* A look-up gives the class a version: without one no change of it is told. */
    _PyType_Lookup(type, class_name);
    if (!PyType_HasFeature(type, Py_TPFLAGS_VALID_VERSION_TAG)) {
        PyErr_SetString(PyExc_LookupError, "class cannot be watched");
        return -1;
    }
    watches[watch_count++] = (type_watch){type, unit};
    return 0;
}

void dx_unwatch_types(dx_unit *unit)
{
    size_t kept = 0;

    for (size_t i = 0; i < watch_count; i++) {
        if (watches[i].unit != unit) {
            watches[kept++] = watches[i];
        }
    }
    watch_count = kept;
}

static int on_type(PyTypeObject *type)
{
    for (size_t i = 0; i < watch_count; i++) {
        if (watches[i].type == type) {
            dx_unit_invalidate(watches[i].unit);
        }
    }
    return 0;
}

static setter set_class;

/* ``object.__class__ = cls``: facts about the object's class end. Other interpreters share the
 * table, and may run at the same time: their classes are not watched. */
static int on_set_class(PyObject *object, PyObject *value, void *closure)
{
    if (PyInterpreterState_Get() == PyInterpreterState_Main() && watch_count > 0) {
        on_type(Py_TYPE(object));
        if (value != NULL && PyType_Check(value)) {
            on_type((PyTypeObject *)value);
        }
    }
    return set_class(object, value, closure);
}

/* Of all objects: the one attribute is in ``object``'s own table. */
static int watch_class_attribute(void)
{
    PyObject *members = PyType_GetDict(&PyBaseObject_Type);
    PyObject *found = members ? PyDict_GetItemWithError(members, class_name) : NULL;
    PyGetSetDef *definition;

    Py_XDECREF(members);
    if (found == NULL || !Py_IS_TYPE(found, &PyGetSetDescr_Type)) {
        PyErr_SetString(PyExc_ImportError, "object.__class__ is no plain attribute here");
        return -1;
    }
    definition = ((PyGetSetDescrObject *)found)->d_getset;
    if (definition->set != on_set_class) {
        set_class = definition->set;
        definition->set = on_set_class;
    }
    return 0;
}

int dx_class_init(void)
{
    class_name = PyUnicode_InternFromString("__class__");
    property_fget = PyUnicode_InternFromString("fget");
    type_watcher = PyType_AddWatcher(on_type);
    wrapped_function = PyUnicode_InternFromString("__func__");
    if (class_name == NULL || property_fget == NULL || wrapped_function == NULL || type_watcher < 0) {
        return -1;
    }
    return watch_class_attribute();
}
