/* A tree into the body of an AST artifact: docs/frontend/ast-artifact.md. */
#include <stdio.h>
#include <stdlib.h>

#include "ast.h"
#include "function_index.h"
#include "numbers.h"
#include "packer.h"

enum { SCHEMA = 1 };

typedef struct {
    dx_packer tree;
    dx_function_index index;
    uint32_t *numbers;             /* owned: 1 + a name's place in `names`, 0 while unused */
    const dx_identifier **names;   /* owned: in order of first use in the tree */
    size_t name_count;
    bool too_deep;
} writer;

static void write_value(writer *w, const dx_value *value, int line, int depth);

static void write_identifier(writer *w, const dx_identifier *name)
{
    uint32_t *number = &w->numbers[name->number];
    if (!*number) {
        w->names[w->name_count++] = name;
        *number = (uint32_t)w->name_count;
    }
    dx_pack_unsigned(&w->tree, *number - 1);
}

static void write_big_int(writer *w, const dx_text *literal)
{
    size_t size;
    uint8_t *magnitude = dx_big_int_bytes(literal, &size);
    if (!magnitude) {
        w->tree.failed = true;
        return;
    }
    if (size <= 8) {
        uint64_t value = 0;
        for (size_t i = 0; i < size; i++)
            value = value << 8 | magnitude[i];
        dx_pack_unsigned(&w->tree, value);
    } else if (magnitude[0] & 0x80) { /* two's complement needs a sign bit */
        memmove(magnitude + 1, magnitude, size);
        magnitude[0] = 0;
        dx_pack_extension(&w->tree, DX_EXT_BIG_INT, magnitude, size + 1);
    } else {
        dx_pack_extension(&w->tree, DX_EXT_BIG_INT, magnitude, size);
    }
    free(magnitude);
}

static void write_string(writer *w, const dx_text *text)
{
    if (text->head.flags & DX_HAS_SURROGATES)
        dx_pack_extension(&w->tree, DX_EXT_SURROGATES, text->bytes, text->size);
    else
        dx_pack_string(&w->tree, text->bytes, text->size);
}

static void write_list(writer *w, const dx_list *list, int line, int depth)
{
    dx_pack_array(&w->tree, (size_t)list->size);
    for (int32_t i = 0; i < list->size; i++)
        write_value(w, list->items[i], line, depth);
}

/* Fields of a node that is a scope: one of them has another scope than the rest. */
static void write_scope_fields(writer *w, const dx_node *node, int depth, size_t place)
{
    int inner = dx_scope_field(node->head.kind);
    for (int i = 0; i < node->head.count; i++) {
        dx_index_mark mark = {w->index.scope, w->index.scope_size};
        if (i == inner)
            mark = dx_index_enter(&w->index, node, place);
        write_value(w, node->fields[i], node->span.start.line, depth);
        dx_index_leave(&w->index, mark);
    }
}

/* Lines are relative: to the enclosing node's, and the end to the start. */
static void write_position(dx_packer *tree, dx_span span, int line)
{
    int start = span.start.line - line, rows = span.end.line - span.start.line;
    int first = span.start.column, last = span.end.column;
    if (dx_pack_four(tree, start, first, rows, last))
        return;
    dx_pack_signed(tree, start);
    dx_pack_signed(tree, first);
    dx_pack_signed(tree, rows);
    dx_pack_signed(tree, last);
}

static void write_head(writer *w, const dx_node *node, int line)
{
    bool has_position = dx_has_position[node->head.kind];
    dx_pack_array(&w->tree, node->head.count + (has_position ? 5u : 1u));
    dx_pack_unsigned(&w->tree, node->head.kind);
    if (has_position)
        write_position(&w->tree, node->span, line);
}

static void write_node(writer *w, const dx_node *node, int line, int depth)
{
    if (depth > DX_MAX_DEPTH) {
        w->too_deep = true;
        return;
    }
    size_t start = w->tree.size;
    write_head(w, node, line);
    if (dx_is_scope(node->head.kind)) {
        size_t place = dx_index_add(&w->index, node, start);
        write_scope_fields(w, node, depth, place);
        if (!w->index.failed)
            w->index.entries[place].end = w->tree.size;
        return;
    }
    if (dx_has_position[node->head.kind])
        line = node->span.start.line;
    for (int i = 0; i < node->head.count; i++)
        write_value(w, node->fields[i], line, depth);
}

