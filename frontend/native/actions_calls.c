/* Parameters, call arguments, chains of comparisons and boolean operators. */
#include "actions.h"

enum { PLAIN, STAR, DOUBLE_STAR, SLASH };

dx_value *dx_parameter(dx_context *context, dx_value *kind, dx_value *arg, dx_value *initial,
                       dx_span span)
{
    return dx_new_tuple(context, span, kind, arg, initial);
}

dx_value *dx_commented(dx_context *context, dx_value *parameters, dx_value *comment)
{
    dx_list *list = dx_as_list(parameters);
    dx_tuple *last = dx_as_tuple(list->items[list->size - 1]);
    if (last->second == DX_V_NONE)
        dx_fail(context, DX_SYNTAX_ERROR, last->span, "bare * has associated type comment");
    dx_as_node(last->second)->fields[2] = comment;
    return parameters;
}

typedef struct {
    dx_list *positional_only, *plain, *keyword_only, *keyword_defaults, *defaults;
    dx_value *star, *double_star;
    bool seen_star, seen_slash;
    dx_span star_span;
} signature;

static void add_plain(dx_context *context, signature *s, const dx_tuple *parameter)
{
    dx_value *arg = parameter->second, *initial = parameter->third;
    if (s->seen_star) {
        dx_push(context, s->keyword_only, arg);
        dx_push(context, s->keyword_defaults, initial);
        return;
    }
    dx_push(context, s->plain, arg);
    if (initial != DX_V_NONE)
        dx_push(context, s->defaults, initial);
    else if (s->defaults->size)
        dx_fail(context, DX_SYNTAX_ERROR, dx_as_node(arg)->span,
                "parameter without a default follows parameter with a default");
}

static void add_star(dx_context *context, signature *s, const dx_tuple *parameter)
{
    if (s->seen_star)
        dx_fail(context, DX_SYNTAX_ERROR, parameter->span, "* argument may appear only once");
    s->seen_star = true;
    s->star = parameter->second;
    s->star_span = parameter->span;
}

static void add_slash(dx_context *context, signature *s, dx_span span)
{
    if (s->seen_slash)
        dx_fail(context, DX_SYNTAX_ERROR, span, "/ may appear only once");
    if (s->seen_star)
        dx_fail(context, DX_SYNTAX_ERROR, span, "/ must be ahead of *");
    if (!s->plain->size)
        dx_fail(context, DX_SYNTAX_ERROR, span, "at least one argument must precede /");
    s->seen_slash = true;
    s->positional_only = s->plain;
    s->plain = dx_new_list(context, 0);
}

static void add_parameter(dx_context *context, signature *s, const dx_tuple *parameter)
{
    if (s->double_star != DX_V_NONE)
        dx_fail(context, DX_SYNTAX_ERROR, parameter->span,
                "arguments cannot follow var-keyword argument");
    switch (((dx_int *)parameter->first)->value) {
    case PLAIN: add_plain(context, s, parameter); break;
    case STAR: add_star(context, s, parameter); break;
    case DOUBLE_STAR: s->double_star = parameter->second; break;
    default: add_slash(context, s, parameter->span); break;
    }
}

static dx_value *arguments_node(dx_context *context, const signature *s)
{
    dx_node *node = dx_new_node(context, DX_K_arguments, s->star_span);
    node->fields[0] = &s->positional_only->head;
    node->fields[1] = &s->plain->head;
    node->fields[2] = s->star;
    node->fields[3] = &s->keyword_only->head;
    node->fields[4] = &s->keyword_defaults->head;
    node->fields[5] = s->double_star;
    node->fields[6] = &s->defaults->head;
    return &node->head;
}

dx_value *dx_arguments(dx_context *context, dx_value *parameters)
{
    dx_list *list = dx_as_list(parameters);
    signature s = {.positional_only = dx_new_list(context, 0),
                   .plain = dx_new_list(context, list->size),
                   .keyword_only = dx_new_list(context, 0),
                   .keyword_defaults = dx_new_list(context, 0),
                   .defaults = dx_new_list(context, 0),
                   .star = DX_V_NONE,
                   .double_star = DX_V_NONE};
    for (int32_t i = 0; i < list->size; i++)
        add_parameter(context, &s, dx_as_tuple(list->items[i]));
    if (s.seen_star && s.star == DX_V_NONE && !s.keyword_only->size)
        dx_fail(context, DX_SYNTAX_ERROR, s.star_span, "named arguments must follow bare *");
    return arguments_node(context, &s);
}

