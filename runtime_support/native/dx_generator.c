/* Generators and coroutines: native steps in the interpreter's own, untouched objects.
 *
 * The native code of a generator's code object is entered for one step, from where its frame is
 * suspended to where it yields or ends. Between steps all is in the frame, as the interpreter
 * left it: it does any step as well, and every exit goes on in this very frame. What asks for a
 * step are the slots of the two classes (``for`` and ``await`` of native code, functions in C,
 * the event loop's tasks) and ``send``. */
#include "dx_core.h"

#include <string.h>

static iternextfunc interpreted_next;
static sendfunc interpreted_send;

static _PyInterpreterFrame *frame_of(PyGenObject *gen)
{
    return (_PyInterpreterFrame *)gen->gi_iframe;
}

static PyGenObject *generator_of(_PyInterpreterFrame *frame)
{
    return (PyGenObject *)((char *)frame - offsetof(PyGenObject, gi_iframe));
}

/* Its frame, and with it the code, stays until the object goes. */
static int has_native_code(PyGenObject *gen)
{
    return dx_unit_of(frame_of(gen)->f_code) != NULL;
}

/* What runs its next step natively, or NULL. Requests to the thread are looked at by the
 * interpreter, at the start of a step. */
static dx_unit *unit_to_run(PyThreadState *ts, PyGenObject *gen)
{
    _PyInterpreterFrame *frame = frame_of(gen);
    dx_unit *unit;

    if (gen->gi_frame_state >= FRAME_EXECUTING) {
        return NULL;
    }
    unit = dx_unit_of(frame->f_code);
    if (unit == NULL || !unit->is_generator || unit->globals != frame->f_globals ||
        !dx_may_run(ts, unit) || ts->interp->ceval.eval_breaker._value != 0 ||
        ts->c_recursion_remaining < DX_MIN_C_RECURSION) {
        return NULL;
    }
    return unit;
}

int dx_has_ended(PyObject *generator)
{
    PyGenObject *gen = (PyGenObject *)generator;

    return gen->gi_frame_state == FRAME_CLEARED && gen->gi_weakreflist == NULL &&
           gen->gi_exc_state.exc_value == NULL &&
           (PyGen_CheckExact(generator) || gen->gi_origin_or_finalizer == NULL) &&
           Py_REFCNT(frame_of(gen)->f_code) > 1;
}

/* What a call does before the generator is made: cells and free variables. The instruction that
 * makes it, or NULL without memory. */
static _Py_CODEUNIT *begin(PyCodeObject *code, PyFunctionObject *func, PyObject **locals)
{
    _Py_CODEUNIT *next = _PyCode_CODE(code);

    for (; next->op.code != DX_RETURN_GENERATOR; next++) {
        PyObject *closure = func->func_closure;
        if (next->op.code == DX_MAKE_CELL) {
            PyObject *cell = PyCell_New(locals[next->op.arg]);
            if (cell == NULL) {
                return NULL;
            }
            Py_XSETREF(locals[next->op.arg], cell);
        }
        for (int i = 0; next->op.code == DX_COPY_FREE_VARS && i < next->op.arg; i++) {
            locals[code->co_nlocalsplus - next->op.arg + i] =
                Py_NewRef(PyTuple_GET_ITEM(closure, i));
        }
    }
    return next;
}

int dx_can_make(PyThreadState *ts, PyCodeObject *code)
{
    _Py_CODEUNIT *next = _PyCode_CODE(code);

    if ((code->co_flags & CO_COROUTINE) && ts->coroutine_origin_tracking_depth > 0) {
        return 0;
    }
    /* No prefix to an argument. */
    while (next->op.code == DX_MAKE_CELL || next->op.code == DX_COPY_FREE_VARS) {
        next++;
    }
    return next->op.code == DX_RETURN_GENERATOR;
}

static void init_frame(_PyInterpreterFrame *frame, PyFunctionObject *func, PyCodeObject *code)
{
    frame->f_code = (PyCodeObject *)Py_NewRef(code);
    frame->previous = NULL;
    frame->f_funcobj = Py_NewRef(func);
    frame->f_globals = func->func_globals;
    frame->f_builtins = func->func_builtins;
    frame->f_locals = NULL;
    frame->frame_obj = NULL;
    frame->stacktop = code->co_nlocalsplus;
    frame->return_offset = 0;
    frame->owner = FRAME_OWNED_BY_GENERATOR;
}

