/* A test file, and its classes, into items. */
#include <stdlib.h>

#include "collect.h"
#include "patterns.h"
#include "site.h"

static void collect_binding(const struct dx_node_place *place, struct dx_binding *binding,
                            const struct dx_scope *scope, bool in_class);

static const char *child_of(const struct dx_node_place *place, const char *name) {
    return dx_text_of("%s::%s", place->prefix, name);
}

/* `NAME.__test__ = value` below the definition: 1, 0, -1; 2 without it. */
static int test_attribute(const struct dx_scope *scope, const char *name) {
    int result = 2;
    for (size_t i = 0; i < scope->attribute_count; i++) {
        const struct dx_attribute *found = &scope->attributes[i];
        if (found->name == name && strcmp(found->attribute, "__test__") == 0)
            result = !found->certain || !found->value
                         ? -1
                         : dx_truth(dx_evaluate_in((struct dx_scope *)scope, found->value));
    }
    return result;
}

/* `__test__` of a class: 1, 0, -1; 2 without one. */
static int class_test_attribute(const struct dx_lineage *lineage) {
    struct dx_binding *binding = dx_attribute_of(lineage, "__test__");
    return binding ? dx_truth(dx_value_of(binding)) : 2;
}

static int compare_names(const void *one, const void *other) {
    return strcmp((*(struct dx_binding *const *)one)->name,
                  (*(struct dx_binding *const *)other)->name);
}

static void collect_method(const struct dx_node_place *place, struct dx_binding *method) {
    struct dx_marks marks = {0};
    struct dx_texts names = {0};
    if (method->kind == DX_BOUND_FUNCTION && method->certain) {
        struct dx_decorated decorated = dx_decorated_by(method);
        bool skips_marks = !place->collection->settings->marks_expression &&
                           !place->collection->settings->keywords_expression;
        dx_add_marks(&marks, &decorated.marks);
        dx_add_marks(&marks, &place->marks);
        for (size_t i = 0; i < marks.count; i++)
            dx_texts_add(&names, marks.items[i].name);
        if (decorated.is_property || (!skips_marks && marks.unknown) || decorated.unknown)
            dx_add_group(place, child_of(place, method->name), "a decorator");
        else
            dx_add_exact(place, child_of(place, method->name), NULL, 0, &names);
        return;
    }
    if (method->kind == DX_BOUND_VALUE && method->certain) {
        enum dx_sort sort = dx_value_of(method)->sort;
        if (sort >= DX_D_NONE && sort <= DX_D_SET)
            return;
    }
    dx_add_group(place, child_of(place, method->name), "it is bound by code");
}

/* unittest's loader: attributes that begin with `test`, sorted. */
static void collect_unit_tests(const struct dx_node_place *place, const struct dx_lineage *lineage) {
    struct dx_binding **methods = NULL;
    size_t count = 0;
    for (size_t i = 0; i < lineage->count; i++) {
        struct dx_scope *scope = dx_class_scope(lineage->classes[i]);
        for (size_t j = 0; j < scope->count; j++) {
            struct dx_binding *method = scope->bindings[j];
            if (!dx_begins(method->name, "test") || method->kind == DX_BOUND_NOTHING ||
                dx_attribute_of(lineage, method->name) != method)
                continue;
            methods = dx_grown(methods, count, sizeof(struct dx_binding *));
            methods[count++] = method;
        }
    }
    if (count)
        qsort(methods, count, sizeof(struct dx_binding *), compare_names);
    for (size_t i = 0; i < count; i++)
        if (test_attribute(methods[i]->scope, methods[i]->name) != 0)
            collect_method(place, methods[i]);
    struct dx_binding *single = count ? NULL : dx_attribute_of(lineage, "runTest");
    if (single)
        collect_method(place, single);
}

static bool is_shadowed(const struct dx_lineage *lineage, size_t level, const char *name) {
    for (size_t i = 0; i < level; i++)
        if (dx_lookup(dx_class_scope(lineage->classes[i]), name))
            return true;
    return false;
}

static void collect_class(const struct dx_node_place *parent, struct dx_binding *binding,
                          const char *name);

/* Inherited members come first, each class in the order of its definitions. */
static void collect_members(const struct dx_node_place *place, const struct dx_lineage *lineage) {
    for (size_t i = lineage->count; i-- > 0;) {
        struct dx_scope *scope = dx_class_scope(lineage->classes[i]);
        for (size_t j = 0; j < scope->count; j++)
            if (!is_shadowed(lineage, i, scope->bindings[j]->name))
                collect_binding(place, scope->bindings[j], scope, true);
    }
}

static struct dx_node_place class_place(const struct dx_node_place *parent,
                                        struct dx_binding *binding, const char *name,
                                        const struct dx_lineage *lineage) {
    struct dx_node_place place = *parent;
    place.prefix = child_of(parent, name);
    place.marks = (struct dx_marks){0};
    for (size_t i = lineage->count; i-- > 0;)
        dx_add_class_marks(&place.marks, lineage->classes[i]);
    dx_add_marks(&place.marks, &parent->marks);
    place.sight = dx_sight_with(parent->sight, dx_fixtures_of_class(lineage));
    place.names = (struct dx_texts){0};
    for (size_t i = 0; i < parent->names.count; i++)
        dx_texts_add(&place.names, parent->names.items[i]);
    dx_texts_add(&place.names, name);
    place.class = binding;
    return place;
}

static bool mentions_unittest(const struct dx_binding *binding) {
    const struct dx_module *module = binding->scope->module;
    return strstr(module->text, "TestCase") || strstr(module->text, "unittest");
}

