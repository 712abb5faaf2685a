#include "values.h"

#include <stdlib.h>

#include "kind_tables.h"

const dx_value dx_singletons[4] = {{DX_NONE, 0, 0, 0},
                                   {DX_TRUE, 0, 0, 0},
                                   {DX_FALSE, 0, 0, 0},
                                   {DX_ELLIPSIS, 0, 0, 0}};

#define DX_OPERATOR_VALUE(kind) {DX_OPERATOR, kind, 0, 0}
const dx_value dx_operators[DX_KIND_COUNT] = {DX_ALL_KINDS(DX_OPERATOR_VALUE)};

dx_node *dx_new_node(dx_context *context, int kind, dx_span span)
{
    uint8_t count = dx_field_count[kind];
    dx_node *node = dx_allocate(context, sizeof *node + count * sizeof(dx_value *));
    node->head = (dx_value){DX_NODE, (uint8_t)kind, 0, count};
    node->span = span;
    return node;
}

dx_list *dx_new_list(dx_context *context, int32_t capacity)
{
    dx_list *list = dx_allocate(context, sizeof *list);
    list->head = (dx_value){DX_LIST, 0, 0, 0};
    list->size = 0;
    list->capacity = capacity;
    list->items = capacity ? dx_allocate(context, (size_t)capacity * sizeof(dx_value *)) : NULL;
    return list;
}

static void grow(dx_context *context, dx_list *list)
{
    int32_t capacity = list->capacity ? list->capacity * 2 : 4;
    dx_value **items = dx_allocate(context, (size_t)capacity * sizeof *items);
    if (list->size)
        memcpy(items, list->items, (size_t)list->size * sizeof *items);
    list->items = items;
    list->capacity = capacity;
}

void dx_push(dx_context *context, dx_list *list, dx_value *item)
{
    if (list->size == list->capacity)
        grow(context, list);
    list->items[list->size++] = item;
}

dx_value *dx_new_int(dx_context *context, int64_t value)
{
    dx_int *number = dx_allocate(context, sizeof *number);
    number->head = (dx_value){DX_INT, 0, 0, 0};
    number->value = value;
    return &number->head;
}

dx_text *dx_new_text(dx_context *context, int tag, const char *bytes, size_t size)
{
    dx_text *text = dx_allocate(context, sizeof *text);
    text->head = (dx_value){(uint8_t)tag, 0, 0, 0};
    text->bytes = bytes;
    text->size = size;
    return text;
}

dx_value *dx_new_float(dx_context *context, int tag, double value)
{
    dx_float *number = dx_allocate(context, sizeof *number);
    number->head = (dx_value){(uint8_t)tag, 0, 0, 0};
    number->value = value;
    return &number->head;
}

dx_value *dx_new_tuple(dx_context *context, dx_span span, dx_value *first, dx_value *second,
                       dx_value *third)
{
    dx_tuple *tuple = dx_allocate(context, sizeof *tuple);
    tuple->head = (dx_value){DX_TUPLE, 0, 0, 0};
    tuple->span = span;
    tuple->first = first;
    tuple->second = second;
    tuple->third = third;
    return &tuple->head;
}

dx_value *dx_new_constant(dx_context *context, dx_span span, dx_value *value, dx_value *kind)
{
    dx_node *node = dx_new_node(context, DX_K_Constant, span);
    node->fields[0] = value;
    node->fields[1] = kind;
    return &node->head;
}

static void insert(dx_names *names, dx_identifier *name)
{
    size_t slot = name->hash & (names->capacity - 1);
    while (names->slots[slot])
        slot = (slot + 1) & (names->capacity - 1);
    names->slots[slot] = name;
}

static void grow_names(dx_context *context, dx_names *names)
{
    dx_names larger = {NULL, names->capacity ? names->capacity * 2 : 256, names->count};
    larger.slots = dx_resize(context, NULL, larger.capacity * sizeof *larger.slots);
    memset(larger.slots, 0, larger.capacity * sizeof *larger.slots);
    for (size_t i = 0; i < names->capacity; i++)
        if (names->slots[i])
            insert(&larger, names->slots[i]);
    free(names->slots);
    *names = larger;
}

static dx_value *add_name(dx_context *context, uint32_t hash, const char *bytes, size_t size)
{
    dx_identifier *name = dx_allocate(context, sizeof *name);
    name->head = (dx_value){DX_IDENTIFIER, 0, 0, 0};
    name->hash = hash;
    name->size = (uint32_t)size;
    name->number = (uint32_t)context->names.count++;
    name->bytes = bytes;
    insert(&context->names, name);
    return &name->head;
}

dx_value *dx_intern(dx_context *context, const char *bytes, size_t size)
{
    uint32_t hash = DX_HASH_START;
    for (size_t i = 0; i < size; i++)
        hash = dx_hash_byte(hash, bytes[i]);
    return dx_intern_hashed(context, bytes, size, hash);
}

dx_value *dx_intern_hashed(dx_context *context, const char *bytes, size_t size, uint32_t hash)
{
    dx_names *names = &context->names;
    if (names->count * 2 >= names->capacity)
        grow_names(context, names);
    size_t slot = hash & (names->capacity - 1);
    for (dx_identifier *name; (name = names->slots[slot]);
         slot = (slot + 1) & (names->capacity - 1))
        if (name->hash == hash && name->size == size && !memcmp(name->bytes, bytes, size))
            return &name->head;
    return add_name(context, hash, bytes, size);
}