PyObject *dx_new_generator(PyFunctionObject *func, PyObject *const *args)
{
    PyCodeObject *code = (PyCodeObject *)func->func_code;
    int is_coroutine = (code->co_flags & CO_COROUTINE) != 0;
    int given = code->co_argcount + code->co_kwonlyargcount +
                ((code->co_flags & CO_VARARGS) != 0) + ((code->co_flags & CO_VARKEYWORDS) != 0);
    _PyInterpreterFrame *frame;
    PyGenObject *gen;

    gen = PyObject_GC_NewVar(PyGenObject, is_coroutine ? &PyCoro_Type : &PyGen_Type,
                             _PyFrame_NumSlotsForCodeObject(code));
    if (gen == NULL) {
        return NULL;
    }
    gen->gi_weakreflist = NULL;
    gen->gi_name = Py_NewRef(func->func_name);
    gen->gi_qualname = Py_NewRef(func->func_qualname);
    gen->gi_exc_state = (_PyErr_StackItem){NULL, NULL};
    gen->gi_origin_or_finalizer = NULL;
    gen->gi_hooks_inited = gen->gi_closed = gen->gi_running_async = 0;
    frame = frame_of(gen);
    init_frame(frame, func, code);
    for (int i = 0; i < code->co_nlocalsplus; i++) {
        frame->localsplus[i] = i < given ? Py_NewRef(args[i]) : NULL;
    }
    PyObject_GC_Track(gen);
    frame->prev_instr = begin(code, func, frame->localsplus);
    if (frame->prev_instr == NULL) {
        gen->gi_frame_state = FRAME_COMPLETED;
        Py_CLEAR(gen);
    }
    else {
        gen->gi_frame_state = FRAME_CREATED;
    }
    return (PyObject *)gen;
}

static void leave_exceptions(PyThreadState *ts, PyGenObject *gen)
{
    ts->exc_info = gen->gi_exc_state.previous_item;
    gen->gi_exc_state.previous_item = NULL;
}

void dx_generator_end(PyThreadState *ts, _PyInterpreterFrame *frame)
{
    PyGenObject *gen = generator_of(frame);

    gen->gi_frame_state = FRAME_CLEARED;
    leave_exceptions(ts, gen);
}

PyObject *dx_generator_interpret(PyThreadState *ts, _PyInterpreterFrame *frame)
{
    PyObject *result;

    dx_show_frames(ts);
    /* The evaluation enters the recursion check itself, and leaves it. */
    ts->py_recursion_remaining++;
    result = _PyEval_EvalFrameDefault(ts, frame, 0);
    ts->py_recursion_remaining--;
    return result;
}

/* What is left of a generator whose native code has returned: its locals are gone, and its code
 * stays for ``gi_code``. */
static void clear_frame(_PyInterpreterFrame *frame)
{
    Py_CLEAR(frame->f_locals);
    Py_DECREF(frame->f_funcobj);
}

/* Where a frame is that is suspended in ``yield from`` or ``await``: YIELD_VALUE is followed by
 * RESUME and a jump back to SEND, which jumps behind the two when what it sends to has ended. */
#define DX_RESUME_DELEGATING 2

/* The last unit of SEND, as in the interpreter while what it sends to runs. */
static _Py_CODEUNIT *send_instruction(_PyInterpreterFrame *frame)
{
    _Py_CODEUNIT *jump = frame->prev_instr + 2;

    return jump + 1 - jump->op.arg + INLINE_CACHE_ENTRIES_SEND;
}

/* What it delegates to, if that is stepped natively too; its unit in `unit`. */
static PyGenObject *delegate_of(PyThreadState *ts, PyGenObject *gen, dx_unit **unit)
{
    _PyInterpreterFrame *frame = frame_of(gen);
    _Py_CODEUNIT *next = frame->prev_instr + 1;
    PyObject *inner;

    if (gen->gi_frame_state != FRAME_SUSPENDED || next->op.code != DX_RESUME ||
        next->op.arg < DX_RESUME_DELEGATING) {
        return NULL;
    }
    inner = frame->localsplus[frame->stacktop - 1];
    if (!dx_is_resumable(inner) ||
        (*unit = unit_to_run(ts, (PyGenObject *)inner)) == NULL) {
        return NULL;
    }
    return (PyGenObject *)inner;
}

