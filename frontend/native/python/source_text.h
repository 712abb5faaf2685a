/* A caller's `str` or bytes as UTF-8. */
#ifndef DX_SOURCE_TEXT_H
#define DX_SOURCE_TEXT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

typedef struct {
    const char *bytes; /* UTF-8, byte order mark removed; valid until dx_close_source */
    size_t size;
    PyObject *owner;  /* owned: keeps `bytes` alive, or NULL */
    Py_buffer buffer; /* owned if buffer.obj is set */
} dx_source_text;

/* Reads `source`, following its encoding declaration if it is bytes; -1 with an exception. */
int dx_open_source(dx_source_text *text, PyObject *source, PyObject *filename);
void dx_close_source(dx_source_text *text);

#endif
