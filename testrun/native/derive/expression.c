#include "expression.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

struct parser {
    const char *at;
    dx_holds holds;
    const void *context;
    bool failed;
};

static bool parse_or(struct parser *parser);

static void skip_blank(struct parser *parser) {
    parser->at += strspn(parser->at, " \t\n");
}

static size_t word_size(const char *at) {
    size_t size = 0;
    while (isalnum((unsigned char)at[size]) || (unsigned char)at[size] >= 0x80 ||
           (at[size] && strchr("_:+-.[]\\/", at[size])))
        size++;
    return size;
}

static bool accept(struct parser *parser, const char *word) {
    skip_blank(parser);
    size_t size = word_size(parser->at);
    if (size != strlen(word) || strncmp(parser->at, word, size) != 0)
        return false;
    parser->at += size;
    return true;
}

static bool accept_mark(struct parser *parser, char mark) {
    skip_blank(parser);
    if (*parser->at != mark)
        return false;
    parser->at++;
    return true;
}

static bool parse_name(struct parser *parser) {
    size_t size = word_size(parser->at);
    const char *name = dx_copy_text(parser->at, size);
    parser->at += size;
    skip_blank(parser);
    if (!size || *parser->at == '(' || strcmp(name, "and") == 0 || strcmp(name, "or") == 0) {
        parser->failed = true;
        return false;
    }
    return parser->holds(parser->context, name);
}

static bool parse_not(struct parser *parser) {
    if (parser->failed)
        return false;
    if (accept(parser, "not"))
        return !parse_not(parser);
    if (!accept_mark(parser, '('))
        return parse_name(parser);
    bool value = parse_or(parser);
    parser->failed |= !accept_mark(parser, ')');
    return value;
}

static bool parse_and(struct parser *parser) {
    bool value = parse_not(parser);
    while (!parser->failed && accept(parser, "and"))
        value &= parse_not(parser);
    return value;
}

static bool parse_or(struct parser *parser) {
    bool value = parse_and(parser);
    while (!parser->failed && accept(parser, "or"))
        value |= parse_and(parser);
    return value;
}

int dx_evaluate_expression(const char *expression, dx_holds holds, const void *context) {
    struct parser parser = {expression, holds, context, false};
    bool value = parse_or(&parser);
    skip_blank(&parser);
    return parser.failed || *parser.at ? -1 : value;
}

bool dx_contains_word(const char *text, const char *name) {
    size_t size = strlen(name);
    for (; *text; text++)
        if (strncasecmp(text, name, size) == 0)
            return true;
    return !size;
}
