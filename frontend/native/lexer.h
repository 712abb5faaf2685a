/* Source text into tokens, one logical line at a time.
 *
 * A logical line is held back until its NEWLINE, because only then it is known whether
 * `match` and `case` at its start are keywords. Its tokens, indentation included, stay valid
 * until the next call. A token that cannot be read leaves through dx_fail, the tokens before
 * it being in the buffer.
 */
#ifndef DX_LEXER_H
#define DX_LEXER_H

#include "terminals.h"
#include "values.h"

enum {
    DX_MAX_INDENTS = 100, /* CPython's MAXINDENT */
    DX_MAX_LEVEL = 200,   /* CPython's MAXLEVEL: nested brackets */
    DX_MAX_FSTRINGS = 150, /* CPython's MAXFSTRINGLEVEL */
    DX_MAX_FIELDS = 3     /* CPython's MAX_EXPR_NESTING */
};

typedef struct {
    int type;
    dx_span span;
    dx_value *value;
} dx_token;

typedef struct {
    int column, alternative; /* with tabs to multiples of eight, and as one column each */
    bool in_match;           /* the block of a `match` line */
} dx_indent;

typedef struct {
    char bracket;
    dx_position place;
} dx_bracket;

/* An f-string or t-string being read. */
typedef struct {
    char quote;
    int quote_size;
    bool raw, is_template;
    dx_span start;
    int field_count;                 /* open replacement fields, each in the other's format */
    int field_level[DX_MAX_FIELDS];  /* bracket level inside each field */
    const char *first_bang[DX_MAX_FIELDS]; /* the first `!` or `!=` at that level, or NULL */
} dx_fstring;

typedef struct {
    dx_context *context;
    const char *at, *line_start;
    int line;
    dx_token *tokens; /* owned */
    size_t count, capacity;
    size_t line_first; /* index of the logical line's first token after indentation */
    size_t end_first;  /* index of the first token made at the end of the text, or SIZE_MAX */
    dx_position last_end;
    bool at_line_start, is_fresh, started, is_statement_over, is_compound, ended;
    bool has_type;    /* the logical line holds a name `type` */
    bool opens_match; /* the last logical line was `match ...:` */
    int indent_count, level, fstring_count;
    dx_indent indents[DX_MAX_INDENTS];
    dx_bracket brackets[DX_MAX_LEVEL];
    dx_fstring fstrings[DX_MAX_FSTRINGS];
    dx_list *type_ignores;
} dx_lexer;

void dx_lexer_open(dx_lexer *lexer, dx_context *context);
void dx_lexer_close(dx_lexer *lexer);

/* Reads the next logical line into lexer->tokens; after ENDMARKER, lexer->ended is set. */
void dx_lex_line(dx_lexer *lexer);

/* Decides about soft keywords in a line that broke off before its NEWLINE. */
void dx_finish_broken_line(dx_lexer *lexer);

/* ---- Shared by the lexer's files. */

static inline dx_position dx_here(const dx_lexer *lexer, const char *at)
{
    return (dx_position){lexer->line, (int)(at - lexer->line_start)};
}

static inline dx_span dx_span_to(const dx_lexer *lexer, const char *start, const char *end)
{
    return (dx_span){dx_here(lexer, start), dx_here(lexer, end)};
}

/* Appends a token and moves lexer->last_end. */
void dx_emit(dx_lexer *lexer, int type, dx_span span, dx_value *value);

/* Counts the newline before `next`. */
static inline void dx_next_line(dx_lexer *lexer, const char *next)
{
    lexer->line++;
    lexer->line_start = next;
}

DX_NORETURN void dx_lexer_fail(dx_lexer *lexer, const char *start, const char *end,
                               const char *format, ...) DX_PRINTF(4, 5);

void dx_lex_number(dx_lexer *lexer, const char *start);
void dx_lex_name_or_string(dx_lexer *lexer, const char *start);
void dx_lex_string(dx_lexer *lexer, const char *start, const char *quote);

/* Begins an f-string or t-string whose prefix starts at `start`. */
void dx_open_fstring(dx_lexer *lexer, const char *start, const char *quote, bool raw,
                     bool is_template);
/* Reads literal text up to the next `{`, `}` or the end of the string. */
void dx_lex_fstring_text(dx_lexer *lexer);

/* Whether `level` is right inside a replacement field of the innermost f-string. */
static inline bool dx_at_field_level(const dx_lexer *lexer)
{
    if (!lexer->fstring_count)
        return false;
    const dx_fstring *inner = &lexer->fstrings[lexer->fstring_count - 1];
    return inner->field_count && inner->field_level[inner->field_count - 1] == lexer->level;
}

void dx_open_bracket(dx_lexer *lexer, const char *at);

static inline bool dx_is_digit(char c) { return c >= '0' && c <= '9'; }
static inline bool dx_is_letter(char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }
static inline bool dx_is_name_start(char c)
{
    return dx_is_letter(c) || c == '_' || (unsigned char)c >= 0x80;
}
/* Digits; letters and the underscore; bytes above ASCII: a bit each, for it is the hottest test. */
static inline bool dx_is_name_part(char c)
{
    static const uint64_t parts[4] = {0x3FF000000000000ULL, 0x7FFFFFE87FFFFFEULL, ~0ULL, ~0ULL};
    return parts[(unsigned char)c >> 6] >> ((unsigned char)c & 63) & 1;
}

#endif
