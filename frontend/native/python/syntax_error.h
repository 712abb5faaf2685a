/* The library's errors as Python exceptions. */
#ifndef DX_SYNTAX_ERROR_H
#define DX_SYNTAX_ERROR_H

#include "frontend.h"
#include "source_text.h"

/* Sets the exception that `error` stands for; `text` may be NULL if no line is to be shown. */
void dx_raise(const dx_error *error, PyObject *filename, const dx_source_text *text);

/* Replaces the SyntaxWarning that a filter raised by a SyntaxError; other exceptions stay. */
void dx_warning_to_syntax_error(const dx_warning *warning, PyObject *filename,
                                const dx_source_text *text);

#endif