static void write_constant(writer *w, const dx_value *value)
{
    dx_packer *tree = &w->tree;
    switch (value->tag) {
    case DX_TRUE: dx_pack_bool(tree, true); break;
    case DX_FALSE: dx_pack_bool(tree, false); break;
    case DX_ELLIPSIS: dx_pack_extension(tree, DX_EXT_ELLIPSIS, NULL, 0); break;
    case DX_OPERATOR: dx_pack_unsigned(tree, value->kind); break;
    case DX_INT: dx_pack_signed(tree, ((const dx_int *)value)->value); break;
    case DX_BIG_INT: write_big_int(w, (const dx_text *)value); break;
    case DX_FLOAT: dx_pack_double(tree, ((const dx_float *)value)->value); break;
    case DX_IMAGINARY: dx_pack_complex(tree, 0.0, ((const dx_float *)value)->value); break;
    case DX_STRING: write_string(w, (const dx_text *)value); break;
    case DX_BYTES:
        dx_pack_binary(tree, ((const dx_text *)value)->bytes, ((const dx_text *)value)->size);
        break;
    default: break;
    }
}

static void write_value(writer *w, const dx_value *value, int line, int depth)
{
    switch (value->tag) {
    case DX_NODE: write_node(w, (const dx_node *)value, line, depth + 1); break;
    case DX_LIST: write_list(w, (const dx_list *)value, line, depth); break;
    case DX_IDENTIFIER: write_identifier(w, (const dx_identifier *)value); break;
    case DX_NONE: dx_pack_nil(&w->tree); break;
    default: write_constant(w, value); break;
    }
}

static void pack_key(dx_packer *body, const char *key)
{
    dx_pack_string(body, key, strlen(key));
}

static void pack_names(const writer *w, dx_packer *body)
{
    dx_pack_array(body, w->name_count);
    for (size_t i = 0; i < w->name_count; i++)
        dx_pack_string(body, w->names[i]->bytes, w->names[i]->size);
}

static void pack_warnings(const dx_context *context, dx_packer *body)
{
    dx_pack_array(body, context->warning_count);
    for (size_t i = 0; i < context->warning_count; i++) {
        const dx_warning *warning = &context->warnings[i];
        dx_pack_array(body, 3);
        dx_pack_signed(body, warning->line);
        dx_pack_signed(body, warning->column);
        dx_pack_string(body, warning->message, strlen(warning->message));
    }
}

/* Keys in canonical order: that of their encoded bytes. */
static void pack_body(const dx_ast *ast, const writer *w, dx_packer *body)
{
    static const char *const modes[] = {"exec", "eval", "single", "func_type"};
    dx_pack_reserve(body, w->tree.size + w->tree.size / 4);
    dx_pack_array(body, 3);
    pack_key(body, "ast");
    dx_pack_unsigned(body, SCHEMA);
    dx_pack_map(body, 6);
    pack_key(body, "mode");
    pack_key(body, modes[ast->context.options.mode]);
    pack_key(body, "tree");
    dx_pack_binary(body, w->tree.bytes, w->tree.size);
    pack_key(body, "names");
    pack_names(w, body);
    pack_key(body, "grammar");
    pack_key(body, dx_grammar_digest());
    pack_key(body, "warnings");
    pack_warnings(&ast->context, body);
    pack_key(body, "functions");
    dx_index_pack(&w->index, body);
}

static void write_ast(const dx_ast *ast, writer *w, dx_packer *body)
{
    size_t names = ast->context.names.count;
    w->numbers = calloc(names + 1, sizeof *w->numbers);
    w->names = calloc(names + 1, sizeof *w->names);
    body->failed = !w->numbers || !w->names;
    if (body->failed)
        return;
    dx_pack_reserve(&w->tree, ast->context.size * 2); /* a tree is about as large as its text */
    write_value(w, ast->root, 0, 0);
    if (w->tree.failed || w->index.failed)
        body->failed = true;
    else if (!w->too_deep)
        pack_body(ast, w, body);
}

uint8_t *dx_ast_write(const dx_ast *ast, size_t *size, dx_error *error)
{
    writer w = {0};
    dx_packer body = {0};
    write_ast(ast, &w, &body);
    free(w.numbers);
    free((void *)w.names);
    free(w.tree.bytes);
    dx_index_free(&w.index);
    *error = (dx_error){.kind = DX_NO_ERROR};
    if (w.too_deep) {
        error->kind = DX_RECURSION_ERROR;
        snprintf(error->message, sizeof error->message,
                 "maximum recursion depth exceeded during ast construction");
    } else if (body.failed) {
        error->kind = DX_MEMORY_ERROR;
        snprintf(error->message, sizeof error->message, "out of memory");
    } else {
        *size = body.size;
        return body.bytes;
    }
    free(body.bytes);
    return NULL;
}
