/* Exit records: from live values back to the interpreter's frames.
 *
 * The encoding is that of backend/llvm/exit_record.py: frames outermost first, each with its
 * rows of the code object and of the function (0: the running one), pc, drop flag and slots;
 * then what is owned and not taken over.
 * Numbers are unsigned LEB128. The values come as variadic arguments in the record's order. */
#include "dx_core.h"

#include "internal/pycore_dict.h"
#include <string.h>

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
    PyFunctionObject *func;          /* the running one */
    _PyInterpreterFrame *generator;  /* its own frame, if it is a generator's: the outermost */
    const int64_t *cells; /* the values, if they are not variadic arguments */
    va_list values;
} reader;

/* `own`: what native code was entered with. */
static reader reader_of(const uint8_t *record, void **table, PyFunctionObject *own)
{
    reader r = {.next = record, .table = table, .func = own};

    if (((dx_unit *)table[0])->is_generator) {
        r.generator = (_PyInterpreterFrame *)own;
        r.func = (PyFunctionObject *)r.generator->f_funcobj;
    }
    return r;
}

static PyObject *read_object(reader *r)
{
    PyObject *object;

    if (r->cells == NULL) {
        object = va_arg(r->values, PyObject *);
    }
    else {
        memcpy(&object, r->cells++, sizeof(object));
    }
    assert(object == NULL || Py_REFCNT(object) > 0);
    return object;
}

static int64_t read_integer(reader *r)
{
    return r->cells != NULL ? *r->cells++ : va_arg(r->values, int64_t);
}

static double read_double(reader *r)
{
    double number;

    if (r->cells == NULL) {
        return va_arg(r->values, double);
    }
    memcpy(&number, r->cells++, sizeof(number));
    return number;
}

static int read_flag(reader *r)
{
    return r->cells != NULL ? *r->cells++ != 0 : va_arg(r->values, int);
}

