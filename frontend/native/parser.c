#include "parser.h"

#include <stdlib.h>

#include "actions.h"
#include "tables.h"

void dx_parser_open(dx_parser *parser, dx_context *context)
{
    memset(parser, 0, sizeof *parser);
    parser->context = context;
}

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

static bool is_renaming(int rule)
{
    return dx_production_is_unit[rule] && !dx_production_since[rule];
}

/* The state after nonterminal `name` on top of state `below`, and after all the productions of
 * one symbol that `terminal` then asks for: they change no value. */
static int walk_units(int below, int name, int terminal)
{
    for (;;) {
        int state = dx_gotos[below][name];
        int action = action_in(state, terminal);
        if (action >= 0 || !is_renaming(-action))
            return state;
        name = dx_production_name[-action];
    }
}

/* walk_units, remembered: an expression's atom climbs eight levels, and most atoms the same. */
static int state_after(dx_parser *parser, int rule, int terminal)
{
    uint32_t below = parser->size ? (uint32_t)parser->states[parser->size] : 0;
    uint32_t name = dx_production_name[rule];
    uint32_t key = below << 16 | name << 8 | (uint32_t)terminal;
    dx_jump *jump = &parser->jumps[(key * 2654435761u) >> (32 - DX_JUMP_BITS)];
    if (jump->key != key || !key) {
        jump->state = walk_units((int)below, (int)name, terminal);
        jump->key = key;
    }
    return jump->state;
}

/* Replaces one symbol by the one that stands for it. */
static void rename_symbol(dx_parser *parser, int rule, int terminal)
{
    size_t top = parser->size--;
    parser->states[top] = (int16_t)state_after(parser, rule, terminal);
    parser->size = top;
}

static void check_version(dx_context *context, int rule, dx_span span)
{
    int since = dx_production_since[rule];
    if (since > context->options.minor_version)
        dx_fail(context, DX_SYNTAX_ERROR, span, "%s only supported in Python 3.%d and greater",
                dx_production_what[rule], since);
}

static void reduce_symbols(dx_parser *parser, int rule, size_t count, int terminal)
{
    size_t first = parser->size - count + 1;
    dx_span span = {parser->spans[first].start, parser->spans[parser->size].end};
    check_version(parser->context, rule, span);
    dx_value *value = reduce(parser->context, rule, parser->values + first,
                             parser->spans + first, span);
    parser->size = first - 1;
    push(parser, state_after(parser, rule, terminal), value, span);
}

/* An empty production starts at the next token and ends after the last one. */
static void reduce_nothing(dx_parser *parser, int rule, const dx_token *next)
{
    dx_position last = parser->size ? parser->spans[parser->size].end : (dx_position){1, 0};
    dx_span span = {next->span.start, last};
    dx_value *value = reduce(parser->context, rule, NULL, NULL, span);
    push(parser, state_after(parser, rule, next->type), value, span);
}

static void reduce_by(dx_parser *parser, int rule, const dx_token *next)
{
    size_t count = dx_production_length[rule];
    if (is_renaming(rule))
        rename_symbol(parser, rule, next->type);
    else if (count)
        reduce_symbols(parser, rule, count, next->type);
    else
        reduce_nothing(parser, rule, next);
}

/* The action for the token in the parser's state: default reductions need not look at it. */
static int action_for(const dx_parser *parser, const dx_token *token)
{
    return action_in(parser->size ? parser->states[parser->size] : 0, token->type);
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
    for (;;) {
        int action = action_for(parser, token);
        if (action > 0) {
            push(parser, action, token->value, token->span);
            return;
        }
        if (action == 0)
            refuse(parser, token);
        reduce_by(parser, -action, token);
    }
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
