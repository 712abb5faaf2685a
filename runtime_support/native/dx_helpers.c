/* What machine code calls, and the builtin objects it names. */
#include "dx_core.h"

#include <math.h>
#include <string.h>

/* Boxes for when there is no memory: machine code cannot raise where it makes one. They are
 * immortal, and MemoryError comes at the next call or jump backwards. */
#define DX_RESERVE 16384

static PyFloatObject reserved_floats[DX_RESERVE];
static struct {
    PyLongObject number;
    digit more[2];
} reserved_ints[DX_RESERVE];
static size_t floats_used, ints_used;

static void no_memory(size_t used)
{
    PyErr_Clear();
    if (used == DX_RESERVE) {
        Py_FatalError("dx-py: out of memory for a number in native code");
    }
    PyThreadState_SetAsyncExc(PyThread_get_thread_ident(), PyExc_MemoryError);
}

PyObject *dx_new_float(double value)
{
    PyObject *result = dx_float_box(value);

    if (result == NULL) {
        no_memory(floats_used);
        result = (PyObject *)&reserved_floats[floats_used++];
        Py_SET_TYPE(result, &PyFloat_Type);
        result->ob_refcnt = _Py_IMMORTAL_REFCNT;
        ((PyFloatObject *)result)->ob_fval = value;
    }
    return result;
}

PyObject *dx_new_int(int64_t value)
{
    PyObject *result = PyLong_FromLongLong(value);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    PyLongObject *number;
    size_t digits = 0;

    if (result != NULL) {
        return result;
    }
    no_memory(ints_used);
    number = &reserved_ints[ints_used++].number;
    Py_SET_TYPE(number, &PyLong_Type);
    number->ob_base.ob_refcnt = _Py_IMMORTAL_REFCNT;
    for (; rest != 0; rest >>= PyLong_SHIFT) {
        number->long_value.ob_digit[digits++] = (digit)(rest & PyLong_MASK);
    }
    number->long_value.lv_tag = digits << NON_SIZE_BITS | (value < 0 ? 2 : 0);
    return (PyObject *)number;
}

static PyObject *maybe_float(double value, int present)
{
    return present ? dx_new_float(value) : NULL;
}

static PyObject *maybe_int(int64_t value, int present)
{
    return present ? dx_new_int(value) : NULL;
}

/* The number, or INT64_MIN where it is that or does not fit. */
static int64_t int_value(PyObject *number)
{
    int overflow;
    int64_t value = PyLong_AsLongLongAndOverflow(number, &overflow);
    return overflow ? INT64_MIN : value;
}

/* base ** exponent where both and the result are finite and real; NaN otherwise, and the
 * interpreter decides between an exception, a complex number and a special value. */
static double float_pow(double base, double exponent)
{
    double result;

    if (!isfinite(base) || !isfinite(exponent)) {
        return NAN;
    }
    if (base == 0.0 ? exponent <= 0.0 : base < 0.0 && exponent != floor(exponent)) {
        return NAN;
    }
    result = pow(base, exponent);
    return isfinite(result) ? result : NAN;
}

/* Put a new float into a cell of a list; its float there is shared, or was the last. */
static void replace_float(PyObject **cell, double value)
{
    PyObject *old = *cell;
    *cell = dx_new_float(value);
    Py_DECREF(old);
}

/* Put a borrowed object into a cell of a list; what was there has a leaf class. */
static void replace_leaf(PyObject **cell, PyObject *value)
{
    PyObject *old = *cell;
    *cell = Py_NewRef(value);
    Py_DECREF(old);
}

/* A local of a function that has returned goes: a finalizer may look at its callers' frames. */
static void release_last(PyObject *object)
{
    if (object != NULL && Py_REFCNT(object) == 1) {
        if (dx_die_quietly(object)) {
            return;
        }
        dx_show_frames(_PyThreadState_UncheckedGet());
    }
    Py_XDECREF(object);
}

static PyObject *new_range(PyObject *callee, PyObject *a, PyObject *b, PyObject *c)
{
    PyObject *args[] = {a, b, c};
    size_t count = b == NULL ? 1 : c == NULL ? 2 : 3;
    return PyObject_Vectorcall(callee, args, count, NULL);
}

