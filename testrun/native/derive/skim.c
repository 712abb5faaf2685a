#include "skim.h"

#include <string.h>

struct scan {
    const char *at, *end;
    struct dx_buffer out;
};

/* Past the string that starts at `at`, which is a quote. */
static const char *after_string(const char *at, const char *end) {
    char quote = *at;
    bool triple = end - at > 2 && at[1] == quote && at[2] == quote;
    for (at += triple ? 3 : 1; at < end; at++) {
        if (*at == '\\')
            at++;
        else if (*at == quote && (!triple || (end - at > 2 && at[1] == quote && at[2] == quote)))
            return at + (triple ? 3 : 1);
        else if (*at == '\n' && !triple)
            return at;
    }
    return end;
}

/* Past the logical line that starts at `at`; `*colon` is the first colon outside of brackets. */
static const char *after_line(const char *at, const char *end, const char **colon) {
    int depth = 0;
    *colon = NULL;
    while (at < end) {
        char letter = *at;
        if (letter == '"' || letter == '\'') {
            at = after_string(at, end);
            continue;
        }
        if (letter == '#') {
            const char *line = memchr(at, '\n', (size_t)(end - at));
            at = line ? line : end;
            continue;
        }
        depth += (letter == '(' || letter == '[' || letter == '{') -
                 (letter == ')' || letter == ']' || letter == '}');
        if (letter == ':' && depth == 0 && !*colon)
            *colon = at;
        at += letter == '\\' && end - at > 1 ? 2 : 1;
        if (letter == '\n' && depth <= 0)
            return at;
    }
    return end;
}

static size_t indent_of(const char *at, const char *end) {
    const char *start = at;
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\f'))
        at++;
    return (size_t)(at - start);
}

static bool starts(const char *at, const char *end, const char *word) {
    size_t size = strlen(word);
    return (size_t)(end - at) > size && memcmp(at, word, size) == 0;
}

static bool is_blank(const char *at, const char *end) {
    return at == end || *at == '\n' || *at == '\r' || *at == '#';
}

static bool is_header(const char *at, const char *end) {
    return starts(at, end, "def ") || starts(at, end, "async def ");
}

static const char *after_body(const char *at, const char *end, size_t indent) {
    const char *colon;
    while (at < end) {
        size_t inner = indent_of(at, end);
        if (inner <= indent && !is_blank(at + inner, end))
            break;
        at = after_line(at, end, &colon);
    }
    return at;
}

static bool mentions(const char *at, const char *end, const char *word) {
    size_t size = strlen(word);
    for (; (size_t)(end - at) > size; at++) {
        at = memchr(at, *word, (size_t)(end - at) - size);
        if (!at)
            return false;
        if (memcmp(at, word, size) == 0)
            return true;
    }
    return false;
}

static void skim_line(struct scan *scan) {
    const char *start = scan->at, *colon;
    size_t indent = indent_of(start, scan->end);
    const char *next = after_line(start, scan->end, &colon);
    scan->at = next;
    bool opens = colon && is_header(start + indent, scan->end) &&
                 is_blank(colon + 1 + indent_of(colon + 1, next), next);
    if (!opens) {
        dx_put(&scan->out, start, (size_t)(next - start));
        return;
    }
    scan->at = after_body(next, scan->end, indent);
    if (mentions(next, scan->at, "wraps")) {
        dx_put(&scan->out, start, (size_t)(scan->at - start));
        return;
    }
    dx_put(&scan->out, start, (size_t)(colon - start) + 1);
    dx_put(&scan->out, " ...\n", 5);
}

struct dx_buffer dx_skim(const char *text, size_t size) {
    struct scan scan = {text, text + size, {0}};
    scan.out.data = dx_new(size + 1);
    scan.out.capacity = size + 1;
    while (scan.at < scan.end)
        skim_line(&scan);
    return scan.out;
}
