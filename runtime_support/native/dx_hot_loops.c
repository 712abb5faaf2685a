/* Which running loops get native code: counted at each jump back, in one activation.
 *
 * A loop that runs long is looked up in the store, then sampled, then compiled for what its
 * frame holds. Code that leaves soon each time it has taken over is made again from further
 * samples, and given up after some rounds. */
#include "dx_core.h"

#include <opcode.h>
#include <string.h>

/* Jumps that are sampled at most while those of an outer loop are waited for, in multiples of
 * what else is enough. */
#define DX_OUTER_WAIT 100
#define DX_MAX_ROUNDS 2
/* A loop taken over so often ran so many seconds each time, or its code is made again. */
#define DX_MIN_ENTRIES 16
#define DX_MIN_SECONDS 20e-6
/* Times the frame is not as the code wants it, before that is made again. */
#define DX_MAX_MISFITS 1000

enum stage {
    LOOP_COLD,
    LOOP_WARM,     /* the store has nothing for it */
    LOOP_HOT,      /* is to be sampled */
    LOOP_SAMPLING,
    LOOP_AWAITED,  /* native code was asked for */
    LOOP_READY,
    LOOP_REFUSED,
};

typedef struct {
    Py_ssize_t header; /* where it begins, in code units */
    enum stage stage;
    long jumps; /* in this activation and stage */
    long outer; /* jumps of loops around it while it was sampled; -1: there are none */
    int misfits, rounds;
} hot_loop;

/* All of a code object. */
typedef struct {
    dx_unit *units;
    hot_loop *loops;
    size_t count, room;
} loops;

Py_ssize_t dx_loops_extra;
static PyObject *on_loop;
static long warm_jumps, hot_jumps, jumps_to_sample;
static int is_patient; /* guards fail at random: leaving often means nothing */

/* co_extra's destructor: the code object goes. */
static void free_loops(void *pointer)
{
    loops *all = pointer;

    if (all == NULL) {
        return;
    }
    while (all->units != NULL) {
        dx_unit *unit = all->units;
        all->units = unit->next_loop;
        dx_unit_orphan(unit);
    }
    PyMem_Free(all->loops);
    PyMem_Free(all);
}

int dx_loops_init(void)
{
    dx_loops_extra = PyUnstable_Eval_RequestCodeExtraIndex(free_loops);
    return dx_loops_extra < 0 ? -1 : 0;
}

/* Made if there are none; NULL with MemoryError set. */
static loops *loops_of(PyCodeObject *code)
{
    loops *all = dx_extra(code, dx_loops_extra);

    if (all == NULL) {
        all = PyMem_Calloc(1, sizeof(loops));
        if (all == NULL) {
            PyErr_NoMemory();
        }
        else if (dx_set_extra(code, dx_loops_extra, all) < 0) {
            PyMem_Free(all);
            all = NULL;
        }
    }
    return all;
}

/* Until the next one is made. */
static hot_loop *loop_at(PyCodeObject *code, Py_ssize_t header)
{
    loops *all = loops_of(code);

    for (size_t i = 0; all != NULL && i < all->count; i++) {
        if (all->loops[i].header == header) {
            return &all->loops[i];
        }
    }
    if (all == NULL ||
        dx_grow((void **)&all->loops, &all->room, all->count, sizeof(hot_loop)) < 0) {
        return NULL;
    }
    all->loops[all->count] = (hot_loop){.header = header};
    return &all->loops[all->count++];
}

dx_unit *dx_loop_unit(PyCodeObject *code, Py_ssize_t header)
{
    loops *all = dx_extra(code, dx_loops_extra);
    dx_unit *unit = all == NULL ? NULL : all->units;

    while (unit != NULL && (unit->header != header || !unit->valid)) {
        unit = unit->next_loop;
    }
    return unit;
}

/* Units that are not valid any more go. */
static dx_unit *without_invalid(dx_unit *unit)
{
    dx_unit *kept = NULL;

    while (unit != NULL) {
        dx_unit *next = unit->next_loop;
        if (unit->valid) {
            unit->next_loop = kept;
            kept = unit;
        }
        else {
            dx_unit_orphan(unit);
        }
        unit = next;
    }
    return kept;
}

int dx_loop_add(PyCodeObject *code, dx_unit *unit)
{
    dx_unit *replaced = dx_loop_unit(code, unit->header);
    hot_loop *loop = loop_at(code, unit->header);
    loops *all = dx_extra(code, dx_loops_extra);

    if (loop == NULL) {
        dx_unit_orphan(unit);
        return -1;
    }
    if (replaced != NULL) {
        dx_unit_invalidate(replaced);
    }
    unit->next_loop = without_invalid(all->units);
    all->units = unit;
    if (loop->stage == LOOP_WARM) {
        /* An earlier process had its first round: the store remembers what comes of the next. */
        loop->rounds = DX_MAX_ROUNDS - 1;
    }
    loop->stage = LOOP_READY;
    loop->misfits = 0;
    return 0;
}

