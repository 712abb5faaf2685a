/* Attributes of instances that keep them in a real dict; and globals, by the same means.
 *
 * The host gives up inline values where an instance gets an attribute that its class's shared
 * keys have no room for (after some 30 instances there is room for one more), or where somebody
 * asks for its ``__dict__``. A hint is where a name was last found among a dict's entries:
 * dicts that were filled in the same order have it there, too. */
#include "dx_core.h"

#include "internal/pycore_dict.h"
#include "internal/pycore_typeobject.h"

/* Sightings of such an instance from which on its class is one of those. */
#define DX_MIN_SIGHTINGS 16

/* Weak reference to a class -> how often an instance with a dict was sampled. */
static PyObject *sightings;

static int has_managed_dict(PyTypeObject *type)
{
    return PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) &&
           PyType_HasFeature(type, Py_TPFLAGS_MANAGED_DICT);
}

/* Sampling is no reason for an exception in the program. */
void dx_see_instance(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    PyDictOrValues attributes;
    PyObject *key, *seen, *count = NULL;

    if (!has_managed_dict(type)) {
        return;
    }
    attributes = *_PyObject_DictOrValuesPointer(object);
    if (_PyDictOrValues_IsValues(attributes) || attributes.dict == NULL) {
        return;
    }
    key = PyWeakref_NewRef((PyObject *)type, NULL);
    if (key != NULL && (sightings != NULL || (sightings = PyDict_New()) != NULL)) {
        seen = PyDict_GetItemWithError(sightings, key);
        count = PyLong_FromLong(seen == NULL ? 1 : PyLong_AsLong(seen) + 1);
    }
    if (count == NULL || PyDict_SetItem(sightings, key, count) < 0) {
        PyErr_Clear();
    }
    Py_XDECREF(count);
    Py_XDECREF(key);
}

int dx_has_dicts(PyTypeObject *type)
{
    PyObject *key, *seen = NULL;

    if (sightings == NULL || !has_managed_dict(type)) {
        return 0;
    }
    key = PyWeakref_NewRef((PyObject *)type, NULL);
    if (key != NULL) {
        seen = PyDict_GetItemWithError(sightings, key);
        Py_DECREF(key);
    }
    PyErr_Clear();
    return seen != NULL && PyLong_AsLong(seen) >= DX_MIN_SIGHTINGS;
}

/* in_dict(cls, name, stored) -> whether an instance's own attribute of that name is what a
 * load finds, or a store changes. */
PyObject *dx_in_dict(PyObject *module, PyObject *args)
{
    PyTypeObject *type;
    PyObject *name, *found;
    int stored, is_plain;

    (void)module;
    if (!PyArg_ParseTuple(args, "O!Up:in_dict", &PyType_Type, &type, &name, &stored)) {
        return NULL;
    }
    is_plain = stored ? type->tp_setattro == PyObject_GenericSetAttr
                      : type->tp_getattro == PyObject_GenericGetAttr;
    found = _PyType_Lookup(type, name);
    return PyBool_FromLong(has_managed_dict(type) && is_plain &&
                           (found == NULL || Py_TYPE(found)->tp_descr_set == NULL));
}

/* The index of an interned name among keys, tried at the hint first, or -1. */
static Py_ssize_t find_key(PyDictKeysObject *keys, PyObject *name, Py_ssize_t *hint)
{
    PyDictUnicodeEntry *entries;

    if (keys->dk_kind == DICT_KEYS_GENERAL) {
        return -1;
    }
    entries = DK_UNICODE_ENTRIES(keys);
    if (*hint < keys->dk_nentries && entries[*hint].me_key == name) {
        return *hint;
    }
    for (Py_ssize_t i = 0; i < keys->dk_nentries; i++) {
        if (entries[i].me_key == name) {
            *hint = i;
            return i;
        }
    }
    return -1;
}

/* The cell of the instance's attribute, or NULL where there is none that is plain. `dict`: the
 * dict it is in, or NULL for inline values. */
