/* Native code that takes over a loop which the interpreter runs already.
 *
 *     the callback of a jump back -> values out of the frame -> native code
 *     its exit -> values into the same frame -> the interpreter goes on there
 *
 * The interpreter goes on where the frame's `prev_instr` points after the callback. While native
 * code runs, the frame has nothing in its slots; where anybody may look, and at the end, they
 * are filled (dx_exit.c). The frame returns by itself: the code ends before that. */
#include "dx_core.h"

int dx_can_take_over(PyThreadState *ts, _PyInterpreterFrame *frame, dx_unit *unit)
{
    if (frame->stacktop != unit->slot_count || frame->f_globals != unit->globals ||
        ts->c_recursion_remaining < DX_MIN_C_RECURSION || !dx_may_run(ts, unit) ||
        dx_is_interpreted_for_trial(frame->f_code) ||
        (frame->frame_obj != NULL && Py_REFCNT(frame->frame_obj) > 1)) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < unit->slot_count; i++) {
        if ((frame->localsplus[i] != NULL) != unit->slots[i]) {
            return 0;
        }
    }
    return 1;
}

/* What the slots hold, moved; the caller frees the array. */
static PyObject **take_values(_PyInterpreterFrame *frame, dx_unit *unit)
{
    PyObject **values = PyMem_Malloc((size_t)(unit->slot_count + 1) * sizeof(PyObject *));
    Py_ssize_t count = 0;

    for (Py_ssize_t i = 0; values != NULL && i < unit->slot_count; i++) {
        if (unit->slots[i]) {
            values[count++] = frame->localsplus[i];
            frame->localsplus[i] = NULL;
        }
    }
    if (values != NULL) {
        frame->stacktop = frame->f_code->co_nlocalsplus;
    }
    return values;
}

/* Of an entry of the exception table (Objects/exception_handling_notes.txt). */
static const uint8_t *read_varint(const uint8_t *next, int *value)
{
    *value = *next & 63;
    while (*next & 64) {
        *value = *value << 6 | (*++next & 63);
    }
    return next + 1;
}

typedef struct {
    int target, depth, keeps_offset;
} handler;

/* Whether something handles exceptions of the instruction. */
static int find_handler(PyCodeObject *code, int pc, handler *found)
{
    const uint8_t *next = (const uint8_t *)PyBytes_AS_STRING(code->co_exceptiontable);
    const uint8_t *end = next + PyBytes_GET_SIZE(code->co_exceptiontable);

    while (next < end) {
        int start, size, target, depth;
        next = read_varint(next, &start);
        next = read_varint(next, &size);
        next = read_varint(next, &target);
        next = read_varint(next, &depth);
        if (start <= pc && pc < start + size) {
            *found = (handler){target, depth >> 1, depth & 1};
            return 1;
        }
    }
    return 0;
}

/* The frame's instruction has failed. What the interpreter does then: of a callback's exception
 * it does not look for handlers. 0 where it goes on with one; -1: it leaves the frame. */
static int unwind(_PyInterpreterFrame *frame)
{
    PyCodeObject *code = frame->f_code;
    int pc = (int)(frame->prev_instr - _PyCode_CODE(code));
    PyObject *offset = NULL;
    handler found;

    if (!find_handler(code, pc, &found)) {
        return -1;
    }
    PyTraceBack_Here(PyEval_GetFrame());
    while (frame->stacktop > code->co_nlocalsplus + found.depth) {
        Py_CLEAR(frame->localsplus[--frame->stacktop]);
    }
    if (found.keeps_offset) {
        PyObject *exception = PyErr_GetRaisedException();
        offset = PyLong_FromLong(pc);
        PyErr_SetRaisedException(exception);
        if (offset == NULL) {
            return -1;
        }
        frame->localsplus[frame->stacktop++] = offset;
    }
    frame->localsplus[frame->stacktop++] = PyErr_GetRaisedException();
    frame->prev_instr = _PyCode_CODE(code) + found.target - 1;
    return 0;
}

static PyObject *run(PyThreadState *ts, dx_unit *unit, PyFunctionObject *func, PyObject **values)
{
    int event = ts->what_event;
    PyObject *result;

    /* Nothing is to see a callback of ours. */
    ts->tracing--;
    ts->what_event = -1;
    ts->c_recursion_remaining--;
    result = unit->run(ts, func, values);
    ts->c_recursion_remaining++;
    ts->what_event = event;
    ts->tracing++;
    return result;
}

int dx_take_over(PyThreadState *ts, _PyInterpreterFrame *frame, dx_unit *unit)
{
    PyFunctionObject *func = (PyFunctionObject *)frame->f_funcobj;
    PyObject **values = take_values(frame, unit);
    double start = dx_seconds();
    PyObject *result;

    if (values == NULL) {
        return 0;
    }
    unit->entries++;
    unit->active++;
    result = run(ts, unit, func, values);
    unit->seconds += dx_seconds() - start;
    dx_unit_leave(unit);
    PyMem_Free(values);
    if (result == NULL && unwind(frame) < 0) {
        return -1;
    }
    frame->prev_instr++;
    return 0;
}
