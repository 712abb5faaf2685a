/* A test function into its items. */
#include "collect.h"
#include "expression.h"
#include "parametrize.h"
#include "site.h"

enum { MOST_AXES = 16 };

struct function {
    const struct dx_node_place *place;
    struct dx_marks marks; /* the nearest first */
    struct dx_texts mark_names;
    struct dx_axis *axes[MOST_AXES];
    size_t axis_count;
    const char *id;
    const char *unknown;
};

static void add_axis(struct function *function, struct dx_axis *axis) {
    if (axis->unknown && !function->unknown)
        function->unknown = axis->unknown;
    if (function->axis_count == MOST_AXES)
        function->unknown = "too many parametrize marks";
    else
        function->axes[function->axis_count++] = axis;
}

static bool is_drop(const struct dx_texts *names, size_t index, dx_tree given, size_t count) {
    size_t positional = (size_t)dx_count(dx_field(given, DX_F_CALL_ARGS));
    return dx_keyword(given, names->items[index]) || index + positional >= count;
}

/* Arguments without those that hypothesis and unittest.mock fill. */
static struct dx_texts requested(struct dx_binding *binding, const struct dx_decorated *decorated,
                                 bool in_class) {
    struct dx_texts all = dx_arguments_of(binding->node, in_class && !decorated->is_static), kept = {0};
    for (size_t i = (size_t)decorated->patches; i < all.count; i++)
        if (!decorated->given || !is_drop(&all, i, decorated->given, all.count))
            dx_texts_add(&kept, all.items[i]);
    return kept;
}

static void add_used_fixtures(struct function *function, struct dx_texts *names) {
    for (size_t i = 0; i < function->marks.count; i++) {
        const struct dx_mark *mark = &function->marks.items[i];
        if (strcmp(mark->name, "usefixtures") != 0 || !mark->call)
            continue;
        dx_tree arguments = dx_field(mark->call, DX_F_CALL_ARGS);
        for (int j = 0; j < dx_count(arguments); j++) {
            struct dx_datum *name = dx_evaluate_in(mark->scope, dx_item(arguments, j));
            if (name->sort != DX_D_TEXT)
                function->unknown = "usefixtures is computed";
            else if (!dx_texts_have(names, name->text))
                dx_texts_add(names, dx_name_of(name->text, name->size));
        }
    }
}

static void check_marks(struct function *function) {
    static const char *const known[] = {
        "parametrize", "skip", "skipif", "xfail", "usefixtures", "filterwarnings", "tryfirst",
        "trylast", "timeout", "asyncio", "anyio", "benchmark", "flaky", "no_cover", "xdist_group",
        "hypothesis", NULL};
    const struct dx_settings *settings = function->place->collection->settings;
    for (size_t i = 0; i < function->marks.count; i++) {
        const char *name = function->marks.items[i].name;
        bool registered = !settings->strict_marks;
        size_t size = strlen(name);
        for (const char *const *entry = known; *entry; entry++)
            registered |= strcmp(*entry, name) == 0;
        for (size_t j = 0; j < settings->marks.count; j++) {
            const char *text = settings->marks.items[j];
            registered |= strncmp(text, name, size) == 0 && strcspn(text, "(: ") == size;
        }
        if (!registered)
            function->unknown = dx_text_of("mark '%s' may not be registered", name);
        dx_texts_add(&function->mark_names, name);
    }
}

/* anyio gives its coroutine tests a fixture with parameters. */
static bool runs_under_anyio(const struct function *function, dx_tree node) {
    return dx_is(node, DX_K_AsyncFunctionDef) && dx_texts_have(&function->mark_names, "anyio") &&
           dx_texts_have(&dx_site.plugins, "anyio");
}

static void add_parametrize_names(struct function *function, struct dx_texts *direct) {
    for (size_t i = 0; i < function->marks.count; i++)
        if (strcmp(function->marks.items[i].name, "parametrize") == 0 &&
            !dx_names_of_mark(&function->marks.items[i], direct))
            function->unknown = "the arguments of parametrize are computed";
}