void dx_show_delegating(PyThreadState *ts, dx_shadow *shadow)
{
    _PyInterpreterFrame *frame = (_PyInterpreterFrame *)shadow->func;

    frame->previous = ts->cframe->current_frame;
    frame->prev_instr = send_instruction(frame);
    ts->cframe->current_frame = frame;
    shadow->frame = frame;
}

static PySendResult step(PyThreadState *, PyGenObject *, dx_unit *, PyObject *, PyObject **);

/* The other one's step, with the delegating frame below it if anybody looks. */
static PySendResult step_delegate(PyThreadState *ts, _PyInterpreterFrame *frame,
                                  PyGenObject *inner, dx_unit *unit, PyObject *sent,
                                  PyObject **result)
{
    _Py_CODEUNIT *suspended = frame->prev_instr;
    dx_shadow here = {.func = (PyFunctionObject *)frame,
                      .previous = dx_lazy,
                      .base = ts->cframe->current_frame};
    PySendResult status;

    dx_lazy = &here;
    status = step(ts, inner, unit, sent, result);
    if (here.frame == NULL) {
        dx_lazy = here.previous;
        return status;
    }
    ts->cframe->current_frame = frame->previous;
    frame->previous = NULL;
    frame->prev_instr = suspended;
    return status;
}

/* The exception that is set is raised where the frame delegates. */
static PyObject *raise_in(PyThreadState *ts, _PyInterpreterFrame *frame)
{
    PyObject *result;

    dx_show_frames(ts);
    frame->prev_instr = send_instruction(frame);
    dx_throw_silently(ts);
    ts->py_recursion_remaining++;
    result = _PyEval_EvalFrameDefault(ts, frame, 1);
    ts->py_recursion_remaining--;
    return result;
}

/* Native code from where the frame is, with a value on top of its stack (stolen). */
static PyObject *run(PyThreadState *ts, dx_unit *unit, _PyInterpreterFrame *frame, PyObject *top)
{
    frame->localsplus[frame->stacktop++] = top;
    return unit->run(ts, (PyFunctionObject *)frame, frame->localsplus);
}

/* The same after another generator's step, unless native code may run no longer. */
static PyObject *go_on(PyThreadState *ts, dx_unit *unit, _PyInterpreterFrame *frame,
                       PyObject *top)
{
    if (dx_may_run(ts, unit)) {
        return run(ts, unit, frame, top);
    }
    frame->localsplus[frame->stacktop++] = top;
    return dx_generator_interpret(ts, frame);
}

static PyObject *run_delegating(PyThreadState *ts, PyGenObject *gen, dx_unit *unit,
                                PyGenObject *inner, dx_unit *inner_unit, PyObject *sent)
{
    _PyInterpreterFrame *frame = frame_of(gen);
    _Py_CODEUNIT *jump = frame->prev_instr + 2;
    PyObject *result;

    switch (step_delegate(ts, frame, inner, inner_unit, sent, &result)) {
    case PYGEN_RETURN:
        /* As if the jump had been the last instruction: END_SEND follows. */
        frame->prev_instr = jump;
        return go_on(ts, unit, frame, result);
    case PYGEN_ERROR: return raise_in(ts, frame);
    case PYGEN_NEXT: break;
    }
    return result;
}