static uint64_t read_number(reader *r)
{
    uint64_t number = 0;
    int shift = 0;
    uint8_t byte;

    do {
        assert(shift < 64);
        byte = *r->next++;
        number |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    return number;
}

/* The object that a row of the table stands for; borrowed. */
static PyObject *read_row(reader *r)
{
    uint64_t row = read_number(r);

    assert(row < ((dx_unit *)r->table[0])->row_count);
    assert(Py_REFCNT((PyObject *)r->table[row]) > 0);
    return r->table[row];
}

/* A new reference, or NULL for an unbound local. */
static PyObject *read_slot(reader *r)
{
    enum slot_kind kind = (enum slot_kind)*r->next++;
    int64_t integer;
    double number;

    switch (kind) {
    case SLOT_OWNED:
        return read_object(r);
    case SLOT_BORROWED:
        return Py_XNewRef(read_object(r));
    case SLOT_I64:
        return dx_new_int(read_integer(r));
    case SLOT_F64:
        return dx_new_float(read_double(r));
    case SLOT_I1:
        return Py_NewRef(read_flag(r) ? Py_True : Py_False);
    case SLOT_CONSTANT:
        return Py_NewRef(read_row(r));
    case SLOT_MAYBE_I64:
        integer = read_integer(r);
        return read_flag(r) ? dx_new_int(integer) : NULL;
    case SLOT_MAYBE_F64:
        number = read_double(r);
        return read_flag(r) ? dx_new_float(number) : NULL;
    case SLOT_NULL:
        break;
    }
    return NULL;
}

/* The result of a frame whose `return_offset` is this is not wanted (``__init__``): frames
 * that are rebuilt do not return by their offset. */
#define DX_DROPS_RESULT 1

static void skip_slots(reader *r)
{
    for (uint64_t count = read_number(r); count > 0; count--) {
        if (*r->next++ == SLOT_CONSTANT) {
            read_number(r);
        }
    }
}

/* A new frame on top of the data stack. */
static _PyInterpreterFrame *new_frame(PyThreadState *ts, PyCodeObject *code,
                                      PyFunctionObject *func)
{
    _PyInterpreterFrame *frame;

    assert(PyCode_Check(code) && PyFunction_Check(func) && Py_REFCNT(func) > 0);
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
    frame->owner = FRAME_OWNED_BY_THREAD;
    return frame;
}

/* One frame of the record, above `previous`: `frame`, or a new one. */
static _PyInterpreterFrame *read_frame(reader *r, PyThreadState *ts, _PyInterpreterFrame *frame,
                                       _PyInterpreterFrame *previous)
{
    PyCodeObject *code = (PyCodeObject *)read_row(r);
    uint64_t func_row = read_number(r);
    PyFunctionObject *func = func_row ? (PyFunctionObject *)r->table[func_row] : r->func;
    Py_ssize_t pc = (Py_ssize_t)read_number(r);
    uint16_t drops = read_number(r) ? DX_DROPS_RESULT : 0;
    uint64_t count = read_number(r);

    assert(pc >= 0 && pc < Py_SIZE(code));
    assert(count <= (uint64_t)(code->co_nlocalsplus + code->co_stacksize));
    if (frame == NULL) {
        frame = new_frame(ts, code, func);
    }
    frame->previous = previous;
    frame->return_offset = drops;
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

/* The outermost frame of code that has taken over a loop is the interpreter's own, and empty
 * while native code runs. */
static void fill_frame(reader *r, PyThreadState *ts, _PyInterpreterFrame *frame)
{
    _PyInterpreterFrame *previous = frame->previous;
    uint16_t return_offset = frame->return_offset;

    read_frame(r, ts, frame, previous);
    frame->return_offset = return_offset;
}

static void empty_frame(_PyInterpreterFrame *frame)
{
    for (int i = frame->stacktop - 1; i >= 0; i--) {
        Py_CLEAR(frame->localsplus[i]);
    }
    frame->stacktop = frame->f_code->co_nlocalsplus;
}

static int is_loop(void **table)
{
    return table != NULL && ((dx_unit *)table[0])->slots != NULL;
}

/* All frames of the record, linked in, the innermost on top; `filled` of them exist already. */
static _PyInterpreterFrame *read_frames(reader *r, PyThreadState *ts, int filled, int *count)
{
    _PyInterpreterFrame *frame = ts->cframe->current_frame;

    *count = (int)read_number(r);
    if (filled) {
        fill_frame(r, ts, frame);
    }
    for (int i = filled; i < *count; i++) {
        frame = read_frame(r, ts, i == 0 ? r->generator : NULL, frame);
    }
    ts->cframe->current_frame = frame;
    return frame;
}

/* A generator goes on natively: its frame holds nothing meanwhile. */
static void withdraw(PyThreadState *ts, _PyInterpreterFrame *frame)
{
    PyObject *exception = PyErr_GetRaisedException();
    int count = frame->stacktop;

    ts->cframe->current_frame = frame->previous;
    frame->previous = NULL;
    frame->stacktop = DX_FRAME_RUNS;
    for (int i = 0; i < count; i++) {
        Py_CLEAR(frame->localsplus[i]);
    }
    PyErr_SetRaisedException(exception);
}

/* Take away the topmost frames, which `filled` of them outlive. */
static void hide(PyThreadState *ts, _PyInterpreterFrame *frame, int filled, int count)
{
    for (int i = filled; i < count; i++) {
        _PyInterpreterFrame *previous = frame->previous;
        if (frame->owner == FRAME_OWNED_BY_GENERATOR) {
            withdraw(ts, frame);
        }
        else {
            dx_frame_retire(ts, frame);
        }
        frame = previous;
    }
    if (filled) {
        empty_frame(frame);
    }
}

/* What native code owns goes: the frames that go on have references of their own, and are what
 * a finalizer sees. */
static void discard(reader *r, PyThreadState *ts)
{
    PyObject *exception = PyErr_GetRaisedException();
    _PyInterpreterFrame *going_on = ts->cframe->current_frame;
    _PyInterpreterFrame *frame;
    int count;

    /* A generator's own frame is one of those that go on. */
    r->generator = NULL;
    frame = read_frames(r, ts, 0, &count);
    ts->cframe->current_frame = going_on;
    read_drops(r);
    for (; count > 0; count--) {
        _PyInterpreterFrame *previous = frame->previous;
        dx_frame_discard(ts, frame);
        frame = previous;
    }
    PyErr_SetRaisedException(exception);
}

/* A callee has returned to the frame: its result, and where it goes on. NULL with an exception
 * for a result that ``__init__`` must not have. */
static PyObject *take_result(_PyInterpreterFrame *frame, PyObject *result, int drops)
{
    if (!drops) {
        frame->localsplus[frame->stacktop++] = result;
    }
    else if (result == Py_None) {
        Py_DECREF(result);
    }
    else {
        PyErr_Format(PyExc_TypeError, "__init__() should return None, not '%.200s'",
                     Py_TYPE(result)->tp_name);
        Py_DECREF(result);
        return NULL;
    }
    frame->prev_instr = dx_last_unit(frame->prev_instr, frame->f_code);
    return result;
}

/* The frame runs to its end. What it gives, unless it is the last: that is then on the stack of
 * the frame it returns to. */
static PyObject *run_frame(PyThreadState *ts, _PyInterpreterFrame *frame, int is_last,
                           int throwing)
{
    _PyInterpreterFrame *previous = frame->previous;
    int drops = frame->return_offset == DX_DROPS_RESULT;
    PyObject *result;

    if (throwing) {
        dx_throw_silently(ts);
    }
    frame->return_offset = 0;
    ts->cframe->current_frame = previous;
    /* The evaluation enters the recursion check itself, and leaves it. */
    ts->py_recursion_remaining++;
    result = _PyEval_EvalFrameDefault(ts, frame, throwing);
    ts->py_recursion_remaining--;
    return result == NULL || is_last ? result : take_result(previous, result, drops);
}

PyObject *dx_frames_run(PyThreadState *ts, _PyInterpreterFrame *frame, int count, int throwing)
{
    PyObject *result = NULL;

    assert(count > 0 && ts->cframe->current_frame == frame);
    assert(throwing == (PyErr_Occurred() != NULL));
    for (int i = 0; i < count; i++) {
        _PyInterpreterFrame *previous = frame->previous;
        result = run_frame(ts, frame, i + 1 == count, throwing);
        throwing = result == NULL;
        frame = previous;
    }
    return result;
}

PyObject dx_handed_back;

PyObject *dx_loop_frames_run(PyThreadState *ts, _PyInterpreterFrame *frame, int count,
                             int throwing)
{
    for (int i = 0; i + 1 < count; i++) {
        _PyInterpreterFrame *previous = frame->previous;
        throwing = run_frame(ts, frame, 0, throwing) == NULL;
        frame = previous;
    }
    return throwing ? NULL : &dx_handed_back;
}

static PyObject *go_on(PyThreadState *ts, void **table, dx_pending going_on)
{
    return (is_loop(table) ? dx_loop_frames_run : dx_frames_run)(ts, going_on.frame,
                                                                 going_on.count,
                                                                 going_on.throwing);
}

/* Rebuild the record's frames and run them to their ends. `throwing`: the instruction at pc
 * has failed; otherwise it is still to be done. */
static PyObject *resume(reader *r, PyThreadState *ts, int throwing)
{
    PyObject *exception = PyErr_GetRaisedException();
    _PyInterpreterFrame *frame;
    int count;

    frame = read_frames(r, ts, is_loop(r->table), &count);
    if (!throwing) {
        frame->prev_instr--;
    }
    read_drops(r);
    PyErr_SetRaisedException(exception);
    return go_on(ts, r->table, (dx_pending){frame, count, throwing});
}

/* One exit in so many calls is too many; at once where most calls end by one, as those of a
 * function that loops. */
#define DX_CALLS_PER_EXIT 64
#define DX_MIN_EXITS 3

/* The tier is told once: a unit is not mended, but replaced. */
static void count_exit(dx_unit *unit, PyFunctionObject *func, uint32_t guard)
{
    if (guard >= unit->guard_count) {
        return;
    }
    unit->exits[guard]++;
    unit->exit_total++;
    if (unit->slots != NULL) {
        return;
    }
    dx_loops_begin(unit->code);
    if (unit->told || unit->exit_total * DX_CALLS_PER_EXIT < unit->entries ||
        (unit->exit_total < DX_MIN_EXITS && unit->entries > 2)) {
        return;
    }
    unit->told = 1;
    dx_tell_exits(func, unit->functions);
}

PyObject *dx_leave(PyThreadState *ts, void **table, PyFunctionObject *func,
                   const uint8_t *record, uint32_t guard, ...)
{
    dx_unit *unit = table[0];
    reader r = reader_of(record, table, func);
    PyObject *result;

    assert(PyGILState_Check() && ts == _PyThreadState_UncheckedGet());
    assert(unit->active > 0 && guard < unit->guard_count && PyErr_Occurred() == NULL);
    dx_show_frames(ts);
    count_exit(unit, r.func, guard);
    va_start(r.values, guard);
    result = resume(&r, ts, 0);
    va_end(r.values);
    return result;
}

PyObject *dx_raise(PyThreadState *ts, void **table, PyFunctionObject *func,
                   const uint8_t *record, uint32_t guard, ...)
{
    dx_unit *unit = table[0];
    reader r = reader_of(record, table, func);
    dx_pending going_on;
    PyObject *result;

    assert(PyGILState_Check() && unit->active > 0);
    dx_show_frames(ts);
    va_start(r.values, guard);
    if (dx_take_pending(&going_on)) {
        /* First, for what the function gives up from here on has to go at that moment. */
        discard(&r, ts);
        result = go_on(ts, table, going_on);
    }
    else {
        unit->raises++;
        result = resume(&r, ts, 1);
    }
    va_end(r.values);
    return result;
}

dx_shadow *dx_lazy;

static void show(PyThreadState *ts, dx_shadow *shadow)
{
    reader r;

    assert(shadow->frame == NULL);
    if (shadow->record == NULL) {
        dx_show_delegating(ts, shadow);
        return;
    }
    r = reader_of(shadow->record, shadow->table, shadow->func);
    r.cells = shadow->values;
    shadow->frame = read_frames(&r, ts, is_loop(r.table), &shadow->frames);
    dx_frame_is_native(shadow->frame);
}

PyFunctionObject *dx_shadow_function(const dx_shadow *shadow)
{
    reader r = reader_of(shadow->record, shadow->table, shadow->func);
    uint64_t row = 0;

    for (uint64_t count = read_number(&r); count > 0; count--) {
        read_number(&r);
        row = read_number(&r);
        read_number(&r);
        read_number(&r);
        skip_slots(&r);
    }
    return row ? (PyFunctionObject *)shadow->table[row] : r.func;
}

void dx_show_frames(PyThreadState *ts)
{
    _PyInterpreterFrame *base = ts->cframe->current_frame;
    dx_shadow *outermost = NULL;

    /* Reversed in place, to begin with the outermost. */
    while (dx_lazy != NULL && dx_lazy->base == base) {
        dx_shadow *shadow = dx_lazy;
        dx_lazy = shadow->previous;
        shadow->previous = outermost;
        outermost = shadow;
    }
    for (; outermost != NULL; outermost = outermost->previous) {
        show(ts, outermost);
    }
}

void dx_hide_frames(PyThreadState *ts, dx_shadow *shadow)
{
    dx_frame_is_native(NULL);
    hide(ts, shadow->frame, is_loop(shadow->table), shadow->frames);
}

/* Containers are looked into so deep, and at so many objects that only they hold: building frames
 * costs no more. */
#define DX_MAX_DEPTH 3
#define DX_MAX_LOOKS 64

static int looks;

static int dies_quietly(PyObject *dead, int depth);

/* Whether giving up one reference to it runs no Python code. */
static int goes_quietly(PyObject *object, int depth)
{
    return object == NULL || Py_REFCNT(object) > 1 ||
           (++looks <= DX_MAX_LOOKS && dies_quietly(object, depth + 1));
}

static int all_go_quietly(PyObject *const *items, Py_ssize_t count, int depth)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        if (!goes_quietly(items[i], depth)) {
            return 0;
        }
    }
    return 1;
}

