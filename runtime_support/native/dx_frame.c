/* Interpreter frames on the data stack, by the rules of 3.12's ceval and frame code.
 *
 * What the interpreter does with hidden functions is done here with what is exported: chunks
 * come from the arena allocator, which is also the interpreter's, and a frame that somebody
 * holds an object of is torn down by letting the interpreter execute one return in it. */
#include "dx_core.h"

#define NEED_OPCODE_TABLES
#include "internal/pycore_opcode.h"

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
    return (_PyInterpreterFrame *)base;
}

void dx_frame_pop(PyThreadState *ts, _PyInterpreterFrame *frame)
{
    _PyStackChunk *chunk = ts->datastack_chunk;
    _PyStackChunk *previous;
    PyObjectArenaAllocator arena;

    if ((PyObject **)frame != &chunk->data[0]) {
        ts->datastack_top = (PyObject **)frame;
        return;
    }
    previous = chunk->previous;
    ts->datastack_chunk = previous;
    ts->datastack_top = &previous->data[previous->top];
    ts->datastack_limit = (PyObject **)((char *)previous + previous->size);
    PyObject_GetArenaAllocator(&arena);
    arena.free(arena.ctx, chunk, chunk->size);
}

/* The index of some instruction that returns; every code object has one. */
static Py_ssize_t return_index(PyCodeObject *code)
{
    PyObject *words = PyCode_GetCode(code);
    Py_ssize_t index = -1;

    if (words != NULL) {
        const unsigned char *bytes = (const unsigned char *)PyBytes_AS_STRING(words);
        for (Py_ssize_t i = 0; i < PyBytes_GET_SIZE(words) / 2 && index < 0; i++) {
            if (bytes[2 * i] == DX_RETURN_CONST || bytes[2 * i] == DX_RETURN_VALUE) {
                index = i;
            }
        }
        Py_DECREF(words);
    }
    return index;
}

/* The base opcode at an index, whatever the interpreter has made of it; caches are 0. */
static uint8_t base_opcode(PyCodeObject *code, Py_ssize_t index)
{
    PyObject *words = PyCode_GetCode(code);
    uint8_t opcode;

    if (words == NULL) {
        Py_FatalError("dx-py: out of memory while leaving native code");
    }
    opcode = (uint8_t)PyBytes_AS_STRING(words)[2 * index];
    Py_DECREF(words);
    return opcode;
}

_Py_CODEUNIT *dx_last_unit(_Py_CODEUNIT *instruction, PyCodeObject *code)
{
    return instruction + _PyOpcode_Caches[base_opcode(code, instruction - _PyCode_CODE(code))];
}

_Py_CODEUNIT *dx_first_unit(_Py_CODEUNIT *instruction, PyCodeObject *code)
{
    Py_ssize_t index = instruction - _PyCode_CODE(code);

    while (index > 0 && base_opcode(code, index - 1) == DX_EXTENDED_ARG) {
        index--;
    }
    return _PyCode_CODE(code) + index;
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

    if (frame->frame_obj != NULL && Py_REFCNT(frame->frame_obj) > 1) {
        return_from(ts, frame);
    }
    else {
        ts->cframe->current_frame = frame->previous;
        dx_frame_discard(ts, frame);
    }
    PyErr_SetRaisedException(exception);
}
