#include "syntax_error.h"

#include <stdbool.h>
#include <string.h>

static PyObject *exception_class(int kind)
{
    switch (kind) {
    case DX_INDENTATION_ERROR: return PyExc_IndentationError;
    case DX_TAB_ERROR: return PyExc_TabError;
    case DX_MEMORY_ERROR: return PyExc_MemoryError;
    case DX_RECURSION_ERROR: return PyExc_RecursionError;
    case DX_VALUE_ERROR: return PyExc_ValueError;
    default: return PyExc_SyntaxError;
    }
}

typedef struct {
    const char *start;
    size_t size; /* without its newline */
} line_text;

static const char *end_of_line(const char *at, const char *end)
{
    while (at < end && *at != '\n' && *at != '\r')
        at++;
    return at;
}

static const char *after_newline(const char *at, const char *end)
{
    return at + 1 < end && *at == '\r' && at[1] == '\n' ? at + 2 : at + 1;
}

static line_text find_line(const dx_source_text *text, int number)
{
    const char *at = text->bytes, *end = at + text->size;
    for (; number > 1 && at < end; number--)
        at = after_newline(end_of_line(at, end), end);
    if (at > end)
        at = end;
    return (line_text){at, (size_t)(end_of_line(at, end) - at)};
}

/* One more than the characters before a byte offset. */
static int character_offset(line_text line, int column)
{
    int offset = 1;
    for (size_t i = 0; i < line.size && (int)i < column; i++)
        offset += (line.start[i] & 0xC0) != 0x80;
    return offset + (column > (int)line.size ? column - (int)line.size : 0);
}

static PyObject *details(const dx_error *error, PyObject *filename, const dx_source_text *text)
{
    line_text first = find_line(text, error->line), last = find_line(text, error->end_line);
    PyObject *shown = PyUnicode_DecodeUTF8(first.start, (Py_ssize_t)first.size, "replace");
    PyObject *result =
        shown ? Py_BuildValue("(OiiOii)", filename, error->line,
                              character_offset(first, error->column), shown, error->end_line,
                              character_offset(last, error->end_column))
              : NULL;
    Py_XDECREF(shown);
    return result;
}

static void raise_syntax_error(PyObject *class, const dx_error *error, PyObject *filename,
                               const dx_source_text *text)
{
    if (!text || !error->line) {
        PyErr_SetString(class, error->message);
        return;
    }
    PyObject *place = details(error, filename, text);
    PyObject *exception =
        place ? PyObject_CallFunction(class, "sO", error->message, place) : NULL;
    if (exception)
        PyErr_SetObject(class, exception);
    Py_XDECREF(place);
    Py_XDECREF(exception);
}

void dx_raise(const dx_error *error, PyObject *filename, const dx_source_text *text)
{
    if (error->kind == DX_CALLBACK_ERROR && PyErr_Occurred())
        return;
    PyObject *class = exception_class(error->kind);
    bool has_text_only = error->kind == DX_MEMORY_ERROR || error->kind == DX_RECURSION_ERROR ||
                         error->kind == DX_VALUE_ERROR;
    if (has_text_only)
        PyErr_SetString(class, error->message);
    else
        raise_syntax_error(class, error, filename, text);
}

void dx_warning_to_syntax_error(const dx_warning *warning, PyObject *filename,
                                const dx_source_text *text)
{
    if (!PyErr_ExceptionMatches(PyExc_SyntaxWarning))
        return;
    PyErr_Clear();
    dx_error error = {.kind = DX_SYNTAX_ERROR, .line = warning->line, .column = warning->column,
                      .end_line = warning->line, .end_column = warning->column};
    memcpy(error.message, warning->message, sizeof warning->message);
    raise_syntax_error(PyExc_SyntaxError, &error, filename, text);
}