static PyObject **find_cell(PyObject *owner, PyObject *name, Py_ssize_t *hint, PyDictObject **dict)
{
    PyDictOrValues attributes = *_PyObject_DictOrValuesPointer(owner);
    PyDictKeysObject *keys;
    Py_ssize_t index;

    *dict = NULL;
    if (_PyDictOrValues_IsValues(attributes)) {
        keys = ((PyHeapTypeObject *)Py_TYPE(owner))->ht_cached_keys;
        index = find_key(keys, name, hint);
        return index < 0 ? NULL : &_PyDictOrValues_GetValues(attributes)->values[index];
    }
    *dict = (PyDictObject *)attributes.dict;
    if (*dict == NULL || !PyDict_CheckExact(*dict)) {
        return NULL;
    }
    keys = (*dict)->ma_keys;
    index = find_key(keys, name, hint);
    if (index < 0) {
        return NULL;
    }
    if ((*dict)->ma_values != NULL) {
        return &(*dict)->ma_values->values[index];
    }
    return &DK_UNICODE_ENTRIES(keys)[index].me_value;
}

PyObject *dx_load_field(PyObject *owner, PyObject *name, Py_ssize_t *hint)
{
    PyDictObject *dict;
    PyObject **cell = find_cell(owner, name, hint, &dict);

    return cell == NULL ? NULL : *cell;
}

PyObject *dx_load_global(PyObject *globals, PyObject *name, Py_ssize_t *hint)
{
    PyDictObject *dict = (PyDictObject *)globals;
    PyObject *found;

    if (dict->ma_keys->dk_kind == DICT_KEYS_GENERAL || dict->ma_values != NULL) {
        return NULL;
    }
    if (*hint < dict->ma_keys->dk_nentries) {
        PyDictUnicodeEntry *entry = &DK_UNICODE_ENTRIES(dict->ma_keys)[*hint];
        if (entry->me_key == name && entry->me_value != NULL) {
            return Py_NewRef(entry->me_value);
        }
    }
    found = PyDict_GetItemWithError(globals, name);
    if (found != NULL) {
        find_key(dict->ma_keys, name, hint);
    }
    return Py_XNewRef(found);
}

int dx_can_store(PyObject *owner, PyObject *name, Py_ssize_t *hint)
{
    PyDictObject *dict;
    PyObject **cell = find_cell(owner, name, hint, &dict);

    /* The first value of a field can always be put among inline values. */
    return cell != NULL && (*cell != NULL || dict == NULL);
}

PyObject *dx_store_field(PyObject *owner, PyObject *name, Py_ssize_t *hint, PyObject *value)
{
    PyDictObject *dict;
    PyObject **cell = find_cell(owner, name, hint, &dict);
    PyObject *old = *cell;
    PyDictValues *values;

    if (dict == NULL) {
        values = _PyDictOrValues_GetValues(*_PyObject_DictOrValuesPointer(owner));
        if (old == NULL) {
            _PyDictValues_AddToInsertionOrder(values, cell - values->values);
        }
        *cell = value;
        return old;
    }
    if ((dict->ma_version_tag & DICT_VERSION_MASK) == 0 && _PyObject_GC_IS_TRACKED(dict)) {
        *cell = value;
        dict->ma_version_tag = DICT_NEXT_VERSION(_PyInterpreterState_GET());
        return old;
    }
    /* It is there already, and its key is a string: nothing is made, nothing can fail. */
    Py_INCREF(old);
    if (PyDict_SetItem((PyObject *)dict, name, value) < 0) {
        PyErr_Clear();
    }
    Py_DECREF(value);
    return old;
}

int dx_hides(PyObject *owner, PyObject *name)
{
    Py_ssize_t hint = 0;
    PyDictOrValues attributes = *_PyObject_DictOrValuesPointer(owner);
    PyDictObject *dict;

    if (!_PyDictOrValues_IsValues(attributes) && attributes.dict == NULL) {
        return 0;
    }
    dict = (PyDictObject *)attributes.dict;
    if (!_PyDictOrValues_IsValues(attributes) &&
        (!PyDict_CheckExact(dict) || dict->ma_keys->dk_kind == DICT_KEYS_GENERAL)) {
        return 1;
    }
    return dx_load_field(owner, name, &hint) != NULL;
}
