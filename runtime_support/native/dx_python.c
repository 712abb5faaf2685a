/* Generic operations: Python's own semantics, done with a frame that anybody may look at.
 *
 * Machine code calls dx_python with the op, its operands and a record of its frame state.
 * The frames are built before an op that may run Python code, and retired after it. If
 * somebody has kept an object of a frame meanwhile, or watches it, the function goes on in the
 * interpreter with these very frames: they are then pending, and dx_raise runs them. */
#include "dx_core.h"

#include <sched.h>

#include "internal/pycore_dict.h"
#include "internal/pycore_typeobject.h"
#include <opcode.h>

static dx_pending pending;

int dx_take_pending(dx_pending *taken)
{
    *taken = pending;
    pending.frame = NULL;
    return taken->frame != NULL;
}

static PyObject *power(PyObject *a, PyObject *b)
{
    return PyNumber_Power(a, b, Py_None);
}

static PyObject *inplace_power(PyObject *a, PyObject *b)
{
    return PyNumber_InPlacePower(a, b, Py_None);
}

/* In the order of BINARY_OP's argument (Include/opcode.h, NB_ADD and following). */
static const binaryfunc binary[] = {
    PyNumber_Add,    PyNumber_And,       PyNumber_FloorDivide, PyNumber_Lshift,
    PyNumber_MatrixMultiply, PyNumber_Multiply, PyNumber_Remainder, PyNumber_Or,
    power,           PyNumber_Rshift,    PyNumber_Subtract,    PyNumber_TrueDivide,
    PyNumber_Xor,
};
static const binaryfunc inplace[] = {
    PyNumber_InPlaceAdd,    PyNumber_InPlaceAnd,       PyNumber_InPlaceFloorDivide,
    PyNumber_InPlaceLshift, PyNumber_InPlaceMatrixMultiply, PyNumber_InPlaceMultiply,
    PyNumber_InPlaceRemainder, PyNumber_InPlaceOr,     inplace_power,
    PyNumber_InPlaceRshift, PyNumber_InPlaceSubtract,  PyNumber_InPlaceTrueDivide,
    PyNumber_InPlaceXor,
};

/* Of a module's dict whose keys are all names, without a frame. */
static PyObject *load_global(PyThreadState *ts, dx_shadow *shadow, PyObject *name)
{
    PyFunctionObject *func = dx_shadow_function(shadow);
    PyObject *value;
    PyObject *error;

    if (!DK_IS_UNICODE(((PyDictObject *)func->func_globals)->ma_keys)) {
        dx_show_frames(ts);
    }
    value = PyDict_GetItemWithError(func->func_globals, name);
    if (value != NULL || PyErr_Occurred()) {
        return Py_XNewRef(value);
    }
    dx_show_frames(ts);
    value = PyObject_GetItem(func->func_builtins, name);
    if (value != NULL || !PyErr_ExceptionMatches(PyExc_KeyError)) {
        return value;
    }
    PyErr_Clear();
    PyErr_Format(PyExc_NameError, "name '%.200s' is not defined", PyUnicode_AsUTF8(name));
    error = PyErr_GetRaisedException();
    if (PyObject_SetAttrString(error, "name", name) < 0) {
        PyErr_Clear();
    }
    PyErr_SetRaisedException(error);
    return NULL;
}

static PyObject *truth(int answer)
{
    return answer < 0 ? NULL : answer ? Py_True : Py_False;
}

static PyObject *done(int status)
{
    return status < 0 ? NULL : Py_True;
}

static PyObject *slice(PyObject *container, PyObject *start, PyObject *stop)
{
    PyObject *range = PySlice_New(start, stop, NULL);
    PyObject *result = range ? PyObject_GetItem(container, range) : NULL;
    Py_XDECREF(range);
    return result;
}

static PyObject *next_item(PyObject *iterator, PyObject **out)
{
    iternextfunc next = Py_TYPE(iterator)->tp_iternext;

    out[0] = next(iterator);
    if (out[0] != NULL) {
        return Py_True;
    }
    if (PyErr_Occurred()) {
        if (!PyErr_ExceptionMatches(PyExc_StopIteration)) {
            return NULL;
        }
        PyErr_Clear();
    }
    return Py_False;
}

/* One step of what is delegated to. */
static PyObject *send(PyObject *receiver, PyObject *value, PyObject **out)
{
    switch (PyIter_Send(receiver, value, out)) {
    case PYGEN_NEXT: return Py_True;
    case PYGEN_RETURN: return Py_False;
    case PYGEN_ERROR: break;
    }
    return NULL;
}