static void check_indirect(struct function *function, const struct dx_mark *mark) {
    if (dx_keyword(mark->call, "indirect") && dx_site.pytest_major < 9)
        function->unknown = "indirect parameters";
}

static void add_marked_axes(struct function *function) {
    for (size_t i = 0; i < function->marks.count; i++) {
        const struct dx_mark *mark = &function->marks.items[i];
        if (strcmp(mark->name, "parametrize") != 0)
            continue;
        add_axis(function, dx_axis_of_mark(mark, function->place->sight));
        if (mark->call)
            check_indirect(function, mark);
    }
}

/* Parameters for arguments that the function does not have are errors. */
static void check_used(struct function *function, const struct dx_texts *direct,
                       const struct dx_texts *arguments) {
    for (size_t i = 0; i < direct->count; i++)
        if (!dx_texts_have(arguments, direct->items[i]) &&
            dx_rank_of(function->place->sight, direct->items[i]) < 0)
            function->unknown = dx_text_of("parameter '%s' is not an argument", direct->items[i]);
}

static void add_axes(struct function *function, struct dx_binding *binding,
                     const struct dx_texts *arguments) {
    const struct dx_settings *settings = function->place->collection->settings;
    struct dx_texts initial = {0}, direct = {0};
    for (size_t i = 0; i < settings->use_fixtures.count; i++)
        dx_texts_add(&initial, dx_name_of(settings->use_fixtures.items[i],
                                          strlen(settings->use_fixtures.items[i])));
    dx_add_autouse(function->place->sight, &initial);
    add_used_fixtures(function, &initial);
    if (runs_under_anyio(function, binding->node))
        dx_texts_add(&initial, dx_name_of("anyio_backend", 13));
    for (size_t i = 0; i < arguments->count; i++)
        if (!dx_texts_have(&initial, arguments->items[i]))
            dx_texts_add(&initial, arguments->items[i]);
    add_parametrize_names(function, &direct);
    struct dx_closure closure = dx_closure_of(function->place->sight, &initial, &direct);
    function->unknown = function->unknown ? function->unknown : closure.unknown;
    for (size_t i = 0; i < closure.count; i++)
        add_axis(function, closure.items[i]->axis);
    check_used(function, &direct, arguments);
    add_marked_axes(function);
}

static void add_keys(const struct function *function, const struct dx_axis *axis, size_t index,
                     struct dx_key *keys, size_t *count) {
    if (axis->scope == DX_RANK_FUNCTION)
        return;
    for (size_t i = 0; i < axis->names.count; i++) {
        const char *path = function->place->path, *end = strrchr(path, '/');
        bool package = axis->scope == DX_RANK_PACKAGE;
        keys[(*count)++] = (struct dx_key){
            .name = axis->names.items[i],
            .rank = axis->scope,
            .value = axis->sets[index]->items[i],
            .axis = axis,
            .index = index,
            .path = axis->scope == DX_RANK_SESSION ? NULL
                    : package && end               ? dx_name_of(path, (size_t)(end - path))
                                                   : path,
            .class = axis->scope == DX_RANK_CLASS ? function->place->class : NULL};
    }
}

/* Keys of all axes of wide scopes. */
static size_t key_room(const struct function *function) {
    size_t room = 0;
    for (size_t i = 0; i < function->axis_count; i++)
        if (function->axes[i]->scope != DX_RANK_FUNCTION)
            room += function->axes[i]->names.count;
    return room;
}

/* `name[first-second]` */
static const char *id_of(const struct function *function, const size_t *chosen) {
    size_t size = strlen(function->id) + 2;
    for (size_t i = 0; i < function->axis_count; i++)
        size += strlen(function->axes[i]->ids[chosen[i]]) + 1;
    char *id = dx_new(size), *at = stpcpy(id, function->id);
    for (size_t i = 0; i < function->axis_count; i++) {
        *at++ = i ? '-' : '[';
        at = stpcpy(at, function->axes[i]->ids[chosen[i]]);
    }
    strcpy(at, function->axis_count ? "]" : "");
    return id;
}

