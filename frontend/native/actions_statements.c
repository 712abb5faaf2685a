/* Targets of assignments, with statements, definitions. */
#include "actions.h"

/* How CPython calls an expression that cannot be a target. */
static const char *expression_name(const dx_value *node)
{
    switch (node->kind) {
    case DX_K_Attribute: return "attribute";
    case DX_K_Subscript: return "subscript";
    case DX_K_Starred: return "starred";
    case DX_K_Name: return "name";
    case DX_K_List: return "list";
    case DX_K_Tuple: return "tuple";
    case DX_K_Lambda: return "lambda";
    case DX_K_Call: return "function call";
    case DX_K_BoolOp: case DX_K_BinOp: case DX_K_UnaryOp: return "expression";
    case DX_K_GeneratorExp: return "generator expression";
    case DX_K_Yield: case DX_K_YieldFrom: return "yield expression";
    case DX_K_Await: return "await expression";
    case DX_K_ListComp: return "list comprehension";
    case DX_K_SetComp: return "set comprehension";
    case DX_K_DictComp: return "dict comprehension";
    case DX_K_Dict: return "dict literal";
    case DX_K_Set: return "set display";
    case DX_K_JoinedStr: case DX_K_FormattedValue: return "f-string expression";
    case DX_K_TemplateStr: case DX_K_Interpolation: return "t-string expression";
    case DX_K_Compare: return "comparison";
    case DX_K_IfExp: return "conditional expression";
    case DX_K_NamedExpr: return "named expression";
    default: return "expression";
    }
}

static const char *constant_name(const dx_value *value)
{
    switch (value->tag) {
    case DX_NONE: return "None";
    case DX_TRUE: return "True";
    case DX_FALSE: return "False";
    case DX_ELLIPSIS: return "ellipsis";
    default: return "literal";
    }
}

static const char *target_name(dx_value *node)
{
    if (node->kind == DX_K_Constant)
        return constant_name(dx_as_node(node)->fields[0]);
    return expression_name(node);
}

static void set_context(dx_context *context, dx_value *target, int kind);

static void set_contexts(dx_context *context, dx_value *list, int kind)
{
    dx_list *items = dx_as_list(list);
    for (int32_t i = 0; i < items->size; i++)
        set_context(context, items->items[i], kind);
}

/* Recursion is bounded by DX_MAX_LEVEL: only brackets nest targets. */
static void set_context(dx_context *context, dx_value *target, int kind)
{
    dx_node *node = dx_as_node(target);
    switch (target->kind) {
    case DX_K_Name:
        node->fields[1] = DX_V_OPERATOR(kind);
        return;
    case DX_K_Attribute: case DX_K_Subscript:
        node->fields[2] = DX_V_OPERATOR(kind);
        return;
    case DX_K_Tuple: case DX_K_List:
        node->fields[1] = DX_V_OPERATOR(kind);
        set_contexts(context, node->fields[0], kind);
        return;
    case DX_K_Starred:
        if (kind == DX_K_Del)
            break;
        node->fields[1] = DX_V_OPERATOR(kind);
        set_context(context, node->fields[0], kind);
        return;
    default:
        break;
    }
    dx_fail(context, DX_SYNTAX_ERROR, node->span, "cannot %s %s",
            kind == DX_K_Del ? "delete" : "assign to", target_name(target));
}

dx_value *dx_target(dx_context *context, dx_value *node)
{
    set_context(context, node, DX_K_Store);
    return node;
}

dx_value *dx_delete_targets(dx_context *context, dx_value *list)
{
    set_contexts(context, list, DX_K_Del);
    return list;
}

static bool is_single_target(const dx_value *node)
{
    return node->kind == DX_K_Name || node->kind == DX_K_Attribute || node->kind == DX_K_Subscript;
}

dx_value *dx_augmented_target(dx_context *context, dx_value *node)
{
    if (!is_single_target(node))
        dx_fail(context, DX_SYNTAX_ERROR, dx_as_node(node)->span,
                "'%s' is an illegal expression for augmented assignment", target_name(node));
    return dx_target(context, node);
}