static PyObject *unpack_error(Py_ssize_t wanted, Py_ssize_t got)
{
    if (got > wanted) {
        PyErr_Format(PyExc_ValueError, "too many values to unpack (expected %zd)", wanted);
    }
    else {
        PyErr_Format(PyExc_ValueError, "not enough values to unpack (expected %zd, got %zd)",
                     wanted, got);
    }
    return NULL;
}

/* `count` new references in `out`, or NULL with none. */
static PyObject *unpack(PyObject *sequence, PyObject **out, Py_ssize_t count)
{
    PyObject *iterator = PyObject_GetIter(sequence);
    PyObject *result = Py_True;
    PyObject *extra;
    Py_ssize_t got = 0;

    if (iterator == NULL) {
        if (PyErr_ExceptionMatches(PyExc_TypeError) && Py_TYPE(sequence)->tp_iter == NULL &&
            !PySequence_Check(sequence)) {
            PyErr_Format(PyExc_TypeError, "cannot unpack non-iterable %.200s object",
                         Py_TYPE(sequence)->tp_name);
        }
        return NULL;
    }
    while (got < count && (out[got] = PyIter_Next(iterator)) != NULL) {
        got++;
    }
    if (got < count) {
        result = PyErr_Occurred() ? NULL : unpack_error(count, got);
    }
    else if ((extra = PyIter_Next(iterator)) != NULL) {
        Py_DECREF(extra);
        result = unpack_error(count, count + 1);
    }
    else if (PyErr_Occurred()) {
        result = NULL;
    }
    while (result == NULL && got > 0) {
        Py_DECREF(out[--got]);
    }
    Py_DECREF(iterator);
    return result;
}

/* operands: method or NULL, callable or self, arguments; then, if there are keywords, their
 * names come last. Functions with native code are called without any frame being built. */
static PyObject *call(PyThreadState *ts, PyObject **operands, int count, int has_keywords)
{
    PyObject *names = has_keywords ? operands[--count] : NULL;
    Py_ssize_t keywords = names ? PyTuple_GET_SIZE(names) : 0;
    int first = operands[0] != NULL ? 1 : 2;
    PyObject *callable = operands[first - 1];
    size_t given = (size_t)(count - first - keywords);
    PyObject *result;

    if (PyFunction_Check(callable) && dx_is_native(callable)) {
        return dx_call_native(ts, callable, operands + first, given, names);
    }
    if (names != NULL || !dx_is_quiet_call(callable, operands + first, given)) {
        dx_show_frames(ts);
    }
    /* The callee's place may be overwritten: a bound method puts its self there. */
    operands[first - 1] = NULL;
    result = PyObject_Vectorcall(callable, operands + first,
                                 given | PY_VECTORCALL_ARGUMENTS_OFFSET, names);
    return result;
}

static PyObject *build(int count, PyObject **operands, int list)
{
    PyObject *result = list ? PyList_New(count) : PyTuple_New(count);

    for (int i = 0; result != NULL && i < count; i++) {
        if (list) {
            PyList_SET_ITEM(result, i, Py_NewRef(operands[i]));
        }
        else {
            PyTuple_SET_ITEM(result, i, Py_NewRef(operands[i]));
        }
    }
    return result;
}

static PyObject *build_map(int count, PyObject **operands)
{
    PyObject *result = PyDict_New();

    for (int i = 0; result != NULL && i < count; i += 2) {
        if (PyDict_SetItem(result, operands[i], operands[i + 1]) < 0) {
            Py_CLEAR(result);
        }
    }
    return result;
}

static PyObject *nothing; /* a function that does nothing */

/* Frames of that function count as incomplete for ever, so nobody sees them. */
int dx_poll_init(void)
{
    PyObject *scope = PyDict_New();

    nothing = scope ? PyRun_String("lambda: None", Py_eval_input, scope, scope) : NULL;
    Py_XDECREF(scope);
    if (nothing == NULL) {
        return -1;
    }
    PyObject_GC_UnTrack(nothing);
    ((PyCodeObject *)((PyFunctionObject *)nothing)->func_code)->_co_firsttraceable = 1 << 20;
    return 0;
}

PyObject *dx_call_nothing(void)
{
    PyCodeObject *code = (PyCodeObject *)((PyFunctionObject *)nothing)->func_code;

    /* Instrumenting would never end: it skips code without a first traceable instruction. */
    code->_co_instrumentation_version = PyInterpreterState_Get()->monitoring_version;
    return _PyFunction_Vectorcall(nothing, NULL, 0, NULL);
}

int dx_polls_are_stressed;

