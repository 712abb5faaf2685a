#include "parametrize.h"

#include <ctype.h>

#include "site.h"

/* A positional argument of a call, or the keyword of that name; NULL if it is not given. */
static dx_tree given(dx_tree call, int index, const char *name) {
    dx_tree arguments = dx_field(call, DX_F_CALL_ARGS);
    return index < dx_count(arguments) ? dx_item(arguments, index) : dx_keyword(call, name);
}

static void split_names(const char *text, struct dx_texts *names) {
    while (*text) {
        size_t size = strcspn(text, ",");
        const char *start = text, *end = text + size;
        while (start < end && isspace((unsigned char)*start))
            start++;
        while (end > start && isspace((unsigned char)end[-1]))
            end--;
        if (end > start)
            dx_texts_add(names, dx_name_of(start, (size_t)(end - start)));
        text += size + (text[size] == ',');
    }
}

/* `*single` where each value of the list is the one argument's own. */
static bool read_names(struct dx_scope *scope, dx_tree expression, struct dx_texts *names,
                       bool *single) {
    struct dx_datum *value = dx_evaluate_in(scope, expression);
    *single = false;
    if (value->sort == DX_D_TEXT) {
        size_t size = value->size;
        split_names(value->text, names);
        while (size && isspace((unsigned char)value->text[size - 1]))
            size--;
        bool comma = size && value->text[size - 1] == ',';
        *single = names->count == 1 && !comma;
        return !comma || dx_site.pytest_major >= 9;
    }
    for (size_t i = 0; dx_is_sequence(value) && i < value->count; i++) {
        if (value->items[i]->sort != DX_D_TEXT)
            return false;
        dx_texts_add(names, dx_name_of(value->items[i]->text, value->items[i]->size));
    }
    return dx_is_sequence(value);
}

bool dx_names_of_mark(const struct dx_mark *mark, struct dx_texts *names) {
    bool single;
    dx_tree expression = mark->call ? given(mark->call, 0, "argnames") : NULL;
    return expression && read_names(mark->scope, expression, names, &single);
}

static struct dx_datum *set_of(struct dx_datum *value, bool single) {
    struct dx_datum *set = dx_new_datum(DX_D_PARAM);
    if (value->sort == DX_D_PARAM)
        return value;
    if (single) {
        dx_add_item(set, value);
        return set;
    }
    struct dx_datum *items = value->sort == DX_D_TEXT || dx_is_sequence(value) ? dx_items_of(value) : &dx_unknown;
    for (size_t i = 0; i < items->count; i++)
        dx_add_item(set, items->items[i]);
    return dx_known(items) ? set : &dx_unknown;
}

static void add_set(struct dx_axis *axis, struct dx_datum *set) {
    if (set->sort != DX_D_PARAM || set->count != axis->names.count) {
        axis->unknown = "parameters are computed";
        return;
    }
    axis->sets = dx_grown(axis->sets, axis->count, sizeof *axis->sets);
    axis->sets[axis->count++] = set;
}

/* An empty list makes one test, which is skipped. */
static void add_nothing(struct dx_axis *axis) {
    struct dx_datum *set = dx_new_datum(DX_D_PARAM);
    for (size_t i = 0; i < axis->names.count; i++)
        dx_add_item(set, &dx_plain);
    if (dx_site.pytest_major > 8 || dx_site.pytest_minor >= 4)
        set->id = dx_text_datum(DX_D_TEXT, "NOTSET", 6);
    add_set(axis, set);
}

static bool is_id_function(const char *name) {
    return strcmp(name, "builtins.str") == 0 || strcmp(name, "builtins.repr") == 0;
}

static void fill(struct dx_axis *axis, struct dx_scope *scope, dx_tree call, dx_tree values,
                 bool single, dx_tree ids) {
    struct dx_datum *list = dx_items_of(dx_evaluate_in(scope, values));
    axis->given = ids ? dx_evaluate_in(scope, ids) : NULL;
    if (axis->given && axis->given->sort == DX_D_EXTERNAL && is_id_function(axis->given->text))
        axis->id_function = axis->given->text;
    if (!dx_known(list) || dx_has_double_star(call))
        axis->unknown = "parameters are computed";
    for (size_t i = 0; i < list->count && !axis->unknown; i++)
        add_set(axis, set_of(list->items[i], single));
    if (!axis->count && !axis->unknown)
        add_nothing(axis);
}

struct dx_axis *dx_axis_of_fixture(struct dx_scope *scope, dx_tree call, const char *name,
                                   int rank) {
    struct dx_axis *axis = dx_new(sizeof *axis);
    dx_texts_add(&axis->names, name);
    axis->scope = rank;
    fill(axis, scope, call, dx_keyword(call, "params"), true, dx_keyword(call, "ids"));
    return axis;
}

/* The scope of parameters that fixtures get: that of the narrowest of these. */
static int rank_of_mark(const struct dx_mark *mark, const struct dx_axis *axis,
                        struct dx_sight sight) {
    dx_tree indirect = dx_keyword(mark->call, "indirect");
    struct dx_datum *value = indirect ? dx_evaluate_in(mark->scope, indirect) : &dx_none;
    int truth = dx_is_sequence(value) ? value->count == axis->names.count : dx_truth(value);
    int rank = DX_RANK_SESSION, found = 0;
    if (dx_keyword(mark->call, "scope") || truth < 0)
        return -1;
    for (size_t i = 0; truth && i < axis->names.count; i++) {
        int own = dx_rank_of(sight, axis->names.items[i]);
        found += own >= 0;
        rank = own >= 0 && own < rank ? own : rank;
    }
    return found ? rank : DX_RANK_FUNCTION;
}

struct dx_axis *dx_axis_of_mark(const struct dx_mark *mark, struct dx_sight sight) {
    struct dx_axis *axis = dx_new(sizeof *axis);
    bool single = false;
    dx_tree names = mark->call ? given(mark->call, 0, "argnames") : NULL;
    dx_tree values = mark->call ? given(mark->call, 1, "argvalues") : NULL;
    if (!names || !values || dx_count(dx_field(mark->call, DX_F_CALL_ARGS)) > 2 ||
        !read_names(mark->scope, names, &axis->names, &single)) {
        axis->unknown = "the arguments of parametrize are computed";
        return axis;
    }
    fill(axis, mark->scope, mark->call, values, single, dx_keyword(mark->call, "ids"));
    axis->scope = rank_of_mark(mark, axis, sight);
    if (axis->scope < 0)
        axis->unknown = "the scope of parameters is computed";
    return axis;
}