static int visit(PyObject *object, void *depth)
{
    return !goes_quietly(object, *(int *)depth);
}

static int has_weak_references(PyObject *object)
{
    return PyType_SUPPORTS_WEAKREFS(Py_TYPE(object)) &&
           *PyObject_GET_WEAKREFS_LISTPTR(object) != NULL;
}

/* Builtin classes whose objects do nothing when they go but to give up what they refer to. */
static PyTypeObject *const plain_types[] = {
    &PyDict_Type,        &PySlice_Type,        &PyListIter_Type,    &PyTupleIter_Type,    &PySetIter_Type,      &PyDictIterKey_Type,
    &PyDictIterItem_Type, &PyDictIterValue_Type, &PyDictKeys_Type,   &PyDictItems_Type,
    &PyDictValues_Type,  &PyUnicodeIter_Type,  &PyBytesIter_Type,    &PyByteArrayIter_Type,
    &PyEnum_Type,        &PyZip_Type,          &PyMethod_Type,       &PyCFunction_Type,
    &PyListRevIter_Type, &PyReversed_Type,     &PyCell_Type,
};

static destructor instance_dealloc; /* of a class made in Python */

int dx_finalize_init(void)
{
    PyObject *made = PyErr_NewException("dx_py.Made", NULL, NULL);

    instance_dealloc = made ? ((PyTypeObject *)made)->tp_dealloc : NULL;
    Py_XDECREF(made);
    return made ? 0 : -1;
}