PyObject *dx_set_poll_stress(PyObject *module, PyObject *on)
{
    (void)module;
    dx_polls_are_stressed = PyObject_IsTrue(on) == 1;
    dx_ask_for_poll(PyThreadState_Get());
    Py_RETURN_NONE;
}

/* All that may happen at a poll, happens: garbage is collected, and another thread runs. */
static void stress_poll(PyThreadState *ts)
{
    PyGC_Collect();
    Py_BEGIN_ALLOW_THREADS
    sched_yield();
    Py_END_ALLOW_THREADS
    dx_ask_for_poll(ts);
}

/* What the interpreter does where somebody has set its eval breaker: it does it at the start
 * of a function. */
static PyObject *poll(PyThreadState *ts)
{
    PyObject *result;

    if (ts->py_recursion_remaining <= 1) {
        return Py_True;
    }
    result = dx_call_nothing();
    if (result == NULL) {
        return NULL;
    }
    Py_DECREF(result);
    if (dx_polls_are_stressed) {
        stress_poll(ts);
    }
    return Py_True;
}

/* What needs no frame because of what it finds; NULL without an exception for anything else. */
static PyObject *perform_plainly(enum dx_operation op, int extra, PyObject **o)
{
    int answer = -1;

    if (op == OP_CONTAINS) {
        answer = dx_search(o[1], o[0]);
    }
    else if (op == OP_COMPARE && dx_are_sets(o[0], o[1])) {
        answer = dx_compare_sets(o[0], o[1], extra);
    }
    return answer < 0 ? NULL : truth(answer);
}

/* The result (new, or one of the immortal truth values), or NULL with an exception. */
static PyObject *perform(PyThreadState *ts, enum dx_operation op, int extra, dx_shadow *shadow,
                         PyObject **out, PyObject **o, int count)
{
    PyObject *result = perform_plainly(op, extra, o);

    if (result != NULL) {
        return result;
    }
    if (!dx_is_quiet(op, extra, shadow, o, count)) {
        dx_show_frames(ts);
    }
    switch (op) {
    case OP_LOAD_GLOBAL: return load_global(ts, shadow, o[0]);
    case OP_LOAD_ATTR: return PyObject_GetAttr(o[1], o[0]);
    case OP_LOAD_METHOD:
        out[0] = out[1] = NULL;
        if (_PyObject_GetMethod(o[1], o[0], &out[1])) {
            out[0] = out[1];
            out[1] = Py_NewRef(o[1]);
        }
        return out[1] == NULL ? NULL : Py_True;
    case OP_STORE_ATTR: return done(PyObject_SetAttr(o[1], o[0], o[2]));
    case OP_BINARY: return binary[extra](o[0], o[1]);
    case OP_INPLACE: return inplace[extra](o[0], o[1]);
    case OP_COMPARE: return PyObject_RichCompare(o[0], o[1], extra);
    case OP_CONTAINS: return truth(PySequence_Contains(o[1], o[0]));
    case OP_BINARY_SUBSCR: return PyObject_GetItem(o[0], o[1]);
    case OP_STORE_SUBSCR: return done(PyObject_SetItem(o[0], o[1], o[2]));
    case OP_BINARY_SLICE: return slice(o[0], o[1], o[2]);
    case OP_UNARY_NEGATIVE: return PyNumber_Negative(o[0]);
    case OP_UNARY_NOT: return truth(PyObject_Not(o[0]));
    case OP_UNARY_INVERT: return PyNumber_Invert(o[0]);
    case OP_TRUTH: return truth(PyObject_IsTrue(o[0]));
    case OP_GET_ITER: return PyObject_GetIter(o[0]);
    case OP_FOR_ITER: return next_item(o[0], out);
    case OP_UNPACK_SEQUENCE: return unpack(o[0], out, extra);
    case OP_CALL: return call(ts, o, count, extra);
    case OP_BUILD_TUPLE: return build(count, o, 0);
    case OP_BUILD_LIST: return build(count, o, 1);
    case OP_BUILD_MAP: return build_map(count, o);
    case OP_LIST_APPEND: return done(PyList_Append(o[0], o[1]));
    case OP_POLL: return poll(ts);
    case OP_SEND: return send(o[0], o[1], out);
    case OP_YIELD_FROM_ITER: return dx_yield_from_iter(o[0], extra);
    case OP_AWAITABLE: return dx_awaitable(o[0], extra);
    default: return dx_construct(ts, op, extra, shadow, out, o, count);
    }
}