static void collect_class(const struct dx_node_place *parent, struct dx_binding *binding,
                          const char *name) {
    const struct dx_lineage *lineage = dx_lineage_of(binding);
    bool named = dx_beginning_matches(&parent->collection->settings->classes, name);
    int wanted = class_test_attribute(lineage), later = test_attribute(binding->scope, name);
    wanted = later == 2 ? wanted : later;
    if (wanted == 0 || (!named && !lineage->unit_test && wanted == 2 &&
                        (!lineage->unknown || !mentions_unittest(binding))))
        return;
    if (lineage->unknown || wanted < 0 || dx_attribute_of(lineage, "pytest_generate_tests")) {
        dx_add_group(parent, child_of(parent, name),
                     lineage->unknown ? lineage->unknown : "it makes its own tests");
        return;
    }
    if (dx_is_abstract(lineage) || (lineage->has_constructor && !lineage->unit_test))
        return;
    struct dx_node_place place = class_place(parent, binding, name, lineage);
    if (lineage->unit_test)
        collect_unit_tests(&place, lineage);
    else
        collect_members(&place, lineage);
}

static void collect_value(const struct dx_node_place *place, struct dx_binding *binding,
                          bool is_function, bool in_class) {
    struct dx_datum *value = dx_value_of(binding);
    const char *name = binding->name;
    if (value->sort == DX_D_FUNCTION && is_function)
        dx_collect_function(place, value->binding, name, in_class);
    else if (value->sort == DX_D_CLASS)
        collect_class(place, value->binding, name);
    else if (value->sort == DX_D_UNKNOWN || value->sort == DX_D_NAMED ||
             (value->sort == DX_D_EXTERNAL && !dx_begins(value->text, "unittest.")))
        dx_add_group(place, child_of(place, name), "it is bound by code");
}

/* Whether an import may bring in a unittest class, whatever its name. */
static bool may_be_unit_test(const struct dx_binding *binding) {
    static struct dx_texts with, without;
    const char *path = dx_source_from(binding->scope->module, binding->source, binding->level);
    size_t size;
    if (!path || dx_begins(path, dx_site.library) || strstr(path, "/site-packages/") ||
        dx_texts_have(&without, path))
        return false;
    if (dx_texts_have(&with, path))
        return true;
    const char *text = dx_file_content(path, &size);
    bool found = text && strstr(text, "TestCase");
    dx_texts_add(found ? &with : &without, path);
    return found;
}

static void collect_import(const struct dx_node_place *place, struct dx_binding *binding) {
    bool may_be = may_be_unit_test(binding);
    struct dx_datum *value = may_be ? dx_value_of(binding) : &dx_none;
    if (value->sort == DX_D_CLASS && dx_lineage_of(value->binding)->unit_test)
        collect_class(place, value->binding, binding->name);
}

static void collect_binding(const struct dx_node_place *place, struct dx_binding *binding,
                            const struct dx_scope *scope, bool in_class) {
    const struct dx_settings *settings = place->collection->settings;
    const char *name = binding->name;
    int wanted = test_attribute(scope, name);
    bool is_function = dx_beginning_matches(&settings->functions, name) || wanted == 1;
    bool is_class = dx_beginning_matches(&settings->classes, name);
    if (dx_begins(name, "__") || wanted == 0)
        return;
    switch (binding->kind) {
    case DX_BOUND_FUNCTION:
        if (is_function)
            dx_collect_function(place, binding, name, in_class);
        break;
    case DX_BOUND_CLASS:
        if (binding->certain)
            collect_class(place, binding, name);
        else if (is_class || mentions_unittest(binding))
            dx_add_group(place, child_of(place, name), "it is defined under a condition");
        break;
    case DX_BOUND_MEMBER:
        if (is_function || is_class)
            collect_value(place, binding, is_function, in_class);
        else
            collect_import(place, binding);
        break;
    case DX_BOUND_VALUE:
    case DX_BOUND_OBSCURE:
        if (is_function || is_class)
            collect_value(place, binding, is_function, in_class);
        break;
    default: break;
    }
}

static bool binds(const struct dx_module *module, const char *name) {
    return dx_lookup(&module->scope, dx_name_of(name, strlen(name))) != NULL;
}

static const char *problem_of(const struct dx_module *module) {
    if (module->problem)
        return module->problem;
    if (module->scope.failure)
        return module->scope.failure;
    if (module->scope.obscurity)
        return module->scope.obscurity;
    if (binds(module, "pytest_generate_tests"))
        return "pytest_generate_tests";
    if (binds(module, "pytest_plugins"))
        return "pytest_plugins";
    return NULL;
}

void dx_collect_module(struct dx_node_place place, const char *path) {
    struct dx_module *module = dx_load_test_module(path);
    const char *problem = module->scope.skipped ? NULL : problem_of(module);
    struct dx_binding *test = dx_lookup(&module->scope, dx_name_of("__test__", 8));
    place.path = path;
    if (problem)
        dx_add_group(&place, place.prefix, problem);
    if (problem || module->scope.skipped || (test && dx_truth(dx_value_of(test)) == 0))
        return;
    place.sight = dx_sight_with(place.sight, dx_fixtures_of_module(module));
    dx_add_scope_marks(&place.marks, &module->scope);
    for (size_t i = 0; i < module->scope.count; i++)
        collect_binding(&place, module->scope.bindings[i], &module->scope, false);
    dx_release_module(module);
}