/* Whether its class is derived from `object` alone, and nothing of it is a finalizer. */
static int is_plain_instance(PyTypeObject *type)
{
    while (type != &PyBaseObject_Type) {
        if (type->tp_dealloc != instance_dealloc || type->tp_finalize != NULL ||
            type->tp_del != NULL) {
            return 0;
        }
        type = type->tp_base;
    }
    return 1;
}

static int set_goes_quietly(PyObject *set, int depth)
{
    Py_ssize_t left = PySet_GET_SIZE(set);

    for (setentry *entry = ((PySetObject *)set)->table; left > 0; entry++) {
        /* A removed one has a hash that no item has. */
        if (entry->key != NULL && entry->hash != -1) {
            if (Py_REFCNT(entry->key) == 1 && !goes_quietly(entry->key, depth)) {
                return 0;
            }
            left--;
        }
    }
    return ((PySetObject *)set)->weakreflist == NULL;
}

static int is_of_plain_type(PyTypeObject *type)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(plain_types); i++) {
        if (type == plain_types[i]) {
            return 1;
        }
    }
    return PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) && is_plain_instance(type);
}

static int dies_quietly(PyObject *dead, int depth)
{
    PyTypeObject *type = Py_TYPE(dead);

    if (type == &PyFloat_Type || type == &PyLong_Type || type == &PyUnicode_Type ||
        type == &PyBytes_Type || type == &PyRange_Type || type == &PyRangeIter_Type) {
        return 1;
    }
    if (depth > DX_MAX_DEPTH) {
        return 0;
    }
    if (type == &PyList_Type) {
        return all_go_quietly(((PyListObject *)dead)->ob_item, Py_SIZE(dead), depth);
    }
    if (type == &PyTuple_Type) {
        return all_go_quietly(((PyTupleObject *)dead)->ob_item, Py_SIZE(dead), depth);
    }
    if (type == &PySet_Type || type == &PyFrozenSet_Type) {
        return set_goes_quietly(dead, depth);
    }
    if (dx_is_resumable(dead)) {
        return dx_has_ended(dead);
    }
    return is_of_plain_type(type) && !has_weak_references(dead) && type->tp_traverse != NULL &&
           type->tp_traverse(dead, visit, &depth) == 0;
}

int dx_goes_quietly(PyObject *object)
{
    looks = 0;
    return goes_quietly(object, 0);
}

int dx_die_quietly(PyObject *dead)
{
    looks = 0;
    if (!dies_quietly(dead, 0)) {
        return 0;
    }
    dead->ob_refcnt = 0;
    _Py_Dealloc(dead);
    return 1;
}

void dx_finalize(PyThreadState *ts, void **table, PyFunctionObject *func,
                 const uint8_t *record, PyObject *dead, ...)
{
    PyObject *exception = PyErr_GetRaisedException();
    reader r = reader_of(record, table, func);
    _PyInterpreterFrame *frame;
    int count;

    assert(PyGILState_Check() && Py_REFCNT(dead) >= 0 && Py_REFCNT(dead) <= 1);
    dead->ob_refcnt = 0;
    dx_show_frames(ts);
    va_start(r.values, dead);
    frame = read_frames(&r, ts, is_loop(table), &count);
    va_end(r.values);
    _Py_Dealloc(dead);
    hide(ts, frame, is_loop(table), count);
    PyErr_SetRaisedException(exception);
}
