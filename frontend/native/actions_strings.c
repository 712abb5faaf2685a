/* String literals and their concatenation. */
#include "actions.h"
#include "escapes.h"

typedef struct {
    const char *body;
    size_t size;
    bool raw;
    int tag;
    dx_value *kind;
} literal_parts;

static literal_parts split_literal(dx_context *context, const dx_text *literal)
{
    const char *quote = literal->bytes, *end = literal->bytes + literal->size;
    literal_parts parts = {.tag = DX_STRING, .kind = DX_V_NONE};
    for (; *quote != '"' && *quote != '\''; quote++) {
        parts.raw |= (*quote | 32) == 'r';
        if ((*quote | 32) == 'b')
            parts.tag = DX_BYTES;
        if (*quote == 'u')
            parts.kind = &dx_new_text(context, DX_STRING, quote, 1)->head;
    }
    bool triple = end - quote >= 6 && quote[1] == *quote && quote[2] == *quote;
    size_t width = triple ? 3 : 1;
    parts.body = quote + width;
    parts.size = (size_t)(end - quote) - 2 * width;
    return parts;
}

static void check_ascii(dx_context *context, dx_span span, const literal_parts *parts)
{
    for (size_t i = 0; i < parts->size; i++)
        if ((unsigned char)parts->body[i] >= 0x80)
            dx_fail(context, DX_SYNTAX_ERROR, span,
                    "bytes can only contain ASCII literal characters");
}

dx_value *dx_string_constant(dx_context *context, dx_value *literal, dx_span span)
{
    literal_parts parts = split_literal(context, dx_as_text(literal));
    if (parts.tag == DX_BYTES)
        check_ascii(context, span, &parts);
    dx_text *text = parts.raw
                        ? dx_new_text(context, parts.tag, parts.body, parts.size)
                        : dx_unescape(context, span, parts.tag, parts.body, parts.size);
    return dx_new_constant(context, span, &text->head, parts.kind);
}

dx_value *dx_string_text(dx_context *context, dx_value *value, dx_span span)
{
    dx_text *text = dx_as_text(value);
    if (!(text->head.flags & DX_RAW))
        text = dx_unescape_fstring(context, span, text->bytes, text->size);
    else
        text = dx_new_text(context, DX_STRING, text->bytes, text->size);
    return dx_new_constant(context, span, &text->head, DX_V_NONE);
}

/* ---- concatenation */

static dx_text *constant_text(dx_value *constant)
{
    return dx_as_text(dx_as_node(constant)->fields[0]);
}

/* The constant that `count` adjacent ones make; it keeps the first one's kind. */
static dx_value *join_constants(dx_context *context, dx_value **constants, int32_t count)
{
    if (count == 1)
        return constants[0];
    size_t size = 0;
    for (int32_t i = 0; i < count; i++)
        size += constant_text(constants[i])->size;
    char *bytes = dx_allocate(context, size);
    dx_node *first = dx_as_node(constants[0]), *last = dx_as_node(constants[count - 1]);
    dx_text *joined = dx_new_text(context, first->fields[0]->tag, bytes, size);
    for (int32_t i = 0; i < count; i++) {
        const dx_text *text = constant_text(constants[i]);
        if (text->size)
            memcpy(bytes, text->bytes, text->size);
        bytes += text->size;
        joined->head.flags |= text->head.flags;
    }
    dx_span span = {first->span.start, last->span.end};
    return dx_new_constant(context, span, &joined->head, first->fields[1]);
}

static void check_same_type(dx_context *context, const dx_list *parts)
{
    int32_t bytes = 0, templates = 0;
    for (int32_t i = 0; i < parts->size; i++) {
        dx_value *part = parts->items[i];
        templates += part->kind == DX_K_TemplateStr;
        bytes += part->kind == DX_K_Constant && constant_text(part)->head.tag == DX_BYTES;
    }
    dx_span span = {dx_as_node(parts->items[0])->span.start,
                    dx_as_node(parts->items[parts->size - 1])->span.end};
    if (bytes && bytes != parts->size)
        dx_fail(context, DX_SYNTAX_ERROR, span, "cannot mix bytes and nonbytes literals");
    if (templates && templates != parts->size)
        dx_fail(context, DX_SYNTAX_ERROR, span,
                "cannot mix t-string literals with string or bytes literals");
}

static bool is_empty_text(dx_value *part)
{
    return part->kind == DX_K_Constant && !constant_text(part)->size;
}

/* Text inside an f-string that stands for nothing, as a joined line does, leaves no trace. */
static void splice(dx_context *context, dx_list *out, const dx_list *parts, bool is_inside)
{
    for (int32_t i = 0; i < parts->size; i++) {
        dx_value *part = parts->items[i];
        if (part->kind == DX_K_JoinedStr || part->kind == DX_K_TemplateStr)
            splice(context, out, dx_as_list(dx_as_node(part)->fields[0]), true);
        else if (!is_inside || !is_empty_text(part))
            dx_push(context, out, part);
    }
}

/* A format of one text that stands for nothing has no parts; beside others it stays. */
dx_value *dx_flattened(dx_context *context, dx_value *value)
{
    const dx_list *parts = dx_as_list(value);
    dx_list *flat = dx_new_list(context, parts->size);
    if (parts->size != 1 || !is_empty_text(parts->items[0]))
        splice(context, flat, parts, false);
    return &flat->head;
}

/* Runs of constants become one, and no constant stays empty. */
static dx_list *merge_constants(dx_context *context, dx_list *parts)
{
    dx_list *merged = dx_new_list(context, parts->size);
    int32_t i = 0;
    while (i < parts->size) {
        int32_t start = i;
        while (i < parts->size && parts->items[i]->kind == DX_K_Constant)
            i++;
        if (i == start) {
            dx_push(context, merged, parts->items[i++]);
            continue;
        }
        dx_value *constant = join_constants(context, parts->items + start, i - start);
        if (constant_text(constant)->size)
            dx_push(context, merged, constant);
    }
    return merged;
}

dx_value *dx_concatenated(dx_context *context, dx_value *value)
{
    dx_list *parts = dx_as_list(value);
    int kind = DX_K_Constant;
    for (int32_t i = 0; i < parts->size; i++)
        if (parts->items[i]->kind != DX_K_Constant)
            kind = parts->items[i]->kind;
    check_same_type(context, parts);
    if (kind == DX_K_Constant)
        return join_constants(context, parts->items, parts->size);
    dx_span span = {dx_as_node(parts->items[0])->span.start,
                    dx_as_node(parts->items[parts->size - 1])->span.end};
    dx_node *node = dx_new_node(context, kind, span);
    node->fields[0] = &merge_constants(context, dx_as_list(dx_flattened(context, value)))->head;
    return &node->head;
}
