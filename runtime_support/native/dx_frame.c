/* Interpreter frames on the data stack, by the rules of 3.12's ceval and frame code.
 *
 * What the interpreter does with hidden functions is done here with what is exported: chunks
 * come from the arena allocator, which is also the interpreter's, and a frame that somebody
 * holds an object of is torn down by letting the interpreter execute one return in it. */
#include "dx_core.h"

#define NEED_OPCODE_TABLES
#include "internal/pycore_opcode.h"
#include <opcode.h>

#define DX_CHUNK_BYTES (16 * 1024)
#define DX_CHUNK_SPARE 1000

static _PyStackChunk *new_chunk(PyThreadState *ts, size_t words)
{
    PyObjectArenaAllocator arena;
    size_t bytes = DX_CHUNK_BYTES;
    _PyStackChunk *chunk;

    PyObject_GetArenaAllocator(&arena);
    while (bytes < sizeof(PyObject *) * (words + DX_CHUNK_SPARE)) {
        bytes *= 2;
    }
    chunk = arena.alloc(arena.ctx, bytes);
    if (chunk == NULL) {
        return NULL;
    }
    chunk->previous = ts->datastack_chunk;
    chunk->size = bytes;
    chunk->top = 0;
    return chunk;
}

_PyInterpreterFrame *dx_frame_push(PyThreadState *ts, size_t size)
{
    PyObject **base = ts->datastack_top;
    _PyStackChunk *chunk;

    if (base != NULL && (ptrdiff_t)size < ts->datastack_limit - base) {
        ts->datastack_top = base + size;
        return (_PyInterpreterFrame *)base;
    }
    chunk = new_chunk(ts, size);
    if (chunk == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    if (ts->datastack_chunk != NULL) {
        ts->datastack_chunk->top = ts->datastack_top - &ts->datastack_chunk->data[0];
    }
    ts->datastack_chunk = chunk;
    ts->datastack_limit = (PyObject **)((char *)chunk + chunk->size);
    /* The interpreter never frees the root chunk's first word: it marks the bottom. */
    base = &chunk->data[chunk->previous == NULL];
    ts->datastack_top = base + size;
    assert(ts->datastack_top <= ts->datastack_limit);
    return (_PyInterpreterFrame *)base;
}

void dx_frame_pop(PyThreadState *ts, _PyInterpreterFrame *frame)
{
    _PyStackChunk *chunk = ts->datastack_chunk;
    _PyStackChunk *previous;
    PyObjectArenaAllocator arena;

    assert((PyObject **)frame >= &chunk->data[0] && (PyObject **)frame < ts->datastack_top);
    if ((PyObject **)frame != &chunk->data[0]) {
        ts->datastack_top = (PyObject **)frame;
        return;
    }
    previous = chunk->previous;
    assert(previous != NULL);
    ts->datastack_chunk = previous;
    ts->datastack_top = &previous->data[previous->top];
    ts->datastack_limit = (PyObject **)((char *)previous + previous->size);
    PyObject_GetArenaAllocator(&arena);
    arena.free(arena.ctx, chunk, chunk->size);
}

/* What the interpreter makes of instructions that some tool watches. */
static const uint8_t unwatched[256] = {
    [INSTRUMENTED_LOAD_SUPER_ATTR] = LOAD_SUPER_ATTR,
    [INSTRUMENTED_POP_JUMP_IF_NONE] = POP_JUMP_IF_NONE,
    [INSTRUMENTED_POP_JUMP_IF_NOT_NONE] = POP_JUMP_IF_NOT_NONE,
    [INSTRUMENTED_RESUME] = RESUME,
    [INSTRUMENTED_CALL] = CALL,
    [INSTRUMENTED_RETURN_VALUE] = RETURN_VALUE,
    [INSTRUMENTED_YIELD_VALUE] = YIELD_VALUE,
    [INSTRUMENTED_CALL_FUNCTION_EX] = CALL_FUNCTION_EX,
    [INSTRUMENTED_JUMP_FORWARD] = JUMP_FORWARD,
    [INSTRUMENTED_JUMP_BACKWARD] = JUMP_BACKWARD,
    [INSTRUMENTED_RETURN_CONST] = RETURN_CONST,
    [INSTRUMENTED_FOR_ITER] = FOR_ITER,
    [INSTRUMENTED_POP_JUMP_IF_FALSE] = POP_JUMP_IF_FALSE,
    [INSTRUMENTED_POP_JUMP_IF_TRUE] = POP_JUMP_IF_TRUE,
    [INSTRUMENTED_END_FOR] = END_FOR,
    [INSTRUMENTED_END_SEND] = END_SEND,
};

/* The opcode of the instruction that begins at an index, whatever the interpreter has made of
 * it. (PyCode_GetCode tells them too, but needs memory for all of them.) */
static uint8_t base_opcode(PyCodeObject *code, Py_ssize_t index)
{
    uint8_t opcode = _PyCode_CODE(code)[index].op.code;

    assert(index >= 0 && index < Py_SIZE(code));
    if (opcode == INSTRUMENTED_LINE) {
        opcode = code->_co_monitoring->lines[index].original_opcode;
    }
    if (opcode == INSTRUMENTED_INSTRUCTION) {
        opcode = code->_co_monitoring->per_instruction_opcodes[index];
    }
    if (unwatched[opcode] != 0) {
        return unwatched[opcode];
    }
    return _PyOpcode_Deopt[opcode];
}

/* Where the instruction after the one at an index begins. */
static Py_ssize_t next_index(PyCodeObject *code, Py_ssize_t index)
{
    return index + 1 + _PyOpcode_Caches[base_opcode(code, index)];
}

/* The index of some instruction that returns; every function's code has one. */
static Py_ssize_t return_index(PyCodeObject *code)
{
    for (Py_ssize_t i = 0; i < Py_SIZE(code); i = next_index(code, i)) {
        uint8_t opcode = base_opcode(code, i);
        if (opcode == RETURN_CONST || opcode == RETURN_VALUE) {
            return i;
        }
    }
    Py_FatalError("dx-py: code that never returns");
}

_Py_CODEUNIT *dx_last_unit(_Py_CODEUNIT *instruction, PyCodeObject *code)
{
    return _PyCode_CODE(code) + next_index(code, instruction - _PyCode_CODE(code)) - 1;
}

_Py_CODEUNIT *dx_first_unit(_Py_CODEUNIT *instruction, PyCodeObject *code)
{
    Py_ssize_t index = instruction - _PyCode_CODE(code), first = 0;

    /* From the start: caches before the instruction look like anything. */
    for (Py_ssize_t i = 0; i < index; i = next_index(code, i)) {
        if (base_opcode(code, i) != EXTENDED_ARG) {
            first = next_index(code, i);
        }
    }
    return _PyCode_CODE(code) + first;
}

/* The interpreter executes a return in the frame: it does all that ends a frame. */
static void return_from(PyThreadState *ts, _PyInterpreterFrame *frame)
{
    PyCodeObject *code = frame->f_code;
    Py_ssize_t index = return_index(code);
    PyObject *result;

    for (int i = code->co_nlocalsplus; i < frame->stacktop; i++) {
        Py_CLEAR(frame->localsplus[i]);
    }
    frame->localsplus[code->co_nlocalsplus] = Py_NewRef(Py_None);
    frame->stacktop = code->co_nlocalsplus + 1;
    frame->prev_instr = _PyCode_CODE(code) + index - 1;
    ts->cframe->current_frame = frame->previous;
    ts->py_recursion_remaining++;
    result = _PyEval_EvalFrameDefault(ts, frame, 0);
    ts->py_recursion_remaining--;
    if (result == NULL) {
        PyErr_WriteUnraisable(NULL);
    }
    Py_XDECREF(result);
}

void dx_frame_discard(PyThreadState *ts, _PyInterpreterFrame *frame)
{
    Py_CLEAR(frame->frame_obj);
    for (int i = 0; i < frame->stacktop; i++) {
        Py_XDECREF(frame->localsplus[i]);
    }
    Py_XDECREF(frame->f_locals);
    Py_DECREF(frame->f_funcobj);
    Py_DECREF(frame->f_code);
    dx_frame_pop(ts, frame);
}

void dx_frame_retire(PyThreadState *ts, _PyInterpreterFrame *frame)
{
    PyObject *exception = PyErr_GetRaisedException();

    assert(ts->cframe->current_frame == frame);
    if (frame->frame_obj != NULL && Py_REFCNT(frame->frame_obj) > 1) {
        return_from(ts, frame);
    }
    else {
        ts->cframe->current_frame = frame->previous;
        dx_frame_discard(ts, frame);
    }
    PyErr_SetRaisedException(exception);
}
