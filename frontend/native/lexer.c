/* Logical lines: indentation, comments, brackets, operators, the end of the text. */
#include "lexer.h"

#include "source.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { TAB_SIZE = 8 };

void dx_lexer_open(dx_lexer *lexer, dx_context *context)
{
    static const int starts[] = {DX_T_START_EXEC, DX_T_START_EVAL, DX_T_START_SINGLE,
                                 DX_T_START_FUNC_TYPE};
    lexer->context = context;
    lexer->at = lexer->line_start = context->text;
    lexer->line = 1;
    lexer->last_end = (dx_position){1, 0};
    lexer->at_line_start = lexer->is_fresh = true;
    lexer->indents[0] = (dx_indent){0, 0, false};
    lexer->indent_count = 1;
    lexer->type_ignores = dx_new_list(context, 0);
    dx_emit(lexer, starts[context->options.mode], dx_span_at(lexer->last_end), DX_V_NONE);
}

void dx_lexer_close(dx_lexer *lexer)
{
    free(lexer->tokens);
}

static void grow_tokens(dx_lexer *lexer)
{
    size_t capacity = lexer->capacity * 2 + 64;
    lexer->tokens =
        dx_resize(lexer->context, lexer->tokens, capacity * sizeof *lexer->tokens);
    lexer->capacity = capacity;
}

void dx_emit(dx_lexer *lexer, int type, dx_span span, dx_value *value)
{
    if (lexer->count == lexer->capacity)
        grow_tokens(lexer);
    lexer->tokens[lexer->count++] = (dx_token){type, span, value};
    lexer->last_end = span.end;
}

static void emit_mark(dx_lexer *lexer, int type)
{
    dx_emit(lexer, type, dx_span_at(lexer->last_end), DX_V_NONE);
}

