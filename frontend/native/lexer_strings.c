/* String literals, and the literal text of f-strings (PEP 701). */
#include "lexer.h"
#include "source.h"

static bool is_tripled(const char *quote)
{
    return quote[1] == quote[0] && quote[2] == quote[0];
}

DX_NORETURN static void fail_unterminated(dx_lexer *lexer, dx_span start, const char *kind,
                                          bool is_triple)
{
    lexer->context->error->from_lexer = 1;
    bool is_fstring = *kind == 'f';
    lexer->context->error->at_end = is_triple || (!*lexer->at && !is_fstring);
    int line = lexer->line;
    /* The newline that exec mode adds to the text is no line of its own. */
    if (is_triple && lexer->at == lexer->line_start && line > start.start.line)
        line--;
    dx_fail(lexer->context, DX_SYNTAX_ERROR, start, "unterminated %s%s literal (detected at line %d)",
            is_triple ? "triple-quoted " : "", kind, line);
}

/* Passes over a backslash and the character it escapes. */
static const char *skip_escape(dx_lexer *lexer, const char *at)
{
    if (!at[1])
        return at + 1;
    if (at[1] == '\n')
        dx_next_line(lexer, at + 2);
    return at + 2;
}

static const char *short_string_end(dx_lexer *lexer, const char *at, char quote, dx_span start)
{
    while (*at != quote) {
        if (!*at || *at == '\n') {
            lexer->at = at;
            fail_unterminated(lexer, start, "string", false);
        }
        at = *at == '\\' ? skip_escape(lexer, at) : at + 1;
    }
    return at + 1;
}

static const char *long_string_end(dx_lexer *lexer, const char *at, char quote, dx_span start)
{
    while (*at != quote || at[1] != quote || at[2] != quote) {
        if (!*at) {
            lexer->at = at;
            fail_unterminated(lexer, start, "string", true);
        }
        if (*at == '\\') {
            at = skip_escape(lexer, at);
        } else {
            if (*at++ == '\n')
                dx_next_line(lexer, at);
        }
    }
    return at + 3;
}

void dx_lex_string(dx_lexer *lexer, const char *start, const char *quote)
{
    dx_span span = dx_span_to(lexer, start, start + 1);
    bool triple = is_tripled(quote);
    const char *end = triple ? long_string_end(lexer, quote + 3, *quote, span)
                             : short_string_end(lexer, quote + 1, *quote, span);
    span.end = dx_here(lexer, end);
    dx_check_utf8(lexer->context, span, start, (size_t)(end - start));
    dx_text *text = dx_new_text(lexer->context, DX_STRING, start, (size_t)(end - start));
    dx_emit(lexer, DX_T_STRING, span, &text->head);
    lexer->at = end;
}

/* ---- f-strings. */

void dx_open_fstring(dx_lexer *lexer, const char *start, const char *quote, bool raw,
                     bool is_template)
{
    if (lexer->fstring_count + 1 >= DX_MAX_FSTRINGS)
        dx_lexer_fail(lexer, start, quote, "too many nested f-strings");
    dx_fstring *fstring = &lexer->fstrings[lexer->fstring_count++];
    fstring->quote = *quote;
    fstring->quote_size = is_tripled(quote) ? 3 : 1;
    fstring->raw = raw;
    fstring->is_template = is_template;
    fstring->field_count = 0;
    fstring->start = dx_span_to(lexer, start, quote + fstring->quote_size);
    dx_emit(lexer, is_template ? DX_T_TSTRING_START : DX_T_FSTRING_START, fstring->start,
            DX_V_NONE);
    lexer->at = quote + fstring->quote_size;
    dx_lex_fstring_text(lexer);
}

/* A run of literal text being read; `start` is where its token begins. */
typedef struct {
    const char *start;
    dx_position place;
} text_run;

static text_run begin_run(dx_lexer *lexer, const char *at)
{
    return (text_run){at, dx_here(lexer, at)};
}

static dx_span fstring_span(const dx_lexer *lexer)
{
    return lexer->fstrings[lexer->fstring_count - 1].start;
}

/* Emits the text from the run's start to `text_end`; the token itself ends at `end`. */
static void emit_text(dx_lexer *lexer, text_run run, const char *text_end, const char *end)
{
    dx_text *text =
        dx_new_text(lexer->context, DX_STRING, run.start, (size_t)(text_end - run.start));
    dx_check_utf8(lexer->context, fstring_span(lexer), text->bytes, text->size);
    const dx_fstring *fstring = &lexer->fstrings[lexer->fstring_count - 1];
    /* CPython reads the escapes of a format, in a raw string too. */
    text->head.flags = fstring->raw && !fstring->field_count ? DX_RAW : 0;
    dx_emit(lexer, DX_T_FSTRING_MIDDLE, (dx_span){run.place, dx_here(lexer, end)}, &text->head);
}

