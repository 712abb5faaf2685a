/* Lists, pairs and dotted names. */
#include "actions.h"

dx_value *dx_append(dx_context *context, dx_value *list, dx_value *item)
{
    dx_push(context, dx_as_list(list), item);
    return list;
}

dx_value *dx_extend(dx_context *context, dx_value *list, dx_value *items)
{
    dx_list *more = dx_as_list(items);
    for (int32_t i = 0; i < more->size; i++)
        dx_push(context, dx_as_list(list), more->items[i]);
    return list;
}

dx_value *dx_pair(dx_context *context, dx_value *first, dx_value *second)
{
    return dx_new_tuple(context, (dx_span){{0, 0}, {0, 0}}, first, second, DX_V_NONE);
}

dx_value *dx_first(dx_context *context, dx_value *pair)
{
    (void)context;
    return dx_as_tuple(pair)->first;
}

dx_value *dx_second(dx_context *context, dx_value *pair)
{
    (void)context;
    return dx_as_tuple(pair)->second;
}

static dx_value *map_list(dx_context *context, dx_value *list,
                          dx_value *(*function)(dx_context *, dx_value *))
{
    dx_list *items = dx_as_list(list), *result = dx_new_list(context, items->size);
    for (int32_t i = 0; i < items->size; i++)
        dx_push(context, result, function(context, items->items[i]));
    return &result->head;
}

dx_value *dx_firsts(dx_context *context, dx_value *pairs)
{
    return map_list(context, pairs, dx_first);
}

dx_value *dx_seconds(dx_context *context, dx_value *pairs)
{
    return map_list(context, pairs, dx_second);
}

dx_value *dx_add(dx_context *context, dx_value *a, dx_value *b)
{
    return dx_new_int(context, ((dx_int *)a)->value + ((dx_int *)b)->value);
}

dx_value *dx_star_name(dx_context *context)
{
    return dx_intern(context, "*", 1);
}

dx_value *dx_dotted(dx_context *context, dx_value *a, dx_value *b)
{
    const dx_identifier *left = (dx_identifier *)a, *right = (dx_identifier *)b;
    size_t size = (size_t)left->size + 1 + right->size;
    char *text = dx_allocate(context, size);
    memcpy(text, left->bytes, left->size);
    text[left->size] = '.';
    memcpy(text + left->size + 1, right->bytes, right->size);
    return dx_intern(context, text, size);
}
