#include "parser.h"

#include <stdlib.h>

#include "actions.h"
#include "tables.h"

void dx_parser_close(dx_parser *parser)
{
    free(parser->states);
    free(parser->values);
    free(parser->spans);
}

/* CPython's parser gives up where its own stack ends; nothing it accepts comes near this. */
enum { MAX_STACK = 20000 };

static void grow(dx_parser *parser)
{
    dx_context *context = parser->context;
    if (parser->capacity >= MAX_STACK)
        dx_fail(context, DX_MEMORY_ERROR, (dx_span){{0, 0}, {0, 0}},
                "Parser stack overflowed - Python source too complex to parse");
    size_t capacity = parser->capacity * 2 + 256;
    parser->states = dx_resize(context, parser->states, capacity * sizeof *parser->states);
    parser->values = dx_resize(context, parser->values, capacity * sizeof *parser->values);
    parser->spans = dx_resize(context, parser->spans, capacity * sizeof *parser->spans);
    parser->capacity = capacity;
    parser->states[0] = 0;
}

/* Slot 0 of the stacks is the initial state; symbols start at slot 1. */
void dx_parser_open(dx_parser *parser, dx_context *context)
{
    memset(parser, 0, sizeof *parser);
    parser->context = context;
    grow(parser);
}

static void push(dx_parser *parser, int state, dx_value *value, dx_span span)
{
    if (parser->size + 1 >= parser->capacity)
        grow(parser);
    size_t top = ++parser->size;
    parser->states[top] = (int16_t)state;
    parser->values[top] = value;
    parser->spans[top] = span;
}

/* What production `rule` makes of its symbols: the action as generated from the grammar. */
static dx_value *reduce(dx_context *context, int rule, dx_value **values, const dx_span *spans,
                        dx_span span)
{
    switch (rule) {
#include "reduce.inc"
    default:
        return NULL;
    }
}

static int action_in(int state, int terminal)
{
    int action = dx_defaults[state];
    return action ? action : dx_actions[state][terminal];
}

/* Where nonterminal `name` on top of state `below` leads, past all the productions of one symbol
 * that `terminal` then asks for: they change no value. */
static void walk_units(dx_jump *jump, int below, int name, int terminal)
{
    for (;;) {
        int state = dx_gotos[below][name];
        int action = action_in(state, terminal);
        if (action >= 0 || !dx_production_is_unit[-action]) {
            jump->state = (int16_t)state;
            jump->action = (int16_t)action;
            return;
        }
        name = dx_production_name[-action];
    }
}

/* walk_units, remembered: an expression's atom climbs eight levels, and most atoms the same. */
static const dx_jump *jump_after(dx_parser *parser, int below, int rule, int terminal)
{
    uint32_t name = dx_production_name[rule];
    uint32_t key = (uint32_t)below << 16 | name << 8 | (uint32_t)terminal;
    dx_jump *jump = &parser->jumps[(key * 2654435761u) >> (32 - DX_JUMP_BITS)];
    if (jump->key != key || !key) {
        walk_units(jump, below, (int)name, terminal);
        jump->key = key;
    }
    return jump;
}

/* Puts the nonterminal of `rule` on top; returns the action that `terminal` asks for then. */
static int go_to(dx_parser *parser, int rule, int terminal)
{
    const dx_jump *jump = jump_after(parser, parser->states[parser->size], rule, terminal);
    parser->states[++parser->size] = jump->state;
    return jump->action;
}

static void check_version(dx_context *context, int rule, dx_span span)
{
    int since = dx_production_since[rule];
    if (since > context->options.minor_version)
        dx_fail(context, DX_SYNTAX_ERROR, span, "%s only supported in Python 3.%d and greater",
                dx_production_what[rule], since);
}

static int reduce_symbols(dx_parser *parser, int rule, size_t count, int terminal)
{
    size_t first = parser->size - count + 1;
    dx_span span = {parser->spans[first].start, parser->spans[parser->size].end};
    check_version(parser->context, rule, span);
    parser->values[first] = reduce(parser->context, rule, parser->values + first,
                                   parser->spans + first, span);
    parser->spans[first].end = span.end; /* its start is the first symbol's */
    parser->size = first - 1;
    return go_to(parser, rule, terminal);
}

/* An empty production starts at the next token and ends after the last one. */
static int reduce_nothing(dx_parser *parser, int rule, const dx_token *next)
{
    dx_position last = parser->size ? parser->spans[parser->size].end : (dx_position){1, 0};
    dx_span span = {next->span.start, last};
    push(parser, 0, reduce(parser->context, rule, NULL, NULL, span), span);
    parser->size--;
    return go_to(parser, rule, next->type);
}

/* Reduces once; returns the action that `next` asks for then. */
static int reduce_by(dx_parser *parser, int rule, const dx_token *next)
{
    size_t count = dx_production_length[rule];
    if (!count)
        return reduce_nothing(parser, rule, next);
    if (!dx_production_is_unit[rule])
        return reduce_symbols(parser, rule, count, next->type);
    parser->size--; /* one symbol stands for another: its value and its span stay */
    return go_to(parser, rule, next->type);
}

/* The action for the token in the parser's state: default reductions need not look at it. */
static int action_for(const dx_parser *parser, const dx_token *token)
{
    return action_in(parser->states[parser->size], token->type);
}

DX_NORETURN static void refuse(dx_parser *parser, const dx_token *token)
{
    dx_context *context = parser->context;
    if (token->type == DX_T_INDENT)
        dx_fail(context, DX_INDENTATION_ERROR, token->span, "unexpected indent");
    if (dx_actions[parser->states[parser->size]][DX_T_INDENT] > 0)
        dx_fail(context, DX_INDENTATION_ERROR, token->span, "expected an indented block");
    dx_fail(context, DX_SYNTAX_ERROR, token->span, "invalid syntax");
}

void dx_parser_feed(dx_parser *parser, const dx_token *token)
{
    int action = action_for(parser, token);
    while (action < 0)
        action = reduce_by(parser, -action, token);
    if (action == 0)
        refuse(parser, token);
    push(parser, action, token->value, token->span);
}

static const dx_token nothing = {DX_T_ENDMARKER, {{0, 0}, {0, 0}}, NULL};

void dx_parser_settle(dx_parser *parser)
{
    while (parser->size && dx_defaults[parser->states[parser->size]])
        reduce_by(parser, -dx_defaults[parser->states[parser->size]], &nothing);
}

dx_value *dx_parser_finish(dx_parser *parser)
{
    while (parser->states[parser->size] != DX_ACCEPT)
        reduce_by(parser, -action_for(parser, &nothing), &nothing);
    return parser->values[parser->size];
}

const char *dx_grammar_digest(void)
{
    return DX_GRAMMAR_DIGEST;
}
