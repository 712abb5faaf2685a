/* Dicts, sets and searches whose keys are plain: numbers, strings, and tuples of such, which are
 * hashed and compared without Python code.
 *
 * A table may hold other keys: only one with the same hash would be asked whether it is equal.
 * Where that happens nothing is done, and the interpreter does it: DX_UNKNOWN. */
#include "dx_core.h"

#include "internal/pycore_dict.h"

#include <opcode.h>

enum { DX_UNKNOWN = -1, DX_MISSING = 0, DX_FOUND = 1 };

/* The host's own (Objects/dictobject.c, Objects/setobject.c). */
#define DX_PERTURB_SHIFT 5

/* Tuples are looked into so deep. */
#define DX_KEY_DEPTH 4

static int is_plain_atom(PyObject *key)
{
    return PyUnicode_CheckExact(key) || PyLong_CheckExact(key) || key == Py_None ||
           PyBool_Check(key) || PyFloat_CheckExact(key);
}

/* A tuple, or a named one that hashes and compares as such. */
static int is_tuple_key(PyObject *key)
{
    PyTypeObject *type = Py_TYPE(key);
    return PyTuple_Check(key) && type->tp_hash == PyTuple_Type.tp_hash &&
           type->tp_richcompare == PyTuple_Type.tp_richcompare;
}

static int is_plain_key(PyObject *key, int depth)
{
    if (is_plain_atom(key)) {
        return 1;
    }
    if (!is_tuple_key(key) || depth > DX_KEY_DEPTH) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(key); i++) {
        if (!is_plain_key(PyTuple_GET_ITEM(key, i), depth + 1)) {
            return 0;
        }
    }
    return 1;
}

static int plain_equal(PyObject *a, PyObject *b, int depth)
{
    int equal = DX_FOUND;

    if (a == b) {
        return DX_FOUND;
    }
    if (is_plain_atom(a) && is_plain_atom(b)) {
        equal = PyObject_RichCompareBool(a, b, Py_EQ);
        PyErr_Clear();
        return equal;
    }
    if (!is_tuple_key(a) || !is_tuple_key(b) || depth > DX_KEY_DEPTH) {
        return DX_UNKNOWN;
    }
    if (PyTuple_GET_SIZE(a) != PyTuple_GET_SIZE(b)) {
        return DX_MISSING;
    }
    for (Py_ssize_t i = 0; equal == DX_FOUND && i < PyTuple_GET_SIZE(a); i++) {
        equal = plain_equal(PyTuple_GET_ITEM(a, i), PyTuple_GET_ITEM(b, i), depth + 1);
    }
    return equal;
}

/* The hash of a plain key; -1 without an exception where it is none. */
static Py_hash_t plain_hash(PyObject *key)
{
    Py_hash_t hash = -1;

    if (PyUnicode_CheckExact(key)) {
        hash = ((PyASCIIObject *)key)->hash;
    }
    if (hash == -1 && is_plain_key(key, 0)) {
        hash = PyObject_Hash(key);
        PyErr_Clear();
    }
    return hash;
}

static Py_ssize_t index_at(PyDictKeysObject *keys, size_t place)
{
    int width = DK_LOG_SIZE(keys);

    if (width < 8) {
        return ((const int8_t *)keys->dk_indices)[place];
    }
    if (width < 16) {
        return ((const int16_t *)keys->dk_indices)[place];
    }
#if SIZEOF_VOID_P > 4
    if (width >= 32) {
        return (Py_ssize_t)((const int64_t *)keys->dk_indices)[place];
    }
#endif
    return ((const int32_t *)keys->dk_indices)[place];
}