/* All combinations, the first axis turning slowest. */
static void add_items(const struct function *function, size_t chosen[MOST_AXES], size_t depth) {
    if (depth < function->axis_count) {
        for (chosen[depth] = 0; chosen[depth] < function->axes[depth]->count; chosen[depth]++)
            add_items(function, chosen, depth + 1);
        return;
    }
    size_t room = key_room(function), key_count = 0;
    struct dx_key *keys = room ? dx_new(room * sizeof *keys) : NULL;
    for (size_t i = 0; i < depth; i++)
        add_keys(function, function->axes[i], chosen[i], keys, &key_count);
    dx_add_exact(function->place, id_of(function, chosen), keys, key_count, &function->mark_names);
}

/* Sees no further than this function's own statements. */
static bool yields(dx_tree tree) {
    if (!tree)
        return false;
    for (int i = 0; tree->tag == DX_LIST && i < dx_count(tree); i++)
        if (yields(dx_item(tree, i)))
            return true;
    if (tree->tag != DX_NODE || tree->kind == DX_K_FunctionDef || tree->kind == DX_K_Lambda ||
        tree->kind == DX_K_AsyncFunctionDef || tree->kind == DX_K_ClassDef ||
        tree->kind == DX_K_GeneratorExp || tree->kind == DX_K_ListComp)
        return false;
    if (tree->kind == DX_K_Yield || tree->kind == DX_K_YieldFrom)
        return true;
    for (int i = 0; i < tree->count; i++)
        if (yields(dx_field(tree, i)))
            return true;
    return false;
}

static size_t item_count(const struct function *function) {
    size_t count = 1;
    for (size_t i = 0; i < function->axis_count; i++)
        count *= function->axes[i]->count;
    return count;
}

static void make_ids(struct function *function) {
    for (size_t i = 0; i < function->axis_count && !function->unknown; i++) {
        dx_make_ids(function->axes[i], function->place->collection->settings);
        function->unknown = function->axes[i]->unknown;
    }
}

/* A mark of a parameter set, which -m would look at. */
static bool has_marked_sets(const struct function *function) {
    for (size_t i = 0; i < function->axis_count; i++)
        for (size_t j = 0; j < function->axes[i]->count; j++)
            if (function->axes[i]->sets[j]->marks)
                return true;
    return false;
}

void dx_collect_function(const struct dx_node_place *place, struct dx_binding *binding,
                         const char *name, bool in_class) {
    struct dx_decorated decorated = dx_decorated_by(binding);
    struct function function = {.place = place, .unknown = decorated.unknown};
    if (decorated.is_fixture || decorated.is_property)
        return;
    dx_add_marks(&function.marks, &decorated.marks);
    dx_add_marks(&function.marks, &place->marks);
    function.id = dx_text_of("%s::%s", place->prefix, name);
    if (!binding->certain)
        function.unknown = "it is defined under a condition";
    else if (function.marks.unknown)
        function.unknown = function.marks.unknown;
    else if (binding->scope->module->mentions_yield &&
             dx_is(binding->node, DX_K_FunctionDef) && yields(dx_field(binding->node, DX_F_FUNCTION_BODY)))
        function.unknown = "it yields";
    check_marks(&function);
    struct dx_texts arguments = requested(binding, &decorated, in_class);
    if (!function.unknown)
        add_axes(&function, binding, &arguments);
    if (!function.unknown && place->collection->settings->marks_expression && has_marked_sets(&function))
        function.unknown = "-m looks at marks of parameters";
    if (!function.unknown && dx_is_deselected(place, &function.mark_names)) {
        place->collection->deselected += item_count(&function);
        return;
    }
    make_ids(&function);
    if (function.unknown) {
        dx_add_group(place, function.id, function.unknown);
        return;
    }
    size_t chosen[MOST_AXES] = {0};
    add_items(&function, chosen, 0);
}