static void close_fstring(dx_lexer *lexer, const dx_fstring *fstring, text_run run, const char *at)
{
    const char *end = at + fstring->quote_size;
    if (at > run.start)
        emit_text(lexer, run, at, at);
    dx_emit(lexer, fstring->is_template ? DX_T_TSTRING_END : DX_T_FSTRING_END,
            dx_span_to(lexer, at, end), DX_V_NONE);
    lexer->fstring_count--;
    lexer->at = end;
}

static void open_field(dx_lexer *lexer, dx_fstring *fstring, text_run run, const char *at)
{
    if (at > run.start || (at[1] == '{' && fstring->field_count))
        emit_text(lexer, run, at, at);
    if (fstring->field_count >= DX_MAX_FIELDS)
        dx_lexer_fail(lexer, at, at + 1, "f-string: expressions nested too deeply");
    dx_open_bracket(lexer, at);
    dx_value *offset = dx_new_int(lexer->context, at - lexer->context->text);
    /* CPython reads the escapes of what `=` shows, as of the text around it; not in a format. */
    offset->flags = fstring->raw || fstring->is_template || fstring->field_count ? DX_RAW : 0;
    fstring->first_bang[fstring->field_count] = NULL;
    fstring->field_level[fstring->field_count++] = lexer->level;
    dx_emit(lexer, DX_T_LBRACE, dx_span_to(lexer, at, at + 1), offset);
    lexer->at = at + 1;
}

/* A `}` that ends a format specification and with it the field. */
static void close_field(dx_lexer *lexer, dx_fstring *fstring, text_run run, const char *at)
{
    bool is_empty = lexer->tokens[lexer->count - 1].type == DX_T_COLON && at == run.start;
    if (!is_empty)
        emit_text(lexer, run, at, at);
    lexer->level--;
    fstring->field_count--;
    dx_emit(lexer, DX_T_RBRACE, dx_span_to(lexer, at, at + 1),
            dx_new_int(lexer->context, at - lexer->context->text));
}

/* A newline ends the text of a format in single quotes: what follows is read as an expression. */
static void leave_format(dx_lexer *lexer, text_run run, const char *at)
{
    emit_text(lexer, run, at, at);
    lexer->at = at;
}

static bool ends_fstring(const dx_fstring *fstring, const char *at)
{
    return *at == fstring->quote && (fstring->quote_size == 1 || is_tripled(at));
}

/* A backslash in literal text: braces after it keep their meaning, and `\N{` is no field. */
static const char *skip_text_escape(dx_lexer *lexer, const dx_fstring *fstring, const char *at,
                                    bool *in_name)
{
    if (at[1] == '{' || at[1] == '}') {
        if (!fstring->raw)
            dx_warn(lexer->context, dx_here(lexer, at), "invalid escape sequence '\\%c'", at[1]);
        return at + 1;
    }
    if (!fstring->raw && at[1] == 'N' && at[2] == '{') {
        *in_name = true;
        return at + 3;
    }
    return skip_escape(lexer, at);
}

void dx_lex_fstring_text(dx_lexer *lexer)
{
    dx_fstring *fstring = &lexer->fstrings[lexer->fstring_count - 1];
    const char *at = lexer->at;
    text_run run = begin_run(lexer, at);
    bool in_name = false; /* inside \N{...} */
    for (;;) {
        char c = *at;
        if (ends_fstring(fstring, at)) {
            close_fstring(lexer, fstring, run, at);
            return;
        }
        bool breaks_off = c == '\n' && fstring->quote_size == 1;
        if (breaks_off && fstring->field_count) {
            leave_format(lexer, run, at);
            return;
        }
        if (!c || breaks_off) {
            lexer->at = at;
            fail_unterminated(lexer, fstring->start, "f-string", fstring->quote_size == 3);
        }
        if (c == '\\') {
            at = skip_text_escape(lexer, fstring, at, &in_name);
        } else if (c == '}' && in_name) {
            in_name = false;
            emit_text(lexer, run, at + 1, at + 1); /* CPython ends a token here */
            run = begin_run(lexer, ++at);
        } else if ((c == '{' || c == '}') && at[1] == c && !fstring->field_count) {
            emit_text(lexer, run, at + 1, at + 2);
            at += 2;
            run = begin_run(lexer, at);
        } else if (c == '{') {
            open_field(lexer, fstring, run, at);
            return;
        } else if (c == '}') {
            if (!fstring->field_count)
                dx_lexer_fail(lexer, at, at + 1, "f-string: single '}' is not allowed");
            close_field(lexer, fstring, run, at);
            run = begin_run(lexer, ++at);
            in_name = false;
        } else {
            at++;
            if (c == '\n')
                dx_next_line(lexer, at);
        }
    }
}