/* One step, with what it is sent (borrowed): what it yields or returns, or an exception. */
static PySendResult step(PyThreadState *ts, PyGenObject *gen, dx_unit *unit, PyObject *sent,
                         PyObject **result)
{
    _PyInterpreterFrame *frame = frame_of(gen);
    dx_unit *inner_unit = NULL;
    PyGenObject *inner = delegate_of(ts, gen, &inner_unit);

    gen->gi_exc_state.previous_item = ts->exc_info;
    ts->exc_info = &gen->gi_exc_state;
    gen->gi_frame_state = FRAME_EXECUTING;
    unit->entries++;
    unit->active++;
    ts->py_recursion_remaining--;
    ts->c_recursion_remaining--;
    *result = inner != NULL ? run_delegating(ts, gen, unit, inner, inner_unit, sent)
                            : run(ts, unit, frame, Py_NewRef(sent));
    ts->c_recursion_remaining++;
    ts->py_recursion_remaining++;
    dx_unit_leave(unit);
    if (gen->gi_frame_state == FRAME_EXECUTING) {
        gen->gi_frame_state = FRAME_SUSPENDED;
        leave_exceptions(ts, gen);
        return PYGEN_NEXT;
    }
    if (gen->gi_frame_state == FRAME_SUSPENDED) {
        return PYGEN_NEXT;
    }
    if (frame->stacktop == DX_FRAME_RUNS) {
        clear_frame(frame);
    }
    return *result == NULL ? PYGEN_ERROR : PYGEN_RETURN;
}

PyFunctionObject *dx_generator_function(PyObject *generator)
{
    return (PyFunctionObject *)frame_of((PyGenObject *)generator)->f_funcobj;
}

/* For whoever may look; there is nothing to be shown mostly. */
static void show_frames(void)
{
    if (dx_lazy != NULL) {
        dx_show_frames(_PyThreadState_UncheckedGet());
    }
}

static PySendResult send_interpreted(PyObject *self, PyObject *sent, PyObject **result)
{
    show_frames();
    return interpreted_send(self, sent, result);
}

static PySendResult send_natively(PyObject *self, PyObject *sent, PyObject **result)
{
    PyGenObject *gen = (PyGenObject *)self;

    return step(_PyThreadState_UncheckedGet(), gen, dx_unit_of(frame_of(gen)->f_code), sent,
                result);
}

static const sendfunc arms[2] = {send_interpreted, send_natively};

/* The same of any generator or coroutine, as PyIter_Send gives it. */
static PySendResult send_to(PyObject *self, PyObject *sent, PyObject **result)
{
    PyGenObject *gen = (PyGenObject *)self;
    PyThreadState *ts;
    dx_unit *unit;

    if (!has_native_code(gen)) {
        return send_interpreted(self, sent, result);
    }
    ts = _PyThreadState_UncheckedGet();
    unit = unit_to_run(ts, gen);
    if (unit == NULL || (gen->gi_frame_state == FRAME_CREATED && sent != Py_None)) {
        return send_interpreted(self, sent, result);
    }
    if (dx_wants_trial(unit)) {
        return dx_try_step(unit, self, sent, result, arms);
    }
    return step(ts, gen, unit, sent, result);
}

/* ``tp_iternext``: NULL without an exception where None was returned. */
static PyObject *next(PyObject *self)
{
    PyGenObject *gen = (PyGenObject *)self;
    PyThreadState *ts;
    dx_unit *unit = NULL;
    PyObject *result;

    if (has_native_code(gen)) {
        ts = _PyThreadState_UncheckedGet();
        unit = unit_to_run(ts, gen);
    }
    if (unit == NULL) {
        show_frames();
        return interpreted_next(self);
    }
    if (dx_wants_trial(unit) ? dx_try_step(unit, self, Py_None, &result, arms) != PYGEN_RETURN
                             : step(ts, gen, unit, Py_None, &result) != PYGEN_RETURN) {
        return result;
    }
    if (result != Py_None) {
        _PyGen_SetStopIterationValue(result);
    }
    Py_DECREF(result);
    return NULL;
}

/* The method ``send`` of both classes. */
static PyObject *send(PyObject *self, PyObject *sent)
{
    PyObject *result;

    if (send_to(self, sent, &result) == PYGEN_RETURN) {
        if (result == Py_None) {
            PyErr_SetNone(PyExc_StopIteration);
        }
        else {
            _PyGen_SetStopIterationValue(result);
        }
        Py_CLEAR(result);
    }
    return result;
}

PyObject *dx_yield_from_iter(PyObject *object, int coroutines)
{
    if (PyGen_CheckExact(object) || (coroutines && PyCoro_CheckExact(object))) {
        return Py_NewRef(object);
    }
    if (PyCoro_CheckExact(object)) {
        PyErr_SetString(PyExc_TypeError, "cannot 'yield from' a coroutine object "
                                         "in a non-coroutine generator");
        return NULL;
    }
    return PyObject_GetIter(object);
}