int dx_loops_begin(PyCodeObject *code)
{
    loops *all = dx_extra(code, dx_loops_extra);
    int matters = 0;

    for (size_t i = 0; all != NULL && i < all->count; i++) {
        hot_loop *loop = &all->loops[i];
        if (loop->stage <= LOOP_WARM) {
            loop->jumps = 0;
            matters = 1;
        }
    }
    return matters;
}

/* What the frame holds now: classes, or "null". */
static PyObject *classes_of(_PyInterpreterFrame *frame)
{
    PyObject *classes = PyTuple_New(frame->stacktop);

    for (int i = 0; classes != NULL && i < frame->stacktop; i++) {
        PyObject *value = frame->localsplus[i];
        PyObject *cls = value ? Py_NewRef(Py_TYPE(value)) : PyUnicode_FromString("null");
        if (cls == NULL) {
            Py_CLEAR(classes);
            break;
        }
        PyTuple_SET_ITEM(classes, i, cls);
    }
    return classes;
}

/* on_loop(function, header, event, classes). Whatever goes wrong is not the program's error. */
static void tell(PyFunctionObject *func, Py_ssize_t header, const char *event, PyObject *classes)
{
    unsigned long held = dx_hold_signals();
    PyObject *result =
        classes == NULL
            ? NULL
            : PyObject_CallFunction(on_loop, "OnsO", func, header, event, classes);

    dx_let_signals_in(held);
    if (result == NULL) {
        PyErr_WriteUnraisable(on_loop);
    }
    Py_XDECREF(result);
    Py_XDECREF(classes);
}

/* Whether there is a loop around that whose last instruction is at `from`. */
static int has_outer(PyCodeObject *code, Py_ssize_t header, Py_ssize_t from)
{
    PyObject *words = PyCode_GetCode(code);
    const uint8_t *bytes = words ? (const uint8_t *)PyBytes_AS_STRING(words) : NULL;
    Py_ssize_t count = words ? PyBytes_GET_SIZE(words) / 2 : 0, arg = 0;
    int found = 0;

    for (Py_ssize_t i = 0; i < count && !found; i++) {
        arg = arg << 8 | bytes[2 * i + 1];
        found = i > from && bytes[2 * i] == JUMP_BACKWARD && i + 1 - arg < header;
        arg = bytes[2 * i] == EXTENDED_ARG ? arg : 0;
    }
    PyErr_Clear();
    Py_XDECREF(words);
    return found;
}

static void see_outer(loops *all, Py_ssize_t from, Py_ssize_t to)
{
    for (size_t i = 0; i < all->count; i++) {
        hot_loop *loop = &all->loops[i];
        if (loop->stage == LOOP_SAMPLING && to < loop->header && from > loop->header &&
            loop->outer >= 0) {
            loop->outer++;
        }
    }
}

static int is_enough(const hot_loop *loop)
{
    return loop->jumps >= jumps_to_sample &&
           (loop->outer < 0 || loop->outer > 1 || loop->jumps >= DX_OUTER_WAIT * jumps_to_sample);
}

/* The code is of no use, or there is none: once more, with further samples, but not for ever. */
static void begin_again(hot_loop *loop, PyFunctionObject *func)
{
    loop->jumps = 0;
    loop->misfits = 0;
    loop->stage = ++loop->rounds < DX_MAX_ROUNDS ? LOOP_WARM : LOOP_REFUSED;
    if (loop->stage == LOOP_REFUSED) {
        tell(func, loop->header, "refused", PyTuple_New(0));
    }
}

/* The next step for a loop without native code that fits. */
static void advance(hot_loop *loop, PyFunctionObject *func, _PyInterpreterFrame *frame,
                    Py_ssize_t from)
{
    PyCodeObject *code = (PyCodeObject *)func->func_code;
    Py_ssize_t header = loop->header;

    loop->jumps++;
    switch (loop->stage) {
    case LOOP_COLD:
        if (loop->jumps >= warm_jumps) {
            loop->stage = LOOP_WARM;
            tell(func, header, "warm", PyTuple_New(0));
        }
        break;
    case LOOP_WARM:
        if (loop->jumps < hot_jumps || dx_is_sampled(code)) {
            break;
        }
        if (dx_has_samples(code)) {
            loop->stage = LOOP_AWAITED;
            tell(func, header, "sampled", classes_of(frame));
        }
        else {
            loop->stage = LOOP_HOT;
            loop->jumps = 0;
            loop->outer = has_outer(code, header, from) ? 0 : -1;
            tell(func, header, "hot", PyTuple_New(0));
        }
        break;
    case LOOP_HOT:
        if (dx_samples_loop(code)) {
            loop->stage = LOOP_SAMPLING;
            loop->jumps = 0;
        }
        break;
    case LOOP_SAMPLING:
        if (is_enough(loop)) {
            loop->stage = LOOP_AWAITED;
            tell(func, header, "sampled", classes_of(frame));
        }
        break;
    case LOOP_READY:
        if (dx_loop_unit(code, header) == NULL || ++loop->misfits > DX_MAX_MISFITS) {
            begin_again(loop, func);
        }
        break;
    case LOOP_AWAITED:
    case LOOP_REFUSED:
        break;
    }
}

