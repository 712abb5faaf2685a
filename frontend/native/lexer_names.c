/* Names, keywords, and the prefixes of strings. */
#include "keywords.h"
#include "lexer.h"
#include "source.h"
#include "unicode.h"

static int keyword_at(const char *start, size_t size)
{
    unsigned slot = DX_KEYWORD_HASH((unsigned char)start[0], (unsigned char)start[size - 1],
                                    (unsigned)size);
    const dx_keyword *keyword = &dx_keywords[slot];
    return keyword->size == size && !memcmp(keyword->text, start, size) ? keyword->terminal : -1;
}

DX_NORETURN static void fail_character(dx_lexer *lexer, const char *start, const char *end,
                                       uint32_t point)
{
    if (!dx_is_printable(point))
        dx_lexer_fail(lexer, start, end, "invalid non-printable character U+%04X",
                      (unsigned)point);
    dx_lexer_fail(lexer, start, end, "invalid character '%.*s' (U+%04X)", (int)(end - start), start,
                  (unsigned)point);
}

/* PEP 3131: the name as written must consist of identifier characters, and means its NFKC. */
static dx_value *unicode_name(dx_lexer *lexer, const char *start, const char *end)
{
    dx_check_utf8(lexer->context, dx_span_to(lexer, start, end), start, (size_t)(end - start));
    for (const char *at = start; at < end;) {
        const char *character = at;
        uint32_t point = dx_decode_utf8(&at, end);
        bool is_allowed = point < 0x80 || (character == start ? dx_is_identifier_start(point)
                                                              : dx_is_identifier_part(point));
        if (!is_allowed)
            fail_character(lexer, character, at, point);
    }
    size_t size = (size_t)(end - start);
    const char *normal = dx_normalise(lexer->context, start, &size);
    return dx_intern(lexer->context, normal, size);
}

static void lex_ascii_name(dx_lexer *lexer, const char *start, const char *end, uint32_t hash)
{
    dx_span span = dx_span_to(lexer, start, end);
    size_t size = (size_t)(end - start);
    int keyword = keyword_at(start, size);
    lexer->at = end;
    if (keyword >= 0) {
        dx_emit(lexer, keyword, span, DX_V_NONE);
        return;
    }
    lexer->has_type |= size == 4 && !memcmp(start, "type", 4);
    dx_emit(lexer, DX_T_NAME, span, dx_intern_hashed(lexer->context, start, size, hash));
}

static void lex_unicode_name(dx_lexer *lexer, const char *start, const char *end)
{
    lexer->at = end;
    lexer->has_type = true; /* NFKC may make it one */
    dx_emit(lexer, DX_T_NAME, dx_span_to(lexer, start, end), unicode_name(lexer, start, end));
}

typedef struct {
    bool raw, bytes, unicode, format, template_;
} string_prefix;

/* Adds one letter to a prefix; false if it cannot stand there. */
static bool add_prefix(string_prefix *prefix, char c, bool templates)
{
    bool is_kind = prefix->bytes || prefix->format || prefix->template_;
    switch (c | 32) {
    case 'r':
        if (prefix->raw || prefix->unicode)
            return false;
        return prefix->raw = true;
    case 'b':
        if (is_kind || prefix->unicode)
            return false;
        return prefix->bytes = true;
    case 'f':
        if (is_kind || prefix->unicode)
            return false;
        return prefix->format = true;
    case 't':
        if (!templates || is_kind || prefix->unicode)
            return false;
        return prefix->template_ = true;
    case 'u':
        if (is_kind || prefix->raw || prefix->unicode)
            return false;
        return prefix->unicode = true;
    default:
        return false;
    }
}

/* Reads the string whose prefix stands at `start`; false if none does. */
static bool lex_prefixed_string(dx_lexer *lexer, const char *start, const char *quote)
{
    string_prefix prefix = {0};
    bool templates = lexer->context->options.minor_version >= 14;
    for (const char *at = start; at < quote; at++)
        if (!dx_is_letter(*at) || !add_prefix(&prefix, *at, templates))
            return false;
    if (prefix.format || prefix.template_)
        dx_open_fstring(lexer, start, quote, prefix.raw, prefix.template_);
    else
        dx_lex_string(lexer, start, quote);
    return true;
}

void dx_lex_name_or_string(dx_lexer *lexer, const char *start)
{
    const char *end = start;
    unsigned char seen = 0;
    uint32_t hash = DX_HASH_START;
    for (; dx_is_name_part(*end); end++) {
        seen |= (unsigned char)*end;
        hash = dx_hash_byte(hash, *end);
    }
    bool is_prefix = (*end == '"' || *end == '\'') && end - start <= 2;
    if (is_prefix && lex_prefixed_string(lexer, start, end))
        return;
    if (seen < 0x80)
        lex_ascii_name(lexer, start, end, hash);
    else
        lex_unicode_name(lexer, start, end);
}
