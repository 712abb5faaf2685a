#include "source.h"

#include <stdlib.h>
#include <string.h>

#include "unicode.h"

enum { SENTINEL = 4 }; /* the lexer looks at most three bytes ahead */

static const dx_span nowhere;

static size_t copy_lines(char *text, const char *source, size_t size)
{
    const char *end = source + size;
    char *out = text;
    while (source < end) {
        const char *cr = memchr(source, '\r', (size_t)(end - source));
        size_t plain = (size_t)((cr ? cr : end) - source);
        memcpy(out, source, plain);
        out += plain;
        source += plain;
        if (cr) {
            *out++ = '\n';
            source += source + 1 < end && source[1] == '\n' ? 2 : 1;
        }
    }
    return (size_t)(out - text);
}

/* The first byte that is not UTF-8, or `end`. */
static const char *find_invalid(const char *at, const char *end)
{
    while (at < end) {
        if ((unsigned char)*at < 0x80)
            at++;
        else if (dx_decode_utf8(&at, end) == DX_INVALID_UTF8)
            break;
    }
    return at;
}

void dx_check_utf8(dx_context *context, dx_span span, const char *bytes, size_t size)
{
    if (context->is_utf8)
        return;
    const char *invalid = find_invalid(bytes, bytes + size);
    if (invalid < bytes + size)
        dx_fail(context, DX_SYNTAX_ERROR, span,
                "(unicode error) 'utf-8' codec can't decode byte 0x%02x in position %d",
                (unsigned char)*invalid, (int)(invalid - bytes));
}

static bool has_high_byte(const char *text, size_t size)
{
    uint64_t word, high = 0;
    for (; size >= sizeof word; text += sizeof word, size -= sizeof word) {
        memcpy(&word, text, sizeof word);
        high |= word;
    }
    while (size--)
        high |= (unsigned char)*text++;
    return (high & 0x8080808080808080u) != 0;
}

void dx_load_source(dx_context *context, const char *source, size_t size)
{
    if (size > INT32_MAX - 16)
        dx_fail(context, DX_MEMORY_ERROR, nowhere, "source of 2 GiB or more");
    if (memchr(source, 0, size))
        dx_fail(context, DX_SYNTAX_ERROR, nowhere, "source code string cannot contain null bytes");
    char *text = context->text = dx_resize(context, NULL, size + 1 + SENTINEL);
    size = copy_lines(text, source, size);
    if (context->options.mode == DX_MODE_EXEC && size && text[size - 1] != '\n')
        text[size++] = '\n';
    memset(text + size, 0, SENTINEL);
    context->size = size;
    context->is_utf8 =
        !has_high_byte(text, size) || find_invalid(text, text + size) == text + size;
}

/* The encoding named in a comment line, as PEP 263's `coding[:=]\s*([-\w.]+)`. */
static size_t encoding_in_line(const char *line, const char *end, const char **name)
{
    while (line < end && (*line == ' ' || *line == '\t' || *line == '\f'))
        line++;
    if (line == end || *line != '#')
        return 0;
    for (; end - line > 6; line++) {
        if (memcmp(line, "coding", 6) || (line[6] != ':' && line[6] != '='))
            continue;
        const char *start = line + 7;
        while (start < end && (*start == ' ' || *start == '\t'))
            start++;
        const char *at = start;
        while (at < end && (*at == '-' || *at == '_' || *at == '.' || (*at >= '0' && *at <= '9') ||
                            ((*at | 32) >= 'a' && (*at | 32) <= 'z')))
            at++;
        if (at == start)
            continue;
        *name = start;
        return (size_t)(at - start);
    }
    return 0;
}

static bool is_blank_or_comment(const char *line, const char *end)
{
    while (line < end && (*line == ' ' || *line == '\t' || *line == '\f'))
        line++;
    return line == end || *line == '#' || *line == '\r' || *line == '\n';
}

size_t dx_find_encoding(const char *source, size_t size, const char **name)
{
    const char *line = source, *end = source + size;
    for (int number = 0; number < 2 && line < end; number++) {
        const char *stop = line;
        while (stop < end && *stop != '\n' && *stop != '\r')
            stop++;
        size_t length = encoding_in_line(line, stop, name);
        if (length || !is_blank_or_comment(line, stop))
            return length;
        line = stop + 1 < end && *stop == '\r' && stop[1] == '\n' ? stop + 2 : stop + 1;
    }
    return 0;
}
