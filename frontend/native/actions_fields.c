/* Replacement fields of f-strings and t-strings. */
#include "actions.h"
#include "escapes.h"

/* A token of a field as a tuple: its byte offset, and where it starts. */
dx_value *dx_mark(dx_context *context, dx_value *offset, dx_span span)
{
    return dx_new_tuple(context, span, offset, DX_V_NONE, DX_V_NONE);
}

dx_value *dx_conversion(dx_context *context, dx_value *name, dx_span bang, dx_span span)
{
    if (!dx_same_position(bang.end, span.start))
        dx_fail(context, DX_SYNTAX_ERROR, span,
                "f-string: conversion type must come right after the exclamation mark");
    return dx_new_tuple(context, span, name, DX_V_NONE, DX_V_NONE);
}

/* As in CPython, the letter is looked at when the whole field is known. */
static dx_value *conversion_letter(dx_context *context, const dx_tuple *conversion)
{
    const dx_identifier *text = (const dx_identifier *)conversion->first;
    char letter = text->bytes[0];
    if (text->size != 1 || (letter != 's' && letter != 'r' && letter != 'a'))
        dx_fail(context, DX_SYNTAX_ERROR, conversion->span,
                "f-string: invalid conversion character '%.*s': expected 's', 'r', or 'a'",
                (int)text->size, text->bytes);
    return dx_new_int(context, letter);
}

typedef struct {
    dx_value *value, *conversion, *spec;
    size_t text_start, text_end; /* offsets of the expression's text */
    dx_position end_of_text;
    bool debug, raw;
} field_parts;

/* The first of the tokens that may follow the expression. */
static const dx_tuple *end_of_expression(dx_value *conversion, dx_value *spec, dx_value *close)
{
    if (conversion != DX_V_NONE)
        return dx_as_tuple(dx_as_tuple(conversion)->second);
    if (spec != DX_V_NONE)
        return dx_as_tuple(dx_as_tuple(spec)->second);
    return dx_as_tuple(close);
}

/* `=` alone means `!r`. */
static dx_value *conversion_code(dx_context *context, dx_value *conversion, dx_value *spec,
                                 bool debug)
{
    if (conversion != DX_V_NONE)
        return conversion_letter(context, dx_as_tuple(dx_as_tuple(conversion)->first));
    return dx_new_int(context, debug && spec == DX_V_NONE ? 'r' : -1);
}

static field_parts collect(dx_context *context, dx_value *value, dx_value *debug,
                           dx_value *conversion, dx_value *spec, dx_value *open, dx_value *close)
{
    const dx_tuple *end = end_of_expression(conversion, spec, close);
    field_parts parts = {.value = value, .debug = ((dx_int *)debug)->value != 0};
    parts.conversion = conversion_code(context, conversion, spec, parts.debug);
    parts.spec = spec == DX_V_NONE ? DX_V_NONE : dx_as_tuple(spec)->first;
    parts.raw = open->flags & DX_RAW;
    parts.text_start = (size_t)((dx_int *)open)->value + 1;
    parts.text_end = (size_t)((dx_int *)end->first)->value;
    parts.end_of_text = end->span.start;
    return parts;
}

/* The field's text as `=` shows it: as written, comments left out. */
static dx_text *debug_text(dx_context *context, const field_parts *parts)
{
    const char *at = context->text + parts->text_start, *end = context->text + parts->text_end;
    size_t size = (size_t)(end - at);
    if (!memchr(at, '#', size))
        return dx_new_text(context, DX_STRING, at, size);
    char *text = dx_allocate(context, size), *out = text;
    while (at < end) {
        if (*at == '#')
            while (at < end && *at != '\n')
                at++;
        else
            *out++ = *at++;
    }
    return dx_new_text(context, DX_STRING, text, (size_t)(out - text));
}

static dx_value *with_debug_text(dx_context *context, const field_parts *parts, dx_value *field,
                                 dx_span span)
{
    dx_position start = {span.start.line, span.start.column + 1};
    dx_span text_span = {start, parts->end_of_text};
    dx_text *shown = debug_text(context, parts);
    if (!parts->raw)
        shown = dx_unescape_fstring(context, text_span, shown->bytes, shown->size);
    dx_value *text = &shown->head;
    dx_list *values = dx_new_list(context, 2);
    dx_push(context, values, dx_new_constant(context, text_span, text, DX_V_NONE));
    dx_push(context, values, field);
    dx_node *joined =
        dx_new_node(context, DX_K_JoinedStr, (dx_span){span.start, parts->end_of_text});
    joined->fields[0] = &values->head;
    return &joined->head;
}

dx_value *dx_replacement_field(dx_context *context, dx_value *value, dx_value *debug,
                               dx_value *conversion, dx_value *spec, dx_value *open,
                               dx_value *close, dx_span span)
{
    field_parts parts = collect(context, value, debug, conversion, spec, open, close);
    dx_node *field = dx_new_node(context, DX_K_FormattedValue, span);
    field->fields[0] = parts.value;
    field->fields[1] = parts.conversion;
    field->fields[2] = parts.spec;
    return parts.debug ? with_debug_text(context, &parts, &field->head, span) : &field->head;
}

/* The expression's text as Interpolation.str holds it: without the `=` and the blanks around. */
static dx_text *expression_text(dx_context *context, const field_parts *parts)
{
    const char *start = context->text + parts->text_start, *end = context->text + parts->text_end;
    while (end > start && strchr(parts->debug ? " \t\n\f=" : " \t\n\f", end[-1]))
        end--;
    return dx_new_text(context, DX_STRING, start, (size_t)(end - start));
}

dx_value *dx_interpolation(dx_context *context, dx_value *value, dx_value *debug,
                           dx_value *conversion, dx_value *spec, dx_value *open, dx_value *close,
                           dx_span span)
{
    field_parts parts = collect(context, value, debug, conversion, spec, open, close);
    dx_node *field = dx_new_node(context, DX_K_Interpolation, span);
    field->fields[0] = parts.value;
    field->fields[1] = &expression_text(context, &parts)->head;
    field->fields[2] = parts.conversion;
    field->fields[3] = parts.spec;
    return parts.debug ? with_debug_text(context, &parts, &field->head, span) : &field->head;
}