void dx_lexer_fail(dx_lexer *lexer, const char *start, const char *end, const char *format, ...)
{
    char message[DX_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    lexer->context->error->from_lexer = 1;
    dx_fail(lexer->context, DX_SYNTAX_ERROR, dx_span_to(lexer, start, end), "%s", message);
}

DX_NORETURN static void fail_indentation(dx_lexer *lexer, int kind, const char *message)
{
    lexer->context->error->from_lexer = 1;
    dx_fail(lexer->context, kind, dx_span_to(lexer, lexer->line_start, lexer->at), "%s", message);
}

/* The text ended where more was needed; codeop's question. */
DX_NORETURN static void fail_at_end(dx_lexer *lexer, const char *message)
{
    lexer->context->error->at_end = 1;
    dx_lexer_fail(lexer, lexer->at, lexer->at, "%s", message);
}

/* ---- Comments. */

static const char *skip_blanks(const char *at)
{
    while (*at == ' ' || *at == '\t')
        at++;
    return at;
}

static const char *end_of_line(const dx_lexer *lexer, const char *at)
{
    const char *end = lexer->context->text + lexer->context->size;
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    return newline ? newline : end;
}

/* What follows `# type:` in the comment at `at`, or NULL. */
static const char *type_comment(const char *at)
{
    at = skip_blanks(at + 1);
    return strncmp(at, "type:", 5) ? NULL : skip_blanks(at + 5);
}

static bool is_type_ignore(const char *type, const char *end)
{
    if (end - type < 6 || memcmp(type, "ignore", 6))
        return false;
    return end - type == 6 || !(dx_is_letter(type[6]) || dx_is_digit(type[6]) || type[6] < 0);
}

static void add_type_ignore(dx_lexer *lexer, const char *tag, const char *end)
{
    dx_context *context = lexer->context;
    dx_check_utf8(context, dx_span_to(lexer, tag, end), tag, (size_t)(end - tag));
    dx_node *node = dx_new_node(context, DX_K_TypeIgnore, dx_span_at(lexer->last_end));
    node->fields[0] = dx_new_int(context, lexer->line);
    node->fields[1] = &dx_new_text(context, DX_STRING, tag, (size_t)(end - tag))->head;
    dx_push(context, lexer->type_ignores, &node->head);
}

/* Passes over the comment at lexer->at; says whether it was a token. */
static bool lex_comment(dx_lexer *lexer, bool is_alone)
{
    const char *start = lexer->at, *end = end_of_line(lexer, start);
    const char *type = lexer->context->options.type_comments ? type_comment(start) : NULL;
    lexer->at = end;
    if (!type)
        return false;
    if (is_type_ignore(type, end)) {
        /* Alone in its line, CPython takes the newline into its tag. */
        add_type_ignore(lexer, type + 6, is_alone && *end ? end + 1 : end);
        return false;
    }
    dx_span span = dx_span_to(lexer, type, end);
    dx_text *text = dx_new_text(lexer->context, DX_STRING, type, (size_t)(end - type));
    dx_check_utf8(lexer->context, span, text->bytes, text->size);
    dx_emit(lexer, DX_T_TYPE_COMMENT, span, &text->head);
    return true;
}

/* ---- Indentation. */

/* Steps over a backslash and its newline; the text must go on after them. */
static void continue_line(dx_lexer *lexer)
{
    const char *backslash = lexer->at;
    if (backslash[1] != '\n') {
        if (!backslash[1])
            lexer->context->error->at_end = 1;
        dx_lexer_fail(lexer, backslash + 1, backslash + 1,
                      "unexpected character after line continuation character");
    }
    lexer->at += 2;
    dx_next_line(lexer, lexer->at);
    if (!*lexer->at)
        fail_at_end(lexer, "unexpected EOF while parsing");
}

/* Counts one blank; says whether `c` is one. */
static bool add_blank(dx_indent *indent, char c)
{
    if (c == ' ') {
        indent->column++;
        indent->alternative++;
    } else if (c == '\t') {
        indent->column = (indent->column / TAB_SIZE + 1) * TAB_SIZE;
        indent->alternative++;
    } else if (c == '\f') {
        indent->column = indent->alternative = 0;
    } else {
        return false;
    }
    return true;
}

/* Measures the blanks at the start of a line. After a continued line, those of the first count. */
static dx_indent measure(dx_lexer *lexer)
{
    dx_indent indent = {0, 0, false};
    int continued = 0;
    for (;;) {
        if (*lexer->at == '\\') {
            continued = continued ? continued : indent.column;
            continue_line(lexer);
        } else if (add_blank(&indent, *lexer->at)) {
            lexer->at++;
        } else {
            if (continued)
                indent.column = indent.alternative = continued;
            return indent;
        }
    }
}

static void push_indent(dx_lexer *lexer, dx_indent indent)
{
    if (lexer->indent_count >= DX_MAX_INDENTS)
        fail_indentation(lexer, DX_INDENTATION_ERROR, "too many levels of indentation");
    indent.in_match = lexer->opens_match;
    lexer->indents[lexer->indent_count++] = indent;
    emit_mark(lexer, DX_T_INDENT);
}

static void pop_indents(dx_lexer *lexer, dx_indent indent)
{
    while (indent.column < lexer->indents[lexer->indent_count - 1].column) {
        lexer->indent_count--;
        emit_mark(lexer, DX_T_DEDENT);
    }
    if (indent.column != lexer->indents[lexer->indent_count - 1].column)
        fail_indentation(lexer, DX_INDENTATION_ERROR,
                         "unindent does not match any outer indentation level");
}

static void apply_indent(dx_lexer *lexer, dx_indent indent)
{
    static const char inconsistent[] = "inconsistent use of tabs and spaces in indentation";
    const dx_indent *outer = &lexer->indents[lexer->indent_count - 1];
    if (indent.column > outer->column) {
        if (indent.alternative <= outer->alternative)
            fail_indentation(lexer, DX_TAB_ERROR, inconsistent);
        push_indent(lexer, indent);
        return;
    }
    pop_indents(lexer, indent);
    if (indent.alternative != lexer->indents[lexer->indent_count - 1].alternative)
        fail_indentation(lexer, DX_TAB_ERROR, inconsistent);
}

/* Tokens from here on are made of the end of the text. */
static void note_end(dx_lexer *lexer)
{
    if (!*lexer->at && lexer->end_first == SIZE_MAX)
        lexer->end_first = lexer->count;
}

/* Passes over blank and comment lines, then over the next line's indentation. */
static void lex_indentation(dx_lexer *lexer)
{
    for (;;) {
        dx_indent indent = measure(lexer);
        note_end(lexer);
        bool is_comment = *lexer->at == '#';
        if (is_comment && lex_comment(lexer, true))
            return;
        if (*lexer->at != '\n') {
            if (!is_comment)
                apply_indent(lexer, indent);
            return;
        }
        dx_next_line(lexer, ++lexer->at);
    }
}

/* ---- Soft keywords, when a logical line is complete. */

static bool is_soft(const dx_token *token, const char *word)
{
    return token->type == DX_T_NAME && dx_identifier_is(token->value, word);
}

static void mark_match_and_case(dx_lexer *lexer)
{
    dx_token *first = &lexer->tokens[lexer->line_first];
    const dx_token *last = &lexer->tokens[lexer->count - 1];
    lexer->opens_match = false;
    if (last->type == DX_T_COLON && first + 1 < last && is_soft(first, "match")) {
        first->type = DX_T_MATCH;
        lexer->opens_match = true;
    } else if (lexer->indents[lexer->indent_count - 1].in_match && is_soft(first, "case")) {
        first->type = DX_T_CASE;
    }
}

static bool begins_statement(const dx_lexer *lexer, size_t index)
{
    if (index == lexer->line_first)
        return true;
    int before = lexer->tokens[index - 1].type;
    return before == DX_T_SEMI || before == DX_T_COLON;
}

static void mark_type(dx_lexer *lexer)
{
    if (!lexer->has_type)
        return;
    lexer->has_type = false;
    for (size_t i = lexer->line_first; i + 1 < lexer->count; i++)
        if (lexer->tokens[i + 1].type == DX_T_NAME && begins_statement(lexer, i) &&
            is_soft(&lexer->tokens[i], "type"))
            lexer->tokens[i].type = DX_T_TYPE;
}

/* Whether a token cannot follow a name, but can begin the subject of a `match`. */
static bool begins_subject(int type)
{
    switch (type) {
    case DX_T_NAME: case DX_T_NUMBER: case DX_T_STRING: case DX_T_FSTRING_START: case DX_T_LBRACE:
    case DX_T_TILDE: case DX_T_ELLIPSIS: case DX_T_NONE: case DX_T_TRUE: case DX_T_FALSE:
    case DX_T_LAMBDA: case DX_T_AWAIT:
        return true;
    default:
        return false;
    }
}

void dx_finish_broken_line(dx_lexer *lexer)
{
    if (lexer->count < lexer->line_first + 2)
        return;
    dx_token *first = &lexer->tokens[lexer->line_first];
    if (is_soft(first, "match") && begins_subject(first[1].type))
        first->type = DX_T_MATCH;
    else if (lexer->indents[lexer->indent_count - 1].in_match && is_soft(first, "case"))
        first->type = DX_T_CASE;
    mark_type(lexer);
}

static bool opens_compound(int type)
{
    switch (type) {
    case DX_T_IF: case DX_T_WHILE: case DX_T_FOR: case DX_T_TRY: case DX_T_WITH: case DX_T_DEF:
    case DX_T_CLASS: case DX_T_ASYNC: case DX_T_AT: case DX_T_MATCH:
        return true;
    default:
        return false;
    }
}

static void finish_line(dx_lexer *lexer)
{
    if (lexer->count == lexer->line_first)
        return;
    mark_match_and_case(lexer);
    mark_type(lexer);
    if (lexer->context->options.mode == DX_MODE_SINGLE && !lexer->is_compound) {
        lexer->is_compound = opens_compound(lexer->tokens[lexer->line_first].type);
        lexer->is_statement_over = !lexer->is_compound;
    }
}

/* ---- The end of the text. */

static void check_brackets_closed(dx_lexer *lexer)
{
    if (!lexer->level)
        return;
    dx_bracket open = lexer->brackets[lexer->level - 1];
    lexer->context->error->at_end = 1;
    lexer->context->error->from_lexer = 1;
    dx_fail(lexer->context, DX_SYNTAX_ERROR, dx_span_at(open.place), "'%c' was never closed",
            open.bracket);
}

/* In single mode CPython turns an end that follows other tokens into a NEWLINE, and closes all
 * blocks there unless the caller may still type on. */
static void end_of_interactive(dx_lexer *lexer)
{
    finish_line(lexer);
    emit_mark(lexer, DX_T_NEWLINE);
    lexer->started = false;
    if (!lexer->context->options.allow_incomplete)
        for (; lexer->indent_count > 1; lexer->indent_count--) {
            emit_mark(lexer, DX_T_DEDENT);
            lexer->started = true;
        }
}

static void end_of_text(dx_lexer *lexer)
{
    note_end(lexer);
    check_brackets_closed(lexer);
    bool is_single = lexer->context->options.mode == DX_MODE_SINGLE;
    lexer->started |= lexer->count > lexer->line_first;
    if (is_single && lexer->started && !lexer->is_statement_over) {
        end_of_interactive(lexer);
        return;
    }
    finish_line(lexer);
    emit_mark(lexer, DX_T_ENDMARKER);
    lexer->ended = true;
}

/* After a simple statement in single mode only blanks and comments may follow. */
static void end_of_single_statement(dx_lexer *lexer)
{
    const char *at = lexer->at;
    while (*at) {
        if (*at == '#')
            at = end_of_line(lexer, at);
        else if (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\f')
            at++;
        else
            dx_lexer_fail(lexer, lexer->at, lexer->at,
                          "multiple statements found while compiling a single statement");
    }
    emit_mark(lexer, DX_T_ENDMARKER);
    lexer->ended = true;
}

/* ---- Operators and brackets. */

void dx_open_bracket(dx_lexer *lexer, const char *at)
{
    if (lexer->level >= DX_MAX_LEVEL)
        dx_lexer_fail(lexer, at, at + 1, "too many nested parentheses");
    lexer->brackets[lexer->level++] = (dx_bracket){*at, dx_here(lexer, at)};
}

static bool brackets_match(char open, char close)
{
    return (open == '(' && close == ')') || (open == '[' && close == ']') ||
           (open == '{' && close == '}');
}

static void close_bracket(dx_lexer *lexer, const char *at)
{
    bool in_field = dx_at_field_level(lexer);
    if (!lexer->level)
        dx_lexer_fail(lexer, at, at + 1, "unmatched '%c'", *at);
    dx_bracket open = lexer->brackets[lexer->level - 1];
    if (brackets_match(open.bracket, *at)) {
        lexer->level--;
        return;
    }
    if (in_field)
        dx_lexer_fail(lexer, at, at + 1, "f-string: unmatched '%c'", *at);
    if (open.place.line != lexer->line)
        dx_lexer_fail(lexer, at, at + 1,
                      "closing parenthesis '%c' does not match opening parenthesis '%c' on line %d",
                      *at, open.bracket, open.place.line);
    dx_lexer_fail(lexer, at, at + 1,
                  "closing parenthesis '%c' does not match opening parenthesis '%c'", *at,
                  open.bracket);
}

/* For CPython what `=` shows ends at the first `!`, that of `!=` included. */
static void note_bang(dx_lexer *lexer, const char *at)
{
    dx_fstring *fstring = &lexer->fstrings[lexer->fstring_count - 1];
    const char **first = &fstring->first_bang[fstring->field_count - 1];
    if (!*first && !fstring->is_template)
        *first = at;
}

static const char *end_of_shown(const dx_lexer *lexer, const char *at)
{
    const dx_fstring *fstring = &lexer->fstrings[lexer->fstring_count - 1];
    const char *bang = fstring->first_bang[fstring->field_count - 1];
    return bang ? bang : at;
}

/* `}`, `:` or `!` right inside a replacement field. */
static void lex_field_mark(dx_lexer *lexer, const char *at)
{
    dx_value *offset =
        dx_new_int(lexer->context, end_of_shown(lexer, at) - lexer->context->text);
    dx_span span = dx_span_to(lexer, at, at + 1);
    if (*at == '!') {
        dx_emit(lexer, DX_T_EXCLAMATION, span, offset);
        lexer->at = at + 1;
        return;
    }
    if (*at == '}') {
        lexer->level--;
        lexer->fstrings[lexer->fstring_count - 1].field_count--;
    }
    dx_emit(lexer, *at == '}' ? DX_T_RBRACE : DX_T_COLON, span, offset);
    lexer->at = at + 1;
    dx_lex_fstring_text(lexer);
}

typedef struct {
    int type, size;
} operator_match;

static operator_match match_assignable(const char *at, int plain, int assigning)
{
    return at[1] == '=' ? (operator_match){assigning, 2} : (operator_match){plain, 1};
}

/* `*` `**` `*=` `**=`, and likewise for `/`, `<` and `>`. */
static operator_match match_doubled(const char *at, const int types[4])
{
    if (at[1] != at[0])
        return match_assignable(at, types[0], types[1]);
    return at[2] == '=' ? (operator_match){types[3], 3} : (operator_match){types[2], 2};
}

static operator_match match_operator(const char *at)
{
    static const int star[] = {DX_T_STAR, DX_T_STAREQUAL, DX_T_DOUBLESTAR, DX_T_DOUBLESTAREQUAL};
    static const int slash[] = {DX_T_SLASH, DX_T_SLASHEQUAL, DX_T_DOUBLESLASH,
                                DX_T_DOUBLESLASHEQUAL};
    static const int less[] = {DX_T_LESS, DX_T_LESSEQUAL, DX_T_LEFTSHIFT, DX_T_LEFTSHIFTEQUAL};
    static const int greater[] = {DX_T_GREATER, DX_T_GREATEREQUAL, DX_T_RIGHTSHIFT,
                                  DX_T_RIGHTSHIFTEQUAL};
    switch (*at) {
    case '(': return (operator_match){DX_T_LPAR, 1};
    case ')': return (operator_match){DX_T_RPAR, 1};
    case '[': return (operator_match){DX_T_LSQB, 1};
    case ']': return (operator_match){DX_T_RSQB, 1};
    case '{': return (operator_match){DX_T_LBRACE, 1};
    case '}': return (operator_match){DX_T_RBRACE, 1};
    case ',': return (operator_match){DX_T_COMMA, 1};
    case ';': return (operator_match){DX_T_SEMI, 1};
    case '~': return (operator_match){DX_T_TILDE, 1};
    case ':': return match_assignable(at, DX_T_COLON, DX_T_COLONEQUAL);
    case '+': return match_assignable(at, DX_T_PLUS, DX_T_PLUSEQUAL);
    case '%': return match_assignable(at, DX_T_PERCENT, DX_T_PERCENTEQUAL);
    case '@': return match_assignable(at, DX_T_AT, DX_T_ATEQUAL);
    case '&': return match_assignable(at, DX_T_AMPER, DX_T_AMPEREQUAL);
    case '|': return match_assignable(at, DX_T_VBAR, DX_T_VBAREQUAL);
    case '^': return match_assignable(at, DX_T_CIRCUMFLEX, DX_T_CIRCUMFLEXEQUAL);
    case '=': return match_assignable(at, DX_T_EQUAL, DX_T_EQEQUAL);
    case '!': return match_assignable(at, DX_T_EXCLAMATION, DX_T_NOTEQUAL);
    case '*': return match_doubled(at, star);
    case '/': return match_doubled(at, slash);
    case '>': return match_doubled(at, greater);
    case '<':
        return at[1] == '>' ? (operator_match){DX_T_NOTEQUAL, 2} : match_doubled(at, less);
    case '-':
        return at[1] == '>' ? (operator_match){DX_T_RARROW, 2}
                            : match_assignable(at, DX_T_MINUS, DX_T_MINEQUAL);
    case '.':
        return at[1] == '.' && at[2] == '.' ? (operator_match){DX_T_ELLIPSIS, 3}
                                            : (operator_match){DX_T_DOT, 1};
    default: return (operator_match){-1, 0};
    }
}

/* PEP 401 trades `!=` for `<>`. */
static void check_not_equal(dx_lexer *lexer, const char *at)
{
    bool is_diamond = *at == '<';
    if (is_diamond == (lexer->context->options.barry_as_bdfl != 0))
        return;
    if (is_diamond)
        dx_lexer_fail(lexer, at, at + 2, "invalid syntax");
    dx_lexer_fail(lexer, at, at + 2, "with Barry as BDFL, use '<>' instead of '!='");
}

DX_NORETURN static void fail_character(dx_lexer *lexer, const char *at)
{
    unsigned char c = (unsigned char)*at;
    if (c < 0x20 || c == 0x7F)
        dx_lexer_fail(lexer, at, at + 1, "invalid non-printable character U+%04X", c);
    dx_lexer_fail(lexer, at, at + 1, "invalid syntax");
}

/* Whether the parser may take the operator, inside an f-string, for a mark of a field: it then
 * wants its offset. At a broken end of a format that holds beside real fields too. */
static bool may_mark_field(int type)
{
    return type == DX_T_LBRACE || type == DX_T_RBRACE || type == DX_T_COLON ||
           type == DX_T_EXCLAMATION;
}

static void lex_operator(dx_lexer *lexer, const char *at)
{
    bool in_field = dx_at_field_level(lexer);
    if (in_field && (*at == ':' || *at == '}' || (*at == '!' && at[1] != '='))) {
        lex_field_mark(lexer, at);
        return;
    }
    operator_match found = match_operator(at);
    switch (found.type) {
    case -1: fail_character(lexer, at);
    case DX_T_LPAR: case DX_T_LSQB: case DX_T_LBRACE: dx_open_bracket(lexer, at); break;
    case DX_T_RPAR: case DX_T_RSQB: case DX_T_RBRACE: close_bracket(lexer, at); break;
    case DX_T_NOTEQUAL:
        check_not_equal(lexer, at);
        if (in_field && *at == '!')
            note_bang(lexer, at);
        break;
    default: break;
    }
    dx_value *value = DX_V_NONE;
    if (lexer->fstring_count && may_mark_field(found.type)) {
        value = dx_new_int(lexer->context, at - lexer->context->text);
        value->flags = DX_RAW;
    }
    dx_emit(lexer, found.type, dx_span_to(lexer, at, at + found.size), value);
    lexer->at = at + found.size;
}

/* ---- Logical lines. */

/* A newline: ends the logical line, unless in brackets; says whether it did. */
static bool lex_newline(dx_lexer *lexer)
{
    bool ends = !lexer->level;
    if (ends) {
        finish_line(lexer);
        emit_mark(lexer, DX_T_NEWLINE);
        lexer->at_line_start = true;
        lexer->started = true;
    }
    dx_next_line(lexer, ++lexer->at);
    return ends;
}

/* Reads one token or newline; says whether the logical line goes on. */
static bool lex_token(dx_lexer *lexer)
{
    while (*lexer->at == ' ' || *lexer->at == '\t' || *lexer->at == '\f')
        lexer->at++;
    const char *at = lexer->at;
    if (dx_is_name_start(*at)) {
        dx_lex_name_or_string(lexer, at);
    } else if (dx_is_digit(*at) || (*at == '.' && dx_is_digit(at[1]))) {
        dx_lex_number(lexer, at);
    } else {
        switch (*at) {
        case '\0': end_of_text(lexer); return false;
        case '\n': return !lex_newline(lexer);
        case '#': lex_comment(lexer, false); break;
        case '\\': continue_line(lexer); break;
        case '"': case '\'': dx_lex_string(lexer, at, at); break;
        default: lex_operator(lexer, at); break;
        }
    }
    return true;
}

void dx_lex_line(dx_lexer *lexer)
{
    if (lexer->is_statement_over) {
        lexer->count = lexer->line_first = 0;
        end_of_single_statement(lexer);
        return;
    }
    lexer->count = lexer->is_fresh ? 1 : 0; /* the mode's token goes with the first line */
    lexer->is_fresh = false;
    lexer->end_first = SIZE_MAX;
    if (lexer->at_line_start) {
        lexer->at_line_start = false;
        lexer->line_first = lexer->count;
        size_t before = lexer->count;
        lex_indentation(lexer);
        lexer->started |= lexer->count > before;
    }
    lexer->line_first = lexer->count;
    while (lex_token(lexer))
        continue;
}