/* An instance without attributes, of a class whose objects are plain ones. */
static PyObject *new_object(PyTypeObject *type)
{
    static PyObject *nothing;

    if (nothing == NULL && (nothing = PyTuple_New(0)) == NULL) {
        return NULL;
    }
    return PyBaseObject_Type.tp_new(type, nothing, NULL);
}

/* A function that runs no Python code for these arguments, so no frame is shown. */
static PyObject *call_quiet(PyObject **operands, int count)
{
    return PyObject_Vectorcall(operands[0], operands + 1, (size_t)count - 1, NULL);
}

static PyObject *build_tuple(PyObject **items, int count)
{
    PyObject *result = PyTuple_New(count);

    for (int i = 0; result != NULL && i < count; i++) {
        PyTuple_SET_ITEM(result, i, Py_NewRef(items[i]));
    }
    return result;
}

static PyObject *build_list(PyObject **items, int count)
{
    PyObject *result = PyList_New(count);

    for (int i = 0; result != NULL && i < count; i++) {
        PyList_SET_ITEM(result, i, Py_NewRef(items[i]));
    }
    return result;
}

/* Guards of code compiled for stress fail once in `stress_rate` times, as a seed says. */
static uint32_t stress_state = 1, stress_rate;

void dx_set_stress(uint32_t seed, uint32_t rate)
{
    stress_state = seed ? seed : 1;
    stress_rate = rate;
}

static int stress(void)
{
    /* Marsaglia, "Xorshift RNGs" (2003). */
    stress_state ^= stress_state << 13;
    stress_state ^= stress_state >> 17;
    stress_state ^= stress_state << 5;
    return stress_rate != 0 && stress_state % stress_rate == 0;
}

static const struct {
    const char *name;
    void *address;
} helpers[] = {
    {"dx_leave", (void *)dx_leave},
    {"dx_raise", (void *)dx_raise},
    {"dx_finalize", (void *)dx_finalize},
    {"dx_die_quietly", (void *)dx_die_quietly},
    {"dx_python", (void *)dx_python},
    {"dx_generator_end", (void *)dx_generator_end},
    {"dx_generator_interpret", (void *)dx_generator_interpret},
    {"dx_stress", (void *)stress},
    {"dx_new_float", (void *)dx_new_float},
    {"dx_new_int", (void *)dx_new_int},
    {"dx_maybe_float", (void *)maybe_float},
    {"dx_maybe_int", (void *)maybe_int},
    {"dx_int_value", (void *)int_value},
    {"dx_float_pow", (void *)float_pow},
    {"dx_replace_float", (void *)replace_float},
    {"dx_replace_leaf", (void *)replace_leaf},
    {"dx_release_leaf", (void *)dx_release_leaf},
    {"dx_arithmetic", (void *)dx_arithmetic},
    {"dx_release_last", (void *)release_last},
    {"dx_new_range", (void *)new_range},
    {"dx_call_quiet", (void *)call_quiet},
    {"dx_build_tuple", (void *)build_tuple},
    {"dx_build_list", (void *)build_list},
    {"dx_new_object", (void *)new_object},
    {"dx_look_for_key", (void *)dx_look_for_key},
    {"dx_load_global", (void *)dx_load_global},
    {"dx_load_field", (void *)dx_load_field},
    {"dx_can_store", (void *)dx_can_store},
    {"dx_store_field", (void *)dx_store_field},
    {"dx_hides", (void *)dx_hides},
    {"dx_list_slice", (void *)dx_list_slice},
    {"dx_tuple_slice", (void *)dx_tuple_slice},
    {"dx_str_slice", (void *)dx_str_slice},
    {"dx_bytes_slice", (void *)dx_bytes_slice},
    {"dx_list_step", (void *)dx_list_step},
    {"dx_list_store_slice", (void *)dx_list_store_slice},
    {"dx_list_pop", (void *)dx_list_pop},
    {"dx_list_reserve", (void *)dx_list_reserve},
    {"dx_str_item", (void *)dx_str_item},
    {"libm_sin", (void *)sin},
    {"libm_cos", (void *)cos},
    {"libm_tan", (void *)tan},
    {"libm_asin", (void *)asin},
    {"libm_acos", (void *)acos},
    {"libm_atan", (void *)atan},
    {"libm_exp", (void *)exp},
    {"libm_log", (void *)log},
    {"dx_dict_get", (void *)dx_dict_get},
    {"dx_dict_find", (void *)dx_dict_find},
    {"dx_dict_set", (void *)dx_dict_set},
    {"dx_search", (void *)dx_search},
    {"dx_compare_sets", (void *)dx_compare_sets},
    {"dx_combine_sets", (void *)dx_combine_sets},
    {"dx_set_add", (void *)dx_set_add},
    {"dx_list_remove", (void *)dx_list_remove},
    {"dx_next", (void *)dx_next},
    {"dx_next_numbered", (void *)dx_next_numbered},
    {"dx_next_pair", (void *)dx_next_pair},
    {"dx_list_extend", (void *)dx_list_extend},
    {"PySequence_Concat", (void *)PySequence_Concat},
    {"PySequence_Repeat", (void *)PySequence_Repeat},
    {"PyList_Insert", (void *)PyList_Insert},
    {"PyCell_New", (void *)PyCell_New},
    {"PyObject_GetIter", (void *)PyObject_GetIter},
};

