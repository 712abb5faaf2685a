/* The module ``_core``: checks that it knows this interpreter, then offers itself. */
#include "dx_core.h"

#include <stddef.h>
#include <stdio.h>

Py_ssize_t dx_unit_extra = -1;
Py_ssize_t dx_profile_extra = -1;

/* Why native code must not run here; NULL where it may. */
static const char *refusal;
static char refusal_text[160];

/* Compare what offsets say with what the C API says, on live objects. */
static const char *check_layouts(void)
{
    PyThreadState *ts = PyThreadState_Get();
    PyFrameObject *frame = PyEval_GetFrame();
    PyObject *list = Py_BuildValue("[i]", 7);
    PyObject *tuple = Py_BuildValue("(i)", 7);
    PyObject *number = PyFloat_FromDouble(1.25);
    const char *problem = NULL;

    if (list == NULL || tuple == NULL || number == NULL) {
        problem = "no memory for the self-check";
    }
    else if (((PyListObject *)list)->ob_item[0] != PyList_GetItem(list, 0) ||
             ((PyTupleObject *)tuple)->ob_item[0] != PyTuple_GetItem(tuple, 0) ||
             ((PyFloatObject *)number)->ob_fval != 1.25) {
        problem = "objects are laid out otherwise than in the headers";
    }
    else if (frame != NULL) {
        PyCodeObject *code = PyFrame_GetCode(frame);
        _PyInterpreterFrame *current = ts->cframe->current_frame;
        if (current == NULL || current->f_code != code) {
            problem = "frames are laid out otherwise than in the headers";
        }
        Py_DECREF(code);
    }
    Py_XDECREF(list);
    Py_XDECREF(tuple);
    Py_XDECREF(number);
    return problem;
}

static const char *check_host(void)
{
    if (Py_Version != PY_VERSION_HEX) {
        snprintf(refusal_text, sizeof(refusal_text),
                 "built for CPython %s, and this is %lu.%lu.%lu", PY_VERSION, Py_Version >> 24,
                 Py_Version >> 16 & 0xff, Py_Version >> 8 & 0xff);
        return refusal_text;
    }
    return check_layouts();
}

static PyObject *get_refusal(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    return refusal ? PyUnicode_FromString(refusal) : Py_NewRef(Py_None);
}

static const struct {
    const char *name;
    size_t offset;
} layout[] = {
    {"object.ob_refcnt", offsetof(PyObject, ob_refcnt)},
    {"object.ob_type", offsetof(PyObject, ob_type)},
    {"var.ob_size", offsetof(PyVarObject, ob_size)},
    {"float.ob_fval", offsetof(PyFloatObject, ob_fval)},
    {"int.lv_tag", offsetof(PyLongObject, long_value.lv_tag)},
    {"int.ob_digit", offsetof(PyLongObject, long_value.ob_digit)},
    {"int.compact_limit", 2 << NON_SIZE_BITS},
    {"function.closure", offsetof(PyFunctionObject, func_closure)},
    {"cell.ob_ref", offsetof(PyCellObject, ob_ref)},
    {"array.items", offsetof(dx_array, items)},
    {"array.descriptor", offsetof(dx_array, descriptor)},
    {"tuple.ob_item", offsetof(PyTupleObject, ob_item)},
    {"dict.length", offsetof(PyDictObject, ma_used)},
    {"str.length", offsetof(PyASCIIObject, length)},
    {"set.length", offsetof(PySetObject, used)},
    {"bytes.ob_sval", offsetof(PyBytesObject, ob_sval)},
    {"bytearray.ob_start", offsetof(PyByteArrayObject, ob_start)},
    {"bytearray.length", offsetof(PyVarObject, ob_size)},
    {"frozenset.length", offsetof(PySetObject, used)},
    {"bytes.length", offsetof(PyVarObject, ob_size)},
    {"list.ob_item", offsetof(PyListObject, ob_item)},
    {"list.allocated", offsetof(PyListObject, allocated)},
    {"list_iterator.it_index", offsetof(_PyListIterObject, it_index)},
    {"list_iterator.it_seq", offsetof(_PyListIterObject, it_seq)},
    {"range_iterator.start", offsetof(_PyRangeIterObject, start)},
    {"range_iterator.step", offsetof(_PyRangeIterObject, step)},
    {"range_iterator.len", offsetof(_PyRangeIterObject, len)},
    {"shadow.table", offsetof(dx_shadow, table)},
    {"shadow.func", offsetof(dx_shadow, func)},
    {"shadow.record", offsetof(dx_shadow, record)},
    {"shadow.values", offsetof(dx_shadow, values)},
    {"frame.prev_instr", offsetof(_PyInterpreterFrame, prev_instr)},
    {"frame.stacktop", offsetof(_PyInterpreterFrame, stacktop)},
    {"frame.frame_obj", offsetof(_PyInterpreterFrame, frame_obj)},
    {"code.co_code_adaptive", offsetof(PyCodeObject, co_code_adaptive)},
    {"unit.valid", offsetof(dx_unit, valid)},
    {"object.dict_or_values", (size_t)(-3 * (Py_ssize_t)sizeof(PyObject *))},
};

