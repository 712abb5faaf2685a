#include "context.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void dx_context_close(dx_context *context)
{
    dx_arena_free(&context->arena);
    free(context->text);
    free(context->names.slots);
    free(context->warnings);
}

static const dx_span nowhere;

void dx_fail_memory(dx_context *context)
{
    dx_fail(context, DX_MEMORY_ERROR, nowhere, "out of memory");
}

void *dx_resize(dx_context *context, void *block, size_t size)
{
    void *resized = realloc(block, size);
    if (!resized)
        dx_fail_memory(context);
    return resized;
}

void dx_fail(dx_context *context, int kind, dx_span span, const char *format, ...)
{
    dx_error *error = context->error;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    error->kind = kind;
    error->line = span.start.line;
    error->column = span.start.column;
    error->end_line = span.end.line;
    error->end_column = span.end.column;
    longjmp(context->escape, 1);
}

void dx_warn(dx_context *context, dx_position place, const char *format, ...)
{
    if (context->warning_count == context->warning_capacity) {
        size_t capacity = context->warning_capacity * 2 + 8;
        context->warnings =
            dx_resize(context, context->warnings, capacity * sizeof *context->warnings);
        context->warning_capacity = capacity;
    }
    dx_warning *warning = &context->warnings[context->warning_count++];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(warning->message, sizeof warning->message, format, arguments);
    va_end(arguments);
    warning->line = place.line;
    warning->column = place.column;
}
