/* A whole parse: opens everything, runs lexer and parser, catches errors, closes. */
#include <stdlib.h>
#include <string.h>

#include "ast.h"
#include "parser.h"
#include "source.h"

enum { DEFAULT_INT_DIGITS = 4300 };

dx_options dx_default_options(void)
{
    return (dx_options){.mode = DX_MODE_EXEC, .minor_version = 12, .max_int_digits = DEFAULT_INT_DIGITS};
}

/* Where a parse stands; outside the frame of setjmp, so that longjmp leaves it intact. */
typedef struct {
    dx_ast *tree;
    dx_lexer lexer;
    dx_parser parser;
    size_t fed; /* tokens of the line that the parser has */
    bool lexing;
} progress;

static void feed_line(progress *parse)
{
    while (parse->fed < parse->lexer.count) {
        parse->tree->context.error->at_end = parse->fed >= parse->lexer.end_first;
        dx_parser_feed(&parse->parser, &parse->lexer.tokens[parse->fed++]);
    }
}

static void lex_line(progress *parse)
{
    parse->lexing = true;
    parse->fed = 0;
    dx_lex_line(&parse->lexer);
    parse->lexing = false;
}

static void run(progress *parse, const char *source, size_t size)
{
    dx_context *context = &parse->tree->context;
    dx_load_source(context, source, size);
    dx_lexer_open(&parse->lexer, context);
    dx_parser_open(&parse->parser, context);
    while (!parse->lexer.ended) {
        lex_line(parse);
        feed_line(parse);
    }
    parse->tree->root = dx_parser_finish(&parse->parser);
    if (parse->tree->root->kind == DX_K_Module)
        dx_as_node(parse->tree->root)->fields[1] = &parse->lexer.type_ignores->head;
}

/* Runs the parse up to its end or an error; the only setjmp. */
static bool succeeds(progress *parse, const char *source, size_t size)
{
    if (setjmp(parse->tree->context.escape))
        return false;
    if (parse->lexing) {
        feed_line(parse);
        dx_parser_settle(&parse->parser);
    } else {
        run(parse, source, size);
    }
    return true;
}

/* As in CPython, an error among the tokens before one that cannot be read comes first. */
static void prefer_earlier_error(progress *parse, dx_error *error)
{
    dx_error lexical = *error;
    if (!parse->lexing || lexical.kind == DX_MEMORY_ERROR)
        return;
    error->from_lexer = error->at_end = 0;
    parse->fed = 0;
    dx_finish_broken_line(&parse->lexer);
    if (succeeds(parse, NULL, 0))
        *error = lexical;
}

/* What codeop asks: could more lines make it valid? CPython says so in these words. */
static void note_incomplete(const dx_options *options, dx_error *error)
{
    bool is_refused = error->kind == DX_SYNTAX_ERROR || error->kind == DX_INDENTATION_ERROR;
    if (!options->allow_incomplete || !error->at_end || !is_refused)
        return;
    error->kind = DX_SYNTAX_ERROR;
    strcpy(error->message, "incomplete input");
}

dx_ast *dx_parse(const char *source, size_t size, const dx_options *options, dx_error *error)
{
    *error = (dx_error){.kind = DX_NO_ERROR};
    progress *parse = calloc(1, sizeof *parse);
    dx_ast *tree = calloc(1, sizeof *tree);
    bool done = false;
    if (parse && tree) {
        tree->context.options = *options;
        tree->context.error = error;
        parse->tree = tree;
        done = succeeds(parse, source, size);
        if (!done)
            prefer_earlier_error(parse, error);
        note_incomplete(options, error);
        dx_lexer_close(&parse->lexer);
        dx_parser_close(&parse->parser);
    } else {
        error->kind = DX_MEMORY_ERROR;
    }
    free(parse);
    if (done)
        return tree;
    dx_ast_free(tree);
    return NULL;
}

void dx_ast_free(dx_ast *tree)
{
    if (!tree)
        return;
    dx_context_close(&tree->context);
    free(tree);
}

size_t dx_ast_warnings(const dx_ast *tree, const dx_warning **warnings)
{
    *warnings = tree->context.warnings;
    return tree->context.warning_count;
}

void dx_free(void *block)
{
    free(block);
}
