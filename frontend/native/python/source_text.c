/* Encodings of source bytes (PEP 263). */
#include "source_text.h"

#include <stdbool.h>
#include <string.h>

#include "frontend.h"

enum { LONGEST_ENCODING = 80 };

/* Raises SyntaxError with CPython's numbers for a text that it cannot begin to read; steals
 * `message`, which may be NULL with an exception set. */
static int fail(PyObject *filename, PyObject *message)
{
    PyObject *error = message ? PyObject_CallFunction(PyExc_SyntaxError, "O(OiiO)", message,
                                                      filename, 0, -1, Py_None)
                              : NULL;
    if (error)
        PyErr_SetObject(PyExc_SyntaxError, error);
    Py_XDECREF(message);
    Py_XDECREF(error);
    return -1;
}

/* The codec's own words become a SyntaxError's. */
static int fail_decoding(PyObject *filename)
{
    bool is_text = PyErr_ExceptionMatches(PyExc_LookupError) ||
                   PyErr_ExceptionMatches(PyExc_UnicodeError);
    if (!is_text)
        return -1;
    PyObject *error = PyErr_GetRaisedException();
    PyObject *message = PyObject_Str(error);
    Py_DECREF(error);
    return fail(filename, message);
}

/* Whether the name is `known` or `known` and a suffix, as tokenize compares: lower case, `_` as
 * `-`, the first twelve characters. */
static bool is_encoding(const char *encoding, const char *known)
{
    char name[13] = {0};
    for (size_t i = 0; i < 12 && encoding[i]; i++) {
        char c = encoding[i];
        name[i] = (char)(c == '_' ? '-' : c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    size_t size = strlen(known);
    return !strncmp(name, known, size) && (!name[size] || name[size] == '-');
}

static bool is_latin_1(const char *encoding)
{
    return is_encoding(encoding, "latin-1") || is_encoding(encoding, "iso-8859-1") ||
           is_encoding(encoding, "iso-latin-1");
}

static int recode(dx_source_text *text, const char *encoding, PyObject *filename)
{
    PyObject *decoded = PyUnicode_Decode(text->bytes, (Py_ssize_t)text->size, encoding, "strict");
    PyObject *bytes = decoded ? PyUnicode_AsUTF8String(decoded) : NULL;
    Py_XDECREF(decoded);
    if (!bytes)
        return fail_decoding(filename);
    text->owner = bytes;
    text->bytes = PyBytes_AS_STRING(bytes);
    text->size = (size_t)PyBytes_GET_SIZE(bytes);
    return 0;
}

static int apply_declaration(dx_source_text *text, PyObject *filename)
{
    bool has_mark = text->size >= 3 && !memcmp(text->bytes, "\xEF\xBB\xBF", 3);
    if (has_mark) {
        text->bytes += 3;
        text->size -= 3;
    }
    const char *name;
    size_t size = dx_find_encoding(text->bytes, text->size, &name);
    if (!size)
        return 0;
    char encoding[LONGEST_ENCODING] = {0};
    memcpy(encoding, name, size < sizeof encoding - 1 ? size : sizeof encoding - 1);
    if (is_encoding(encoding, "utf-8"))
        return 0;
    const char *codec = is_latin_1(encoding) ? "iso-8859-1" : encoding;
    if (has_mark)
        return fail(filename, PyUnicode_FromFormat("encoding problem: %s with BOM", codec));
    return recode(text, codec, filename);
}

/* A str has no byte order mark: U+FEFF in it is a character like others. */
static int open_str(dx_source_text *text, PyObject *source)
{
    Py_ssize_t size;
    text->bytes = PyUnicode_AsUTF8AndSize(source, &size);
    if (!text->bytes)
        return -1;
    text->size = (size_t)size;
    text->owner = Py_NewRef(source);
    return 0;
}

int dx_open_source(dx_source_text *text, PyObject *source, PyObject *filename)
{
    *text = (dx_source_text){0};
    if (PyUnicode_Check(source))
        return open_str(text, source);
    if (PyObject_GetBuffer(source, &text->buffer, PyBUF_SIMPLE) < 0) {
        PyErr_Format(PyExc_TypeError, "source must be str or bytes, not '%s'",
                     Py_TYPE(source)->tp_name);
        return -1;
    }
    text->bytes = text->buffer.buf;
    text->size = (size_t)text->buffer.len;
    if (apply_declaration(text, filename) == 0)
        return 0;
    dx_close_source(text);
    return -1;
}

void dx_close_source(dx_source_text *text)
{
    Py_CLEAR(text->owner);
    if (text->buffer.obj)
        PyBuffer_Release(&text->buffer);
}
