/* Exit records: from live values back to the interpreter's frames.
 *
 * The encoding is that of backend/llvm/exit_record.py: frames outermost first, each with its
 * row of the code object, pc, drop flag and slots; then what is owned and not taken over.
 * Numbers are unsigned LEB128. The values come as variadic arguments in the record's order. */
#include "dx_core.h"

enum slot_kind {
    SLOT_NULL,
    SLOT_OWNED,
    SLOT_BORROWED,
    SLOT_I64,
    SLOT_F64,
    SLOT_I1,
    SLOT_CONSTANT,
    SLOT_MAYBE_I64,
    SLOT_MAYBE_F64,
};

typedef struct {
    const uint8_t *next;
    void **table;
    va_list values;
} reader;

static uint64_t read_number(reader *r)
{
    uint64_t number = 0;
    int shift = 0;
    uint8_t byte;

    do {
        byte = *r->next++;
        number |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    return number;
}

/* Boxes cannot fail here: there is no state to raise MemoryError from. */
static PyObject *must(PyObject *object)
{
    if (object == NULL) {
        Py_FatalError("dx-py: out of memory while leaving native code");
    }
    return object;
}

/* A new reference, or NULL for an unbound local. */
static PyObject *read_slot(reader *r)
{
    enum slot_kind kind = (enum slot_kind)*r->next++;
    int64_t integer;
    double number;

    switch (kind) {
    case SLOT_OWNED:
        return va_arg(r->values, PyObject *);
    case SLOT_BORROWED:
        return Py_XNewRef(va_arg(r->values, PyObject *));
    case SLOT_I64:
        return must(PyLong_FromLongLong(va_arg(r->values, int64_t)));
    case SLOT_F64:
        return must(PyFloat_FromDouble(va_arg(r->values, double)));
    case SLOT_I1:
        return Py_NewRef(va_arg(r->values, int) ? Py_True : Py_False);
    case SLOT_CONSTANT:
        return Py_NewRef((PyObject *)r->table[read_number(r)]);
    case SLOT_MAYBE_I64:
        integer = va_arg(r->values, int64_t);
        return va_arg(r->values, int) ? must(PyLong_FromLongLong(integer)) : NULL;
    case SLOT_MAYBE_F64:
        number = va_arg(r->values, double);
        return va_arg(r->values, int) ? must(PyFloat_FromDouble(number)) : NULL;
    case SLOT_NULL:
        break;
    }
    return NULL;
}

/* One frame of the record, on top of the data stack and above `previous`; or NULL. */
static _PyInterpreterFrame *read_frame(reader *r, PyThreadState *ts, PyFunctionObject *func,
                                       _PyInterpreterFrame *previous, int *drops_result)
{
    PyCodeObject *code = (PyCodeObject *)r->table[read_number(r)];
    Py_ssize_t pc = (Py_ssize_t)read_number(r);
    _PyInterpreterFrame *frame;
    uint64_t count;

    *drops_result = (int)read_number(r);
    count = read_number(r);
    frame = dx_frame_push(ts, (size_t)code->co_framesize);
    if (frame == NULL) {
        Py_FatalError("dx-py: out of memory while leaving native code");
    }
    frame->f_code = (PyCodeObject *)Py_NewRef(code);
    frame->f_funcobj = Py_NewRef(func);
    frame->f_globals = func->func_globals;
    frame->f_builtins = func->func_builtins;
    frame->f_locals = NULL;
    frame->frame_obj = NULL;
    frame->previous = previous;
    frame->return_offset = 0;
    frame->owner = FRAME_OWNED_BY_THREAD;
    frame->prev_instr = _PyCode_CODE(code) + pc;
    for (uint64_t i = 0; i < count; i++) {
        frame->localsplus[i] = read_slot(r);
    }
    frame->stacktop = (int)count;
    return frame;
}

static void read_drops(reader *r)
{
    for (uint64_t count = read_number(r); count > 0; count--) {
        Py_XDECREF(read_slot(r));
    }
}

/* What native code owns goes: the frame that went on had references of its own. */
static void discard(reader *r, PyThreadState *ts, PyFunctionObject *func)
{
    PyObject *exception = PyErr_GetRaisedException();
    _PyInterpreterFrame *frame;
    int drops_result;

    read_number(r);
    frame = read_frame(r, ts, func, ts->cframe->current_frame, &drops_result);
    read_drops(r);
    for (int i = 0; i < frame->stacktop; i++) {
        Py_XDECREF(frame->localsplus[i]);
    }
    Py_DECREF(frame->f_funcobj);
    Py_DECREF(frame->f_code);
    dx_frame_pop(ts, frame);
    PyErr_SetRaisedException(exception);
}

/* Rebuild the record's one frame and run it to its end. `throwing`: the instruction at pc
 * has failed; otherwise it is still to be done.
 * Inlined callees add further frames here; until then a record has one. */
static PyObject *resume(reader *r, PyThreadState *ts, PyFunctionObject *func, int throwing)
{
    PyObject *exception = PyErr_GetRaisedException();
    _PyInterpreterFrame *frame;
    PyObject *result;
    int drops_result;

    if (read_number(r) != 1) {
        Py_FatalError("dx-py: exit record with a number of frames this core does not know");
    }
    frame = read_frame(r, ts, func, ts->cframe->current_frame, &drops_result);
    if (!throwing) {
        frame->prev_instr--;
    }
    read_drops(r);
    PyErr_SetRaisedException(exception);
    /* The evaluation enters the recursion check itself, and leaves it. */
    ts->py_recursion_remaining++;
    result = _PyEval_EvalFrameDefault(ts, frame, throwing);
    ts->py_recursion_remaining--;
    return result;
}

PyObject *dx_leave(PyThreadState *ts, void **table, PyFunctionObject *func,
                   const uint8_t *record, uint32_t guard, ...)
{
    dx_unit *unit = table[0];
    reader r = {.next = record, .table = table};
    PyObject *result;

    if (guard < unit->guard_count) {
        unit->exits[guard]++;
    }
    va_start(r.values, guard);
    result = resume(&r, ts, func, 0);
    va_end(r.values);
    return result;
}

PyObject *dx_raise(PyThreadState *ts, void **table, PyFunctionObject *func,
                   const uint8_t *record, uint32_t guard, ...)
{
    dx_unit *unit = table[0];
    reader r = {.next = record, .table = table};
    PyObject *result;

    va_start(r.values, guard);
    if (dx_take_pending(&result)) {
        discard(&r, ts, func);
    }
    else {
        unit->raises++;
        result = resume(&r, ts, func, 1);
    }
    va_end(r.values);
    return result;
}

_PyInterpreterFrame *dx_frame_show(PyThreadState *ts, void **table, PyFunctionObject *func,
                                   const uint8_t *record, va_list values)
{
    reader r = {.next = record, .table = table};
    _PyInterpreterFrame *frame;
    int drops_result;

    va_copy(r.values, values);
    read_number(&r);
    frame = read_frame(&r, ts, func, ts->cframe->current_frame, &drops_result);
    va_end(r.values);
    ts->cframe->current_frame = frame;
    return frame;
}

void dx_finalize(PyThreadState *ts, void **table, PyFunctionObject *func,
                 const uint8_t *record, PyObject *dead, ...)
{
    PyObject *exception = PyErr_GetRaisedException();
    _PyInterpreterFrame *frame;
    va_list values;

    va_start(values, dead);
    frame = dx_frame_show(ts, table, func, record, values);
    va_end(values);
    _Py_Dealloc(dead);
    dx_frame_retire(ts, frame);
    PyErr_SetRaisedException(exception);
}