static const struct {
    const char *row;
    void *object;
} builtins[] = {
    {"type:int", &PyLong_Type},
    {"type:float", &PyFloat_Type},
    {"type:bool", &PyBool_Type},
    {"type:str", &PyUnicode_Type},
    {"type:list", &PyList_Type},
    {"type:tuple", &PyTuple_Type},
    {"type:dict", &PyDict_Type},
    {"type:range", &PyRange_Type},
    {"type:list_iterator", &PyListIter_Type},
    {"type:range_iterator", &PyRangeIter_Type},
    {"type:NoneType", &_PyNone_Type},
    {"object:None", Py_None},
    {"object:True", Py_True},
    {"object:False", Py_False},
    {"builtin:range", &PyRange_Type},
};

/* Further builtin classes, which have no name among the builtins. */
static PyTypeObject *const unnamed[] = {
    &PyModule_Type,       &PyFunction_Type,   &PyMethod_Type,         &PyCFunction_Type,
    &PyMethodDescr_Type,  &PyGen_Type,        &PyCoro_Type,           &PyTupleIter_Type,
    &PyUnicodeIter_Type,  &PySetIter_Type,    &PyDictIterKey_Type,    &PyDictIterValue_Type,
    &PyDictIterItem_Type, &PyDictKeys_Type,   &PyDictValues_Type,     &PyDictItems_Type,
    &PyDictProxy_Type,    &PyCode_Type,       &PyFrame_Type,          &PyTraceBack_Type,
    &PyCell_Type,         &PyEllipsis_Type,   &_PyNotImplemented_Type,
};

/* A builtin class by its name; a program may have put another thing in its place. */
static PyTypeObject *builtin_class(const char *name)
{
    PyObject *found = PyDict_GetItemString(PyInterpreterState_Get()->builtins, name);

    if (found != NULL && PyType_Check(found) &&
        !PyType_HasFeature((PyTypeObject *)found, Py_TPFLAGS_HEAPTYPE) &&
        strcmp(((PyTypeObject *)found)->tp_name, name) == 0) {
        return (PyTypeObject *)found;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(unnamed); i++) {
        if (strcmp(unnamed[i]->tp_name, name) == 0) {
            return unnamed[i];
        }
    }
    return NULL;
}

void *dx_helper_address(const char *name)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(helpers); i++) {
        if (strcmp(helpers[i].name, name) == 0) {
            return helpers[i].address;
        }
    }
    return NULL;
}

void *dx_builtin_address(const char *row)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(builtins); i++) {
        if (strcmp(builtins[i].row, row) == 0) {
            return builtins[i].object;
        }
    }
    return strncmp(row, "type:", 5) == 0 ? builtin_class(row + 5) : NULL;
}