/* What the host's lookup does (Objects/dictobject.c), up to a key that would be asked. */
static int look_up(PyDictObject *dict, PyObject *key, PyObject **value)
{
    PyDictKeysObject *keys = dict->ma_keys;
    Py_hash_t hash = plain_hash(key);
    size_t mask = (size_t)DK_SIZE(keys) - 1, perturb = (size_t)hash, place = perturb & mask;
    int same = DX_MISSING;

    *value = NULL;
    if (hash == -1) {
        return DX_UNKNOWN;
    }
    if (DK_IS_UNICODE(keys)) {
        if (!PyUnicode_CheckExact(key)) {
            return DX_MISSING;
        }
        *value = _PyDict_GetItem_KnownHash((PyObject *)dict, key, hash);
        return *value ? DX_FOUND : DX_MISSING;
    }
    for (;;) {
        Py_ssize_t index = index_at(keys, place);
        if (index == DKIX_EMPTY) {
            return DX_MISSING;
        }
        if (index >= 0) {
            PyDictKeyEntry *entry = &DK_ENTRIES(keys)[index];
            if (entry->me_key == key ||
                (entry->me_hash == hash && (same = plain_equal(entry->me_key, key, 0)) != 0)) {
                *value = same == DX_UNKNOWN ? NULL : entry->me_value;
                return same == DX_UNKNOWN ? DX_UNKNOWN : DX_FOUND;
            }
        }
        perturb >>= DX_PERTURB_SHIFT;
        place = (place * 5 + perturb + 1) & mask;
    }
}

/* The value (borrowed), or NULL without an exception where there is none, or nobody knows. */
PyObject *dx_dict_get(PyObject *dict, PyObject *key)
{
    PyObject *value;

    look_up((PyDictObject *)dict, key, &value);
    return value;
}

/* As the method `get`; a new reference, or NULL without an exception where nobody knows. */
PyObject *dx_dict_find(PyObject *dict, PyObject *key, PyObject *missing)
{
    PyObject *value;
    int found = look_up((PyDictObject *)dict, key, &value);

    return found == DX_UNKNOWN ? NULL : Py_NewRef(found ? value : missing);
}

/* `old`: what was there, the caller's to release, or NULL. 0, or -1 with nothing done. */
int dx_dict_set(PyObject *dict, PyObject *key, PyObject *value, PyObject **old)
{
    if (look_up((PyDictObject *)dict, key, old) == DX_UNKNOWN) {
        return -1;
    }
    Py_XINCREF(*old);
    if (PyDict_SetItem(dict, key, value) < 0) {
        PyErr_Clear();
        Py_CLEAR(*old);
        return -1;
    }
    return 0;
}

/* Entries that the host looks at one after the other (Objects/setobject.c). */
#define DX_LINEAR_PROBES 9

static int set_look_up(PySetObject *set, PyObject *key, Py_hash_t hash)
{
    size_t mask = (size_t)set->mask, perturb = (size_t)hash, place = perturb & mask;

    for (;;) {
        size_t probes = place + DX_LINEAR_PROBES <= mask ? DX_LINEAR_PROBES : 0;
        for (setentry *entry = &set->table[place]; entry <= &set->table[place + probes]; entry++) {
            if (entry->hash == 0 && entry->key == NULL) {
                return DX_MISSING;
            }
            if (entry->hash == hash) {
                int same = plain_equal(entry->key, key, 0);
                if (same != DX_MISSING) {
                    return same;
                }
            }
        }
        perturb >>= DX_PERTURB_SHIFT;
        place = (place * 5 + 1 + perturb) & mask;
    }
}

static int sequence_search(PyObject *sequence, PyObject *item)
{
    PyObject **items = PySequence_Fast_ITEMS(sequence);
    int same = DX_MISSING;

    for (Py_ssize_t i = 0; same == DX_MISSING && i < Py_SIZE(sequence); i++) {
        same = plain_equal(items[i], item, 0);
    }
    return same;
}

/* Whether the container has the item: 1, 0, or -1 where nobody knows. */
int dx_search(PyObject *container, PyObject *item)
{
    PyObject *value;
    Py_hash_t hash;

    if (PyList_CheckExact(container) || PyTuple_CheckExact(container)) {
        return sequence_search(container, item);
    }
    if (PyDict_CheckExact(container)) {
        return look_up((PyDictObject *)container, item, &value);
    }
    if (PyAnySet_CheckExact(container)) {
        hash = plain_hash(item);
        return hash == -1 ? DX_UNKNOWN : set_look_up((PySetObject *)container, item, hash);
    }
    if (PyUnicode_CheckExact(container) && PyUnicode_CheckExact(item)) {
        return PyUnicode_Contains(container, item);
    }
    return DX_UNKNOWN;
}