/* Push what the op gave on the kept frame's stack, and say where the interpreter goes on. */
static void push_results(_PyInterpreterFrame *frame, enum dx_operation op, int extra,
                         PyObject *result, PyObject **out)
{
    PyObject **top = &frame->localsplus[frame->stacktop];
    int again = 0;

    switch (op) {
    case OP_STORE_ATTR:
    case OP_STORE_SUBSCR:
    case OP_LIST_APPEND:
    case OP_STORE_GLOBAL:
    case OP_DELETE_SUBSCR:
    case OP_DELETE_ATTR:
    case OP_STORE_SLICE:
    case OP_LIST_EXTEND:
    case OP_SET_UPDATE:
    case OP_DICT_UPDATE:
    case OP_DICT_MERGE:
    case OP_SET_ADD:
    case OP_MAP_ADD:
        break;
    case OP_POLL:
        /* A jump, not done yet. */
        frame->prev_instr = dx_first_unit(frame->prev_instr, frame->f_code) - 1;
        return;
    case OP_TRUTH:
        /* A jump: done again on the truth value itself. */
        *top++ = result;
        again = 1;
        break;
    case OP_FOR_ITER:
        /* An ended iterator is asked again, and says the same. */
        again = result == Py_False;
        if (!again) {
            *top++ = out[0];
        }
        break;
    case OP_SEND:
        *top++ = out[0];
        frame->stacktop++;
        frame->prev_instr = dx_last_unit(frame->prev_instr, frame->f_code) +
                            (result == Py_False ? frame->prev_instr->op.arg : 0);
        return;
    case OP_SUPER_ATTR:
        if (!(extra & 1)) {
            *top++ = result;
            break;
        }
        /* fall through */
    case OP_BEFORE_WITH:
    case OP_LOAD_METHOD:
        *top++ = out[0];
        *top++ = out[1];
        break;
    case OP_UNPACK_EX:
        for (int i = (extra & 0xff) + (extra >> 8); i >= 0; i--) {
            *top++ = out[i];
        }
        break;
    case OP_UNPACK_SEQUENCE:
        for (int i = extra; i > 0; i--) {
            *top++ = out[i - 1];
        }
        break;
    case OP_LOAD_GLOBAL:
        /* Its null for a call goes below. */
        if (frame->prev_instr->op.arg & 1) {
            *top++ = NULL;
        }
        *top++ = result;
        break;
    default:
        *top++ = result;
    }
    frame->stacktop = (int)(top - frame->localsplus);
    frame->prev_instr = again ? dx_first_unit(frame->prev_instr, frame->f_code) - 1
                              : dx_last_unit(frame->prev_instr, frame->f_code);
}

/* Whether the frames must live on: somebody has an object of one, or a debugger, a profiler or
 * coverage has begun to watch its code. */
static int is_wanted(PyThreadState *ts, dx_unit *unit, _PyInterpreterFrame *frame, int count)
{
    int changed = unit->checked_version != ts->interp->monitoring_version;

    for (int i = 0; i < count; i++, frame = frame->previous) {
        /* A generator's frame is its own, and goes on natively with its object. */
        int is_own = frame->owner == FRAME_OWNED_BY_GENERATOR;
        if ((!is_own && frame->frame_obj != NULL && Py_REFCNT(frame->frame_obj) > 1) ||
            (changed && dx_is_observed(ts->interp, frame->f_code))) {
            return 1;
        }
    }
    return 0;
}

PyObject *dx_python(PyThreadState *ts, dx_shadow *shadow, PyObject **out, int op, int extra,
                    int count, PyObject **operands)
{
    PyObject *result;

    assert(PyGILState_Check() && ts == _PyThreadState_UncheckedGet());
    assert(PyErr_Occurred() == NULL && pending.frame == NULL);
    assert(((dx_unit *)shadow->table[0])->active > 0);
    for (int i = 0; i < count; i++) {
        assert(operands[i] == NULL || Py_REFCNT(operands[i]) > 0);
    }
    shadow->frame = NULL;
    shadow->base = ts->cframe->current_frame;
    shadow->previous = dx_lazy;
    dx_lazy = shadow;
    result = perform(ts, (enum dx_operation)op, extra, shadow, out, operands, count);
    assert(result == NULL || (Py_REFCNT(result) > 0 && PyErr_Occurred() == NULL));
    if (shadow->frame == NULL) {
        assert(dx_lazy == shadow);
        dx_lazy = shadow->previous;
        return result;
    }
    if (!is_wanted(ts, shadow->table[0], shadow->frame, shadow->frames)) {
        dx_hide_frames(ts, shadow);
        return result;
    }
    dx_frame_is_native(NULL);
    if (result != NULL) {
        push_results(shadow->frame, (enum dx_operation)op, extra, result, out);
    }
    pending = (dx_pending){shadow->frame, shadow->frames, result == NULL};
    return NULL;
}