static bool is_bare_name(dx_value *node, dx_span span)
{
    return node->kind == DX_K_Name &&
           dx_same_position(dx_as_node(node)->span.start, span.start);
}

dx_value *dx_walrus_target(dx_context *context, dx_value *node, dx_span span)
{
    if (!is_bare_name(node, span))
        dx_fail(context, DX_SYNTAX_ERROR, dx_as_node(node)->span,
                "cannot use assignment expressions with %s", target_name(node));
    return dx_target(context, node);
}

dx_value *dx_annotated_assignment(dx_context *context, dx_value *node, dx_value *annotation,
                                  dx_value *value, dx_span target_span, dx_span span)
{
    dx_span place = dx_as_node(node)->span;
    if (node->kind == DX_K_Tuple || node->kind == DX_K_List)
        dx_fail(context, DX_SYNTAX_ERROR, place, "only single target (not %s) can be annotated",
                target_name(node));
    if (!is_single_target(node))
        dx_fail(context, DX_SYNTAX_ERROR, place, "illegal target for annotation");
    dx_node *result = dx_new_node(context, DX_K_AnnAssign, span);
    result->fields[0] = dx_target(context, node);
    result->fields[1] = annotation;
    result->fields[2] = value;
    result->fields[3] = dx_new_int(context, is_bare_name(node, target_span));
    return &result->head;
}

/* ---- with */

static dx_value *context_item(dx_context *context, dx_value *expression)
{
    dx_node *item = dx_new_node(context, DX_K_withitem, dx_as_node(expression)->span);
    item->fields[0] = expression;
    item->fields[1] = DX_V_NONE;
    return &item->head;
}

dx_value *dx_context_items(dx_context *context, dx_value *expressions)
{
    dx_list *list = dx_as_list(expressions), *items = dx_new_list(context, list->size);
    for (int32_t i = 0; i < list->size; i++)
        dx_push(context, items, context_item(context, list->items[i]));
    return &items->head;
}

/* Whether `(a, b)` may be read as the items of a parenthesised `with`. */
static bool is_item_tuple(dx_value *node)
{
    if (node->kind != DX_K_Tuple)
        return false;
    dx_list *items = dx_as_list(dx_as_node(node)->fields[0]);
    for (int32_t i = 0; i < items->size; i++) {
        dx_value *item = items->items[i];
        bool is_bare_walrus =
            item->kind == DX_K_NamedExpr && !(item->flags & DX_PARENTHESISED);
        if (item->kind == DX_K_Starred || is_bare_walrus)
            return false;
    }
    return items->size > 0;
}

dx_value *dx_with_items(dx_context *context, dx_value *items, dx_span span)
{
    dx_list *list = dx_as_list(items);
    dx_node *item = dx_as_node(list->items[0]);
    dx_node *expression = dx_as_node(item->fields[0]);
    bool is_sole = list->size == 1 && item->fields[1] == DX_V_NONE &&
                   dx_same_position(expression->span.start, span.start);
    if (!is_sole || !is_item_tuple(&expression->head))
        return items;
    if (context->options.minor_version < 9)
        dx_fail(context, DX_SYNTAX_ERROR, expression->span,
                "Parenthesized context managers are only supported in Python 3.9 and greater");
    return dx_context_items(context, expression->fields[0]);
}

dx_value *dx_parenthesised(dx_context *context, dx_value *node)
{
    (void)context;
    if (node->kind == DX_K_NamedExpr)
        node->flags |= DX_PARENTHESISED;
    return node;
}

/* ---- definitions */

dx_value *dx_async_form(dx_context *context, dx_value *node, dx_span span)
{
    (void)context;
    node->kind = node->kind == DX_K_FunctionDef ? DX_K_AsyncFunctionDef
                 : node->kind == DX_K_For       ? DX_K_AsyncFor
                                                : DX_K_AsyncWith;
    dx_as_node(node)->span.start = span.start;
    return node;
}

dx_value *dx_decorated(dx_context *context, dx_value *decorators, dx_value *node)
{
    (void)context;
    dx_as_node(node)->fields[node->kind == DX_K_ClassDef ? 4 : 3] = decorators;
    return node;
}
