#include "escapes.h"

#include "unicode.h"

enum { LONGEST_NAMED_CHARACTER = 64 };

typedef struct {
    dx_context *context;
    dx_span span;
    const char *start, *at, *end; /* the literal's body */
    char *out;
    bool is_bytes, is_fstring, has_warned, has_surrogates;
} reader;

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Where CPython counts `at`: its codec sees each non-ASCII character as \UXXXXXXXX. */
static int codec_position(const reader *r, const char *at)
{
    int position = 0;
    for (const char *c = r->start; c < at; c++)
        position += (unsigned char)*c < 0x80 ? 1 : (*c & 0xC0) == 0xC0 ? 10 : 0;
    return position;
}

DX_NORETURN static void fail_unicode(reader *r, const char *escape, const char *reason)
{
    int first = codec_position(r, escape), last = codec_position(r, r->at) - 1;
    dx_fail(r->context, DX_SYNTAX_ERROR, r->span,
            "(unicode error) 'unicodeescape' codec can't decode bytes in position %d-%d: %s", first,
            last, reason);
}

static void put(reader *r, uint32_t point)
{
    if (r->is_bytes) {
        *r->out++ = (char)point;
        return;
    }
    r->has_surrogates |= point >= 0xD800 && point < 0xE000;
    r->out += dx_encode_utf8(r->out, point);
}

static void warn_once(reader *r, const char *kind, const char *escape, int size)
{
    if (!r->has_warned)
        dx_warn(r->context, r->span.start, "invalid %sescape sequence '\\%.*s'", kind, size, escape);
    r->has_warned = true;
}

static void octal_escape(reader *r)
{
    const char *digits = r->at;
    uint32_t value = 0;
    while (r->at < r->end && r->at - digits < 3 && *r->at >= '0' && *r->at <= '7')
        value = value * 8 + (uint32_t)(*r->at++ - '0');
    if (value > 0377)
        warn_once(r, "octal ", digits, 3);
    put(r, r->is_bytes ? value & 0xFF : value);
}

/* The digits of \x, \u or \U; `escape` is the backslash. */
static void hex_escape(reader *r, const char *escape, int width, const char *truncated)
{
    uint32_t value = 0;
    for (int i = 0; i < width; i++) {
        int digit = r->at < r->end ? hex_value(*r->at) : -1;
        if (digit < 0 && r->is_bytes)
            dx_fail(r->context, DX_SYNTAX_ERROR, r->span,
                    "(value error) invalid \\x escape at position %d", (int)(escape - r->start));
        if (digit < 0)
            fail_unicode(r, escape, truncated);
        value = value << 4 | (uint32_t)digit;
        r->at++;
    }
    if (value > 0x10FFFF)
        fail_unicode(r, escape, "illegal Unicode character");
    put(r, value);
}

static void put_named(reader *r, const char *escape, const char *name, size_t size)
{
    const dx_options *options = &r->context->options;
    char text[LONGEST_NAMED_CHARACTER];
    if (!options->name_lookup) {
        put(r, 0xFFFD);
        return;
    }
    int length = options->name_lookup(options->name_context, name, size, text);
    if (length < 0)
        dx_fail(r->context, DX_CALLBACK_ERROR, r->span, "looking up a character name failed");
    if (length == 0)
        fail_unicode(r, escape, "unknown Unicode character name");
    memcpy(r->out, text, (size_t)length);
    r->out += length;
}

static void named_escape(reader *r, const char *escape)
{
    static const char malformed[] = "malformed \\N character escape";
    if (r->at == r->end || *r->at != '{')
        fail_unicode(r, escape, malformed);
    const char *name = ++r->at;
    while (r->at < r->end && *r->at != '}')
        r->at++;
    if (r->at == name || r->at == r->end)
        fail_unicode(r, escape, malformed);
    size_t size = (size_t)(r->at++ - name);
    put_named(r, escape, name, size);
}

static void unknown_escape(reader *r, const char *escape)
{
    if (r->is_fstring && (escape[1] == '{' || escape[1] == '}'))
        r->has_warned = true; /* the lexer has warned of it */
    else if ((unsigned char)escape[1] < 0x80)
        warn_once(r, "", escape + 1, 1);
    *r->out++ = '\\';
    r->at = escape + 1;
    if ((unsigned char)*r->at < 0x80)
        *r->out++ = *r->at++;
}

/* What the letter of a one-letter escape means, or 0. */
static char simple_escape(char c)
{
    switch (c) {
    case '\\': case '\'': case '"': return c;
    case 'a': return '\a';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    default: return 0;
    }
}

/* One escape; r->at is at its backslash. */
static void escape_sequence(reader *r)
{
    const char *escape = r->at++;
    if (r->at == r->end) { /* only before a brace of an f-string */
        *r->out++ = '\\';
        return;
    }
    char c = *r->at, simple = simple_escape(c);
    if (simple) {
        *r->out++ = simple;
        r->at++;
    } else if (c == '\n') {
        r->at++;
    } else if (c >= '0' && c <= '7') {
        octal_escape(r);
    } else if (c == 'x') {
        r->at++;
        hex_escape(r, escape, 2, "truncated \\xXX escape");
    } else if (c == 'u' && !r->is_bytes) {
        r->at++;
        hex_escape(r, escape, 4, "truncated \\uXXXX escape");
    } else if (c == 'U' && !r->is_bytes) {
        r->at++;
        hex_escape(r, escape, 8, "truncated \\UXXXXXXXX escape");
    } else if (c == 'N' && !r->is_bytes) {
        r->at++;
        named_escape(r, escape);
    } else {
        unknown_escape(r, escape);
    }
}

/* Bytes that no text needs more of. An octal escape of two bytes may make two, a name of four
 * bytes (`\N{x}` is five) may make LONGEST_NAMED_CHARACTER. */
static size_t room(const char *bytes, size_t size)
{
    size_t names = 0;
    for (size_t i = 0; i + 1 < size; i++)
        names += bytes[i] == '\\' && bytes[i + 1] == 'N';
    return size + names * LONGEST_NAMED_CHARACTER + 4;
}

static dx_text *unescape(dx_context *context, dx_span span, int tag, bool is_fstring,
                         const char *bytes, size_t size)
{
    const char *backslash = size ? memchr(bytes, '\\', size) : NULL;
    if (!backslash)
        return dx_new_text(context, tag, bytes, size);
    char *text = dx_allocate(context, room(bytes, size));
    reader r = {.context = context,
                .span = span,
                .start = bytes,
                .at = backslash,
                .end = bytes + size,
                .out = text,
                .is_bytes = tag == DX_BYTES,
                .is_fstring = is_fstring};
    memcpy(text, bytes, (size_t)(backslash - bytes));
    r.out += backslash - bytes;
    while (r.at < r.end) {
        if (*r.at == '\\')
            escape_sequence(&r);
        else
            *r.out++ = *r.at++;
    }
    dx_text *result = dx_new_text(context, tag, text, (size_t)(r.out - text));
    result->head.flags = r.has_surrogates ? DX_HAS_SURROGATES : 0;
    return result;
}

dx_text *dx_unescape(dx_context *context, dx_span span, int tag, const char *bytes, size_t size)
{
    return unescape(context, span, tag, false, bytes, size);
}

dx_text *dx_unescape_fstring(dx_context *context, dx_span span, const char *bytes, size_t size)
{
    return unescape(context, span, DX_STRING, true, bytes, size);
}
