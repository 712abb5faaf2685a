/* Number literals (reference, section 2.4.5), with CPython's rules for what may follow one. */
#include "lexer.h"
#include "numbers.h"

typedef struct {
    const char *name;
    bool (*is_digit)(char c);
} radix_rules;

static bool is_hexadecimal(char c) { return dx_is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f'); }
static bool is_octal(char c) { return c >= '0' && c <= '7'; }
static bool is_binary(char c) { return c == '0' || c == '1'; }

/* Keywords that may follow a number without a blank, with a warning. */
static bool keyword_follows(const char *at)
{
    static const char *const words[] = {"and", "else", "for", "if", "in", "is", "or", "not"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strncmp(at, words[i], strlen(words[i])))
            return true;
    return false;
}

static void check_end(dx_lexer *lexer, const char *start, const char *end, const char *name)
{
    if (keyword_follows(end))
        dx_warn(lexer->context, dx_here(lexer, start), "invalid %s literal", name);
    else if (dx_is_name_part(*end) && (unsigned char)*end < 0x80)
        dx_lexer_fail(lexer, start, end, "invalid %s literal", name);
}

/* Digits with single underscores between them; at least one digit has been seen. */
static const char *decimal_tail(dx_lexer *lexer, const char *start, const char *at)
{
    for (;;) {
        while (dx_is_digit(*at))
            at++;
        if (*at != '_')
            return at;
        if (!dx_is_digit(*++at))
            dx_lexer_fail(lexer, start, at, "invalid decimal literal");
    }
}

static const char *radix_tail(dx_lexer *lexer, const char *start, const radix_rules *rules)
{
    const char *at = start + 2;
    do {
        at += *at == '_';
        if (dx_is_digit(*at) && !rules->is_digit(*at))
            dx_lexer_fail(lexer, start, at + 1, "invalid digit '%c' in %s literal", *at, rules->name);
        if (!rules->is_digit(*at))
            dx_lexer_fail(lexer, start, at, "invalid %s literal", rules->name);
        while (rules->is_digit(*at))
            at++;
    } while (*at == '_');
    if (dx_is_digit(*at))
        dx_lexer_fail(lexer, start, at + 1, "invalid digit '%c' in %s literal", *at, rules->name);
    check_end(lexer, start, at, rules->name);
    return at;
}

static const radix_rules *radix_at(const char *start)
{
    static const radix_rules hexadecimal = {"hexadecimal", is_hexadecimal};
    static const radix_rules octal = {"octal", is_octal};
    static const radix_rules binary = {"binary", is_binary};
    if (*start != '0')
        return NULL;
    switch (start[1] | 32) {
    case 'x': return &hexadecimal;
    case 'o': return &octal;
    case 'b': return &binary;
    default: return NULL;
    }
}

/* The end of an exponent that starts at `at`, or `at` if there is none after all. */
static const char *exponent_tail(dx_lexer *lexer, const char *start, const char *at)
{
    const char *digits = at + 1;
    if (*digits == '+' || *digits == '-') {
        if (!dx_is_digit(*++digits))
            dx_lexer_fail(lexer, start, digits, "invalid decimal literal");
    } else if (!dx_is_digit(*digits)) {
        return at;
    }
    return decimal_tail(lexer, start, digits);
}

static void emit_number(dx_lexer *lexer, const char *start, const char *end, dx_number_form form)
{
    dx_span span = dx_span_to(lexer, start, end);
    size_t size = (size_t)(end - start);
    dx_emit(lexer, DX_T_NUMBER, span, dx_number_value(lexer->context, span, start, size, form));
    lexer->at = end;
}

/* `00` is zero; `01` is nothing but the start of `01.5` or `01j`. */
static void check_leading_zero(dx_lexer *lexer, const char *start, const char *end)
{
    if (*start != '0')
        return;
    for (const char *at = start; at < end; at++)
        if (*at != '0' && *at != '_')
            dx_lexer_fail(lexer, start, end,
                          "leading zeros in decimal integer literals are not permitted; "
                          "use an 0o prefix for octal integers");
}

static void lex_decimal(dx_lexer *lexer, const char *start)
{
    dx_number_form form = DX_DECIMAL_LITERAL;
    const char *at = *start == '.' ? start : decimal_tail(lexer, start, start);
    if (*at == '.') {
        form = DX_FLOAT_LITERAL;
        at++;
        if (dx_is_digit(*at))
            at = decimal_tail(lexer, start, at);
    }
    if ((*at | 32) == 'e') {
        const char *end = exponent_tail(lexer, start, at);
        form = end == at ? form : DX_FLOAT_LITERAL;
        at = end;
    }
    if ((*at | 32) == 'j') {
        at++;
        check_end(lexer, start, at, "imaginary");
        emit_number(lexer, start, at, DX_IMAGINARY_LITERAL);
        return;
    }
    if (form == DX_DECIMAL_LITERAL)
        check_leading_zero(lexer, start, at);
    check_end(lexer, start, at, "decimal");
    emit_number(lexer, start, at, form);
}

void dx_lex_number(dx_lexer *lexer, const char *start)
{
    const radix_rules *rules = radix_at(start);
    if (rules)
        emit_number(lexer, start, radix_tail(lexer, start, rules), DX_RADIX_LITERAL);
    else
        lex_decimal(lexer, start);
}
