/* Patterns of `case`. */
#include "actions.h"

static bool is_wildcard(const dx_value *name)
{
    return dx_identifier_is(name, "_");
}

dx_value *dx_wildcard_or_name(dx_context *context, dx_value *name)
{
    (void)context;
    return is_wildcard(name) ? DX_V_NONE : name;
}

dx_value *dx_capture_name(dx_context *context, dx_value *name, dx_span span)
{
    if (is_wildcard(name))
        dx_fail(context, DX_SYNTAX_ERROR, span, "cannot use '_' as a target");
    return name;
}

dx_value *dx_rest_name(dx_context *context, dx_value *name, dx_span span)
{
    if (is_wildcard(name))
        dx_fail(context, DX_SYNTAX_ERROR, span, "invalid syntax");
    return name;
}

static int number_tag(dx_value *node)
{
    if (node->kind == DX_K_UnaryOp)
        node = dx_as_node(node)->fields[1];
    return dx_as_node(node)->fields[0]->tag;
}

dx_value *dx_real_number(dx_context *context, dx_value *node)
{
    if (number_tag(node) == DX_IMAGINARY)
        dx_fail(context, DX_SYNTAX_ERROR, dx_as_node(node)->span,
                "real number required in complex literal");
    return node;
}

dx_value *dx_imaginary_number(dx_context *context, dx_value *node)
{
    if (number_tag(node) != DX_IMAGINARY)
        dx_fail(context, DX_SYNTAX_ERROR, dx_as_node(node)->span,
                "imaginary number required in complex literal");
    return node;
}

/* Halves of the pairs that have a name, or that have none. */
static dx_value *select_halves(dx_context *context, dx_value *pairs, bool named, bool second)
{
    dx_list *list = dx_as_list(pairs), *result = dx_new_list(context, 0);
    for (int32_t i = 0; i < list->size; i++) {
        dx_tuple *pair = dx_as_tuple(list->items[i]);
        if ((pair->first != DX_V_NONE) == named)
            dx_push(context, result, second ? pair->second : pair->first);
    }
    return &result->head;
}

dx_value *dx_positional_patterns(dx_context *context, dx_value *pairs)
{
    dx_list *list = dx_as_list(pairs);
    bool after_keyword = false;
    for (int32_t i = 0; i < list->size; i++) {
        dx_tuple *pair = dx_as_tuple(list->items[i]);
        if (pair->first != DX_V_NONE)
            after_keyword = true;
        else if (after_keyword)
            dx_fail(context, DX_SYNTAX_ERROR, dx_as_node(pair->second)->span,
                    "positional patterns follow keyword patterns");
    }
    return select_halves(context, pairs, false, true);
}

dx_value *dx_keyword_names(dx_context *context, dx_value *pairs)
{
    return select_halves(context, pairs, true, false);
}

dx_value *dx_keyword_patterns(dx_context *context, dx_value *pairs)
{
    return select_halves(context, pairs, true, true);
}