/* As the method `add`: 0, or -1 with nothing done. */
int dx_set_add(PyObject *set, PyObject *item)
{
    Py_hash_t hash = plain_hash(item);
    int found = hash == -1 ? DX_UNKNOWN : set_look_up((PySetObject *)set, item, hash);

    if (found == DX_MISSING && PySet_Add(set, item) < 0) {
        PyErr_Clear();
        return -1;
    }
    return found == DX_UNKNOWN ? -1 : 0;
}

/* As the method `remove` of a list: 0, or -1 with nothing done. The item found is equal to a
 * plain one, and its release runs no Python code. */
int dx_list_remove(PyObject *list, PyObject *item)
{
    PyObject **items = ((PyListObject *)list)->ob_item;

    for (Py_ssize_t i = 0; i < Py_SIZE(list); i++) {
        int same = plain_equal(items[i], item, 0);
        if (same == DX_UNKNOWN || (same == DX_FOUND && !is_plain_atom(items[i]))) {
            return -1;
        }
        if (same == DX_FOUND) {
            PyObject *removed = dx_list_pop(list, i);
            Py_XDECREF(removed);
            return removed ? 0 : -1;
        }
    }
    return -1;
}

/* The set's next entry with an item, from `entry` on; `left` of them are there. */
static const setentry *next_entry(const setentry *entry, Py_ssize_t left)
{
    if (left == 0) {
        return NULL;
    }
    /* A removed one has a hash that no item has. */
    while (entry->key == NULL || entry->hash == -1) {
        entry++;
    }
    return entry;
}

/* Whether every item of the one is in the other. */
static int is_subset(PyObject *small, PyObject *large)
{
    Py_ssize_t left = PySet_GET_SIZE(small);
    const setentry *entry = ((PySetObject *)small)->table;
    int found = DX_FOUND;

    if (left > PySet_GET_SIZE(large)) {
        return DX_MISSING;
    }
    for (; found == DX_FOUND && (entry = next_entry(entry, left)) != NULL; entry++, left--) {
        found = set_look_up((PySetObject *)large, entry->key, entry->hash);
    }
    return found;
}

int dx_are_sets(PyObject *a, PyObject *b)
{
    return PyAnySet_CheckExact(a) && PyAnySet_CheckExact(b);
}

/* `operator` of sets, Py_LT and so on: 1, 0, or -1 where nobody knows. */
int dx_compare_sets(PyObject *a, PyObject *b, int operator)
{
    Py_ssize_t left = PySet_GET_SIZE(a), right = PySet_GET_SIZE(b);
    int found;

    switch (operator) {
    case Py_LE: return is_subset(a, b);
    case Py_GE: return is_subset(b, a);
    case Py_LT: return left < right ? is_subset(a, b) : DX_MISSING;
    case Py_GT: return right < left ? is_subset(b, a) : DX_MISSING;
    default:
        found = left == right ? is_subset(a, b) : DX_MISSING;
        return found == DX_UNKNOWN ? found : found == (operator == Py_EQ);
    }
}

int dx_has_plain_items(PyObject *set)
{
    Py_ssize_t left = PySet_GET_SIZE(set);
    const setentry *entry = ((PySetObject *)set)->table;

    for (; (entry = next_entry(entry, left)) != NULL; entry++, left--) {
        if (!PyLong_CheckExact(entry->key) && !is_plain_key(entry->key, 0)) {
            return 0;
        }
    }
    return 1;
}

/* `operator` as in BINARY_OP: a new reference, or NULL without an exception where nobody
 * knows. */
PyObject *dx_combine_sets(PyObject *a, PyObject *b, int operator)
{
    PyObject *result = NULL;

    if (!dx_has_plain_items(a) || !dx_has_plain_items(b)) {
        return NULL;
    }
    switch (operator) {
    case NB_AND: result = PyNumber_And(a, b); break;
    case NB_OR: result = PyNumber_Or(a, b); break;
    case NB_SUBTRACT: result = PyNumber_Subtract(a, b); break;
    case NB_XOR: result = PyNumber_Xor(a, b); break;
    }
    PyErr_Clear();
    return result;
}
