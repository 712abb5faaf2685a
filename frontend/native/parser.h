/* The LR automaton, fed one token at a time. */
#ifndef DX_PARSER_H
#define DX_PARSER_H

#include "lexer.h"

enum { DX_JUMP_BITS = 12, DX_JUMP_COUNT = 1 << DX_JUMP_BITS };

/* A remembered walk through productions of one symbol: see parser.c. */
typedef struct {
    uint32_t key; /* the state below, the nonterminal and the next token; 0: none */
    int16_t state, action; /* where the walk ends, and what the token asks for there */
} dx_jump;

typedef struct {
    dx_context *context;
    int16_t *states;   /* owned, as the two below; the bottom is the initial state */
    dx_value **values;
    dx_span *spans;
    size_t size, capacity;
    dx_jump jumps[DX_JUMP_COUNT];
} dx_parser;

void dx_parser_open(dx_parser *parser, dx_context *context);
void dx_parser_close(dx_parser *parser);

/* Reduces as far as the token asks for, then shifts it; fails if no rule allows it. */
void dx_parser_feed(dx_parser *parser, const dx_token *token);

/* Reduces as far as no token is needed, so that what was fed shows its errors. */
void dx_parser_settle(dx_parser *parser);

/* The tree, once ENDMARKER has been fed. */
dx_value *dx_parser_finish(dx_parser *parser);

#endif
