/* Tests that share a parameter of a class, module, package or session stand together, so that
 * its fixture is set up once: the order that pytest's own hook gives them. */
#include <stdint.h>

#include "collect.h"

struct key {
    const struct dx_key *first; /* as first met */
    size_t *items;              /* that have it, in an order that changes */
    size_t count;
};

struct ordering {
    struct dx_collection *collection;
    struct key *keys;
    size_t key_count;
    size_t **item_keys; /* of each item, the numbers of its keys */
    bool *ignored;      /* by key */
};

static bool same_key(const struct dx_key *one, const struct dx_key *other) {
    if (one->rank != other->rank || one->path != other->path || one->class != other->class ||
        strcmp(one->name, other->name) != 0)
        return false;
    return (one->axis == other->axis && one->index == other->index) ||
           dx_same(one->value, other->value) == 1;
}

static size_t number_of(struct ordering *ordering, const struct dx_key *key) {
    for (size_t i = ordering->key_count; i-- > 0;)
        if (same_key(ordering->keys[i].first, key))
            return i;
    ordering->keys = dx_grown(ordering->keys, ordering->key_count, sizeof *ordering->keys);
    ordering->keys[ordering->key_count] = (struct key){.first = key};
    return ordering->key_count++;
}

static void register_item(struct ordering *ordering, size_t item) {
    const struct dx_item_found *found = &ordering->collection->items[item];
    ordering->item_keys[item] = dx_new((found->key_count + 1) * sizeof(size_t));
    for (size_t i = 0; i < found->key_count; i++) {
        size_t number = number_of(ordering, &found->keys[i]);
        struct key *key = &ordering->keys[number];
        ordering->item_keys[item][i] = number;
        key->items = dx_grown(key->items, key->count, sizeof *key->items);
        key->items[key->count++] = item;
    }
}

static void move_to_front(struct key *key, size_t item) {
    size_t at = 0;
    while (key->items[at] != item)
        at++;
    memmove(key->items + 1, key->items, at * sizeof *key->items);
    key->items[0] = item;
}

/* The last key of the item at `rank` that is not ignored; SIZE_MAX if there is none. */
static size_t key_at(const struct ordering *ordering, size_t item, int rank, const bool *ignored) {
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < ordering->collection->items[item].key_count; i++) {
        size_t number = ordering->item_keys[item][i];
        if (ordering->keys[number].first->rank == rank && !ignored[number])
            found = number;
    }
    return found;
}

struct list {
    size_t *items;
    size_t count;
};

static void push(struct list *list, size_t item) {
    list->items = dx_grown(list->items, list->count, sizeof *list->items);
    list->items[list->count++] = item;
}

/* Items to look at, the next one last. */
static void bring_forward(struct ordering *ordering, struct list *queue, size_t number,
                          const bool *members) {
    struct list matching = {0};
    for (size_t i = 0; i < ordering->keys[number].count; i++)
        if (members[ordering->keys[number].items[i]])
            push(&matching, ordering->keys[number].items[i]);
    for (size_t i = matching.count; i-- > 0;) {
        size_t item = matching.items[i];
        push(queue, item);
        for (size_t j = 0; j < ordering->collection->items[item].key_count; j++)
            move_to_front(&ordering->keys[ordering->item_keys[item][j]], item);
    }
}

static struct list arrange(struct ordering *ordering, struct list items, int rank) {
    size_t all = ordering->collection->count;
    if (rank == DX_RANK_FUNCTION || items.count < 3)
        return items;
    bool *ignored = dx_new(ordering->key_count), *members = dx_new(all), *seen = dx_new(all);
    struct list queue = {0}, done = {0};
    for (size_t i = items.count; i-- > 0;) {
        members[items.items[i]] = true;
        push(&queue, items.items[i]);
    }
    while (queue.count) {
        struct list plain = {0};
        size_t slice = SIZE_MAX;
        while (queue.count && slice == SIZE_MAX) {
            size_t item = queue.items[--queue.count];
            if (seen[item])
                continue;
            slice = key_at(ordering, item, rank, ignored);
            if (slice == SIZE_MAX) {
                seen[item] = true;
                push(&plain, item);
            } else {
                bring_forward(ordering, &queue, slice, members);
            }
        }
        struct list arranged = arrange(ordering, plain, rank - 1);
        for (size_t i = 0; i < arranged.count; i++)
            push(&done, arranged.items[i]);
        if (slice != SIZE_MAX)
            ignored[slice] = true;
    }
    return done;
}

void dx_reorder(struct dx_collection *collection) {
    struct ordering ordering = {.collection = collection};
    struct list items = {0};
    ordering.item_keys = dx_new((collection->count + 1) * sizeof *ordering.item_keys);
    for (size_t i = 0; i < collection->count; i++) {
        register_item(&ordering, i);
        push(&items, i);
    }
    if (!ordering.key_count)
        return;
    struct list arranged = arrange(&ordering, items, DX_RANK_SESSION);
    struct dx_item_found *sorted = dx_new((collection->count + 1) * sizeof *sorted);
    for (size_t i = 0; i < arranged.count; i++)
        sorted[i] = collection->items[arranged.items[i]];
    collection->items = sorted;
}