/* layout() -> {name: offset}: what machine code needs to know of structs. */
static PyObject *get_layout(PyObject *module, PyObject *unused)
{
    PyObject *result = PyDict_New();

    (void)module;
    (void)unused;
    for (size_t i = 0; result != NULL && i < Py_ARRAY_LENGTH(layout); i++) {
        PyObject *offset = PyLong_FromSsize_t((Py_ssize_t)layout[i].offset);
        if (offset == NULL || PyDict_SetItemString(result, layout[i].name, offset) < 0) {
            Py_CLEAR(result);
        }
        Py_XDECREF(offset);
    }
    return result;
}

/* target() -> (machine, cpu): the level of the processor that code may use. */
static PyObject *get_target(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
        __builtin_cpu_supports("fma")) {
        return Py_BuildValue("ss", "x86_64", "x86-64-v3");
    }
    return Py_BuildValue("ss", "x86_64", "x86-64");
#elif defined(__aarch64__)
    return Py_BuildValue("ss", "aarch64", "generic");
#else
    return Py_BuildValue("ss", "", "");
#endif
}

/* thread_state() -> what must be the same before and after native code, for tests. */
static PyObject *get_thread_state(PyObject *module, PyObject *unused)
{
    PyThreadState *ts = PyThreadState_Get();

    (void)module;
    (void)unused;
    return Py_BuildValue("iin", ts->py_recursion_remaining, ts->c_recursion_remaining,
                         (Py_ssize_t)(ts->datastack_limit - ts->datastack_top));
}

/* set_stress(seed, rate), for tests. */
static PyObject *set_stress(PyObject *module, PyObject *args)
{
    unsigned int seed, rate;

    (void)module;
    if (!PyArg_ParseTuple(args, "II:set_stress", &seed, &rate)) {
        return NULL;
    }
    dx_set_stress(seed, rate);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"refusal", get_refusal, METH_NOARGS, "why native code must not run here, or None"},
    {"layout", get_layout, METH_NOARGS, "struct offsets by name"},
    {"target", get_target, METH_NOARGS, "machine and processor level"},
    {"thread_state", get_thread_state, METH_NOARGS, "counters that native code must balance"},
    {"set_stress", set_stress, METH_VARARGS, "make guards fail once in a while"},
    {"set_poll_stress", dx_set_poll_stress, METH_O, "make each poll do all that polls may do"},
    {"end_trial", dx_end_trial, METH_O, "native code of a code object pays"},
    {"set_trials", dx_set_trials, METH_O, "measure whether native code pays"},
    {"load_unit", dx_load_unit, METH_VARARGS, "load native code and install it"},
    {"install", dx_install, METH_O, "install the native code of a function's code object"},
    {"suspend", dx_suspend, METH_O, "interpret a function for some time"},
    {"invalidate", dx_invalidate, METH_O, "end the native code of a code object"},
    {"unit_stats", dx_unit_stats, METH_O, "counters of a code object's native code"},
    {"offer_sys_jit", dx_offer_sys_jit, METH_NOARGS, "let programs ask by sys._jit"},
    {"code_region", dx_code_region, METH_O, "address and size of a code object's native code"},
    {"register_symbols", dx_register_symbols, METH_O, "tell gdb of an ELF object with names"},
    {"attribute", dx_attribute, METH_VARARGS, "where instances have an attribute"},
    {"array_type", dx_array_type, METH_NOARGS, "the class of arrays"},
    {"know_array", dx_know_array, METH_O, "learn the class of arrays"},
    {"in_dict", dx_in_dict, METH_VARARGS, "whether an attribute is the instances' own"},
    {"storage", dx_storage, METH_VARARGS, "where instances store an attribute"},
    {"class_attribute", dx_class_attribute, METH_VARARGS, "an attribute of the class itself"},
    {"traits", dx_traits, METH_O, "how instances of a class compare and are told"},
    {"constructor", dx_constructor, METH_O, "what a call of the class does"},
    {"keys_address", dx_keys_address, METH_O, "where the number of shared keys is"},
    {"keys_count", dx_keys_count, METH_O, "the number of shared keys"},
    {NULL, NULL, 0, NULL},
};

/* Once a process: the watchers and indices cannot be given back. */
static int execute(PyObject *module)
{
    static int done;

    if (done) {
        PyErr_SetString(PyExc_ImportError, "the runtime core is loaded already");
        return -1;
    }
    refusal = check_host();
    if (refusal != NULL) {
        return 0;
    }
    done = 1;
    dx_numbers_init();
    return dx_units_init() < 0 || dx_loops_init() < 0 || dx_profile_init(module) < 0 ||
                   dx_watch_init() < 0 || dx_iterators_init() < 0 || dx_finalize_init() < 0 ||
                   dx_names_init() < 0 || dx_class_init() < 0 || dx_poll_init() < 0 ||
                   dx_quiet_init() < 0 || dx_generator_init() < 0
               ? -1
               : 0;
}

/* Several phases: loading it then leaves nothing in sys.modules. */
static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, execute},
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
    {0, NULL},
};

static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "_core",
    .m_doc = "Runtime core of the native tier.",
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__core(void)
{
    return PyModuleDef_Init(&definition);
}