/* ---- calls */

static bool is_keyword(const dx_value *argument)
{
    return argument->kind == DX_K_keyword;
}

static bool is_unpacking(dx_value *keyword)
{
    return dx_as_node(keyword)->fields[0] == DX_V_NONE;
}

static void check_after_keyword(dx_context *context, dx_value *argument, bool after_unpacking)
{
    dx_span span = dx_as_node(argument)->span;
    if (argument->kind != DX_K_Starred)
        dx_fail(context, DX_SYNTAX_ERROR, span, "positional argument follows keyword argument%s",
                after_unpacking ? " unpacking" : "");
    if (after_unpacking)
        dx_fail(context, DX_SYNTAX_ERROR, span,
                "iterable argument unpacking follows keyword argument unpacking");
}

dx_value *dx_positional(dx_context *context, dx_value *arguments)
{
    dx_list *list = dx_as_list(arguments), *result = dx_new_list(context, list->size);
    bool after_keyword = false, after_unpacking = false;
    for (int32_t i = 0; i < list->size; i++) {
        dx_value *argument = list->items[i];
        if (is_keyword(argument)) {
            after_keyword = true;
            after_unpacking |= is_unpacking(argument);
            continue;
        }
        if (after_keyword)
            check_after_keyword(context, argument, after_unpacking);
        dx_push(context, result, argument);
    }
    return &result->head;
}

dx_value *dx_keywords(dx_context *context, dx_value *arguments)
{
    dx_list *list = dx_as_list(arguments), *result = dx_new_list(context, 0);
    for (int32_t i = 0; i < list->size; i++)
        if (is_keyword(list->items[i]))
            dx_push(context, result, list->items[i]);
    return &result->head;
}

dx_value *dx_keyword_name(dx_context *context, dx_value *node, dx_span span, dx_span equals)
{
    bool is_bare = dx_same_position(dx_as_node(node)->span.start, span.start);
    if (node->kind == DX_K_Name && is_bare)
        return dx_as_node(node)->fields[0];
    dx_fail(context, DX_SYNTAX_ERROR, (dx_span){span.start, equals.end},
            "expression cannot contain assignment, perhaps you meant \"==\"?");
}

/* Plain types, then at most one with a star, then at most one with two. */
dx_value *dx_signature_types(dx_context *context, dx_value *pairs)
{
    dx_list *list = dx_as_list(pairs), *types = dx_new_list(context, list->size);
    int64_t before = PLAIN;
    for (int32_t i = 0; i < list->size; i++) {
        dx_tuple *pair = dx_as_tuple(list->items[i]);
        int64_t stars = ((dx_int *)pair->first)->value;
        if (stars < before || (stars == before && stars != PLAIN))
            dx_fail(context, DX_SYNTAX_ERROR, dx_as_node(pair->second)->span, "invalid syntax");
        before = stars;
        dx_push(context, types, pair->second);
    }
    return &types->head;
}

/* ---- operators */

dx_value *dx_bool_operation(dx_context *context, dx_value *op, dx_value *left, dx_value *right,
                            dx_span left_span, dx_span span)
{
    dx_node *chain = dx_as_node(left);
    bool extends = dx_is_node(left, DX_K_BoolOp) && chain->fields[0] == op &&
                   dx_same_position(chain->span.start, left_span.start) &&
                   dx_same_position(chain->span.end, left_span.end);
    if (extends) {
        dx_push(context, dx_as_list(chain->fields[1]), right);
        chain->span.end = span.end;
        return left;
    }
    dx_list *operands = dx_new_list(context, 2);
    dx_push(context, operands, left);
    dx_push(context, operands, right);
    dx_node *node = dx_new_node(context, DX_K_BoolOp, span);
    node->fields[0] = op;
    node->fields[1] = &operands->head;
    return &node->head;
}

static dx_value *every_second(dx_context *context, dx_value *value, int32_t from)
{
    dx_list *list = dx_as_list(value), *result = dx_new_list(context, list->size / 2);
    for (int32_t i = from; i < list->size; i += 2)
        dx_push(context, result, list->items[i]);
    return &result->head;
}

dx_value *dx_comparison_left(dx_context *context, dx_value *list)
{
    (void)context;
    return dx_as_list(list)->items[0];
}

dx_value *dx_comparison_operators(dx_context *context, dx_value *list)
{
    return every_second(context, list, 1);
}

dx_value *dx_comparators(dx_context *context, dx_value *list)
{
    return every_second(context, list, 2);
}
