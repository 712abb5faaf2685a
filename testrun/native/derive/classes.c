#include "classes.h"

#include "evaluate.h"

enum { MOST_CLASSES = 64 };

static bool is_one_of(const char *name, const char *const *names) {
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

static void add_library_base(struct dx_lineage *lineage, const char *name) {
    static const char *const nothing[] = {"builtins.object", "typing.Generic", NULL};
    static const char *const tests[] = {"unittest.TestCase", "unittest.IsolatedAsyncioTestCase",
                                        "unittest.case.TestCase", NULL};
    static const char *const constructed[] = {"typing.NamedTuple", "typing.TypedDict", NULL};
    if (is_one_of(name, nothing))
        return;
    if (is_one_of(name, tests)) {
        lineage->unit_test = true;
    } else if (strcmp(name, "abc.ABC") == 0) {
        lineage->may_be_abstract = true;
    } else if (dx_begins(name, "builtins.") || dx_begins(name, "enum.") ||
               is_one_of(name, constructed)) {
        lineage->has_constructor = lineage->is_builtin_kind = true;
    } else {
        lineage->unknown = dx_text_of("base class '%s'", name);
    }
}

/* What a class decorator does to its class, as far as discovery cares. */
static void add_decorator(struct dx_lineage *lineage, struct dx_scope *scope, dx_tree decorator) {
    static const char *const harmless[] = {
        "unittest.skip", "unittest.skipIf", "unittest.skipUnless", "unittest.expectedFailure",
        "typing.final",  "typing.runtime_checkable", "functools.total_ordering", NULL};
    dx_tree function = dx_is(decorator, DX_K_Call) ? dx_field(decorator, 0) : decorator;
    const char *name = dx_external_name(scope, function);
    if (name && strcmp(name, "dataclasses.dataclass") == 0)
        lineage->has_constructor = true;
    else if (!name || !(dx_begins(name, "pytest.mark.") || is_one_of(name, harmless)))
        lineage->unknown = "a decorator of the class";
}

static void add_keywords(struct dx_lineage *lineage, struct dx_binding *binding) {
    dx_tree keywords = dx_field(binding->node, DX_F_CLASS_KEYWORDS);
    for (int i = 0; i < dx_count(keywords); i++) {
        dx_tree keyword = dx_item(keywords, i);
        if (dx_is_external(binding->scope, dx_field(keyword, 1), "abc.ABCMeta"))
            lineage->may_be_abstract = true;
        else
            lineage->unknown = "a keyword of the class";
    }
}

static void add_class(struct dx_lineage *lineage, struct dx_binding *binding) {
    lineage->classes = dx_grown(lineage->classes, lineage->count, sizeof *lineage->classes);
    lineage->classes[lineage->count++] = binding;
}

static bool in_tail(const struct dx_lineage *lineage, size_t from, const struct dx_binding *class) {
    for (size_t i = from + 1; i < lineage->count; i++)
        if (lineage->classes[i] == class)
            return true;
    return false;
}

/* Parents' orders into one: the first class that stands behind no other is next. */
static void merge(struct dx_lineage *lineage, const struct dx_lineage **parents, size_t count) {
    size_t at[MOST_CLASSES] = {0};
    for (;;) {
        struct dx_binding *next = NULL;
        bool left = false;
        for (size_t i = 0; i < count && !next; i++) {
            if (at[i] >= parents[i]->count)
                continue;
            left = true;
            next = parents[i]->classes[at[i]];
            for (size_t j = 0; next && j < count; j++)
                if (at[j] < parents[j]->count && in_tail(parents[j], at[j], next))
                    next = NULL;
        }
        if (!next) {
            if (left)
                lineage->unknown = "the order of its base classes";
            return;
        }
        add_class(lineage, next);
        for (size_t i = 0; i < count; i++)
            if (at[i] < parents[i]->count && parents[i]->classes[at[i]] == next)
                at[i]++;
    }
}

static void inherit(struct dx_lineage *lineage, const struct dx_lineage *parent) {
    lineage->unknown = lineage->unknown ? lineage->unknown : parent->unknown;
    lineage->unit_test |= parent->unit_test;
    lineage->has_constructor |= parent->has_constructor;
    lineage->may_be_abstract |= parent->may_be_abstract;
    lineage->is_builtin_kind |= parent->is_builtin_kind;
}

static void add_bases(struct dx_lineage *lineage, struct dx_binding *binding) {
    dx_tree bases = dx_field(binding->node, DX_F_CLASS_BASES);
    const struct dx_lineage *parents[MOST_CLASSES];
    size_t count = 0;
    for (int i = 0; i < dx_count(bases) && count < MOST_CLASSES; i++) {
        dx_tree base = dx_item(bases, i);
        base = dx_is(base, DX_K_Subscript) ? dx_field(base, 0) : base;
        struct dx_datum *value = dx_evaluate_in(binding->scope, base);
        if (value->sort == DX_D_EXTERNAL) {
            add_library_base(lineage, value->text);
        } else if (value->sort == DX_D_CLASS && value->binding != binding) {
            parents[count] = dx_lineage_of(value->binding);
            inherit(lineage, parents[count++]);
        } else {
            lineage->unknown = "a base class";
        }
    }
    merge(lineage, parents, count);
}

static bool is_bound_here(struct dx_scope *scope, const char *name) {
    return dx_lookup(scope, dx_name_of(name, strlen(name))) != NULL;
}

const struct dx_lineage *dx_lineage_of(struct dx_binding *binding) {
    static struct {
        struct dx_binding *binding;
        struct dx_lineage *lineage;
    } *known;
    static size_t count;
    for (size_t i = 0; i < count; i++)
        if (known[i].binding == binding)
            return known[i].lineage;
    struct dx_lineage *lineage = dx_new(sizeof *lineage);
    known = dx_grown(known, count, sizeof *known);
    known[count].binding = binding;
    known[count++].lineage = lineage;
    dx_tree decorators = dx_field(binding->node, DX_F_CLASS_DECORATORS);
    for (int i = 0; i < dx_count(decorators); i++)
        add_decorator(lineage, binding->scope, dx_item(decorators, i));
    add_class(lineage, binding);
    add_bases(lineage, binding);
    add_keywords(lineage, binding);
    struct dx_scope *scope = dx_class_scope(binding);
    lineage->has_constructor |= is_bound_here(scope, "__init__") || is_bound_here(scope, "__new__");
    if (scope->obscurity)
        lineage->unknown = scope->obscurity;
    return lineage;
}

struct dx_binding *dx_attribute_of(const struct dx_lineage *lineage, const char *name) {
    const char *interned = dx_name_of(name, strlen(name));
    for (size_t i = 0; i < lineage->count; i++) {
        struct dx_binding *found = dx_lookup(dx_class_scope(lineage->classes[i]), interned);
        if (found)
            return found;
    }
    return NULL;
}

static bool has_abstract_mark(const struct dx_binding *method) {
    if (method->kind != DX_BOUND_FUNCTION)
        return false;
    dx_tree decorators = dx_field(method->node, DX_F_FUNCTION_DECORATORS);
    for (int i = 0; i < dx_count(decorators); i++) {
        const char *name = dx_external_name(method->scope, dx_item(decorators, i));
        if (name && dx_begins(name, "abc.abstract"))
            return true;
    }
    return false;
}

bool dx_is_abstract(const struct dx_lineage *lineage) {
    for (size_t i = 0; lineage->may_be_abstract && i < lineage->count; i++) {
        struct dx_scope *scope = dx_class_scope(lineage->classes[i]);
        for (size_t j = 0; j < scope->count; j++)
            if (has_abstract_mark(scope->bindings[j]) &&
                dx_attribute_of(lineage, scope->bindings[j]->name) == scope->bindings[j])
                return true;
    }
    return false;
}

bool dx_has_plain_instances(struct dx_binding *binding) {
    static const char *const telling[] = {"__new__", "__getattr__", "__getattribute__",
                                          "__name__", "__class__", NULL};
    const struct dx_lineage *lineage = dx_lineage_of(binding);
    if (lineage->unknown || lineage->is_builtin_kind || lineage->unit_test)
        return false;
    for (const char *const *name = telling; *name; name++)
        if (dx_attribute_of(lineage, *name))
            return false;
    return true;
}