/* After the native code has left. */
static void judge(PyFunctionObject *func, Py_ssize_t header)
{
    PyCodeObject *code = (PyCodeObject *)func->func_code;
    dx_unit *unit = dx_loop_unit(code, header);
    hot_loop *loop = loop_at(code, header);

    if (unit == NULL || loop == NULL || is_patient || unit->entries < DX_MIN_ENTRIES) {
        PyErr_Clear();
        return;
    }
    if (unit->seconds < DX_MIN_SECONDS * (double)unit->entries) {
        dx_unit_invalidate(unit);
        begin_again(loop, func);
    }
}

int dx_loop_event(PyFunctionObject *func, Py_ssize_t from, Py_ssize_t to)
{
    PyThreadState *ts = _PyThreadState_UncheckedGet();
    _PyInterpreterFrame *frame = ts->cframe->current_frame;
    PyCodeObject *code = frame->f_code;
    dx_unit *unit = dx_loop_unit(code, to);
    enum stage stage;
    hot_loop *loop;

    /* A generator's steps run natively. */
    if (on_loop == NULL || to >= from || frame->owner != FRAME_OWNED_BY_THREAD) {
        return 0;
    }
    if (dx_must_be_quiet()) {
        return 1;
    }
    dx_look_at_jump(code);
    if (unit != NULL && !dx_is_sampled(code) && dx_can_take_over(ts, frame, unit)) {
        if (dx_take_over(ts, frame, unit) < 0) {
            return -1;
        }
        judge(func, to);
        return 2;
    }
    loop = loop_at(code, to);
    if (loop == NULL) {
        PyErr_Clear();
        return 0;
    }
    see_outer(dx_extra(code, dx_loops_extra), from, to);
    advance(loop, func, frame, from);
    stage = loop_at(code, to)->stage;
    return stage == LOOP_REFUSED ? 0 : stage == LOOP_COLD ? 1 : 2;
}

/* refuse_loop(code, header): it stays interpreted. */
static PyObject *refuse_loop(PyObject *module, PyObject *args)
{
    PyCodeObject *code;
    Py_ssize_t header;
    hot_loop *loop;

    (void)module;
    if (!PyArg_ParseTuple(args, "O!n:refuse_loop", &PyCode_Type, &code, &header) ||
        (loop = loop_at(code, header)) == NULL) {
        return NULL;
    }
    loop->stage = LOOP_REFUSED;
    Py_RETURN_NONE;
}

/* configure_loops(on_loop, warm_jumps, hot_jumps, jumps_to_sample, is_patient); the hook may be
 * None: nothing is taken over. */
static PyObject *configure_loops(PyObject *module, PyObject *args)
{
    PyObject *hook;

    (void)module;
    if (!PyArg_ParseTuple(args, "Olllp:configure_loops", &hook, &warm_jumps, &hot_jumps,
                          &jumps_to_sample, &is_patient)) {
        return NULL;
    }
    Py_XSETREF(on_loop, hook == Py_None ? NULL : Py_NewRef(hook));
    Py_RETURN_NONE;
}

/* loop_stats(code) -> {header: (stage, entries, seconds)}. */
static PyObject *loop_stats(PyObject *module, PyObject *code)
{
    PyObject *result = PyDict_New();
    loops *all;

    (void)module;
    if (result == NULL || !PyCode_Check(code)) {
        return result;
    }
    all = dx_extra((PyCodeObject *)code, dx_loops_extra);
    for (size_t i = 0; all != NULL && i < all->count; i++) {
        dx_unit *unit = dx_loop_unit((PyCodeObject *)code, all->loops[i].header);
        PyObject *key = PyLong_FromSsize_t(all->loops[i].header);
        PyObject *row = Py_BuildValue("iKd", all->loops[i].stage, unit ? unit->entries : 0ULL,
                                      unit ? unit->seconds : 0.0);
        int status = key && row ? PyDict_SetItem(result, key, row) : -1;
        Py_XDECREF(key);
        Py_XDECREF(row);
        if (status < 0) {
            Py_DECREF(result);
            return NULL;
        }
    }
    return result;
}

PyMethodDef dx_loop_methods[] = {
    {"configure_loops", configure_loops, METH_VARARGS, "set the hook and thresholds of loops"},
    {"refuse_loop", refuse_loop, METH_VARARGS, "keep a loop interpreted"},
    {"loop_stats", loop_stats, METH_O, "counters of a code object's loops"},
    {NULL, NULL, 0, NULL},
};