/* Whether some coroutine awaits it already. */
static int is_awaited(PyGenObject *coroutine)
{
    _Py_CODEUNIT *next = frame_of(coroutine)->prev_instr + 1;

    return coroutine->gi_frame_state == FRAME_SUSPENDED &&
           (next->op.code == DX_RESUME || next->op.code == DX_INSTRUMENTED_RESUME) &&
           next->op.arg >= DX_RESUME_DELEGATING;
}

static PyObject *not_awaitable(PyTypeObject *type, int where)
{
    static const char *const messages[] = {
        "object %.100s can't be used in 'await' expression",
        "'async with' received an object from __aenter__ that does not implement __await__: "
        "%.100s",
        "'async with' received an object from __aexit__ that does not implement __await__: "
        "%.100s",
    };

    return PyErr_Format(PyExc_TypeError, messages[where], type->tp_name);
}

static int is_coroutine(PyObject *object)
{
    return PyCoro_CheckExact(object) ||
           (PyGen_CheckExact(object) &&
            (frame_of((PyGenObject *)object)->f_code->co_flags & CO_ITERABLE_COROUTINE));
}

PyObject *dx_awaitable(PyObject *object, int where)
{
    PyAsyncMethods *methods = Py_TYPE(object)->tp_as_async;
    PyObject *iterator;

    if (is_coroutine(object)) {
        if (PyCoro_CheckExact(object) && is_awaited((PyGenObject *)object)) {
            PyErr_SetString(PyExc_RuntimeError, "coroutine is being awaited already");
            return NULL;
        }
        return Py_NewRef(object);
    }
    if (methods == NULL || methods->am_await == NULL) {
        return not_awaitable(Py_TYPE(object), where);
    }
    iterator = methods->am_await(object);
    if (iterator == NULL || (PyIter_Check(iterator) && !is_coroutine(iterator))) {
        return iterator;
    }
    if (is_coroutine(iterator)) {
        PyErr_SetString(PyExc_TypeError, "__await__() returned a coroutine");
    }
    else {
        PyErr_Format(PyExc_TypeError, "__await__() returned non-iterator of type '%.100s'",
                     Py_TYPE(iterator)->tp_name);
    }
    Py_DECREF(iterator);
    return NULL;
}

/* ``send`` as methods look it up; 0, or -1 where it is not as in 3.12. */
static int take_method(PyTypeObject *type)
{
    PyObject *members = PyType_GetDict(type);
    PyObject *found = members ? PyDict_GetItemString(members, "send") : NULL;
    int is_known = found != NULL && Py_IS_TYPE(found, &PyMethodDescr_Type) &&
                   ((PyMethodDescrObject *)found)->d_method->ml_flags == METH_O;

    Py_XDECREF(members);
    if (!is_known || type->tp_as_async == NULL || type->tp_as_async->am_send == NULL) {
        PyErr_Format(PyExc_ImportError, "%s.send is no plain method here", type->tp_name);
        return -1;
    }
    ((PyMethodDescrObject *)found)->d_method->ml_meth = send;
    interpreted_send = type->tp_as_async->am_send;
    type->tp_as_async->am_send = send_to;
    return 0;
}

/* ``__next__`` as methods look it up. */
static int take_next(PyTypeObject *type)
{
    PyObject *members = PyType_GetDict(type);
    PyObject *found = members ? PyDict_GetItemString(members, "__next__") : NULL;
    int is_known = found != NULL && Py_IS_TYPE(found, &PyWrapperDescr_Type) &&
                   ((PyWrapperDescrObject *)found)->d_wrapped == (void *)type->tp_iternext;

    Py_XDECREF(members);
    if (!is_known) {
        PyErr_Format(PyExc_ImportError, "%s.__next__ is no plain slot here", type->tp_name);
        return -1;
    }
    interpreted_next = type->tp_iternext;
    type->tp_iternext = next;
    ((PyWrapperDescrObject *)found)->d_wrapped = (void *)next;
    return 0;
}

/* Once a process, as the core is loaded once. */
int dx_generator_init(void)
{
    return take_next(&PyGen_Type) < 0 || take_method(&PyGen_Type) < 0 ||
                   take_method(&PyCoro_Type) < 0
               ? -1
               : 0;
}
